"""Where a chart's marks lie, and that every drawing carries its figures in words too."""

import math
import re
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.http import charts, geometry

VALUES = st.lists(st.floats(0, 1e12, allow_nan=False), min_size=1, max_size=12)
POSITIVE = st.lists(st.floats(0.001, 1e9, allow_nan=False), min_size=1, max_size=20)
DAYS = [date(2026, 1, 1) + timedelta(days=i) for i in range(120)]


@given(VALUES)
def test_the_slices_of_a_ring_sum_to_the_full_circle(values: list[float]) -> None:
    slices = geometry.slices(values)
    if math.fsum(values) <= 0:
        assert slices == []
        return
    assert len(slices) == len(values)
    assert math.isclose(math.fsum(one.sweep for one in slices), 360.0, rel_tol=1e-9)
    assert all(one.sweep >= 0 for one in slices)
    assert slices[0].start == 0.0


@given(POSITIVE)
@example([1e8] * 7 + [0.001])
@example([1e8, 1e8, 1e8, 0.001])
def test_a_treemap_fills_its_frame_and_keeps_proportions(values: list[float]) -> None:
    ordered = sorted(values, reverse=True)
    boxes = geometry.treemap(ordered, width=640, height=272)
    assert len(boxes) == len(ordered)
    assert math.isclose(math.fsum(box.area for box in boxes), 640 * 272, rel_tol=1e-6)
    total = math.fsum(ordered)
    for value, box in zip(ordered, boxes, strict=True):
        assert math.isclose(box.area, value / total * 640 * 272, rel_tol=1e-6, abs_tol=1e-6)
        assert box.x >= -0.01 and box.x + box.width <= 640 + 0.01
        assert box.y >= -0.01 and box.y + box.height <= 272 + 0.01


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_axis_marks_enclose_what_is_drawn_at_even_steps(low: float, high: float) -> None:
    marks = geometry.ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1.0)
    assert marks[0] <= min(low, high) + slack
    assert marks[-1] >= max(low, high) - slack
    assert 2 <= len(marks) <= 12
    assert marks == sorted(marks)


@given(st.integers(1, 500), st.integers(2, 60))
def test_thinning_keeps_the_first_and_the_last(count: int, most: int) -> None:
    chosen = geometry.thinned(count, most=most)
    assert len(chosen) <= most
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert chosen == sorted(set(chosen))


def test_a_ring_of_one_part_is_a_whole_ring() -> None:
    chart = charts.donut([charts.Part("All of it", 5)], centre="1", under="part", label="All of it: 100 %")
    assert chart.svg.count("<path") == 1
    assert "All of it: 100.0" in chart.svg
    assert len(re.findall("A78 78", chart.svg)) == 1


def test_every_part_of_a_ring_has_its_title_legend_and_row() -> None:
    chart = charts.donut(
        [charts.Part("Rent <b>", 1), charts.Part("Sale", 3)], centre="4", under="parts", label="Rent and sale"
    )
    assert "<title>Rent &lt;b&gt;: 25.0" in chart.svg
    assert "<b>" not in chart.svg
    assert [key.figure for key in chart.legend] == ["25.0\u202f%", "75.0\u202f%"]
    assert chart.rows == (("Rent <b>", "25.00\u202f%"), ("Sale", "75.00\u202f%"))


@pytest.mark.parametrize("count", [1, 2, 3, 120])
def test_a_line_is_drawn_however_few_days_there_are(count: int) -> None:
    values = [100.0 + i for i in range(count)]
    chart = charts.line_chart([charts.Series("Index", values, area=True)], DAYS[:count], label="The index")
    assert 'role="img" aria-label="The index"' in chart.svg
    assert "NaN" not in chart.svg and "inf" not in chart.svg
    assert chart.rows[0][0] == "1 Jan 2026"
    assert chart.rows[-1][1] == charts.plain_label(values[-1])


def test_a_flat_line_of_zeros_is_drawn() -> None:
    chart = charts.line_chart([charts.Series("Nothing", [0.0, 0.0])], DAYS[:2], label="Nothing", zero=True)
    assert "NaN" not in chart.svg


def test_a_money_area_starts_at_zero() -> None:
    chart = charts.line_chart(
        [charts.Series("Value", [90.0, 110.0], area=True)], DAYS[:2], label="v", zero=True
    )
    assert ">0</text>" in chart.svg


def test_bars_stand_on_each_other() -> None:
    chart = charts.bar_chart([("Jun", (100, 50)), ("Jul", (0, 150))], ["Rent", "Share"], label="Income")
    heights = [float(h) for h in re.findall(r'<rect class="f\d" [^>]*height="([\d.]+)%"', chart.svg)]
    assert heights == pytest.approx([100 * 100 / 150, 100 * 50 / 150, 100.0], abs=0.01)
    assert "Jun, Rent: 100" in chart.svg


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_meter_never_leaves_its_frame(used: int, following: int, limit: int) -> None:
    marks = charts.meter_marks(used=used, following=following, limit=limit, mark=None)
    widths = [float(w) for w in re.findall(r'width="([\d.]+)%"', marks)]
    assert sum(widths) <= 100.01
    assert ("over" in marks) == (used > limit)


def test_a_meter_turns_amber_at_80_percent() -> None:
    assert 'class="used"' in charts.meter_marks(used=79, following=0, limit=100, mark=None)
    assert 'class="near"' in charts.meter_marks(used=80, following=0, limit=100, mark=None)


def test_no_drawing_names_a_colour_or_a_style() -> None:
    drawn = [
        charts.line_chart([charts.Series("a", [1.0, 2.0])], DAYS[:2], label="l").svg,
        charts.bar_chart([("a", (1,))], ["x"], label="l").svg,
        charts.treemap([("UNI", 60, 2.0), ("AAVE", 40, -8.0)], label="l").svg,
        charts.sparkline([1, 2, 3]),
        charts.split_bar([charts.Part("a", 1)], label="l").svg,
    ]
    for svg in drawn:
        assert "style=" not in svg
        assert not re.search(r"(fill|stroke)=\"#", svg)
