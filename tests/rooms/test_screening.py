"""Screening as a whole: lists imported, everybody compared once, true matches that freeze, ownership that runs on."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from investors.accreditation.selectors import claims_of
from investors.domain.lists.facts import BadList
from investors.profiles import services as profiles
from investors.screening import decisions, selectors, services
from investors.screening.models import ListedName, RescreenChunk, Screening, ScreeningList
from investors.screening.tasks import rescreen, rescreen_chunk
from portal.accounts.models import Role
from portal.audit.models import Event
from portal.domain.errors import Invalid
from portal.outbox.models import Message
from tests.factories import accounts
from tests.factories.investors import new_investor, screening_list

pytestmark = pytest.mark.django_db


def imported(at, rows, source="Test list", **more):
    text = "reference,name,born\n" + rows
    return services.import_list(
        source=source, list_date=at.date(), content=text.encode(), actor=accounts.SETUP, at=at, **more
    )


def confirm(hit, at, officer=None, reason="Same person."):
    who = officer or accounts.member(Role.COMPLIANCE_OFFICER)
    return decisions.decide_hit(
        hit_id=hit.id, true_match=True, reason=reason, officer_id=who.id, actor=accounts.actor(who), at=at
    )


def test_a_list_that_is_wrong_as_a_whole_leaves_nothing(now):
    with pytest.raises(BadList) as refused:
        imported(now, "A-1,Some Body,\n,Nobody,\nA-3,,\n")
    assert refused.value.reasons == (
        "Line 3: reference or name is empty.",
        "Line 4: reference or name is empty.",
    )
    assert not ScreeningList.objects.exists()
    assert not ListedName.objects.exists()
    assert not Message.objects.filter(topic=services.RESCREEN).exists()


def test_the_lists_own_date_counts_and_another_is_refused(now):
    xml = (
        b'<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="2026-01-02T00:00:00Z"><INDIVIDUALS><INDIVIDUAL>'
        b"<DATAID>1</DATAID><FIRST_NAME>Ada</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>"
    )
    given = {"content": xml, "form": "un-xml", "actor": accounts.SETUP, "at": now}
    with pytest.raises(Invalid, match="dated 2026-01-02, not"):
        services.import_list(list_date=now.date(), **given)
    assert not ScreeningList.objects.exists()
    made = services.import_list(**given)
    assert (made.source, made.list_date.isoformat(), made.parties) == ("UN consolidated", "2026-01-02", 1)
    with pytest.raises(Invalid, match="does not tell its date"):
        services.import_list(source="Own", content=b"reference,name\nA,B C\n", actor=accounts.SETUP, at=now)


def test_the_command_imports_and_refuses_with_every_line(now, tmp_path: Path):
    path = tmp_path / "list.csv"
    path.write_text("reference,name\nA-1,Some Body\nA-2,\n")
    with pytest.raises(CommandError, match="Line 3"):
        call_command("import_list", "own-csv", str(path), source="Own", date=now.date())
    assert not ScreeningList.objects.exists()
    path.write_text("reference,name\nA-1,Some Body\n")
    call_command("import_list", "own-csv", str(path), source="Own", date=now.date())
    assert [one.source for one in selectors.all_lists()] == ["Own"]
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_list", "own-csv", str(tmp_path / "none.csv"), source="Own", date=now.date())


def test_the_investor_base_is_compared_in_chunks_each_once(now, monkeypatch):
    monkeypatch.setattr(services, "CHUNK", 2)
    people = [new_investor(at=now) for _ in range(4)] + [new_investor(at=now, legal_name="Zoltan Vexingham")]
    made = imported(now, "Z-1,Vexingham Zoltan,\n")
    assert services.plan_rescreen(list_id=made.id, actor=accounts.SETUP, at=now) == 3
    first = RescreenChunk.objects.get(number=0)
    rescreen_chunk_now(made.id, first.number, now)
    rescreen_chunk_now(made.id, first.number, now)
    assert Screening.objects.filter(list_id=made.id).count() == 2
    # A run that was broken off is planned again: only what is not done is asked for, and asked for once.
    assert services.plan_rescreen(list_id=made.id, actor=accounts.SETUP, at=now) == 2
    assert Message.objects.filter(topic=services.RESCREEN_CHUNK).count() == 3
    services.screen_everyone(list_id=made.id, actor=accounts.SETUP, at=now)
    state = selectors.rescreen_state(made.id)
    assert (state.chunks, state.done, state.investors, state.new_hits) == (3, 3, 5, 1)
    assert Screening.objects.filter(list_id=made.id).count() == len(people)
    assert [hit.investor_id for hit in selectors.hits()] == [people[4].id]
    assert Event.objects.filter(action="screening.chunk_compared").count() == 3
    assert rescreen.name == services.RESCREEN
    assert rescreen_chunk.name == services.RESCREEN_CHUNK


def rescreen_chunk_now(list_id, number, at):
    return services.rescreen_chunk(list_id=list_id, number=number, actor=accounts.SETUP, at=at)


def test_a_newer_list_raises_no_second_match_for_the_same_pair(now):
    new_investor(at=now, legal_name="Zoltan Vexingham")
    for day, rows in ((2, "Z-1,Vexingham Zoltan,\n"), (1, "Z-1,Vexingham Zoltan,\nZ-2,Other Person,\n")):
        made = imported(now - timedelta(days=day), rows)
        services.screen_everyone(list_id=made.id, actor=accounts.SETUP, at=now)
    assert len(selectors.hits()) == 1


def test_a_true_match_freezes_at_once_and_another_officer_releases(now):
    screening_list(at=now)
    person = new_investor(at=now, legal_name="Zoltan Vexingham Prohibited", born="1955-02-03")
    services.screen(investor_id=person.id, actor=accounts.SETUP, at=now)
    (hit,) = selectors.hits(investor_id=person.id)
    officer, other = (accounts.member(Role.COMPLIANCE_OFFICER) for _ in range(2))
    confirm(hit, now, officer)
    assert claims_of(person.id, on=now.date()).blocked
    assert (
        Event.objects.filter(action="screening.accounts_frozen", subject=f"investor:{person.id}").count() == 1
    )
    given = {"hit_id": hit.id, "reason": "Delisted today.", "at": now}
    with pytest.raises(decisions.OwnDecision):
        decisions.release_hit(officer_id=officer.id, actor=accounts.actor(officer), **given)
    assert selectors.hit(hit.id).state == "true_match"
    decisions.release_hit(officer_id=other.id, actor=accounts.actor(other), **given)
    assert not claims_of(person.id, on=now.date()).blocked
    assert Event.objects.filter(action="screening.accounts_released").count() == 1


def entity_owned(at, name, *owners):
    made = new_investor(at=at, kind="entity", legal_name=name)
    for owner, ppm in owners:
        profiles.add_related_person(
            investor_id=made.id, role="beneficial_owner", name=owner, country="DE", ownership_ppm=ppm,
            actor=accounts.SETUP, at=at,
        )  # fmt: skip
    return made


def test_listed_owners_are_added_up_and_run_on_through_entities(now):
    parent = entity_owned(
        now, "Norbury Parent LLC", ("Zoltan Vexingham", 300_000), ("Yolanda Marlowe", 200_000)
    )
    child = entity_owned(now, "Ashgrove Child LLC", ("Norbury Parent LLC", 500_000))
    bystander = entity_owned(now, "Elmwood Other LLC", ("Norbury Parent LLC", 499_999))
    made = imported(now, "Z-1,Zoltan Vexingham,\nY-1,Yolanda Marlowe,\n")
    services.screen_everyone(list_id=made.id, actor=accounts.SETUP, at=now)
    first, second = selectors.hits(investor_id=parent.id)
    owned = selectors.owned_by_listed(parent.id)
    assert (owned.confirmed_ppm, owned.possible_ppm, owned.might_be) == (0, 500_000, True)
    confirm(first, now)
    assert selectors.hits(investor_id=child.id) == []
    confirm(second, now)
    assert selectors.owned_by_listed(parent.id).blocked
    (carried,) = selectors.hits(investor_id=child.id)
    assert (carried.state, carried.subject) == ("open", f"ownership:{child.id}")
    assert claims_of(child.id, on=now.date()).blocked
    assert selectors.hits(investor_id=bystander.id) == []
    officer = accounts.member(Role.COMPLIANCE_OFFICER)
    told = decisions.compare(
        hit_id=carried.id, reason="Looking at it.", actor=accounts.actor(officer), at=now
    )
    assert "own 50.00 % of the entity" in told.why
