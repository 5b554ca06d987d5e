"""What every movement of an owner's money is held against before anything is written."""

import re
from collections.abc import Collection
from datetime import datetime

from portal.domain.errors import Conflict, Invalid
from portal.domain.money import format_amount
from portal.funding import ports
from portal.funding.facts import CURRENCIES, Currency

LARGEST = 10**15
_OWNER = re.compile(r"(investor|issuer):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class MoneyHeld(Conflict):
    """No money of this owner leaves: a list names him, or may."""

    code = "money-held"


class OwnerClosed(Conflict):
    """Nobody could reach what is credited to a closed account."""

    code = "owner-closed"


def currency_of(code: str) -> Currency:
    """raises  Invalid for one that no account is kept in"""
    one = CURRENCIES.get(code)
    if one is None:
        raise Invalid(
            f"{code[:10]!r} is not a currency here; possible: {', '.join(CURRENCIES)}.", field="currency"
        )
    return one


def refuse_held(owners: Collection[str], *, at: datetime) -> None:
    """raises  MoneyHeld where no money of one of these owners may leave"""
    held = [one.held for one in ports.standings_of(owners, at=at).values() if one.held]
    if held:
        raise MoneyHeld(
            held[0] if len(held) == 1 else f"{held[0]} The same of {len(held) - 1} more of these owners.",
            next_step="Nothing was paid. Compliance decides first.",
        )


def refuse_closed(owner: str, *, at: datetime) -> None:
    """raises  OwnerClosed where nothing may be credited any more"""
    told = ports.standings_of([owner], at=at).get(owner)
    if told is not None and told.closed:
        raise OwnerClosed(told.closed, field="owner", next_step="Nothing was credited. Have it sent back.")


def check_owner(owner: str) -> None:
    """raises  Invalid"""
    if not _OWNER.fullmatch(owner):
        raise Invalid("The owner is written as investor:<uuid> or issuer:<uuid>.", field="owner")


def check_amount(amount_minor: int, one: Currency) -> None:
    """amount_minor: smallest units. raises  Invalid"""
    if amount_minor <= 0:
        raise Invalid("The amount must be above zero.", field="amount")
    if amount_minor >= LARGEST:
        most = format_amount(LARGEST, scale=one.scale)
        raise Invalid(f"The amount must be below {most} {one.code}.", field="amount")


def checked_reference(text: str) -> str:
    """A bank's reference without blanks around it. raises  Invalid"""
    reference = text.strip()
    if not 3 <= len(reference) <= 80 or not reference.isascii() or not reference.isprintable():
        raise Invalid("The bank reference has 3 to 80 plain characters.", field="bank_reference")
    return reference


def short_text(text: str, field: str, most: int) -> str:
    """One line of text. raises  Invalid naming the field"""
    said = " ".join(text.split())
    if not said or len(said) > most or not said.isprintable():
        raise Invalid(
            f"{field.replace('_', ' ').capitalize()} has 1 to {most} printable characters.", field=field
        )
    return said
