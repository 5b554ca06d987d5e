"""Django finds this when it looks for admin modules: the consoles' pages of this house register themselves."""

from investors.console import (
    accreditation,
    bank_accounts,
    banking,
    cases,
    desk,
    money,
    people,
    refreshes,
    screening,
    stablecoins,
    wallets,
)

__all__ = [
    "accreditation",
    "bank_accounts",
    "banking",
    "cases",
    "desk",
    "money",
    "people",
    "refreshes",
    "screening",
    "stablecoins",
    "wallets",
]
