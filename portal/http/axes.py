"""Axes of charts: marks, labels, days along the bottom, and what the pointer is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.http import formats, geometry

Marks: TypeAlias = SafeString
Label: TypeAlias = Callable[[float], str]
MOST_TITLES = 120


@dataclass(frozen=True, slots=True)
class Series:
    """values (n,) in the chart's own unit; style f1..f6 or f0; `area` fills under the line."""

    name: str
    values: Sequence[float]
    style: str = "f1"
    area: bool = False
    dashed: bool = False


def plain_label(value: float) -> str:
    """1500 is "1,500", 0.25 is "0.25"; enough for an axis."""
    return formats.grouped(f"{value:.10g}" if abs(value) < 1e15 else f"{value:.0f}")


def short_money(symbol: str = "$") -> Label:
    """Axis labels such as $0, $50k, $1.2M. Values are whole currency units."""

    def label(value: float) -> str:
        size, unit = next(
            (
                (value / scale, name)
                for scale, name in ((1e9, "bn"), (1e6, "M"), (1e3, "k"))
                if abs(value) >= scale
            ),
            (value, ""),
        )
        sign = formats.MINUS if value < 0 else ""
        return f"{sign}{symbol}{formats.grouped(f'{abs(size):.4g}')}{unit}"

    return label


def grid(marks: Sequence[float]) -> Marks:
    """Lines across, one for each mark."""
    lines = [f"{1000 * (1 - place):.1f}" for place in geometry.heights(marks, low=marks[0], high=marks[-1])]
    return format_html_join(
        "", '<line class="gridl" x1="0" x2="1000" y1="{0}" y2="{0}"/>', ((y,) for y in lines)
    )


# The share of a chart's width below which the words on the shaded ground would run out of it.
ROOM_FOR_WORDS = 0.4


def shade(until: int | None, last: int, words: str) -> tuple[Marks, Marks]:
    """The backtest's ground, and the words on it; nothing where all of it is live."""
    if not until:
        return SafeString(""), SafeString("")
    share = until / last
    rect = format_html('<rect class="shade" width="{}" height="1000"/>', f"{1000 * share:.1f}")
    if share < ROOM_FOR_WORDS:
        # The ground is too narrow for its words: they stand beside it, or the two would lie upon each other.
        return rect, _label(
            f"{100 * share:.2f}", f"Live; shaded: {words[:1].lower()}{words[1:]}" if words else ""
        )
    text = format_html(
        '<text class="lab" x="6" y="16">{}</text><text class="lab" x="{}%" dx="6" y="16">Live</text>',
        words,
        f"{100 * share:.2f}",
    )
    return rect, text if words else SafeString("")


def _label(percent: str, words: str) -> Marks:
    if not words:
        return SafeString("")
    return format_html('<text class="lab" x="{}%" dx="6" y="16">{}</text>', percent, words)


def hit_columns(series: Sequence[Series], days: Sequence[date], text: Label) -> Marks:
    """Invisible columns that tell a day's figures to the pointer."""
    chosen = geometry.thinned(len(days), most=MOST_TITLES)
    last, width = max(1, len(days) - 1), 1000 / max(1, len(chosen))
    return format_html_join(
        "",
        '<rect class="hit" x="{}" width="{}" height="1000"><title>{}</title></rect>',
        (
            (
                f"{1000 * i / last - width / 2:.1f}",
                f"{width:.1f}",
                f"{formats.day(days[i])}: "
                + ", ".join(f"{one.name} {text(one.values[i])}" for one in series),
            )
            for i in chosen
        ),
    )


def day_ticks(days: Sequence[date]) -> list[tuple[float, str]]:
    """Firsts of months where the span is long enough for them, else some of the days."""
    last = max(1, len(days) - 1)
    firsts = [i for i in range(1, len(days)) if days[i].month != days[i - 1].month and 0.03 < i / last < 0.97]
    if len(firsts) < 3:
        return [
            (100 * i / last, f"{days[i].day} {_month(days[i])}")
            for i in geometry.thinned(len(days), most=6)[1:-1]
        ]
    chosen = [firsts[i] for i in geometry.thinned(len(firsts), most=9)]
    return [
        (100 * i / last, f"{_month(days[i])} {days[i].year}" if days[i].month == 1 else _month(days[i]))
        for i in chosen
    ]


def _month(value: date) -> str:
    return formats.day(value).split()[1]


def frame(
    body: Marks,
    marks: Sequence[float],
    places: Sequence[tuple[float, str]],
    *,
    label: str,
    text: Label,
    low: bool,
) -> Marks:
    """The drawing with its two axes; text stays in real pixels however the geometry is stretched."""
    size = " low" if low else ""
    heights = geometry.heights(marks, low=marks[0], high=marks[-1])
    return format_html(
        '<div class="chart"><svg class="plot{}" role="img" aria-label="{}">{}</svg>'
        '<svg class="yaxis{}" aria-hidden="true">{}</svg><svg class="xaxis" aria-hidden="true">{}</svg></div>',
        size,
        label,
        body,
        size,
        format_html_join(
            "",
            '<text x="100%" y="{}%" dy="4" text-anchor="end">{}</text>',
            ((f"{100 * (1 - place):.2f}", text(mark)) for place, mark in zip(heights, marks, strict=True)),
        ),
        format_html_join(
            "",
            '<text class="{}" x="{}%" y="17" text-anchor="middle">{}</text>',
            (("tick-2" if i % 2 else "", f"{x:.2f}", words) for i, (x, words) in enumerate(places)),
        ),
    )
