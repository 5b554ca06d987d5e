"""When an approval is looked at again: reminders before its last day, and which papers still serve."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from investors.domain.kyc import Evidence

REMIND_DAYS = (60, 30, 7)
"""Days before the last day of an approval on which the investor is reminded; the first opens the refresh. House policy."""
CARRIED_FOR = timedelta(days=180)
"""A paper that expires serves a refresh only when it is good for so much longer. House policy."""
LASTING_KINDS = frozenset({"identity", "formation", "authority"})
"""Papers that do not age by themselves; a proof of address, owners and source of funds are asked for anew."""


def reminder_due(*, valid_until: date, on: date, sent: Collection[int]) -> int | None:
    """
    The reminder to send on a day: the smallest of REMIND_DAYS that has come, unless it was sent. One that was missed is
    not made up for once the next has come, and after the last day there is none.
    """
    left = (valid_until - on).days
    if left < 0:
        return None
    come = [days for days in REMIND_DAYS if left <= days]
    return min(come) if come and min(come) not in sent else None


def window_of(days: int) -> tuple[int, int]:
    """(from, to): the days left, both included, for which `days` is the reminder that counts."""
    smaller = [other for other in REMIND_DAYS if other < days]
    return (max(smaller) + 1 if smaller else 0, days)


def carried(papers: Sequence[Evidence], *, on: date) -> list[bool]:
    """Whether each paper of the old case serves the new one as it is, in the order given."""
    return [
        paper.kind in LASTING_KINDS and (paper.expires_on is None or paper.expires_on >= on + CARRIED_FOR)
        for paper in papers
    ]
