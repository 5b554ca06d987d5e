"""
Charts as SVG made on the server: geometry in attributes, every colour by class, a <title> on each mark.

A chart is never alone: `Chart` carries its legend and the table of its figures, and
templates/components/chart.html prints the three together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.http import axes, formats, geometry
from portal.http.axes import Label, Marks, Series, plain_label, short_money

__all__ = [
    "Chart",
    "Key",
    "Label",
    "Marks",
    "Part",
    "Series",
    "bar_chart",
    "donut",
    "line_chart",
    "meter_marks",
    "plain_label",
    "short_money",
    "sparkline",
    "split_bar",
    "treemap",
]


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a legend: the class of its colour, its words, its figure; `line` draws a stroke."""

    style: str
    text: str
    figure: str = ""
    line: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, its legend, and the same figures as a table: head (m,), rows (n, m)."""

    svg: Marks
    legend: tuple[Key, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    kind: str = "plot"


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a whole."""

    name: str
    value: float
    style: str = ""
    figure: str = field(default="")


def line_chart(
    series: Sequence[Series],
    days: Sequence[date],
    *,
    label: str,
    text: Label = plain_label,
    zero: bool = False,
    shaded_until: int | None = None,
    shaded_text: str = "",
    low: bool = False,
) -> Chart:
    """
    Lines over days.

    series        each with values (n,)
    days          (n,) ascending, n >= 1
    label         the sentence a screen reader is told
    zero          start the axis at zero: always for money areas
    shaded_until  index of the first live day; what lies before it is a backtest and shaded
    """
    marks = geometry.ticks(
        min(0.0, *(min(s.values) for s in series)) if zero else min(min(s.values) for s in series),
        max(max(s.values) for s in series),
    )
    bottom, top = marks[0], marks[-1]
    last = max(1, len(days) - 1)
    lines = []
    for one in series:
        places = geometry.heights(one.values, low=bottom, high=top)
        points = [(1000 * i / last, 1000 * (1 - place)) for i, place in enumerate(places)]
        if len(points) == 1:
            points.append((1000.0, points[0][1]))
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if one.area:
            lines.append(format_html('<path class="area {}" d="M{}L1000 1000L0 1000Z"/>', one.style, path))
        lines.append(
            format_html('<path class="line {}{}" d="M{}"/>', one.style, " dash" if one.dashed else "", path)
        )
    shade, words = axes.shade(shaded_until, last, shaded_text)
    inner = format_html(
        '<svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none">{}{}{}{}</svg>',
        shade,
        axes.grid(marks),
        format_html_join("", "{}", ((line,) for line in lines)),
        axes.hit_columns(series, days, text),
    )
    rows = tuple(
        (formats.day(days[i]), *(text(one.values[i]) for one in series))
        for i in geometry.thinned(len(days), most=24)
    )
    return Chart(
        svg=axes.frame(
            format_html("{}{}", inner, words), marks, axes.day_ticks(days), label=label, text=text, low=low
        ),
        legend=tuple(Key(f"{s.style}{' dash' if s.dashed else ''}", s.name, line=True) for s in series),
        head=("", *(one.name for one in series)),
        rows=rows,
    )


def bar_chart(
    bars: Sequence[tuple[str, Sequence[float]]],
    names: Sequence[str],
    *,
    label: str,
    text: Label = plain_label,
    low: bool = True,
) -> Chart:
    """
    Stacked bars from zero.

    bars   (n,) of a name and its (m,) values >= 0
    names  (m,) what the stacked values are
    """
    marks = geometry.ticks(0.0, max((sum(values) for _, values in bars), default=1.0) or 1.0)
    top, count = marks[-1], max(1, len(bars))
    drawn = [
        format_html(
            '<line class="gridl" x1="0" x2="100%" y1="{0}%" y2="{0}%"/>', f"{100 * (1 - mark / top):.2f}"
        )
        for mark in marks
    ]
    for index, (name, values) in enumerate(bars):
        y = 100.0
        for level, value in enumerate(values):
            size = 100 * value / top
            y -= size
            if value:
                drawn.append(
                    format_html(
                        '<rect class="f{}" x="{}%" width="{}%" y="{}%" height="{}%"><title>{}</title></rect>',
                        level % 6 + 1,
                        f"{100 * (index + 0.22) / count:.2f}",
                        f"{56 / count:.2f}",
                        f"{y:.2f}",
                        f"{size:.2f}",
                        f"{name}, {names[level]}: {text(value)}",
                    )
                )
    places = [(100 * (i + 0.5) / count, bars[i][0]) for i in geometry.thinned(len(bars), most=12)]
    body = format_html_join("", "{}", ((mark,) for mark in drawn))
    return Chart(
        svg=axes.frame(body, marks, places, label=label, text=text, low=low),
        legend=tuple(Key(f"f{level % 6 + 1}", name) for level, name in enumerate(names))
        if len(names) > 1
        else (),
        head=("", *names),
        rows=tuple((name, *(text(value) for value in values)) for name, values in bars),
    )


