"""Bank account numbers: IBAN, or US routing and account number, checked by python-stdnum."""

import re

from stdnum import bic as bics
from stdnum import iban
from stdnum.exceptions import ValidationError
from stdnum.us import rtn

from portal.domain.errors import Invalid
from portal.funding.facts import Destination

_US_ACCOUNT = re.compile(r"([0-9]{9})[/ ]([0-9]{4,17})", re.ASCII)


class NoBankAccount(Invalid):
    """The number is no bank account's: a digit is wrong or missing."""

    code = "no-bank-account"


def destination(text: str, *, field: str = "destination") -> Destination:
    """
    A bank account from what was typed.

    text    an IBAN; or nine digits of routing number, a slash or blank, and the account number
    raises  NoBankAccount
    """
    given = " ".join(text.split())
    match = _US_ACCOUNT.fullmatch(given)
    try:
        if match is not None:
            routing, number = rtn.validate(match.group(1)), match.group(2)
            return Destination(f"{routing}/{number}", f"{routing} / •••{number[-4:]}", "us")
        number = iban.validate(given)
    except ValidationError:
        raise NoBankAccount(
            "This is neither a valid IBAN nor a US routing number, a slash and an account number.",
            field=field,
        ) from None
    return Destination(number, f"{number[:4]} ••• {number[-4:]}")


def bic(text: str, *, field: str = "bic") -> str:
    """
    A BIC in compact form, or "" for none.

    raises  NoBankAccount
    """
    if not text.strip():
        return ""
    try:
        return str(bics.validate(text))
    except ValidationError:
        raise NoBankAccount("This is not a BIC: 8 or 11 letters and digits.", field=field) from None
