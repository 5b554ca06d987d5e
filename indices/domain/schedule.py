"""When a rebalance looks (reference date) and when it applies (effective date). UTC days; a day's close is its end."""

from datetime import UTC, date, datetime, time, timedelta

from indices.domain.methodology import Rules

DAY = timedelta(days=1)


def closes_at(day: date) -> datetime:
    """The instant of a day's close: midnight UTC at its end."""
    return datetime.combine(day + DAY, time(), UTC)


def last_closed(at: datetime) -> date:
    """The last day whose close lies at or before `at`."""
    return at.astimezone(UTC).date() - DAY


def reference_dates(rules: Rules, *, base: date, until: date) -> list[date]:
    """
    Reference dates from the base date on, in order: the base date itself, then each weekday of the schedule
    (every week; the first of a month; the first of a quarter), none of them later than `until`.
    """
    if base > until:
        return []
    return [base, *(day for day in _days(base + DAY, until) if _is_reference(rules, day))]


def effective_date(rules: Rules, reference: date) -> date:
    return reference + timedelta(days=rules.lag_days)


def dealing_day(placed_at: datetime, cut_off: time) -> date:
    """The day whose close an order is dealt at: today's before the cut-off, else tomorrow's."""
    placed = placed_at.astimezone(UTC)
    return placed.date() if placed.time() < cut_off else placed.date() + DAY


def _is_reference(rules: Rules, day: date) -> bool:
    if day.weekday() != rules.weekday:
        return False
    if rules.every == "week":
        return True
    return day.day <= 7 and (rules.every == "month" or day.month in (1, 4, 7, 10))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
