"""Calendar steps that the rules count in: whole months and years, clamped to the month's last day."""

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """
    The same day `months` later, or that month's last day where it has no such day: 30 Nov + 3 is 28 or 29 Feb.

    source  the common rule of computing a period of months; clamping never lengthens a period
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def add_years(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes the 28th in a common year."""
    return add_months(day, 12 * years)


def age_on(born: date, on: date) -> int:
    """Completed years on a day. Someone born on 29 February completes a year on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
