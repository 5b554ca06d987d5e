"""What a queue puts first, and what an officer's work comes to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portal.console.workload import loads, narrowed, span
from portal.http.desk import Done, Task, by_priority

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, BEN = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("task", "priority"),
    [
        (Task("", "", "", since=NOW - timedelta(days=2)), "normal"),
        (Task("", "", "", since=NOW - timedelta(days=2, seconds=1)), "urgent"),
        (Task("", "", "", due=NOW), "normal"),
        (Task("", "", "", due=NOW - timedelta(seconds=1)), "urgent"),
        (Task("", "", "", risk=49), "normal"),
        (Task("", "", "", risk=50), "high"),
        (Task("", "", "", tone="warn"), "urgent"),
        (Task("", "", ""), "normal"),
    ],
)
def test_priority_at_each_limit(task: Task, priority: str) -> None:
    assert task.priority(NOW) == priority


def test_of_equal_priority_what_is_due_first_comes_first() -> None:
    early = Task("early", "", "", since=NOW, due=NOW + timedelta(hours=1))
    late = Task("late", "", "", since=NOW - timedelta(days=1))
    never = Task("never", "", "")
    assert by_priority([never, late, early], now=NOW) == [early, late, never]


def test_workload_counts_open_week_month_and_the_median() -> None:
    done = [
        Done(ADA, "KYC", NOW - timedelta(days=8, hours=h), NOW - timedelta(days=8)) for h in (1, 3, 8)
    ] + [Done(ADA, "KYC", NOW - timedelta(days=7, hours=5), NOW - timedelta(days=7))]
    held = [Task("", "", "", officer=BEN), Task("", "", "")]
    first, second = loads(names={ADA: "Ada", BEN: "Ben"}, tasks=held, done=done, now=NOW)
    assert (first.officer, first.open, first.week, first.month, first.told) == ("Ben", 1, 0, 0, "–")
    assert (second.officer, second.open, second.week, second.month) == ("Ada", 0, 1, 4)
    assert second.median == timedelta(hours=4)


def test_mine_and_nobodys() -> None:
    held = [Task("a", "", "", officer=ADA), Task("b", "", "", officer=BEN), Task("c", "", "")]
    found = {who: [one.title for one in narrowed(held, {"officer": who}, viewer=ADA, now=NOW)]
             for who in ("", "mine", "nobody", str(BEN), "x")}  # fmt: skip
    assert found == {"": ["a", "b", "c"], "mine": ["a"], "nobody": ["c"], str(BEN): ["b"], "x": []}


def test_spans_in_their_largest_fitting_unit() -> None:
    lengths = (timedelta(minutes=119), timedelta(hours=2), timedelta(hours=47), timedelta(days=2))
    assert [span(one) for one in lengths] == ["119 min", "2 h", "47 h", "2 days"]
