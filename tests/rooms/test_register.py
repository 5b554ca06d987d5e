"""The register: what moves, what is refused with which words, and that the cap table is what the ledger says."""

import random
import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from issuance.compliance import selectors as decisions
from issuance.domain.cap_table import Move, cap_table, replay
from issuance.domain.compliance.catalogue import always
from issuance.domain.compliance.limits import HolderLimit
from issuance.register import selectors, services
from issuance.register.facts import Intended, LotTerms
from issuance.register.models import HolderOfRecord, Lot, LotEntry, Movement
from issuance.securities import services as securities
from portal.audit.models import Event
from portal.ledger.selectors import balances
from portal.ledger.services import KeyReused
from tests.factories.investors import approved_investor
from tests.factories.issuance import active_security, give, holders

pytestmark = pytest.mark.django_db


def free_lots(day):
    return LotTerms(exemption="registered", acquired_on=day)


def move(issued, source, target, quantity, *, at, key="", pay=None):
    key = key or str(uuid.uuid4())
    return services.transfer(
        key=key,
        intended=Intended(
            "transfer",
            issued.security.id,
            quantity,
            f"transfer:{key}",
            source=source.owner,
            target=target.owner,
        ),
        reason="Private sale.",
        actor=issued.actor,
        at=at,
    )


def state(issued):
    return (
        selectors.holdings(issued.security),
        Movement.objects.count(),
        LotEntry.objects.count(),
        list(HolderOfRecord.objects.order_by("pk").values_list("holder", "active")),
        [(b.account_id, b.posted, b.reserved) for b in balances(instrument_id=issued.security.instrument_id)],
    )


def test_what_is_issued_stands_in_the_ledger_with_its_lot_and_decision(now):
    issued, who = active_security(at=now, scale=4), approved_investor(at=now)
    line = give(issued, who, 12_5000, at=now, lot=LotTerms("506(c)", price_minor=250_00))
    assert selectors.holdings(issued.security) == {who.owner: 12_5000}
    assert selectors.outstanding(issued.security) == 12_5000
    (lot,) = selectors.lots_of(issued.security.id, who.owner)
    assert (lot.quantity, lot.acquired_on, lot.exemption, lot.price_minor) == (
        12_5000,
        now.date(),
        "506(c)",
        250_00,
    )
    assert decisions.decision(line.decision_id).passed
    assert (line.number, line.kind, line.source, line.target) == (1, "issue", "", who.owner)
    assert Event.objects.filter(action="register.issued", subject=f"movement:{line.id}").exists()


def test_the_same_key_issues_once_and_another_body_is_refused(now):
    issued, who = active_security(at=now), approved_investor(at=now)
    first = give(issued, who, 5, at=now, key="founders-1")
    again = give(issued, who, 5, at=now, key="founders-1")
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
    with pytest.raises(KeyReused):
        give(issued, who, 6, at=now, key="founders-1")
    assert selectors.outstanding(issued.security) == 5


def test_a_refusal_keeps_its_decision_and_moves_nothing(now):
    issued = active_security(at=now, authorised=10)
    who = approved_investor(at=now)
    give(issued, who, 8, at=now)
    before = state(issued)
    with pytest.raises(services.MovementRefused) as refused:
        give(issued, who, 3, at=now)
    assert state(issued) == before
    assert refused.value.reasons == ("Would make 11 outstanding or subscribed; 10 are authorised.",)
    assert refused.value.next_step == "Ask for 2 or less."
    stored = decisions.decision(refused.value.decision_id)
    assert not stored.passed
    assert [finding.rule for finding in stored.decision.failures] == ["supply"]


def test_every_missing_thing_is_told_at_once(now):
    issued = active_security(at=now, authorised=10)
    stranger = approved_investor(at=now - timedelta(days=4000))
    with pytest.raises(services.MovementRefused) as refused:
        give(issued, stranger, 11, at=now)
    failed = {finding.rule for finding in refused.value.decision.failures}
    assert {"identity_verified", "supply"} <= failed
    assert "reasons, first:" in refused.value.message


def test_a_draft_security_does_not_move(now):
    issued, who = active_security(at=now), approved_investor(at=now)
    securities.move(security_id=issued.security.id, event="pause", actor=issued.actor, at=now)
    with pytest.raises(services.NotActive, match="is paused"):
        give(issued, who, 1, at=now)


def test_lots_move_along_and_keep_their_dates(now):
    issued = active_security(at=now)
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    old, older = now.date() - timedelta(days=400), now.date() - timedelta(days=500)
    give(issued, seller, 60, at=now, lot=LotTerms("506(c)", 100, acquired_on=old))
    give(issued, seller, 40, at=now, lot=LotTerms("506(c)", 90, acquired_on=older))
    move(issued, seller, buyer, 50, at=now)
    got = selectors.lots_of(issued.security.id, buyer.owner)
    assert [(lot.acquired_on, lot.quantity, lot.price_minor) for lot in got] == [
        (older, 40, 90),
        (old, 10, 100),
    ]
    left = selectors.lots_of(issued.security.id, seller.owner)
    assert [(lot.acquired_on, lot.quantity) for lot in left] == [(old, 50)]


