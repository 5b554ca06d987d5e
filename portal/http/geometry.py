"""Where the marks of a chart lie. Pure arithmetic over plain numbers; nothing here is money any more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FULL_CIRCLE = 360.0


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a ring in degrees, clockwise from twelve o'clock."""

    start: float
    sweep: float

    @property
    def end(self) -> float:
        return self.start + self.sweep


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


def slices(values: Sequence[float]) -> list[Slice]:
    """
    A ring divided over `values`.

    values   (n,) >= 0
    returns  (n,) slices whose sweeps sum to 360 degrees; none at all when every value is zero
    """
    total = math.fsum(values)
    if total <= 0:
        return []
    edges = [FULL_CIRCLE * math.fsum(values[:i]) / total for i in range(len(values))] + [FULL_CIRCLE]
    return [Slice(start, max(0.0, end - start)) for start, end in pairwise(edges)]


def ring_point(degrees: float, *, radius: float, centre: float) -> tuple[float, float]:
    """(x, y) on a circle, clockwise from twelve o'clock, y downwards."""
    angle = math.radians(degrees)
    return centre + radius * math.sin(angle), centre - radius * math.cos(angle)


def ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """
    Round values that enclose [low, high], evenly spaced by 1, 2, 2.5 or 5 times a power of ten.

    source  Heckbert, "Nice numbers for graph labels", Graphics Gems (1990)
    """
    if high < low:
        low, high = high, low
    largest = max(abs(low), abs(high))
    span = max(high - low, largest * 1e-6) or 1.0
    span = max(span, 1e-12)
    power = 10.0 ** math.floor(math.log10(span / about))
    step = min((power * factor for factor in (1, 2, 2.5, 5, 10)), key=lambda size: abs(span / size - about))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * index for index in range(first, max(last, first + 1) + 1)]


def heights(values: Sequence[float], *, low: float, high: float) -> list[float]:
    """Each value's place between low (0.0) and high (1.0)."""
    span = (high - low) or 1.0
    return [(value - low) / span for value in values]


def thinned(count: int, *, most: int) -> list[int]:
    """At most `most` indices of `count`, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(index * (count - 1) / (most - 1)) for index in range(most)})


def treemap(values: Sequence[float], *, width: float, height: float) -> list[Box]:
    """
    Boxes with areas in proportion to `values`, as square as can be.

    values   (n,) > 0, descending
    returns  (n,) boxes that fill width x height without overlap
    source   Bruls, Huizing & van Wijk, "Squarified treemaps" (2000)
    """
    total = math.fsum(values)
    if total <= 0:
        return []
    areas = [value * width * height / total for value in values]
    x = y = 0.0
    boxes: list[Box] = []
    while len(boxes) < len(areas):
        rest = areas[len(boxes) :]
        side = min(width, height)
        count = _row_length(rest, side)
        row = rest[:count]
        # Beside huge values the rounding of what is left outweighs a tiny one: it may not leave the frame for that.
        depth = min(math.fsum(row) / side, max(width, height)) if side else 0.0
        offset = 0.0
        for area in row:
            length = min(area / depth, side - offset) if depth else 0.0
            wide = width >= height
            boxes.append(Box(x, y + offset, depth, length) if wide else Box(x + offset, y, length, depth))
            offset += length
        if width >= height:
            x, width = x + depth, max(0.0, width - depth)
        else:
            y, height = y + depth, max(0.0, height - depth)
    return boxes


def _row_length(areas: Sequence[float], side: float) -> int:
    """How many of the next areas go into one row before the worst proportion grows."""
    best = _worst(areas[:1], side)
    for count in range(2, len(areas) + 1):
        worst = _worst(areas[:count], side)
        if worst > best:
            return count - 1
        best = worst
    return len(areas)


def _worst(row: Sequence[float], side: float) -> float:
    total = math.fsum(row)
    if not total or not side:
        return math.inf
    return max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in row)
