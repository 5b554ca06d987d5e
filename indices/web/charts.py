"""Levels and weights as the portal's charts."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from indices.backtests.charts import test_chart
from indices.backtests.facts import BacktestFacts
from indices.levels.facts import LevelFacts
from portal.http.charts import Chart, Marks, Part, Series, donut, line_chart, plain_label, sparkline


def level_chart(name: str, levels: Sequence[LevelFacts]) -> Chart | None:
    """Levels by day; what was not calculated live is shaded."""
    if not levels:
        return None
    live = next((place for place, one in enumerate(levels) if one.live), len(levels) - 1)
    first, last = levels[0], levels[-1]
    return line_chart(
        [Series(name, [float(one.level) for one in levels], area=False)],
        [one.day for one in levels],
        label=f"{name} from {float(first.level):.2f} on {first.day} to {float(last.level):.2f} on {last.day}",
        text=lambda value: plain_label(round(value, 2)),
        shaded_until=live or None,
        shaded_text="Calculated afterwards",
    )


def weights_chart(weights: Sequence[tuple[str, int]]) -> Chart | None:
    """weights (n,) of symbol and parts per billion, the largest first."""
    parts = [Part(symbol, share / 10_000_000) for symbol, share in weights if share]
    if not parts:
        return None
    label = ", ".join(f"{part.name} {part.value:.1f} %" for part in parts[:5])
    return donut(parts, centre=str(len(parts)), under="constituents", label=f"Weights: {label}")


def spark(levels: Sequence[LevelFacts]) -> Marks:
    return sparkline([float(one.level) for one in levels])


def joined_chart(found: BacktestFacts, levels: Sequence[LevelFacts]) -> Chart:
    """
    The backtest up to the first live day, shaded, then the levels as published.

    The backtest is scaled to meet the first live level: its growth says something, its height does not.
    """
    live = [one for one in levels if one.live]
    if not live:
        return test_chart(found)
    kept = [n for n, day in enumerate(found.days) if day < live[0].day]
    if not kept:
        return test_chart(found)
    meeting = found.net[kept[-1] + 1] if kept[-1] + 1 < len(found.net) else found.net[kept[-1]]
    scale = float(live[0].level) / meeting
    values = [found.net[n] * scale for n in kept] + [float(one.level) for one in live]
    return line_chart(
        [Series(_("Level"), values, area=False)],
        [*(found.days[n] for n in kept), *(one.day for one in live)],
        label=f"Backtested after costs until {found.days[kept[-1]]}, live from {live[0].day}",
        text=lambda value: plain_label(round(value, 2)),
        shaded_until=len(kept),
        shaded_text=_("Backtested, after costs"),
    )
