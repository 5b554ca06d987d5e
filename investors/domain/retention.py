"""
What the law has a house keep after an account is closed, and until when. Dated data: a changed rule is a new line here.

Rule 17a-4 binds broker-dealers; a house that is none keeps to it as the longest of the measures it may be asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Kept:
    """
    name    of the class of records
    years   after the account was closed
    """

    name: str
    what: str
    years: int
    source: str


RULES: Sequence[Kept] = (
    Kept(
        "identity",
        "Name, date of birth, address, identification number and how they were verified",
        5,
        "31 CFR 1023.220(a)(3)(ii), 31 CFR 1010.430(d)",
    ),
    Kept(
        "transactions",
        "Ledger, subscriptions, holdings and their evidence",
        6,
        "17 CFR 240.17a-4(a)",
    ),
    Kept("account", "Account record, agreements and decisions", 6, "17 CFR 240.17a-4(c), (e)(5)"),
)


def last_day(closed: date, years: int) -> date:
    """The anniversary; of 29 February, 1 March where there is none, so that nothing is kept too short."""
    try:
        return closed.replace(year=closed.year + years)
    except ValueError:
        return date(closed.year + years, 3, 1)


def kept_until(closed: date) -> dict[str, date]:
    """Class of records -> last day on which it must be kept."""
    return {rule.name: last_day(closed, rule.years) for rule in RULES}
