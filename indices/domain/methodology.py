"""
A methodology as data: the JSON schema of the document, what contradicts itself, and the same as a frozen value.
Documents are versioned and dated; a decision names the version that made it.
"""

from dataclasses import dataclass
from datetime import time
from typing import Any, Literal

import jsonschema

from portal.domain.errors import Invalid

METHODS = (
    *("cap", "root_cap", "equal", "inverse_volatility", "minimum_variance", "risk_parity"),
    "momentum_cash",
)
Method = Literal[
    "cap", "root_cap", "equal", "inverse_volatility", "minimum_variance", "risk_parity", "momentum_cash"
]
_WHOLE = {"type": "integer", "minimum": 0}
_PPM = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
_BPS = {"type": "integer", "minimum": 0, "maximum": 2_000}
_MINOR = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_USD = {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,12})?$"}


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Index methodology",
    **_object(
        ("theme", "universe", "selection", "weighting", "schedule"),
        theme={"type": "string", "minLength": 1, "maxLength": 80},
        universe=_object(
            symbols={
                "type": "array",
                "minItems": 1,
                "maxItems": 1000,
                "uniqueItems": True,
                "items": {"type": "string", "pattern": "^[A-Z0-9._-]{1,20}$"},
            },
            sectors={
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 1, "maxLength": 40},
            },
        ),
        screens=_object(
            min_history_days=_WHOLE,
            min_market_cap_usd=_USD,
            min_price_usd=_USD,
            pegged_out={"type": "boolean"},
        ),
        selection=_object(("top",), top={"type": "integer", "minimum": 1, "maximum": 500}, buffer=_WHOLE),
        weighting=_object(
            ("method",),
            method={"enum": list(METHODS)},
            cap_ppm={"type": "integer", "minimum": 1, "maximum": 1_000_000},
            passes={"type": ["integer", "null"], "minimum": 1},
            window_days={"type": "integer", "minimum": 2, "maximum": 365},
            threshold_ppm=_PPM,
        ),
        overlay=_object(
            ("kind",),
            kind={"enum": ["rsi", "averages_cross", "volatility_target"]},
            window_days={"type": "integer", "minimum": 2, "maximum": 365},
            enter={"type": "integer", "minimum": 0, "maximum": 100},
            leave={"type": "integer", "minimum": 0, "maximum": 100},
            short_days={"type": "integer", "minimum": 1, "maximum": 365},
            target_ppm={"type": "integer", "minimum": 1, "maximum": 5_000_000},
            confirmed_closes={"type": "integer", "minimum": 1, "maximum": 30},
            days_between={"type": "integer", "minimum": 0, "maximum": 60},
        ),
        schedule=_object(
            ("every",),
            every={"enum": ["week", "month", "quarter"]},
            weekday={"type": "integer", "minimum": 0, "maximum": 6},
            lag_days={"type": "integer", "minimum": 0, "maximum": 30},
        ),
        approval={"enum": ["none", "four_eyes"]},
        fees=_object(streaming_ppm=_PPM, entry_bps=_BPS, exit_bps=_BPS, trading_bps=_BPS),
        trading=_object(minimum_minor=_MINOR),
        dealing=_object(
            cut_off={"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
            minimum_minor=_MINOR,
            accredited_only={"type": "boolean"},
        ),
    ),
}
_VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class BadMethodology(Invalid):
    """The document does not fit the schema, or its rules contradict each other; `reasons` has all of them."""

    code = "bad-methodology"


@dataclass(frozen=True, slots=True)
class Overlay:
    """
    How much of the chosen basket is invested, by the basket's own closes; the rest is cash.

    kind              rsi: in above `enter` until below `leave`; averages_cross: in while the average of `short_days`
                      stands above that of `window_days`; volatility_target: as much as keeps `target_ppm` a year
    window_days       of the RSI, the long average or the volatility
    confirmed_closes  in a row that a signal must hold; days_between two switches at least
    """

    kind: Literal["rsi", "averages_cross", "volatility_target"]
    window_days: int
    enter: int
    leave: int
    short_days: int
    target_ppm: int
    confirmed_closes: int
    days_between: int


@dataclass(frozen=True, slots=True)
class Rules:
    """
    A methodology version, ready to be applied.

    symbols, sectors  the universe: named tokens, or all of some sectors; both empty: every token known
    cap_ppm           None: no cap; passes as indices.domain.weighting.cap_weights takes them
    window_days       of momentum and volatility
    weekday           0 Monday .. 6 Sunday, of the weekly reference date
    lag_days          from the reference date (whose close decides) to the effective date (whose close is traded)
    """

    theme: str
    symbols: tuple[str, ...]
    sectors: tuple[str, ...]
    min_history_days: int
    min_market_cap_usd: str
    min_price_usd: str
    pegged_out: bool
    top: int
    buffer: int
    method: Method
    cap_ppm: int | None
    passes: int | None
    window_days: int
    threshold_ppm: int
    every: Literal["week", "month", "quarter"]
    weekday: int
    lag_days: int
    four_eyes: bool
    streaming_ppm: int
    entry_bps: int
    exit_bps: int
    trading_bps: int
    minimum_trade_minor: int
    cut_off: time
    minimum_order_minor: int
    accredited_only: bool
    overlay: Overlay | None = None