def donut(parts: Sequence[Part], *, centre: str, under: str, label: str) -> Chart:
    """Shares of a whole as a ring: at most six colours, the seventh part and later ones are grey."""
    styled = _styled(parts)
    total = sum(part.value for part in styled)
    drawn = []
    for part, piece in zip(styled, geometry.slices([part.value for part in styled]), strict=False):
        share = formats.percent(100 * part.value / total, digits=1)
        drawn.append(
            format_html(
                '<path class="{} cut" d="{}" fill-rule="evenodd"><title>{}: {}</title></path>',
                part.style,
                _ring(piece),
                part.name,
                share,
            )
        )
    svg = format_html(
        '<svg class="donut" viewBox="0 0 160 160" role="img" aria-label="{}">{}'
        '<text x="80" y="80" text-anchor="middle">{}</text>'
        '<text class="sub" x="80" y="97" text-anchor="middle">{}</text></svg>',
        label,
        format_html_join("", "{}", ((path,) for path in drawn)),
        centre,
        under,
    )
    return Chart(svg, legend=_shares(styled), head=("", "%"), rows=_share_rows(styled), kind="donut")


def split_bar(parts: Sequence[Part], *, label: str) -> Chart:
    """The same shares as one thin bar."""
    styled = _styled(parts)
    total, x, drawn = sum(part.value for part in styled) or 1, 0.0, []
    for part in styled:
        width = 100 * part.value / total
        drawn.append(
            format_html(
                '<rect class="{} cut" x="{}%" width="{}%" height="100%"><title>{}</title></rect>',
                part.style,
                f"{x:.3f}",
                f"{width:.3f}",
                f"{part.name}: {formats.percent(width, digits=1)}",
            )
        )
        x += width
    svg = format_html(
        '<svg class="split-bar" role="img" aria-label="{}">{}</svg>',
        label,
        format_html_join("", "{}", ((rect,) for rect in drawn)),
    )
    return Chart(svg, legend=_shares(styled), head=("", "%"), rows=_share_rows(styled), kind="bar")


def treemap(
    tiles: Sequence[tuple[str, float, float]], *, label: str, steps: tuple[float, float] = (1, 6)
) -> Chart:
    """
    Weights as areas, changes as five shades; two layouts, the page's width picks one.

    tiles  (n,) of symbol, weight in percent, change in percent
    steps  up to the first a tile is flat, beyond the second it is strong
    """
    ordered = sorted((tile for tile in tiles if tile[1] > 0), key=lambda tile: -tile[1])
    both = [
        _tiles(ordered, kind, width, height, steps, label)
        for kind, width, height in (("across", 640.0, 272.0), ("upright", 330.0, 352.0))
    ]
    rows = tuple((s, formats.percent(w), _signed(c)) for s, w, c in ordered)
    return Chart(format_html("{}{}", *both), head=("", "%", "±"), rows=rows, kind="tree")


def sparkline(values: Sequence[float], *, style: str = "f1") -> Marks:
    """A line without axes for a table's cell; the cell beside it tells the figures."""
    if not values:
        return SafeString("")
    places = geometry.heights(values, low=min(values), high=max(values))
    last = max(1, len(values) - 1)
    path = "L".join(f"{1000 * i / last:.0f} {1000 * (1 - place):.0f}" for i, place in enumerate(places))
    return format_html(
        '<svg class="spark" aria-hidden="true" viewBox="0 -60 1000 1120" preserveAspectRatio="none">'
        '<path class="line {}" d="M{}"/></svg>',
        style,
        path,
    )


