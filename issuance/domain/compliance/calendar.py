"""Months of holding periods, remembered: the lots of a security share few days, and every rule asks for them again."""

from datetime import date
from functools import lru_cache

from investors.domain import dates


@lru_cache(maxsize=8192)
def add_months(day: date, months: int) -> date:
    """As investors.domain.dates.add_months."""
    return dates.add_months(day, months)