def test_restricted_lots_wait_for_their_day_and_the_refusal_names_it(now):
    issued = active_security(at=now)
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    give(issued, seller, 100, at=now, lot=LotTerms("506(c)"))
    before = state(issued)
    with pytest.raises(services.MovementRefused) as refused:
        move(issued, seller, buyer, 1, at=now)
    assert refused.value.source == "17 CFR 230.144(d)(1)"
    assert refused.value.decision.earliest_pass == now.date().replace(year=now.year + 1)
    assert state(issued) == before


def test_who_sells_everything_leaves_the_register_and_frees_his_place(now):
    issued = active_security(at=now, rules=[*always(), HolderLimit(holders=2, non_accredited=None)])
    lot = free_lots(now.date())
    first, second, third = (approved_investor(at=now) for _ in range(3))
    for one in (first, second):
        give(issued, one, 10, at=now, lot=lot)
    with pytest.raises(services.MovementRefused, match="3 holders of record"):
        move(issued, first, third, 9, at=now)
    move(issued, first, third, 10, at=now)
    assert selectors.counts(issued.security.id).holders == 2
    assert selectors.counts(issued.security.id) == selectors.recount(issued.security.id)
    assert set(selectors.holdings(issued.security)) == {second.owner, third.owner}


def test_frozen_units_stay_where_they_are_until_the_freeze_is_lifted(now):
    issued = active_security(at=now)
    seller, buyer = approved_investor(at=now), approved_investor(at=now)
    give(issued, seller, 10, at=now, lot=free_lots(now.date()))
    order = {"security_id": issued.security.id, "holder": seller.owner, "actor": issued.actor, "at": now}
    services.freeze(key="f1", quantity=4, reason="Court order 12/26.", **order)
    with pytest.raises(services.MovementRefused, match="4 of the holding are frozen; 6 may move"):
        move(issued, seller, buyer, 7, at=now)
    move(issued, seller, buyer, 6, at=now)
    services.unfreeze(key="f2", quantity=None, reason="Order lifted.", **order)
    move(issued, seller, buyer, 4, at=now)
    assert selectors.holdings(issued.security) == {buyer.owner: 10}
    assert [line.kind for line in selectors.journal(issued.security.id)] == [
        "issue",
        "freeze",
        "transfer",
        "unfreeze",
        "transfer",
    ]


def test_a_redemption_cancels_what_it_takes(now):
    issued = active_security(at=now)
    (who,) = holders(issued, 10, at=now)
    services.redeem(
        key="r1",
        intended=Intended("redeem", issued.security.id, 4, "redeem:r1", source=who.owner),
        reason="Buy-back.",
        actor=issued.actor,
        at=now,
    )
    assert selectors.outstanding(issued.security) == 6
    assert sum(lot.quantity for lot in selectors.lots_of(issued.security.id, who.owner)) == 6


def test_to_oneself_nothing_moves(now):
    issued = active_security(at=now)
    (who,) = holders(issued, 10, at=now)
    with pytest.raises(services.SameHolder):
        move(issued, who, who, 1, at=now)


def as_moves(issued):
    return [
        Move(line.effective_at, issued.security.code, line.source, line.target, line.quantity)
        for line in selectors.journal(issued.security.id)
        if line.kind in ("issue", "transfer", "redeem")
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_holdings_sum_to_what_is_issued_and_the_past_equals_the_replay(now, seed):
    chance, start = random.Random(seed), now - timedelta(hours=2)
    issued = active_security(at=start, authorised=None)
    people = [approved_investor(at=start) for _ in range(3)]
    instants = []
    for minute in range(12):
        at = start + timedelta(minutes=10 + minute)
        held = selectors.holdings(issued.security)
        sellers = [one for one in people if held.get(one.owner)]
        seller = chance.choice([None, *sellers])
        buyer = chance.choice([one for one in people if one is not seller])
        if seller is None:
            give(issued, buyer, chance.randint(1, 10**20), at=at, lot=free_lots(at.date()))
        else:
            move(issued, seller, buyer, chance.randint(1, held[seller.owner]), at=at)
        instants.append(at)
        assert sum(selectors.holdings(issued.security).values()) == selectors.outstanding(issued.security)
        assert selectors.counts(issued.security.id) == selectors.recount(issued.security.id)
    moves = as_moves(issued)
    for at in instants:
        then = selectors.cap_table_of(issued.issuer.id, as_of=at)
        assert then == cap_table(replay(moves, until=at))
        lots = sum(selectors.holdings(issued.security, as_of=at).values())
        assert lots == selectors.outstanding(issued.security, as_of=at)
    for one in people:
        lots = selectors.lots_of(issued.security.id, one.owner)
        assert sum(lot.quantity for lot in lots) == selectors.holdings(issued.security).get(one.owner, 0)


@pytest.mark.parametrize(
    "table", ["movement", "lot", "lotentry", "decisionrecord", "rulesetversion", "token"]
)
def test_tables_of_record_refuse_every_change(now, table):
    issued = active_security(at=now)
    holders(issued, 10, at=now)
    with connection.cursor() as cursor:
        for statement in (f"DELETE FROM issuance_{table}", f"UPDATE issuance_{table} SET id = id"):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(statement)
    assert Lot.objects.count() == 1
