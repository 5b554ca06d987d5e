"""Profiles: sealed, versioned, opened only with a reason."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from investors.profiles import ownership, selectors, services
from investors.profiles.facts import ProfileInput
from investors.profiles.models import Investor, Revision
from portal.audit import selectors as audit
from portal.domain.errors import Conflict, Invalid
from portal.domain.sealing import CannotUnseal
from tests.factories import accounts
from tests.factories.investors import new_investor

pytestmark = pytest.mark.django_db
SECRET = {
    "legal_name": "Ada Quillfeather",
    "born": "1980-02-29",
    "identifier_kind": "us.ssn",
    "identifier": "536-90-4399",
    "address": "1 Secret Street",
}


def change(investor, now, reason="moved", **fields):
    return services.update_profile(
        investor_id=investor.id, profile=ProfileInput(**fields), reason=reason, actor=accounts.SETUP, at=now
    )


def test_personal_columns_are_unreadable_in_the_rows(now):
    investor = new_investor(at=now, kind="natural", **SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(i)::text FROM investors_investor i WHERE id = %s", [investor.id])
        row = cursor.fetchone()[0]
        cursor.execute(
            "SELECT to_jsonb(r)::text FROM investors_revision r WHERE investor_id = %s", [investor.id]
        )
        row += "".join(text for (text,) in cursor.fetchall())
        cursor.execute("SELECT string_agg(facts, '') FROM audit_event")
        row += cursor.fetchone()[0]
    for secret in ("Quillfeather", "1980-02-29", "536904399", "536-90-4399", "Secret Street"):
        assert secret not in row


def test_a_sealed_value_moved_to_another_row_does_not_open(now):
    one, other = new_investor(at=now, **SECRET), new_investor(at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE investors_investor SET legal_name = (SELECT legal_name FROM investors_investor WHERE id = %s)"
            " WHERE id = %s",
            [one.id, other.id],
        )
    with pytest.raises(CannotUnseal):
        selectors.masked_data(other.id)


def test_the_masked_form_shows_enough_to_recognise_and_no_more(now):
    investor = new_investor(at=now, **SECRET)
    shown = selectors.masked_data(investor.id)
    assert (shown.legal_name, shown.born_or_formed) == ("A•••• Q••••", "1980")
    assert (shown.identifier, shown.address) == ("•••••4399", "••••••••")


def test_opening_personal_data_needs_a_reason_and_leaves_an_event(now):
    investor = new_investor(at=now, **SECRET)
    with pytest.raises(services.ReasonMissing):
        services.reveal(investor_id=investor.id, reason="  x ", actor=accounts.SETUP, at=now)
    assert not [
        e for e in audit.events(subject=investor.owner) if e.action == "investor.personal_data_opened"
    ]
    data = services.reveal(investor_id=investor.id, reason="Tax report", actor=accounts.SETUP, at=now)
    assert (data.legal_name, data.identifier) == ("Ada Quillfeather", "536904399")
    (event,) = [
        e for e in audit.events(subject=investor.owner) if e.action == "investor.personal_data_opened"
    ]
    assert event.reason == "Tax report"


def test_own_data_opens_for_its_owner_only(now):
    investor = new_investor(at=now, **SECRET)
    own = selectors.own_data(investor_id=investor.id, user_id=investor.user_id)
    assert own.legal_name == "Ada Quillfeather"
    with pytest.raises(selectors.NoSuchInvestor):
        selectors.own_data(investor_id=investor.id, user_id=uuid4())


def test_each_change_is_a_version_with_who_and_why(now):
    investor = new_investor(at=now)
    after = change(investor, now, address="2 Other Street", reason="moved house")
    assert after.version == investor.version + 1
    newest = selectors.revisions(investor.id)[0]
    assert (newest.version, newest.changed, newest.reason) == (after.version, ("address",), "moved house")
    assert [r.version for r in selectors.revisions(investor.id)] == list(range(after.version, 0, -1))


def test_only_a_change_of_identity_asks_for_a_new_look(now):
    investor = new_investor(at=now)
    later = now.replace(microsecond=(now.microsecond + 1) % 10**6)
    assert (
        change(investor, later, address="2 Other Street").identity_changed_at == investor.identity_changed_at
    )
    assert change(investor, later, legal_name="Somebody New").identity_changed_at == later


def test_the_same_again_changes_nothing(now):
    investor = new_investor(at=now, **SECRET)
    with pytest.raises(services.NothingChanged):
        change(
            investor, now, legal_name="Ada  Quillfeather ", identifier_kind="us.ssn", identifier="536904399"
        )
    assert selectors.investor(investor.id).version == investor.version


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"tax_countries": ()}, "tax_countries"),
        ({"tax_countries": ("DE", "Q1")}, "tax_countries"),
        ({"born_or_formed": "1980-02-30"}, "born_or_formed"),
        ({"born_or_formed": "2999-01-01"}, "born_or_formed"),
        ({"born_or_formed": "1700-01-01"}, "born_or_formed"),
        ({"legal_name": "  "}, "legal_name"),
        ({"legal_name": "x" * 201}, "legal_name"),
        ({"legal_name": "Ada\x00"}, "legal_name"),
        ({"legal_name": "Ada\u202equill"}, "legal_name"),
        ({"identifier": "1", "identifier_kind": "us.ssn"}, "identifier"),
        ({"kind": "robot"}, "kind"),
        ({"expected_minor": -1}, "expected_minor"),
    ],
)
def test_a_bad_field_is_named_and_nothing_changes(now, fields, field):
    investor = new_investor(at=now, **SECRET)
    with pytest.raises(Invalid) as refused:
        change(investor, now, address="a good one", **fields)
    assert refused.value.field == field
    assert selectors.investor(investor.id) == investor
    assert Revision.objects.filter(investor_id=investor.id).count() == investor.version


@pytest.mark.parametrize(
    "name", ["Ødegård Þóra", "김민준", "محمد بن سلمان", "O'Brien-Smith Jr.", "Nguyễn Thị Ánh"]
)
def test_names_in_any_script_are_kept_as_written(now, name):
    investor = new_investor(at=now, legal_name=name)
    data = services.reveal(investor_id=investor.id, reason="for the test", actor=accounts.SETUP, at=now)
    assert data.legal_name == name


def test_one_person_has_one_investor(now):
    investor = new_investor(at=now)
    with pytest.raises(services.AlreadyAnInvestor):
        services.create_investor(
            kind="natural", country="DE", user_id=investor.user_id, actor=accounts.SETUP, at=now
        )
    assert Investor.objects.count() == 1


def test_who_lives_in_the_us_is_a_us_person(now):
    made = services.create_investor(
        kind="natural", country="us", us_person=False, actor=accounts.SETUP, at=now
    )
    assert made.us_person
    abroad = services.create_investor(
        kind="natural", country="DE", us_person=False, actor=accounts.SETUP, at=now
    )
    assert not abroad.us_person
    unknown = services.create_investor(kind="natural", country="DE", actor=accounts.SETUP, at=now)
    assert unknown.us_person
    assert change(abroad, now, country="US").us_person


def owner(investor, now, ppm, role="beneficial_owner"):
    return services.add_related_person(
        investor_id=investor.id,
        role=role,
        name="Bea Owner",
        country="DE",
        ownership_ppm=ppm,
        actor=accounts.SETUP,
        at=now,
    )


def test_owners_hold_at_most_the_whole_together(now):
    entity = new_investor(at=now, kind="entity")
    owner(entity, now, 600_000)
    last = owner(entity, now, 400_000)
    with pytest.raises(ownership.TooMuchOwned, match=r"100\.0001 % together"):
        owner(entity, now, 1)
    assert len(selectors.related_persons(entity.id)) == 3
    services.end_related_person(related_person_id=last, reason="sold", actor=accounts.SETUP, at=now)
    owner(entity, now, 400_000)


@pytest.mark.parametrize("ppm", [None, 0, -1, 1_000_001])
def test_a_beneficial_owner_owns_something_and_at_most_all(now, ppm):
    entity = new_investor(at=now, kind="entity")
    with pytest.raises(Invalid) as refused:
        owner(entity, now, ppm)
    assert refused.value.field == "ownership"
    assert len(selectors.related_persons(entity.id)) == 1


def test_roles_fit_the_kind_of_investor(now):
    with pytest.raises(Invalid):
        owner(new_investor(at=now), now, 1, role="joint_holder")
    with pytest.raises(Invalid):
        owner(new_investor(at=now, kind="joint"), now, 1, role="control_person")


def test_everyone_behind_an_investor_is_screened_by_name(now):
    entity = new_investor(at=now, kind="entity", legal_name="Quillfeather LLC")
    owner(entity, now, 300_000)
    names = [person.name for person in selectors.names_to_screen(entity.id)]
    assert names[0] == "Quillfeather LLC"
    assert "Bea Owner" in names
    assert len(names) == 3


def test_a_closed_investor_cannot_change(now):
    investor = new_investor(at=now)
    Investor.objects.filter(pk=investor.id).update(closed_at=now)
    with pytest.raises(Conflict, match="was closed"):
        change(investor, now, address="anywhere")


@pytest.mark.parametrize(
    "sql", ["UPDATE investors_revision SET reason = 'x'", "DELETE FROM investors_revision"]
)
def test_revisions_stay(now, sql):
    investor = new_investor(at=now)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert len(selectors.revisions(investor.id)) == investor.version


def test_even_the_superuser_meets_a_trigger(transactional_db, superuser_connection, now):
    new_investor(at=now)
    for table in (
        "investors_revision",
        "investors_screening",
        "investors_caseevent",
        "investors_determination",
    ):
        for verb in ("TRUNCATE", "DELETE FROM"):
            if verb == "DELETE FROM" and table != "investors_revision":
                continue
            with pytest.raises(Exception, match=r"table of record|cannot truncate"):
                superuser_connection.execute(f"{verb} {table}")
