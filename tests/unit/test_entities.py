"""Entities, their owners, and what a profile may hold."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.entities import circle_through, tax_form
from investors.domain.identifiers import checked_identifier, checked_lei
from investors.domain.kyc import RiskScore, required_documents
from investors.domain.profile_values import checked_day, checked_phone, checked_text
from portal.domain.errors import Invalid

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("facts", "form"),
    [
        (("natural", "", "US", True, ("US",)), "W-9"),
        (("natural", "", "DE", True, ("DE",)), "W-9"),
        (("natural", "", "DE", False, ("DE", "US")), "W-9"),
        (("natural", "", "DE", False, ("DE",)), "W-8BEN"),
        (("joint", "", "DE", False, ("DE",)), "W-8BEN"),
        (("entity", "llc", "US", True, ("US",)), "W-9"),
        (("entity", "corporation", "DE", False, ("DE",)), "W-8BEN-E"),
        (("entity", "corporation", "DE", True, ("DE", "US")), "W-8BEN-E"),
        (("entity", "partnership", "DE", False, ("DE",)), "W-8IMY"),
        (("entity", "trust", "GG", False, ("GG",)), "W-8IMY"),
        (("entity", "plan", "CA", False, ("CA",)), "W-8BEN-E"),
    ],
)
def test_the_tax_form_follows_from_what_is_declared(facts, form):
    kind, entity_form, country, us_person, tax_countries = facts
    assert (
        tax_form(
            kind=kind,
            entity_form=entity_form,
            country=country,
            us_person=us_person,
            tax_countries=tax_countries,
        )
        == form
    )


@pytest.mark.parametrize(
    ("owners", "circle"),
    [
        ({}, ()),
        ({"a": ["b"]}, ()),
        ({"a": ["a"]}, ("a",)),
        ({"a": ["b"], "b": ["a"]}, ("a", "b")),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, ("a", "b", "c")),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"]}, ()),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ()),
    ],
)
def test_owners_that_lead_back_are_found(owners, circle):
    assert circle_through(owners, start="a") == circle


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30))
def test_a_circle_is_a_way_along_the_owners_and_none_is_overlooked(pairs):
    owners: dict[int, list[int]] = {}
    for owned, by in pairs:
        owners.setdefault(owned, []).append(by)
    circle = circle_through(owners, start=0)
    for here, there in zip(circle, (*circle[1:], *circle[:1]), strict=True):
        assert there in owners[here]
    reached, new = set(), set(owners.get(0, ()))
    while new:
        reached |= new
        new = {owner for one in new for owner in owners.get(one, ())} - reached
    assert bool(circle) == (0 in reached)


@pytest.mark.parametrize(
    "name",
    [
        "Ólafur Þórðarson",
        "陳大文",
        "Μαρία Παπαδοπούλου",
        "محمد\u200cعلی",
        "क्\u200dष",
        "O’Neill-Şahin",
        "ཚེ་རིང་",
    ],
)
def test_names_of_any_script_are_taken(name):
    assert checked_text(name, "legal_name", 200, letters=True)


def test_the_same_name_is_kept_in_one_form():
    assert checked_text("Jose\u0301", "legal_name", 200) == checked_text("José", "legal_name", 200)


@pytest.mark.parametrize("name", ["", "  ", "123", "…", "Ada\u202eaQ", "Ada\x00", "a" * 201, "😀"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(Invalid) as refused:
        checked_text(name, "legal_name", 200, letters=True)
    assert refused.value.field == "legal_name"


@pytest.mark.parametrize(
    "day", ["2026-03-02", "2025-02-29", "1900-02-29", "yesterday", "", "1599-12-31", "1900-03-01"]
)
def test_an_impossible_day_of_birth_is_refused(day):
    with pytest.raises(Invalid) as refused:
        checked_day(day, today=TODAY, field="born", person=True)
    assert refused.value.field == "born"


def test_the_oldest_person_and_an_old_company_are_possible():
    assert checked_day("1900-03-02", today=TODAY, field="born", person=True) == "1900-03-02"
    assert checked_day("1668-08-04", today=TODAY, field="born_or_formed") == "1668-08-04"
    assert checked_day("2024-02-29", today=TODAY, field="born") == "2024-02-29"


def test_telephones():
    assert checked_phone("+1 (212) 555-0100") == "+12125550100"
    assert checked_phone(" ") == ""
    for wrong in ("12345", "1" * 16, "+1 212 CALL", "++1212555"):
        with pytest.raises(Invalid):
            checked_phone(wrong)


@pytest.mark.parametrize(
    ("kind", "country", "investor_kind", "good", "bad"),
    [
        ("tin", "DE", "natural", "36 574 261 809", "36 574 261 808"),
        ("tin", "DE", "entity", "DE 136,695 976", "136695978"),
        ("tin", "NL", "natural", "1112.22.333", "1112.52.333"),
        ("tin", "IT", "natural", "RCCMNL83S18D969H", "RCCMNL83S18D969"),
        ("tin", "GB", "natural", "1955839661", "2955839661"),
        ("us.ein", "US", "entity", "91-1144442", "07-1144442"),
        ("us.ssn", "US", "entity", "536-90-4399", "987-65-4320"),
        ("us.atin", "US", "natural", "123-45-6789", "12-3456789"),
    ],
)
def test_numbers_of_persons_and_companies_are_checked_by_their_countrys_rule(
    kind, country, investor_kind, good, bad
):
    given_ = {"kind": kind, "country": country, "investor_kind": investor_kind}
    assert checked_identifier(value=good, **given_)
    with pytest.raises(Invalid) as refused:
        checked_identifier(value=bad, **given_)
    assert refused.value.field == "identifier"
    assert bad not in refused.value.message


def test_an_lei_has_its_check_digits():
    assert checked_lei("213800 KUD8LAJWSQ9D15") == "213800KUD8LAJWSQ9D15"
    assert checked_lei("") == ""
    with pytest.raises(Invalid):
        checked_lei("213800KUD8LXJWSQ9D15")


@pytest.mark.parametrize(
    ("form", "papers"),
    [
        ("", ("formation", "authority", "ownership", "identity")),
        ("llc", ("formation", "authority", "ownership", "identity")),
        ("trust", ("formation", "authority", "identity")),
        ("plan", ("formation", "identity")),
    ],
)
def test_papers_follow_the_form_of_the_entity(form, papers):
    assert required_documents(kind="entity", risk=RiskScore(()), entity_form=form) == papers
