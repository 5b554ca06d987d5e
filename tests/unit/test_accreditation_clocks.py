"""How accreditation was verified, for how long a sale may rely on it, and what claims make of the records."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from investors.domain.bases import BASES, STATUSES, basis_for, of_status, paragraphs_for
from investors.domain.dates import add_months
from investors.domain.standing import Determined, Represented, accreditation_missing, accredited_on
from investors.domain.verification import (
    METHODS,
    REPRESENTATION_DAYS,
    Paper,
    completeness,
    evidence_clock,
    evidence_until,
    method_for,
    representation_clock,
    reuse_clock,
    reuse_until,
)
from portal.domain.decision import Outcome
from portal.domain.errors import Invalid

ON = date(2026, 6, 15)


def passed(finding):
    return finding.outcome is Outcome.PASSED


# --- the evidence clock


@pytest.mark.parametrize("dated", [date(2026, 1, 15), date(2025, 11, 30), date(2024, 2, 29)])
def test_papers_count_for_three_months_and_not_a_day_longer(dated):
    letter, last = method_for("professional_letter"), add_months(dated, 3)
    papers = [Paper("professional_letter", dated)]
    assert evidence_until(letter, papers) == last
    assert passed(evidence_clock(method=letter, papers=papers, sale_on=dated))
    assert passed(evidence_clock(method=letter, papers=papers, sale_on=last))
    assert not passed(evidence_clock(method=letter, papers=papers, sale_on=last + timedelta(1)))
    assert not passed(evidence_clock(method=letter, papers=papers, sale_on=dated - timedelta(1)))


def test_the_oldest_paper_sets_the_clock():
    way = method_for("net_worth_documents")
    papers = [Paper("asset_statement", date(2026, 5, 1)), Paper("consumer_report", date(2026, 4, 1))]
    assert evidence_until(way, papers) == date(2026, 7, 1)


def test_tax_forms_count_to_the_end_of_the_year_after_the_later_one():
    way = method_for("income_documents")
    papers = [Paper("tax_form", date(2025, 4, 1), 2024), Paper("tax_form", date(2026, 4, 1), 2025)]
    assert evidence_until(way, papers) == date(2026, 12, 31)
    with pytest.raises(Invalid):
        evidence_until(way, [Paper("tax_form", ON)])
    with pytest.raises(Invalid):
        evidence_until(way, [])


# --- representation and re-use


def test_a_representation_counts_for_thirty_days():
    for days, expected in (
        (0, True),
        (REPRESENTATION_DAYS, True),
        (REPRESENTATION_DAYS + 1, False),
        (-1, False),
    ):
        finding = representation_clock(represented_on=ON, sale_on=ON + timedelta(days))
        assert passed(finding) is expected
    assert not passed(representation_clock(represented_on=None, sale_on=ON))


@pytest.mark.parametrize("verified", [date(2024, 2, 29), date(2026, 6, 15), date(2025, 12, 31)])
def test_the_same_issuer_may_re_use_for_five_years(verified):
    last = reuse_until(verified)

    def ask(sale, *, same=True, said=None):
        return reuse_clock(verified_on=verified, same_issuer=same, represented_on=said or sale, sale_on=sale)

    assert ask(last).passed
    assert not ask(last + timedelta(1)).passed
    assert not ask(verified - timedelta(1)).passed
    assert not ask(last, same=False).passed
    assert not ask(last, said=last - timedelta(REPRESENTATION_DAYS + 1)).passed
    assert {f.rule for f in ask(last + timedelta(1), same=False, said=verified).failures} == {
        "same-issuer",
        "five-years",
        "representation-clock",
    }


# --- methods and bases


def test_safe_harbours_are_for_natural_persons_only():
    for code in ("income_documents", "net_worth_documents", "professional_letter"):
        assert "entity" not in METHODS[code].kinds
    papers = [Paper("professional_letter", ON)]
    decision = completeness(
        method=method_for("professional_letter"), basis="501(a)(3)", kind="entity", papers=papers, on=ON
    )
    assert [finding.rule for finding in decision.failures] == ["method-fits"]


def test_completeness_names_everything_missing_at_once():
    decision = completeness(
        method=method_for("income_documents"),
        basis="501(a)(6)",
        kind="natural",
        papers=[Paper("tax_form", ON, 2025)],
        on=ON,
    )
    assert {finding.rule for finding in decision.failures} == {"evidence-complete", "two-tax-years"}
    papers = [Paper("tax_form", ON, 2024), Paper("tax_form", ON, 2025), Paper("income_expectation", ON)]
    assert completeness(
        method=method_for("income_documents"), basis="501(a)(6)", kind="natural", papers=papers, on=ON
    ).passed


def test_the_officers_assessment_needs_at_least_one_paper():
    way = method_for("principles_based")
    assert not completeness(method=way, basis="501(a)(3)", kind="entity", papers=[], on=ON).passed
    assert completeness(
        method=way, basis="501(a)(3)", kind="entity", papers=[Paper("other", ON)], on=ON
    ).passed


def test_every_basis_says_whom_it_is_for_and_where_it_stands():
    assert len(of_status("accredited")) == 13
    assert all(of_status(status) for status in STATUSES)
    assert all(basis.source and basis.asks for basis in BASES.values())
    assert basis_for("501(a)(5)", "joint").source == "17 CFR 230.501(a)(5)"
    with pytest.raises(Invalid, match="not for an entity"):
        basis_for("501(a)(5)", "entity")
    with pytest.raises(Invalid, match="There is no basis"):
        basis_for("501(a)(99)", "natural")
    assert "501(a)(3)" not in [paragraph for paragraph, _ in paragraphs_for("natural")]
    with pytest.raises(Invalid):
        method_for("astrology")


# --- from records to claims

ISSUER, OTHER = uuid4(), uuid4()


def determined(**change):
    facts = {
        "id": uuid4(),
        "accredited": True,
        "basis": "501(a)(5)",
        "method": "professional_letter",
        "verified": True,
        "issuer_id": None,
        "decided_on": date(2026, 1, 10),
        "evidence_dated": date(2026, 1, 5),
        "evidence_until": date(2026, 4, 5),
        "reuse_until": None,
        **change,
    }
    return Determined(**facts)


def status(records, said=(), on=date(2026, 2, 1), issuer=None):
    facts = {"determinations": records, "representations": list(said), "on": on, "issuer_id": issuer}
    found, missing = accredited_on(**facts), accreditation_missing(**facts)
    assert bool(found) is not bool(missing)
    return found.via if found else missing[0].code


def test_a_determination_counts_from_its_day_to_the_end_of_its_evidence():
    one = [determined()]
    assert status(one, on=date(2026, 1, 9)) == "not-accredited"
    assert status(one, on=date(2026, 1, 10)) == "evidence"
    assert status(one, on=date(2026, 4, 5)) == "evidence"
    assert status(one, on=date(2026, 4, 6)) == "accreditation-evidence-old"


def test_a_revoked_or_negative_one_does_not_count():
    assert status([determined(revoked_on=date(2026, 2, 1))], on=date(2026, 1, 31)) == "evidence"
    assert status([determined(revoked_on=date(2026, 2, 1))]) == "not-accredited"
    assert status([determined(accredited=False)]) == "not-accredited"


def test_one_issuers_determination_is_not_anothers():
    mine = [determined(issuer_id=ISSUER, reuse_until=date(2031, 1, 10))]
    assert status(mine, issuer=ISSUER) == "evidence"
    assert status(mine, issuer=OTHER) == "not-accredited"
    assert status(mine) == "not-accredited"


def test_re_use_needs_the_same_issuer_and_a_fresh_representation():
    mine, sale = [determined(issuer_id=ISSUER, reuse_until=date(2031, 1, 10))], date(2029, 5, 31)
    assert status(mine, on=sale, issuer=ISSUER) == "representation-missing"
    fresh, old = Represented(date(2029, 5, 1)), Represented(date(2029, 4, 30))
    assert status(mine, [fresh], on=sale, issuer=ISSUER) == "reuse"
    assert status(mine, [old], on=sale, issuer=ISSUER) == "representation-missing"
    assert (
        status(mine, [Represented(date(2029, 5, 1), OTHER)], on=sale, issuer=ISSUER)
        == "representation-missing"
    )
    assert status(mine, [fresh], on=sale, issuer=OTHER) == "not-accredited"
    last = Represented(date(2031, 1, 10))
    assert status(mine, [last], on=date(2031, 1, 10), issuer=ISSUER) == "reuse"
    assert status(mine, [last], on=date(2031, 1, 11), issuer=ISSUER) == "accreditation-evidence-old"


def test_self_certification_lives_by_its_representation_and_is_never_re_used():
    own = [determined(method="self_certification", verified=False, evidence_until=None, evidence_dated=None)]
    assert status(own, [Represented(date(2026, 1, 10))]) == "evidence"
    assert status(own) == "representation-missing"
    found = accredited_on(
        determinations=[*own, determined()],
        representations=[Represented(date(2026, 1, 20))],
        on=date(2026, 2, 1),
    )
    assert found.verified
