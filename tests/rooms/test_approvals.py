"""Four eyes: two people, one decision, in the code and in the database."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from portal.approvals import selectors, services
from portal.approvals.models import Approval
from portal.audit.models import Event
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
SUBJECT = f"dividend:{uuid4()}"
FACTS = {"total": "100000", "currency": "USD"}


def user(name: str) -> Actor:
    return Actor(kind="user", id=str(uuid4()), label=name)


MAKER, CHECKER = user("Mara Maker"), user("Chris Checker")


def ask(now, *, facts=FACTS, subject=SUBJECT) -> UUID:
    return services.request_approval(
        action="dividend.approve", subject=subject, organisation=None, maker=MAKER, facts=facts, at=now
    )


def events(state: str) -> int:
    return Event.objects.filter(action=f"approval.{state}").count()


def test_a_second_person_approves(now):
    asked = ask(now)
    assert [one.id for one in selectors.pending()] == [asked]
    assert not selectors.is_approved("dividend.approve", SUBJECT)

    services.approve(approval_id=asked, checker=CHECKER, at=now, note="figures agree")

    decided = selectors.approval(asked)
    assert (decided.state, decided.checker, decided.note) == ("approved", str(CHECKER), "figures agree")
    assert selectors.pending() == []
    assert selectors.is_approved("dividend.approve", SUBJECT)
    assert (events("requested"), events("approved")) == (1, 1)


def test_an_approval_holds_for_exactly_the_facts_that_were_shown(now):
    services.approve(approval_id=ask(now), checker=CHECKER, at=now)
    assert selectors.is_approved("dividend.approve", SUBJECT, facts={"currency": "USD", "total": "100000"})
    assert not selectors.is_approved("dividend.approve", SUBJECT, facts={**FACTS, "total": "100001"})
    assert not selectors.is_approved("dividend.declare", SUBJECT)


def test_the_maker_cannot_decide(now):
    asked = ask(now)
    for decide in (services.approve, services.reject):
        with pytest.raises(services.MakerCannotCheck):
            decide(approval_id=asked, checker=MAKER, at=now)
    assert selectors.approval(asked).state == "requested"
    assert events("approved") == events("rejected") == 0


def test_a_program_cannot_decide(now):
    asked = ask(now)
    with pytest.raises(services.OnlyPeopleDecide):
        services.approve(approval_id=asked, checker=Actor.worker("payouts"), at=now)
    assert selectors.approval(asked).state == "requested"


def test_a_decision_is_final(now):
    asked = ask(now)
    services.reject(approval_id=asked, checker=CHECKER, at=now, note="wrong record date")
    for again in (services.approve, services.reject):
        with pytest.raises(services.AlreadyDecided, match=r"Chris Checker has decided this on .* rejected"):
            again(approval_id=asked, checker=user("Third"), at=now)
    with pytest.raises(services.AlreadyDecided):
        services.withdraw(approval_id=asked, maker=MAKER, at=now)
    assert selectors.approval(asked).note == "wrong record date"
    assert not selectors.is_approved("dividend.approve", SUBJECT)


def test_only_the_maker_withdraws_and_may_then_ask_anew(now):
    asked = ask(now)
    with pytest.raises(services.AlreadyRequested):
        ask(now)
    with pytest.raises(services.OnlyMakerWithdraws):
        services.withdraw(approval_id=asked, maker=CHECKER, at=now)
    services.withdraw(approval_id=asked, maker=MAKER, at=now)
    assert selectors.approval(asked).checker == ""
    again = ask(now)
    assert [one.id for one in selectors.history(subject=SUBJECT)] == sorted([asked, again], reverse=True)


def test_an_unknown_approval_is_not_found(now):
    with pytest.raises(selectors.NoSuchApproval):
        services.approve(approval_id=uuid4(), checker=CHECKER, at=now)


def test_a_note_has_an_end(now):
    asked = ask(now)
    with pytest.raises(services.NoteTooLong):
        services.approve(approval_id=asked, checker=CHECKER, at=now, note="x" * 2001)
    assert selectors.approval(asked).state == "requested"


def test_requests_are_listed_by_organisation_and_action(now):
    place = make.issuer()
    mine = services.request_approval(
        action="index.approve", subject="rebalance:1", organisation=place.id, maker=MAKER, facts={}, at=now
    )
    ask(now)
    assert [one.id for one in selectors.pending(organisations=[place.id])] == [mine]
    assert [one.id for one in selectors.pending(actions=["index.approve"])] == [mine]
    assert len(selectors.pending()) == 2


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE portal_approval SET state='approved', checker=maker, decided_at=now() WHERE id=%s",
            "approval_checker_is_not_maker",
        ),
        (
            "UPDATE portal_approval SET state='approved', decided_at=now() WHERE id=%s",
            "approval_decided_by_checker",
        ),
        (
            "UPDATE portal_approval SET state='approved', checker='user:x' WHERE id=%s",
            "decided_when_not_open",
        ),
        (
            "UPDATE portal_approval SET state='paid', checker='user:x', decided_at=now() WHERE id=%s",
            "approval_decided",
        ),
        ("UPDATE portal_approval SET facts='{}' WHERE id=%s", "permission denied"),
        ("UPDATE portal_approval SET maker='user:x' WHERE id=%s", "permission denied"),
        ("DELETE FROM portal_approval WHERE id=%s", "permission denied"),
        ("ALTER TABLE portal_approval DISABLE TRIGGER ALL; SELECT %s", "must be owner"),
    ],
)
def test_the_application_cannot_get_round_it_in_sql(statement, says, now):
    asked = ask(now)
    with pytest.raises(DatabaseError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [asked])
    assert selectors.approval(asked).state == "requested"


def test_the_application_cannot_undo_a_decision_in_sql(now):
    asked = ask(now)
    services.approve(approval_id=asked, checker=CHECKER, at=now)
    for change in ("state='requested', checker='', decided_at=NULL", "note='changed'"):
        statement = f"UPDATE portal_approval SET {change} WHERE id=%s"
        with (
            pytest.raises(DatabaseError, match="approved already"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [asked])


def test_the_application_cannot_insert_a_decision(now):
    with pytest.raises(DatabaseError, match="begins as a request"), transaction.atomic():
        Approval.objects.create(
            action="a", subject="s", maker="user:1", checker="user:2", facts="{}", state="approved",
            requested_at=now, decided_at=now,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_not_even_the_superuser_changes_a_decision_by_accident(superuser_connection, now):
    asked = ask(now)
    services.approve(approval_id=asked, checker=CHECKER, at=now)
    for statement in (
        "DELETE FROM portal_approval",
        "TRUNCATE portal_approval",
        "UPDATE portal_approval SET note='x'",
    ):
        with pytest.raises(Exception, match=r"refused|never deleted|approved already"):
            superuser_connection.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins(now):
    asked = ask(now)

    def decide(name: str) -> str:
        try:
            services.approve(approval_id=asked, checker=user(name), at=now)
            return name
        except Conflict as lost:
            return lost.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(decide, "ABCDEF"))
    winners = [one for one in outcomes if len(one) == 1]
    assert len(winners) == 1
    assert outcomes.count("approval-already-decided") == 5
    assert selectors.approval(asked).checker_label == winners[0]
    assert events("approved") == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_wins(now):
    def request(_) -> str:
        try:
            return str(ask(now))
        except services.AlreadyRequested as lost:
            return lost.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(request, range(4)))
    assert outcomes.count("approval-already-requested") == 3
    assert Approval.objects.count() == 1