def rules_of(document: Any) -> Rules:
    """
    The rules that a document states; what it leaves out has the defaults below.

    raises  BadMethodology with every reason
    """
    errors = sorted(_VALIDATOR.iter_errors(document), key=lambda error: [str(part) for part in error.path])
    if errors:
        raise _bad([_told(error) for error in errors], ".".join(str(p) for p in errors[0].path))
    rules = _read(document)
    contradictions = _contradictions(rules)
    if contradictions:
        raise _bad(contradictions, "document")
    return rules


def _read(document: dict[str, Any]) -> Rules:
    universe, screens = document["universe"], document.get("screens", {})
    selection, weighting, schedule = document["selection"], document["weighting"], document["schedule"]
    fees, dealing = document.get("fees", {}), document.get("dealing", {})
    return Rules(
        theme=document["theme"],
        symbols=tuple(universe.get("symbols", ())),
        sectors=tuple(universe.get("sectors", ())),
        min_history_days=screens.get("min_history_days", 0),
        min_market_cap_usd=screens.get("min_market_cap_usd", "0"),
        min_price_usd=screens.get("min_price_usd", "0"),
        pegged_out=screens.get("pegged_out", True),
        top=selection["top"],
        buffer=selection.get("buffer", 0),
        method=weighting["method"],
        cap_ppm=weighting.get("cap_ppm"),
        passes=weighting.get("passes"),
        window_days=weighting.get("window_days", 14 if weighting["method"] == "momentum_cash" else 60),
        threshold_ppm=weighting.get("threshold_ppm", 80_000),
        every=schedule["every"],
        weekday=schedule.get("weekday", 6),
        lag_days=schedule.get("lag_days", 1),
        four_eyes=document.get("approval", "none") == "four_eyes",
        streaming_ppm=fees.get("streaming_ppm", 0),
        entry_bps=fees.get("entry_bps", 0),
        exit_bps=fees.get("exit_bps", 0),
        trading_bps=fees.get("trading_bps", 20),
        minimum_trade_minor=int(document.get("trading", {}).get("minimum_minor", "1000")),
        cut_off=time.fromisoformat(dealing.get("cut_off", "16:00")),
        minimum_order_minor=int(dealing.get("minimum_minor", "10000")),
        accredited_only=dealing.get("accredited_only", False),
        overlay=_overlay(document.get("overlay")),
    )


def _overlay(given: dict[str, Any] | None) -> Overlay | None:
    if given is None:
        return None
    return Overlay(
        kind=given["kind"],
        window_days=given.get(
            "window_days", {"rsi": 14, "averages_cross": 50, "volatility_target": 30}[given["kind"]]
        ),
        enter=given.get("enter", 60),
        leave=given.get("leave", 40),
        short_days=given.get("short_days", 20),
        target_ppm=given.get("target_ppm", 400_000),
        confirmed_closes=given.get("confirmed_closes", 1),
        days_between=given.get("days_between", 0),
    )


def _contradictions(rules: Rules) -> list[str]:
    told = []
    if rules.symbols and rules.sectors:
        told.append("The universe names both tokens and sectors; name one of the two.")
    if rules.symbols and rules.top > len(rules.symbols):
        told.append(
            f"The selection takes the top {rules.top}, and the universe has only {len(rules.symbols)} tokens."
        )
    if rules.cap_ppm is not None and rules.cap_ppm * rules.top < 1_000_000:
        told.append(
            f"{rules.top} constituents capped at {rules.cap_ppm / 10_000:g} % cannot make up a whole index."
        )
    if rules.cap_ppm is not None and rules.method in ("equal", "momentum_cash"):
        told.append("A cap does nothing where all constituents weigh the same; leave it out.")
    if rules.buffer >= rules.top:
        told.append(f"A buffer of {rules.buffer} around the top {rules.top} would protect every rank.")
    if (
        rules.overlay is not None
        and rules.overlay.kind == "rsi"
        and rules.overlay.leave > rules.overlay.enter
    ):
        told.append(
            f"An RSI that enters at {rules.overlay.enter} cannot leave at {rules.overlay.leave} already."
        )
    if (
        rules.overlay is not None
        and rules.overlay.kind == "averages_cross"
        and rules.overlay.short_days >= rules.overlay.window_days
    ):
        told.append(
            f"An average of {rules.overlay.short_days} days cannot cross one of {rules.overlay.window_days}: "
            "the first must be the shorter."
        )
    if rules.lag_days >= {"week": 7, "month": 28, "quarter": 90}[rules.every]:
        told.append(f"A lag of {rules.lag_days} days reaches into the next {rules.every}.")
    return told


def _told(error: jsonschema.ValidationError) -> str:
    place = ".".join(str(part) for part in error.path)
    return f"{place}: {error.message}." if place else f"{error.message}."


def _bad(reasons: list[str], field: str) -> BadMethodology:
    more = f" ({len(reasons)} faults in all)" if len(reasons) > 1 else ""
    return BadMethodology(f"The methodology cannot be used{more}: {reasons[0]}", field=field, reasons=reasons)
