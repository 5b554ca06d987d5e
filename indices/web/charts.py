"""Levels and weights as the portal's charts."""

from collections.abc import Sequence

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
