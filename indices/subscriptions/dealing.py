"""The dealing run: all orders whose close has passed, at one price; resumable, chunk by chunk."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from django.db import transaction

from indices.domain import valuation
from indices.domain.dealing import still_may
from indices.domain.fee import streaming_units
from indices.domain.methodology import Rules
from indices.domain.rebalance import to_raise
from indices.domain.schedule import last_closed
from indices.levels.selectors import level_on
from indices.methodologies.facts import IndexFacts
from indices.methodologies.models import Index
from indices.methodologies.selectors import NoSuchIndex, index_facts, version_on
from indices.prices.selectors import prices_on
from indices.rebalances.models import Trade
from indices.rebalances.selectors import cash_minor, holdings, value, whole_prices
from indices.rebalances.trading import execute
from indices.subscriptions import settlement
from indices.subscriptions.facts import RunFacts
from indices.subscriptions.models import ORDER, RUN, DealingRun, Order, StreamedFee
from indices.subscriptions.selectors import NoSuchRun, outstanding, run_facts
from indices.subscriptions.services import end
from investors.accreditation.selectors import claims_of_many
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from portal.ledger.facts import Leg
from portal.ledger.selectors import balance
from portal.ledger.services import open_account, post

CHUNK = 200
CENTS_PER_DOLLAR = 100


class NotYetDealt(Conflict):
    """The close that the run needs is not published yet."""

    code = "dealing-not-yet"


def deal(*, index_id: UUID, actor: Actor, at: datetime) -> RunFacts | None:
    """
    Deal all orders whose close has passed, at the last close: one price for all, chunks of orders each in its own
    transaction. A run that was interrupted is taken up where it stopped.

    returns  the run, settled; None when there is nothing to deal
    raises   NoSuchIndex, NotYetDealt, MissingPrice, CannotFund
    """
    run_id = price_run(index_id=index_id, actor=actor, at=at)
    if run_id is None:
        return None
    while settle_chunk(run_id=run_id, kind="create", actor=actor, at=at):
        pass
    fill_pot(run_id=run_id, actor=actor, at=at)
    while settle_chunk(run_id=run_id, kind="redeem", actor=actor, at=at):
        pass
    return finish_run(run_id=run_id, actor=actor, at=at)


def price_run(*, index_id: UUID, actor: Actor, at: datetime) -> UUID | None:
    """
    Fix the price of the run at the last close, and which orders it deals. An unfinished run comes first.

    returns  the run's id; None when no order waits
    """
    with transaction.atomic():
        index = _lock_index(index_id)
        unfinished = DealingRun.objects.filter(index=index, state="priced").first()
        if unfinished is not None:
            return unfinished.pk
        day = last_closed(at)
        waiting = Order.objects.filter(index=index, state="placed", dealing_day__lte=day)
        if not waiting.exists():
            return None
        if DealingRun.objects.filter(index=index, day=day).exists():
            return None
        level = level_on(index.pk, day)
        if level is None:
            raise NotYetDealt(f"The level of {day} is not published yet.", next_step="Orders keep waiting.")
        facts = index_facts(index)
        rules = version_on(index.pk, day).rules
        fee_units, streamed = _stream(facts, rules, actor, at)
        fund = value(index.pk, day=day, known_by=at)
        units = outstanding(facts)
        run = DealingRun.objects.create(
            index=index,
            day=day,
            nav_minor=fund.nav_minor,
            units_before=units,
            fee_units=fee_units,
            price=valuation.price_per_unit(
                nav_minor=fund.nav_minor, outstanding=units, first_price_minor=_cents_up(level.level)
            ),
            simulated=level.simulated or fund.simulated,
            priced_at=at,
        )
        taken = waiting.update(run=run)
        record(
            actor=actor,
            action="subscriptions.run_priced",
            subject=f"run:{run.pk}",
            at=at,
            index=str(index.pk),
            day=day.isoformat(),
            nav_minor=str(fund.nav_minor),
            units=str(units),
            price=str(run.price),
            orders=taken,
            simulated=run.simulated,
            rows=essences(run, *streamed),
        )
    return run.pk


def settle_chunk(*, run_id: UUID, kind: str, actor: Actor, at: datetime, limit: int | None = None) -> int:
    """
    Settle the next orders of a run in one transaction.

    kind     "create" | "redeem"
    limit    orders at most; CHUNK unless told
    returns  how many were settled or refused; 0 when none is left
    """
    with transaction.atomic():
        run = _lock_run(run_id)
        rules = version_on(run.index_id, run.day).rules
        orders = list(
            Order.objects.select_for_update(of=("self",))
            .select_related("index", "run")
            .filter(run=run, kind=kind, state="placed")
            .order_by("pk")[: limit or CHUNK]
        )
        if not orders:
            return 0
        accounts = settlement.accounts_of(run, actor=actor, at=at)
        claims = claims_of_many([order.investor_id for order in orders], on=at.date())
        first = _first_price(run)
        for order in orders:
            decision = still_may(kind=kind, rules=rules, claims=claims[order.investor_id], on=at.date())
            if not decision.passed:
                reasons = " ".join(finding.message for finding in decision.failures)
                end(order, ORDER.after(order.state, "refuse"), reasons, actor, at)
                continue
            if kind == "create":
                units, fee = settlement.units_for(order, run, rules, first)
                if units == 0:
                    end(order, ORDER.after(order.state, "refuse"), "The amount buys no unit.", actor, at)
                    continue
                done = settlement.settle_create(
                    order, run, accounts, units=units, fee=fee, actor=actor, at=at
                )
            else:
                done = settlement.settle_redeem(order, run, accounts, rules, actor=actor, at=at)
            _settled(order, run, done, actor, at)
        run.save()
    return len(orders)


def fill_pot(*, run_id: UUID, actor: Actor, at: datetime) -> int:
    """
    Put the cash of all redemptions of a run aside, once: cash first, then sales in proportion to the holdings.

    returns  cents in the pot
    """
    with transaction.atomic():
        run = _lock_run(run_id)
        if run.pot_minor is not None:
            return int(run.pot_minor)
        needed = sum(
            settlement.worth_of(order, run)
            for order in Order.objects.filter(run=run, kind="redeem", state="placed")
        )
        run.pot_minor = needed
        run.save(update_fields=["pot_minor"])
        if needed == 0:
            _tell_pot(run, [], actor, at)
            return 0
        accounts = settlement.accounts_of(run, actor=actor, at=at)
        rules = version_on(run.index_id, run.day).rules
        held = holdings(run.index_id)
        sales = to_raise(
            held,
            needed - cash_minor(run.index_id),
            prices=whole_prices(prices_on(run.day, symbols=list(held), known_by=at)),
            cost_bps=rules.trading_bps,
        )
        sold = execute(
            index_id=run.index_id,
            trades=sales,
            key=f"run:{run.pk}:sales",
            kind="index.sale",
            reference=f"run:{run.pk}",
            day=run.day,
            dealing_run_id=run.pk,
            actor=actor,
            at=at,
        )
        post(
            key=f"run:{run.pk}:pot",
            kind="index.pot",
            reference=f"run:{run.pk}",
            legs=[Leg(accounts.cash, -needed), Leg(accounts.pot, needed)],
            actor=actor,
            at=at,
        )
        _tell_pot(run, sold, actor, at)
    return needed


def finish_run(*, run_id: UUID, actor: Actor, at: datetime) -> RunFacts:
    """Close a run whose orders are all dealt; what refused redemptions left in the pot goes back to the index."""
    with transaction.atomic():
        run = _lock_run(run_id)
        if run.state == "settled":
            return run_facts(run)
        if Order.objects.filter(run=run, state="placed").exists():
            raise NotYetDealt("Orders of this run are not settled yet.")
        accounts = settlement.accounts_of(run, actor=actor, at=at)
        left = balance(accounts.pot).posted
        if left:
            post(
                key=f"run:{run.pk}:left",
                kind="index.pot",
                reference=f"run:{run.pk}",
                legs=[Leg(accounts.pot, -left), Leg(accounts.cash, left)],
                actor=actor,
                at=at,
            )
        run.state, run.settled_at = RUN.after(run.state, "settle"), at
        run.save(update_fields=["state", "settled_at"])
        record(
            actor=actor,
            action="subscriptions.run_settled",
            subject=f"run:{run.pk}",
            at=at,
            created_units=str(run.created_units),
            redeemed_units=str(run.redeemed_units),
            paid_in_minor=str(run.paid_in_minor),
            paid_out_minor=str(run.paid_out_minor),
            rows=essences(run),
        )
    return run_facts(run)


# --- inside a transaction -----------------------------------------------------------------------------------


def _lock_index(index_id: UUID) -> Index:
    index = Index.objects.select_for_update().filter(pk=index_id).first()
    if index is None:
        raise NoSuchIndex("There is no index with this id.")
    return index


def _lock_run(run_id: UUID) -> DealingRun:
    known = DealingRun.objects.filter(pk=run_id).values_list("index_id", flat=True).first()
    if known is None:
        raise NoSuchRun("There is no dealing run with this id.")
    _lock_index(known)
    return DealingRun.objects.select_for_update(of=("self",)).select_related("index").get(pk=run_id)


def _tell_pot(run: DealingRun, sold: list[Trade], actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action="subscriptions.pot_filled",
        subject=f"run:{run.pk}",
        at=at,
        pot_minor=str(run.pot_minor),
        sales=len(sold),
        rows=essences(run, *sold),
    )


def _settled(order: Order, run: DealingRun, done: settlement.Settled, actor: Actor, at: datetime) -> None:
    created = order.kind == "create"
    order.state, order.settled_at = ORDER.after(order.state, "settle"), at
    order.units_settled, order.fee_minor = done.units, done.fee_minor
    order.cash_settled_minor = done.gross_minor if created else done.gross_minor - done.fee_minor
    order.transaction_id = done.transaction_id
    order.save()
    if created:
        run.created_units += done.units
        run.paid_in_minor += done.gross_minor - done.fee_minor
    else:
        run.redeemed_units += done.units
        run.paid_out_minor += done.gross_minor
    record(
        actor=actor,
        action="subscriptions.order_settled",
        subject=f"order:{order.pk}",
        at=at,
        run=str(run.pk),
        units=str(done.units),
        cash_minor=str(done.gross_minor),
        fee_minor=str(done.fee_minor),
        transaction=str(done.transaction_id),
        rows=essences(order, run),
    )


def _stream(index: IndexFacts, rules: Rules, actor: Actor, at: datetime) -> tuple[int, list[StreamedFee]]:
    """The streaming fee since it was last taken, as new units for the house: how many, and what was kept of it."""
    supply = outstanding(index)
    last = StreamedFee.objects.filter(index_id=index.id).order_by("-until").first()
    elapsed = 0 if last is None else int((at - last.until).total_seconds())
    units = streaming_units(rate_ppm=rules.streaming_ppm, elapsed=max(elapsed, 0), supply=supply)
    if last is not None and units == 0 and supply:
        return 0, []
    kept = StreamedFee.objects.create(index_id=index.id, until=at, units=units, supply_before=supply)
    if units and index.unit_instrument_id is not None:
        issued = open_account(owner=index.owner, instrument_id=index.unit_instrument_id, purpose="issued")
        house = open_account(
            owner=settlement.HOUSE, instrument_id=index.unit_instrument_id, purpose="holding"
        )
        post(
            key=f"fee:{index.id}:{at.isoformat()}",
            kind="index.streaming_fee",
            reference=f"index:{index.id}",
            legs=[Leg(issued, -units), Leg(house, units)],
            actor=actor,
            at=at,
        )
    return units, [kept]


def _first_price(run: DealingRun) -> int:
    """Cents per unit while there are no units: the level of the run's day in dollars."""
    level = level_on(run.index_id, run.day)
    if level is None:
        raise NotYetDealt(f"The level of {run.day} is not published yet.")
    return _cents_up(level.level)


def _cents_up(level: Decimal) -> int:
    return int((level * CENTS_PER_DOLLAR).to_integral_value(ROUND_CEILING))
