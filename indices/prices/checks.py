"""The work queue of prices: what looks wrong, what lacks, and what a person decided of it."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min

from indices.domain.price_checks import STALE_DAYS, WINDOW, suspicions
from indices.domain.price_rows import parse
from indices.domain.schedule import last_closed
from indices.prices.facts import FindingFacts
from indices.prices.models import Asset, ImportBatch, Observation, PriceFinding
from indices.prices.selectors import NoSuchFinding, finding_facts, freshness, panel, prices_on
from indices.prices.services import take_in_pieces
from indices.prices.writer import OPERATOR, Found, make_findings
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.domain.lifecycle import Lifecycle

MOST_FOUND = 500
LONGEST_STALE = timedelta(days=90)
"""A token without a price for longer than this is forgotten, not stale."""
Answer = Literal["keep", "correct", "exclude"]
FINDING = Lifecycle("finding", {"open": {"keep": "kept", "correct": "corrected", "exclude": "excluded"}})


class PriceGone(Conflict):
    """The price in question is not the one that stands any more."""

    code = "price-gone"


def inspect(*, batch_id: UUID, actor: Actor, at: datetime) -> int:
    """
    Look over what a delivery brought, each token with the days before it; returns how many findings are new.

    At most 500 findings a delivery, the newest days first: a file with more of them is wrong as a whole.
    """
    added = Observation.objects.filter(batch_id=batch_id)
    told = added.values_list("asset").annotate(first=Min("day"), last=Max("day"))
    spans = {asset: (first, last) for asset, first, last in told}
    # What came within minutes of the close is assumed to be known a little later: it is looked over all the same.
    by = max(at, added.aggregate(known=Max("known_at"))["known"] or at)
    found: list[Found] = []
    for asset in Asset.objects.filter(pk__in=spans).order_by("symbol"):
        first, last = spans[asset.pk]
        found += _of_asset(asset, first, last, by)
    found.sort(key=lambda one: one.day, reverse=True)
    return _keep(found[:MOST_FOUND], f"price_batch:{batch_id}", actor, at)


def look_for_stale(*, actor: Actor, at: datetime) -> int:
    """Tokens that had a price lately and have none now; returns how many findings are new."""
    living = {one.symbol: one for one in Asset.objects.filter(delisted_on=None)}
    found = [
        Found(
            asset_id=living[one.symbol].pk,
            day=one.last_day + timedelta(days=1),
            kind="stale",
            close=None,
            expected=None,
            source="",
            message=f"The last price of {one.symbol} is of {one.last_day}, {one.days_old} days old.",
        )
        for one in freshness(symbols=list(living), at=at)
        if one.last_day is not None and one.days_old is not None
        if STALE_DAYS <= one.days_old <= LONGEST_STALE.days
    ]
    return _keep(found, "house:prices", actor, at)


def decide(
    *,
    finding_id: UUID,
    answer: Answer,
    reason: str,
    close: Decimal | None = None,
    actor: Actor,
    at: datetime,
) -> FindingFacts:
    """
    Decide a finding with a reason.

    keep      the price stands, or the lack of one is as it should be
    correct   `close` is the price of the day, known from now on
    exclude   there is no price of the day from now on; what was decided before it stays as it was
    raises    NoSuchFinding, NotAllowedNow, Invalid (no reason, no price), PriceGone, FaultyRows
    """
    if not reason.strip():
        raise Invalid("State why: the reason stays with the price.", field="reason")
    with transaction.atomic():
        found = PriceFinding.objects.select_for_update().filter(pk=finding_id).first()
        if found is None:
            raise NoSuchFinding("There is no finding with this id.")
        before = found.state
        found.state = FINDING.after(found.state, answer)
        if answer != "keep":
            found.batch = _answered(found, answer, close, reason.strip(), actor, at)
        found.reason = reason.strip()[:500]
        found.decided_by, found.decided_at = actor.label[:120], at
        found.save(update_fields=["state", "reason", "decided_by", "decided_at", "batch"])
        record(
            actor=actor,
            action=f"prices.finding_{found.state}",
            subject=f"price_finding:{found.pk}",
            at=at,
            reason=found.reason,
            before={"state": before},
            after={"state": found.state},
            symbol=found.asset.symbol,
            day=found.day.isoformat(),
            rows=essences(found),
        )
    return finding_facts(found)


def _answered(
    found: PriceFinding, answer: str, close: Decimal | None, reason: str, actor: Actor, at: datetime
) -> ImportBatch:
    """The operator's own delivery of one row."""
    symbol = found.asset.symbol
    stands = prices_on(found.day, symbols=[symbol], known_by=at).get(symbol)
    if answer == "exclude":
        if stands is None or stands.close != found.close:
            raise PriceGone(
                f"The price of {symbol} on {found.day} is {stands.close.normalize():f} now."
                if stands
                else f"There is no price of {symbol} on {found.day}.",
                next_step="Keep the finding, or correct the price.",
            )
        close = stands.close
    if close is None:
        raise Invalid("State the right price.", field="close")
    columns = {"date": [found.day], "symbol": [symbol], "close": [close]}
    if stands is not None and stands.supply is not None:
        columns |= {"circulating_supply": [stands.supply], "market_cap_usd": [stands.supply * close]}
    elif stands is not None and stands.market_cap is not None:
        columns["market_cap_usd"] = [stands.market_cap * close / stands.close]
    parsed = parse(columns, last_day=last_closed(at), first_line=1)
    batch = take_in_pieces(
        lambda: iter([parsed]),
        source=OPERATOR,
        filename=reason[:200],
        sha256=hashlib.sha256(f"{symbol} {found.day} {close} {answer}".encode()).hexdigest(),
        known="arrival",
        excluded=answer == "exclude",
        actor=actor,
        at=at,
    )
    return ImportBatch.objects.get(pk=batch.id)


def _of_asset(asset: Asset, first: date, last: date, by: datetime) -> list[Found]:
    """Only what lies in the span is told; the window before it says what is usual."""
    known = panel([asset.symbol], first=first - timedelta(days=2 * WINDOW), last=last, known_by=by)
    found = []
    for one in suspicions(known.days, known.closes[:, 0], pegged=asset.pegged):
        day = known.days[one.place]
        if day < first:
            continue
        price = prices_on(day, symbols=[asset.symbol], known_by=by)[asset.symbol]
        found.append(
            Found(
                asset_id=asset.pk,
                day=day,
                kind=one.kind,
                close=price.close,
                expected=Decimal(repr(one.expected)),
                source=price.source,
                message=one.message[:300],
            )
        )
    return found


def _keep(found: Sequence[Found], subject: str, actor: Actor, at: datetime) -> int:
    with transaction.atomic():
        made = make_findings(found, at=at)
        if made:
            record(
                actor=actor,
                action="prices.inspected",
                subject=subject,
                at=at,
                findings=len(made),
                rows=essences(*made),
            )
    return len(made)
