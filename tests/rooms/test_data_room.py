"""Data rooms: versions follow each other, what ended stays, and every opening is a record."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from issuance.data_room import selectors, services
from issuance.data_room.models import RoomAccess, RoomPaper, RoomPaperEnd
from issuance.offerings.selectors import NoSuchOffering
from issuance.offerings.services import cancel
from portal.audit.models import Event
from portal.audit.verify import verify_rows
from portal.documents.models import Document
from portal.domain.errors import Invalid
from tests.factories import tampering
from tests.factories.investors import approved_investor, pdf
from tests.factories.issuance import active_security, lay_out, open_offering

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(now):
    issued = active_security(at=now)
    return issued, open_offering(issued, at=now)


def opened(offering, paper, who, now):
    return services.open_paper(
        offering_id=offering.id, paper_id=paper.id, investor_id=who.id, actor=who.actor, at=now
    )


def counted():
    return RoomPaper.objects.count(), RoomAccess.objects.count(), Document.objects.count()


def test_a_new_version_takes_the_place_of_the_old_which_stays_on_record(deal, now):
    issued, offering = deal
    first = lay_out(issued, offering, at=now, title="Memorandum")
    second = lay_out(issued, offering, at=now, title="Memorandum", replaces=first.id)
    assert (second.line, second.version) == (first.line, 2)
    assert selectors.papers(offering.id) == [second]
    newest, oldest = selectors.papers(offering.id, in_force=False)
    assert (newest.id, oldest.id, oldest.end_reason) == (second.id, first.id, "Replaced by version 2.")
    with pytest.raises(services.PaperEnded):
        lay_out(issued, offering, at=now, replaces=first.id)
    assert RoomPaper.objects.count() == 2


def test_what_was_withdrawn_is_gone_for_investors_only(deal, now):
    issued, offering = deal
    paper, who = lay_out(issued, offering, at=now), approved_investor(at=now)
    given = {"offering_id": offering.id, "paper_id": paper.id, "actor": issued.actor, "at": now}
    with pytest.raises(Invalid):
        services.withdraw_paper(reason=" ", **given)
    assert opened(offering, paper, who, now).paper.sha256 == paper.sha256
    withdrawn = services.withdraw_paper(reason="A wrong figure on page 4.", **given)
    assert (withdrawn.in_force, withdrawn.end_reason) == (False, "A wrong figure on page 4.")
    before = counted()
    with pytest.raises(selectors.NoSuchPaper):
        opened(offering, paper, who, now)
    with pytest.raises(services.PaperEnded):
        services.withdraw_paper(reason="Again.", **given)
    assert counted() == before


def test_an_opening_is_told_with_who_what_and_when(deal, now):
    issued, offering = deal
    paper, who = lay_out(issued, offering, at=now), approved_investor(at=now)
    opened(offering, paper, who, now)
    (line,) = selectors.accesses(offering.id)
    assert (line.investor, line.paper_id, line.version, line.opened_at) == (who.owner, paper.id, 1, now)
    told = Event.objects.get(action="data_room.paper_opened")
    assert (told.actor_id, told.organisation) == (str(who.user.id), issued.issuer.id)
    assert Event.objects.filter(action="document.read", subject=f"document:{paper.document_id}").count() == 1


def test_another_rooms_paper_a_draft_and_what_is_cancelled_are_not_found(deal, now):
    issued, offering = deal
    paper, who = lay_out(issued, offering, at=now), approved_investor(at=now)
    other, draft = open_offering(issued, at=now), open_offering(issued, at=now, opened=False)
    with pytest.raises(selectors.NoSuchPaper):
        opened(other, paper, who, now)
    early = lay_out(issued, draft, at=now)
    with pytest.raises(NoSuchOffering):
        opened(draft, early, who, now)
    cancel(offering_id=offering.id, reason="Not now.", actor=issued.actor, at=now)
    with pytest.raises(NoSuchOffering):
        opened(offering, paper, who, now)
    before = counted()
    with pytest.raises(services.RoomClosed):
        lay_out(issued, offering, at=now)
    assert counted() == before
    assert before[1] == 0


def test_the_same_content_twice_is_refused_and_nothing_is_kept(deal, now):
    issued, offering = deal
    given = {
        "offering_id": offering.id,
        "filename": "a.pdf",
        "content": pdf("same"),
        "actor": issued.actor,
        "at": now,
    }
    services.add_paper(title="One", **given)
    before = counted()
    with pytest.raises(services.PaperKnown):
        services.add_paper(title="Two", **given)
    for wrong in ({"title": " "}, {"title": "x" * 201}, {"title": "Two", "content": b""}):
        with pytest.raises(Invalid):
            services.add_paper(**{**given, **wrong})
    assert counted() == before


def test_a_claim_that_ran_out_closes_the_room(deal, now):
    issued, offering = deal
    paper, who = lay_out(issued, offering, at=now), approved_investor(at=now)
    later = now + timedelta(days=1200)
    assert selectors.missing(offering, who.id, at=now) == ()
    assert selectors.missing(offering, who.id, at=later)
    with pytest.raises(selectors.NoSuchPaper):
        opened(offering, paper, who, later)


@pytest.mark.parametrize("table", ["issuance_roompaper", "issuance_roompaperend", "issuance_roomaccess"])
def test_nothing_of_a_room_is_changed_or_deleted(deal, now, table):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.django_db(transaction=True)
def test_verify_names_every_changed_column_of_every_row(superuser_connection, now):
    issued = active_security(at=now)
    offering = open_offering(issued, at=now)
    paper, who = lay_out(issued, offering, at=now), approved_investor(at=now)
    opened(offering, paper, who, now)
    lay_out(issued, offering, at=now, replaces=paper.id)
    assert verify_rows("issuance") == []
    for model in (RoomPaper, RoomPaperEnd, RoomAccess):
        table, key = model._meta.db_table, tampering.key_of_a_row(superuser_connection, model)
        for column in tampering.columns_of(model):
            with tampering.changed(superuser_connection, table, column, key) as done:
                told = [f"{table} {key}: it is not what the audit trail recorded."]
                assert not done or verify_rows("issuance") == told, column
