"""
Withholding tax on what a holder is due: which rate by the payee's tax form, and both figures exactly.

Rates are dated data with their source. The engine supports a decision; it is not tax advice.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from portal.domain.errors import Invalid

PPM = 1_000_000
Income = Literal["dividend", "interest"]
TaxForm = Literal["w9", "w8", ""]


class NoTaxForm(Invalid):
    """A payee's tax status is unknown and the payer chose not to apply the default."""

    code = "no-tax-form"


@dataclass(frozen=True, slots=True)
class Payee:
    """
    form          "w9" (a United States person), "w8" (a foreign person), "" (none on file)
    residence     country of tax residence, ISO 3166 alpha-2; "" when unknown
    tin           a taxpayer identification number is on file
    treaty        the form claims the treaty of the country of residence
    """

    form: TaxForm = ""
    residence: str = ""
    tin: bool = False
    treaty: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A withholding rate in millionths, why it applies, and where that is written."""

    ppm: int
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class TreatyRate:
    """
    What the United States keep back from a payment to a resident of `country` who claims its treaty.

    checked  the figure was read in a source at hand, and not only in a copy of the published table
    """

    country: str
    income: Income
    ppm: int
    since: date
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Withheld:
    """gross == withheld + net, in minor units."""

    gross: int
    withheld: int
    net: int


BACKUP = Rate(
    240_000, "No taxpayer identification number is on file: backup withholding.", "26 USC 3406(a)(1)"
)
DEFAULT_FOREIGN = Rate(300_000, "A foreign person without a treaty claim.", "26 USC 1441(a)")
UNDOCUMENTED = Rate(300_000, "No tax form is on file: presumed foreign.", "26 CFR 1.1441-1(b)(3)")
EXEMPT = Rate(0, "A United States person with a taxpayer identification number.", "Form W-9")

_TABLE_1 = date(2023, 5, 1)
_FIFTEEN: tuple[str, ...] = (
    "AT",
    "AU",
    "BE",
    "CA",
    "CH",
    "DE",
    "DK",
    "ES",
    "FI",
    "FR",
    "GB",
    "IE",
    "IT",
    "KR",
)
_FIFTEEN += ("LU", "NL", "NO", "NZ", "PL", "PT", "SE")
TREATIES: tuple[TreatyRate, ...] = (
    TreatyRate("JP", "dividend", 100_000, _TABLE_1, checked=True),
    TreatyRate("PH", "dividend", 250_000, _TABLE_1, checked=True),
    TreatyRate("IN", "dividend", 250_000, _TABLE_1),
    TreatyRate("MX", "dividend", 100_000, _TABLE_1),
    TreatyRate("CN", "dividend", 100_000, _TABLE_1),
    *(TreatyRate(country, "dividend", 150_000, _TABLE_1, checked=country == "BE") for country in _FIFTEEN),
)
TREATY_SOURCE = "IRS Table 1, Tax Rates on Income Other Than Personal Service Income (general rate)"


def rate_for(payee: Payee, *, on: date, income: Income = "dividend") -> Rate:
    """
    The rate that binds a payment of this kind to this payee on that day.

    A treaty rate needs the claim on the form and a row in force; else the default of 30 % stands.
    """
    if payee.form == "w9":
        return EXEMPT if payee.tin else BACKUP
    if payee.form != "w8":
        return BACKUP if payee.residence == "US" else UNDOCUMENTED
    if not payee.treaty:
        return DEFAULT_FOREIGN
    rows = [
        row for row in TREATIES if row.country == payee.residence and row.income == income and row.since <= on
    ]
    if not rows:
        return Rate(
            DEFAULT_FOREIGN.ppm,
            f"A treaty is claimed, but no treaty rate is on record for {payee.residence or 'an unknown country'}.",
            DEFAULT_FOREIGN.source,
        )
    row = max(rows, key=lambda row: row.since)
    return Rate(row.ppm, f"Treaty with {row.country}, claimed on Form W-8BEN.", TREATY_SOURCE)


def withhold(gross: int, rate_ppm: int, *, unit: int = 1) -> Withheld:
    """
    Both figures of a payment, rounded half up to `unit`.

    gross    minor units, >= 0
    unit     1 rounds to the minor unit; 100 to the dollar, as returns to the IRS may
    returns  gross == withheld + net, 0 <= withheld <= gross
    raises   Invalid for a negative gross or a rate outside 0 .. 1,000,000
    """
    if gross < 0:
        raise Invalid(f"The gross amount is {gross}; it cannot be negative.", field="gross")
    if not 0 <= rate_ppm <= PPM:
        raise Invalid(f"A rate of {rate_ppm} millionths is not between 0 and {PPM}.", field="rate")
    base = PPM * unit
    withheld = min((2 * gross * rate_ppm + base) // (2 * base) * unit, gross)
    return Withheld(gross, withheld, gross - withheld)
