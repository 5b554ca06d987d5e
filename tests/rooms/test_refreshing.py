"""Looking again: reminders, the last day, and refreshes that officers ask for."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.core import mail

from investors.kyc import decisions, refreshing, selectors, services
from investors.kyc.models import CaseEvent
from investors.kyc.tasks import mail_refresh
from investors.profiles import services as profile_services
from investors.profiles.facts import ProfileInput
from portal.audit.verify import verify_log
from portal.domain.actors import Actor
from portal.domain.errors import Invalid
from portal.domain.roles import Role
from portal.outbox import selectors as outbox
from tests.factories import accounts
from tests.factories.investors import approved_investor, new_investor, pdf

pytestmark = pytest.mark.django_db
BEAT = Actor.worker("kyc")
WHY = "The rules changed; please show us once more."


@pytest.fixture
def made(now):
    """Approved today."""
    return approved_investor(at=now, accredited=False)


def case_of(made):
    (case,) = [one for one in selectors.cases_of(made.id) if one.state in ("approved", "expired")]
    return case


def before_the_end(made, days: int) -> datetime:
    last = case_of(made).valid_until
    return datetime.combine(last, datetime.min.time()).replace(
        tzinfo=made.investor.created_at.tzinfo
    ) - timedelta(days=days)


def remind(made, days: int) -> int | None:
    at = before_the_end(made, days)
    assert selectors.due_for_reminder(on=at.date()) in ([], [case_of(made).id])
    return refreshing.remind(case_id=case_of(made).id, actor=BEAT, at=at)


def mails() -> list[str]:
    return sorted(one.payload["about"] for one in outbox.messages() if one.topic == refreshing.MAIL)


def test_sixty_thirty_and_seven_days_before_the_investor_is_reminded_once_each(made):
    assert [remind(made, days) for days in (61, 60, 59, 30, 29, 8, 7, 0)] == [
        None, 60, None, 30, None, None, 7, None,
    ]  # fmt: skip
    assert mails() == ["30", "60", "7"]
    following = selectors.open_case(made.id)
    told = [step.text for step in selectors.steps(following.id) if step.event == "message"]
    assert len(told) == 3
    assert all("Please go through it once more" in text for text in told)
    assert case_of(made).state == "approved"
    assert made.claims(before_the_end(made, 1).date()).kyc_valid


def test_what_is_due_is_found_by_its_day_and_not_again(made):
    (case,) = selectors.cases_of(made.id)
    assert selectors.due_for_reminder(on=before_the_end(made, 61).date()) == []
    assert selectors.due_for_reminder(on=before_the_end(made, 60).date()) == [case.id]
    remind(made, 60)
    assert selectors.due_for_reminder(on=before_the_end(made, 45).date()) == []
    assert selectors.due_for_reminder(on=before_the_end(made, 30).date()) == [case.id]


def test_papers_that_still_serve_are_there_and_the_others_are_asked_for(made):
    remind(made, 60)
    following = selectors.open_case(made.id)
    assert [paper.kind for paper in selectors.papers(following.id)] == ["identity"]
    missing = services.missing_of(following.id, on=before_the_end(made, 60).date())
    assert [finding.rule for finding in missing] == ["document-address"]


def test_while_officers_have_the_case_nobody_is_reminded(made):
    at = before_the_end(made, 60)
    remind(made, 60)
    following = selectors.open_case(made.id)
    services.add_document(
        case_id=following.id, kind="address", filename="a.pdf", content=pdf(), actor=made.actor, at=at
    )
    services.submit(case_id=following.id, actor=made.actor, at=at)
    assert remind(made, 30) is None
    assert mails() == ["60"]


def test_after_the_last_day_it_is_expired_and_a_new_case_waits(made):
    at = before_the_end(made, -1)
    refreshing.run_out(case_id=case_of(made).id, actor=BEAT, at=at)
    assert [one.state for one in selectors.cases_of(made.id)] == ["draft", "expired"]
    assert mails() == ["expired"]
    assert not made.claims(at.date()).kyc_valid


def test_expired_then_refreshed(made):
    at = before_the_end(made, -1)
    refreshing.run_out(case_id=case_of(made).id, actor=BEAT, at=at)
    following = selectors.open_case(made.id)
    services.add_document(
        case_id=following.id, kind="address", filename="a.pdf", content=pdf(), actor=made.actor, at=at
    )
    services.submit(case_id=following.id, actor=made.actor, at=at)
    by = {"officer_id": made.officer.id, "actor": accounts.actor(made.officer), "at": at}
    decisions.take(case_id=following.id, **by)
    decisions.approve(case_id=following.id, reason="Still the same person.", **by)
    assert [one.state for one in selectors.cases_of(made.id)] == ["approved", "superseded"]
    assert made.claims(at.date()).kyc_valid


def test_the_mail_goes_through_the_mail_backend_and_names_nobody(made):
    remind(made, 60)
    (message,) = [one for one in outbox.messages() if one.topic == refreshing.MAIL]
    mail_refresh(message.id)
    mail_refresh(message.id)
    (sent,) = mail.outbox
    assert sent.to == [made.user.email]
    assert "/onboarding/" in sent.body
    assert made.user.name not in sent.subject + sent.body


def test_an_investor_without_a_sign_in_is_written_to_by_nobody(now):
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    alone = profile_services.create_investor(
        kind="natural", country="US", actor=accounts.actor(officer), at=now
    )
    case = services.open_case(investor_id=alone.id, actor=accounts.actor(officer), at=now)
    assert refreshing.mail(case_id=case.id, about="asked") is False
    assert mail.outbox == []


def test_an_officer_asks_for_a_refresh(made, now):
    case = refreshing.refresh(investor_id=made.id, reason=WHY, actor=accounts.actor(made.officer), at=now)
    assert (case.state, mails()) == ("draft", ["asked"])
    assert [step.text for step in selectors.steps(case.id)] == ["", WHY]
    assert case_of(made).state == "approved"
    with pytest.raises(services.CaseUnderWay):
        refreshing.refresh(investor_id=made.id, reason=WHY, actor=accounts.actor(made.officer), at=now)
    assert len(selectors.cases_of(made.id)) == 2


def test_many_are_asked_at_once_and_whoever_cannot_be_is_named(made, now):
    other, never = approved_investor(at=now, accredited=False), new_investor(at=now)
    officer = accounts.actor(made.officer)
    done = refreshing.refresh_many(
        investor_ids=[made.id, other.id, never.id, made.id], reason=WHY, actor=officer, at=now
    )
    assert len(done.opened) == 2
    assert done.left == ((never.id, f"{never.reference} has no approval that could be refreshed."),)
    assert selectors.cases_of(never.id) == []


def test_too_many_or_no_reason_asks_nobody(made, now):
    officer = accounts.actor(made.officer)
    with pytest.raises(refreshing.TooManyAtOnce, match="201 were chosen"):
        refreshing.refresh_many(
            investor_ids=[UUID(int=number) for number in range(201)], reason=WHY, actor=officer, at=now
        )
    with pytest.raises(Invalid):
        refreshing.refresh_many(investor_ids=[made.id], reason=" ", actor=officer, at=now)
    assert len(selectors.cases_of(made.id)) == 1
    assert mails() == []


def test_the_trail_vouches_for_every_step(made, now):
    remind(made, 60)
    refreshing.run_out(case_id=case_of(made).id, actor=BEAT, at=before_the_end(made, -1))
    profile_services.update_profile(
        investor_id=made.id,
        profile=ProfileInput(address="2 Example Street"),
        reason="moved",
        actor=made.actor,
        at=now,
    )
    assert CaseEvent.objects.filter(event="remind_60").count() == 1
    assert verify_log() == []
