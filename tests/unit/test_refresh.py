"""When an approval is looked at again, to the day, and which papers still serve."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.kyc import Evidence
from investors.domain.refresh import CARRIED_FOR, REMIND_DAYS, carried, reminder_due, window_of

LAST = date(2028, 2, 29)


@pytest.mark.parametrize(
    ("left", "sent", "due"),
    [
        (61, (), None),
        (60, (), 60),
        (60, (60,), None),
        (31, (60,), None),
        (30, (60,), 30),
        (30, (), 30),
        (8, (60, 30), None),
        (7, (60, 30), 7),
        (7, (60, 30, 7), None),
        (0, (), 7),
        (-1, (), None),
    ],
)
def test_a_reminder_comes_on_its_day_and_once(left, sent, due):
    assert reminder_due(valid_until=LAST, on=LAST - timedelta(left), sent=sent) == due


@given(left=st.integers(0, 100))
def test_the_windows_say_the_same_as_the_days(left):
    due = reminder_due(valid_until=LAST, on=LAST - timedelta(left), sent=())
    inside = [days for days in REMIND_DAYS if window_of(days)[0] <= left <= window_of(days)[1]]
    assert inside == ([due] if due else [])


def test_papers_serve_again_while_they_are_good_for_long_enough():
    good = LAST + CARRIED_FOR
    papers = [
        Evidence("identity", good),
        Evidence("identity", good - timedelta(1)),
        Evidence("identity"),
        Evidence("formation"),
        Evidence("address", good),
        Evidence("ownership"),
        Evidence("source_of_funds"),
    ]
    assert carried(papers, on=LAST) == [True, False, True, True, False, False, False]