def meter_marks(*, used: int, following: int, limit: int, mark: int | None, goal: bool = False) -> Marks:
    """
    The rectangles of a meter: what is used (amber from 80 %, red past the limit) and what is pending.

    goal  the limit is what one hopes to reach, so nearness is no warning
    """
    tone = "over" if used > limit else "near" if used * 100 >= limit * 80 else "used"
    tone = "used" if goal else tone
    first = min(100.0, 100 * used / limit)
    second = min(100.0 - first, 100 * following / limit)
    pointer = (
        format_html('<rect class="mark" x="{}%"/>', f"{min(100.0, 100 * mark / limit):.2f}") if mark else ""
    )
    return format_html(
        '<rect class="{}" width="{}%" height="100%"/><rect class="next" x="{}%" width="{}%" height="100%"/>{}',
        tone,
        f"{first:.2f}",
        f"{first:.2f}",
        f"{second:.2f}",
        pointer,
    )


# --- parts of drawings ------------------------------------------------------------------------------------


def _styled(parts: Sequence[Part]) -> list[Part]:
    return [
        part if part.style else Part(part.name, part.value, f"f{i + 1}" if i < 6 else "f0", part.figure)
        for i, part in enumerate(parts)
    ]


def _shares(parts: Sequence[Part]) -> tuple[Key, ...]:
    total = sum(part.value for part in parts) or 1
    return tuple(
        Key(part.style, part.name, part.figure or formats.percent(100 * part.value / total, digits=1))
        for part in parts
    )


def _share_rows(parts: Sequence[Part]) -> tuple[tuple[str, ...], ...]:
    total = sum(part.value for part in parts) or 1
    return tuple((part.name, formats.percent(100 * part.value / total)) for part in parts)


def _ring(piece: geometry.Slice) -> str:
    """The outline of a ring's part; a whole ring is two circles, since an arc cannot end where it began."""
    if piece.sweep >= geometry.FULL_CIRCLE - 1e-9:
        return "M80 2A78 78 0 1 1 79.99 2ZM80 26A54 54 0 1 0 80.01 26Z"
    long = int(piece.sweep > 180)
    corners = [
        geometry.ring_point(degrees, radius=radius, centre=80)
        for degrees, radius in ((piece.start, 78), (piece.end, 78), (piece.end, 54), (piece.start, 54))
    ]
    a, b, c, d = (f"{x:.2f} {y:.2f}" for x, y in corners)
    return f"M{a}A78 78 0 {long} 1 {b}L{c}A54 54 0 {long} 0 {d}Z"


def _signed(value: float) -> str:
    sign = "+" if value > 0 else formats.MINUS if value < 0 else ""
    return f"{sign}{formats.percent(abs(value), digits=1)}"


def _tiles(
    tiles: Sequence[tuple[str, float, float]],
    kind: str,
    width: float,
    height: float,
    steps: tuple[float, float],
    label: str,
) -> Marks:
    boxes = geometry.treemap([weight for _, weight, _ in tiles], width=width, height=height)
    drawn = []
    for (symbol, weight, moved), box in zip(tiles, boxes, strict=True):
        strength = (abs(moved) > steps[0]) + (abs(moved) > steps[1])
        shade = 3 + strength if moved > 0 else 3 - strength
        words = [
            ("t", 20, symbol, box.width > 40 and box.height > 22),
            ("u", 36, formats.percent(weight, digits=1), box.width > 52 and box.height > 42),
            ("u", 51, _signed(moved), box.width > 60 and box.height > 60),
        ]
        drawn.append(
            format_html(
                '<svg x="{}%" y="{}%" width="{}%" height="{}%"><title>{}</title>'
                '<rect class="d{}" width="100%" height="100%"/>{}</svg>',
                f"{100 * box.x / width:.3f}",
                f"{100 * box.y / height:.3f}",
                f"{100 * box.width / width:.3f}",
                f"{100 * box.height / height:.3f}",
                f"{symbol}: {formats.percent(weight)}, {_signed(moved)}",
                shade,
                format_html_join(
                    "",
                    '<text class="{}" x="9" y="{}">{}</text>',
                    ((c, y, t) for c, y, t, fits in words if fits),
                ),
            )
        )
    return format_html(
        '<svg class="tree {}" role="img" aria-label="{}">{}</svg>',
        kind,
        label,
        format_html_join("", "{}", ((tile,) for tile in drawn)),
    )
