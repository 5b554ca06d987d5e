"""Entitlements and payouts set by set: the same to the unit as line by line, and safe to pay side by side."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuance.corporate_actions import entitlement, payout, selectors, services
from issuance.corporate_actions.facts import NewDividend
from issuance.corporate_actions.models import Dividend, Entitlement, PayoutChunk
from issuance.corporate_actions.verify import verify_distributions
from issuance.domain.dividends import Holding, Rounding, distribute, distribute_per_unit
from issuance.register.facts import LotTerms
from portal.domain.canonical import fingerprint
from portal.ledger import selectors as ledger
from portal.ledger.models import Account
from portal.ledger.services import Malformed, open_account, open_accounts
from tests.factories.crowd import Crowd, approved, crowd, declared
from tests.factories.investors import approved_investor
from tests.factories.issuance import WORKER, active_security, give, holders

pytestmark = pytest.mark.django_db


def frozen(issued, at, **terms):
    """A dividend entitled on these terms, and its lines."""
    given = {"pot_minor": 1_000_00, **terms}
    new = NewDividend(issued.security.id, "Quarter", at.date(), at, at.date(), **given)
    number = services.declare(terms=new, actor=issued.actor, at=at).id
    services.announce(dividend_id=number, actor=issued.actor, at=at)
    services.entitle(dividend_id=number, actor=issued.actor, at=at)
    return Dividend.objects.get(pk=number), selectors.entitlements(dividend_id=number)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quantities=st.lists(st.integers(1, 10**18), min_size=1, max_size=5),
    pot=st.integers(1, 10**15),
    per_unit=st.none() | st.fractions(Fraction(1, 1000), 1000, max_denominator=1000),
    rounding=st.sampled_from(Rounding),
    chunk=st.integers(1, 3),
)
def test_one_statement_says_what_the_domain_says_line_by_line(
    now, pool, monkeypatch, quantities, pot, per_unit, rounding, chunk
):
    monkeypatch.setattr(services, "CHUNK", chunk)
    issued = active_security(at=now, authorised=None)
    for one, quantity in zip(pool, quantities, strict=False):
        give(issued, one, quantity, at=now, lot=LotTerms("registered"))
    terms = (
        {"pot_minor": pot, "rounding": rounding.value}
        if per_unit is None
        else {"pot_minor": None, "per_unit": per_unit}
    )
    row, lines = frozen(issued, now, **terms)
    held = [Holding(line.holder, line.quantity, line.rate_ppm) for line in lines]
    expected = (
        distribute(pot, held, rounding=rounding)
        if per_unit is None
        else distribute_per_unit(per_unit, held, scale=issued.security.scale)
    )
    assert [(line.holder, line.gross_minor, line.withheld_minor, line.net_minor) for line in lines] == [
        (line.holder, line.gross, line.withheld, line.net) for line in expected.lines
    ]
    assert (row.pot_minor, row.gross_minor, row.withheld_minor, row.net_minor, row.residue_minor) == (
        expected.pot,
        expected.gross,
        expected.withheld,
        expected.net,
        expected.residue,
    )
    assert row.entitlements_sha256 == fingerprint(
        [[line.holder, str(line.quantity), str(line.gross), str(line.withheld)] for line in expected.lines]
    )
    assert [part.holders for part in PayoutChunk.objects.filter(dividend=row)] == [
        len(held[first : first + chunk]) for first in range(0, len(held), chunk)
    ]


def test_holdings_that_moved_after_the_record_instant_count_as_they_were_at_it(now):
    start = now - timedelta(hours=3)
    issued = active_security(at=start)
    stayed, grew, came = (approved_investor(at=start) for _ in range(3))
    give(issued, stayed, 10, at=start)
    give(issued, grew, 20, at=start)
    record = now - timedelta(hours=1)
    give(issued, grew, 70, at=now)
    give(issued, came, 5, at=now)
    new = NewDividend(issued.security.id, "Quarter", record.date(), record, now.date(), pot_minor=300)
    number = services.declare(terms=new, actor=issued.actor, at=now).id
    services.announce(dividend_id=number, actor=issued.actor, at=now)
    services.entitle(dividend_id=number, actor=issued.actor, at=now)
    lines = selectors.entitlements(dividend_id=number)
    assert {line.holder: (line.quantity, line.gross_minor) for line in lines} == {
        stayed.owner: (10, 100),
        grew.owner: (20, 200),
    }


def test_a_crowd_is_taxed_by_the_standing_of_each_and_paid_to_the_cent(now, monkeypatch):
    monkeypatch.setattr(services, "CHUNK", 500)
    of = crowd(1_200, at=now)
    number = declared(of, pot=987_654_3, name="Quarter", at=now)
    dues = services.entitle(dividend_id=number, actor=WORKER, at=now)
    standings = Entitlement.objects.filter(dividend_id=number).values_list("rate_ppm", flat=True)
    counted = {ppm: list(standings).count(ppm) for ppm in set(standings)}
    assert counted == {0: 200, 240_000: 200, 100_000: 200, 300_000: 600}
    approved(of, number, at=now)
    payout.start_paying(dividend_id=number, actor=WORKER, at=now)
    unpaid = selectors.unpaid_chunks(number)
    assert unpaid == [0, 1, 2]
    for chunk in reversed(unpaid):
        payout.pay_chunk(dividend_id=number, chunk=chunk, actor=WORKER, at=now)
    money = ledger.instrument("USD").id
    cash = {
        one.owner: one.posted for one in ledger.balances(instrument_id=money, purpose="cash") if one.posted
    }
    lines = selectors.entitlements(dividend_id=number, limit=5_000)
    assert cash == {line.holder: line.net_minor for line in lines if line.net_minor}
    assert selectors.dividend(number).state == "paid"
    assert sum(cash.values()) + dues.withheld_minor + dues.residue_minor == 987_654_3
    assert verify_distributions() == []


def test_a_worker_locks_its_chunk_first_and_the_dividend_last_so_that_others_pay_beside_it(now):
    issued = active_security(at=now)
    holders(issued, 1, 2, at=now)
    of = Crowd(issued, {})
    number = declared(of, pot=100, name="Quarter", at=now)
    services.entitle(dividend_id=number, actor=WORKER, at=now)
    approved(of, number, at=now)
    payout.start_paying(dividend_id=number, actor=WORKER, at=now)
    with CaptureQueriesContext(connection) as ran:
        payout.pay_chunk(dividend_id=number, chunk=0, actor=WORKER, at=now)
    locking = [query["sql"] for query in ran if "FOR UPDATE" in query["sql"]]
    tables = [
        [name for name in ("payoutchunk", "dividend") if f'"issuance_{name}"' in text] for text in locking
    ]
    assert tables == [["payoutchunk"], ["dividend"]]


def test_a_standing_that_changes_while_freezing_refuses_and_freezes_nothing(now, monkeypatch):
    issued = active_security(at=now)
    holders(issued, 1, 2, at=now)
    monkeypatch.setattr(entitlement, "_rates", lambda standings, *, on: _no_rates())
    with pytest.raises(entitlement.StandingChanged, match="nothing was frozen"):
        frozen(issued, now)
    assert (Entitlement.objects.count(), PayoutChunk.objects.count()) == (0, 0)
    assert Dividend.objects.get().state == "announced"


def _no_rates():
    return {name: [] for name in ("forms", "residences", "tins", "treaties", "ppms", "reasons", "sources")}


def test_a_line_that_belongs_to_no_part_is_found_by_verify(now):
    issued = active_security(at=now)
    holders(issued, 1, at=now)
    row, _ = frozen(issued, now)
    line = Entitlement.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO issuance_entitlement (dividend_id, chunk_id, holder, quantity, rate_ppm, rate_reason, rate_source,"
            " gross_minor, withheld_minor, net_minor) VALUES (%s, %s, 'investor:x', 1, 0, '', '', 1, 0, 1) RETURNING id",
            [row.pk, line.chunk_id + 1_000],
        )
        stray = cursor.fetchone()[0]
    assert verify_distributions() == [f"dividend {row.pk}: line {stray} belongs to none of its parts."]


def test_many_accounts_are_found_or_opened_at_once(now):
    active_security(at=now)
    money = ledger.instrument("USD").id
    known = open_account(owner="investor:a", instrument_id=money, purpose="cash")
    found = open_accounts(
        owners=["investor:b", "investor:a", "investor:c"], instrument_id=money, purpose="cash"
    )
    assert found["investor:a"] == known
    assert found == open_accounts(owners=list(found), instrument_id=money, purpose="cash")
    assert {ledger.balance(number).owner: ledger.balance(number).posted for number in found.values()} == {
        "investor:a": 0,
        "investor:b": 0,
        "investor:c": 0,
    }
    assert open_accounts(owners=[], instrument_id=money, purpose="cash") == {}


@pytest.mark.parametrize(
    ("owners", "purpose"),
    [(["investor:a", "in vestor"], "cash"), (["a|b"], "cash"), ([""], "cash"), (["investor:a"], "moon")],
)
def test_an_owner_or_purpose_that_cannot_be_opens_no_account(now, owners, purpose):
    active_security(at=now)
    money, before = ledger.instrument("USD").id, Account.objects.count()
    with pytest.raises(Malformed), transaction.atomic():
        open_accounts(owners=owners, instrument_id=money, purpose=purpose)
    assert Account.objects.count() == before


@pytest.fixture
def pool(now):
    return [
        approved_investor(at=now, country=country, accredited=False)
        for country in ("US", "JP", "DE", "US", "GB")
    ]
