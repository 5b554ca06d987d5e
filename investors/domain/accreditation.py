"""
Who is an accredited investor: the tests of 17 CFR 230.501(a), as arithmetic over what the evidence shows.

Amounts are whole US cents. "In excess of" means just that: the limit itself does not pass. Thresholds are dated
data: a test for a day before the first dated text is refused instead of guessed. This is decision support for a
compliance officer, who decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from investors.domain.bases import BASES, CHECKED
from portal.domain.dates import told_day
from portal.domain.decision import Finding, Outcome
from portal.domain.errors import Invalid
from portal.domain.money import format_amount


@dataclass(frozen=True, slots=True)
class Threshold:
    """An amount in cents that a rule names, from a day on, with where it is written."""

    code: str
    amount: int
    effective_from: date
    source: str
    as_of: date = CHECKED


# One row per amount and period; a changed amount is a new row with a later day, never an edit.
THRESHOLDS: tuple[Threshold, ...] = (
    Threshold("income", 200_000_00, date(2020, 12, 8), "17 CFR 230.501(a)(6)"),
    Threshold("joint-income", 300_000_00, date(2020, 12, 8), "17 CFR 230.501(a)(6)"),
    Threshold("net-worth", 1_000_000_00, date(2020, 12, 8), "17 CFR 230.501(a)(5)"),
    Threshold("entity-assets", 5_000_000_00, date(2020, 12, 8), "17 CFR 230.501(a)(3), (7)"),
    Threshold("entity-investments", 5_000_000_00, date(2020, 12, 8), "17 CFR 230.501(a)(9)"),
    Threshold("family-office-assets", 5_000_000_00, date(2020, 12, 8), "17 CFR 230.501(a)(12)"),
    Threshold(
        "minimum-investment-person",
        200_000_00,
        date(2025, 3, 12),
        "SEC staff letter to Latham & Watkins, 2025-03-12",
    ),
    Threshold(
        "minimum-investment-entity",
        1_000_000_00,
        date(2025, 3, 12),
        "SEC staff letter to Latham & Watkins, 2025-03-12",
    ),
    Threshold(
        "qualified-purchaser-person", 5_000_000_00, date(1997, 4, 9), "15 USC 80a-2(a)(51)(A)(i), (ii)"
    ),
    Threshold(
        "qualified-purchaser-institution", 25_000_000_00, date(1997, 4, 9), "15 USC 80a-2(a)(51)(A)(iv)"
    ),
    Threshold("institutional-buyer", 100_000_000_00, date(1990, 4, 30), "17 CFR 230.144A(a)(1)(i)"),
    Threshold("institutional-buyer-dealer", 10_000_000_00, date(1990, 4, 30), "17 CFR 230.144A(a)(1)(ii)"),
    Threshold("institutional-buyer-bank", 25_000_000_00, date(1990, 4, 30), "17 CFR 230.144A(a)(1)(vi)"),
)

PROFESSIONAL_CREDENTIALS: Mapping[str, str] = MappingProxyType(
    {
        "series-7": "General securities representative (Series 7)",
        "series-65": "Licensed investment adviser representative (Series 65)",
        "series-82": "Licensed private securities offerings representative (Series 82)",
    }
)


def threshold(code: str, on: date) -> Threshold:
    """
    The amount in force on a day.

    raises  Invalid when no dated text is held for that day
    """
    rows = [row for row in THRESHOLDS if row.code == code and row.effective_from <= on]
    if not rows:
        raise Invalid(
            f"No text of the {code} threshold is held for {told_day(on)}.",
            field="on",
            next_step="Add the dated threshold with its source before judging a sale of that day.",
        )
    return max(rows, key=lambda row: row.effective_from)


@dataclass(frozen=True, slots=True)
class YearlyIncome:
    """Income of one tax year in cents, as the tax form shows it."""

    year: int
    amount: int


def income_test(
    *, incomes: Sequence[YearlyIncome], expected: int, on: date, with_spouse: bool = False
) -> Finding:
    """
    Income over the limit in each of the two most recent years, and expected to stay so this year.

    incomes      one row per tax year; other years than the two most recent ones are ignored
    expected     what is reasonably expected for the year of `on`, in cents
    with_spouse  the amounts are joint income with a spouse or spousal equivalent, in every year
    raises       Invalid for negative amounts or a year given twice
    """
    limit = threshold("joint-income" if with_spouse else "income", on)
    by_year: dict[int, int] = {}
    for income in incomes:
        not_negative(income.amount, "income")
        if income.year in by_year:
            raise Invalid(f"The year {income.year} is given twice.", field="income")
        by_year[income.year] = income.amount
    not_negative(expected, "expected_income")
    reasons = []
    for year in (on.year - 2, on.year - 1):
        if year not in by_year:
            reasons.append(f"no tax form for {year}")
        elif by_year[year] <= limit.amount:
            reasons.append(f"{usd(by_year[year])} in {year}")
    if expected <= limit.amount:
        reasons.append(f"{usd(expected)} expected in {on.year}")
    known = [by_year[year] for year in (on.year - 2, on.year - 1) if year in by_year]
    what = "Joint income" if with_spouse else "Income"
    return against(
        limit,
        used=min([*known, expected]),
        passed=not reasons,
        message=(
            f"{what} was over {usd(limit.amount)} in {on.year - 2} and {on.year - 1} and is expected to be in {on.year}."
            if not reasons
            else f"{what} must be over {usd(limit.amount)} in each year; shown: {', '.join(reasons)}."
        ),
        remedy=f"Tax forms for {on.year - 2} and {on.year - 1} that show more, or another basis such as net worth.",
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """
    What a person (alone or with a spouse) owns and owes, in cents, as the evidence shows it.

    assets            everything owned except the primary residence
    liabilities       everything owed except debt secured by the primary residence
    residence_value   estimated fair market value of the primary residence; 0 without one
    residence_debt    debt secured by it at the time of the sale
    residence_debt_60_days_before   the same, 60 days before the sale
    residence_bought_in_60_days     the increase came from buying the residence itself
    """

    assets: int
    liabilities: int
    residence_value: int = 0
    residence_debt: int = 0
    residence_debt_60_days_before: int = 0
    residence_bought_in_60_days: bool = False


def residence_debt_counted(balance: Balance) -> int:
    """
    The part of the mortgage that counts as a liability, in cents.

    Debt up to the residence's value does not count, except what was added in the 60 days before the sale (other
    than to buy it); debt beyond the value does. A dollar that is both is counted once.

    source  17 CFR 230.501(a)(5)(i)(B) and (C)
    """
    free = balance.residence_value
    if not balance.residence_bought_in_60_days:
        free = min(free, balance.residence_debt_60_days_before)
    return max(0, balance.residence_debt - free)


def net_worth(balance: Balance) -> int:
    """
    Net worth without the primary residence, in cents; may be negative.

    raises  Invalid for a negative part
    """
    for name in (
        "assets",
        "liabilities",
        "residence_value",
        "residence_debt",
        "residence_debt_60_days_before",
    ):
        not_negative(getattr(balance, name), name)
    return balance.assets - balance.liabilities - residence_debt_counted(balance)


def net_worth_test(*, balance: Balance, on: date) -> Finding:
    """Net worth over the limit at the time of the sale, alone or with a spouse or spousal equivalent."""
    limit = threshold("net-worth", on)
    worth, mortgage = net_worth(balance), residence_debt_counted(balance)
    counted = f", with {usd(mortgage)} of the mortgage counted" if mortgage else ""
    return against(
        limit,
        used=worth,
        passed=worth > limit.amount,
        message=(
            f"Net worth without the primary residence is {usd(worth)}{counted}; it must be over {usd(limit.amount)}."
        ),
        remedy="Evidence of further assets, or another basis such as income.",
    )


def entity_assets_test(
    *, total_assets: int, formed_to_buy: bool, on: date, basis: str = "501(a)(3)"
) -> Finding:
    """Total assets (or investments, or assets under management) over $5M, and not formed for the purchase."""
    code = {"501(a)(9)": "entity-investments", "501(a)(12)": "family-office-assets"}.get(
        basis, "entity-assets"
    )
    limit = threshold(code, on)
    not_negative(total_assets, "total_assets")
    if formed_to_buy:
        return against(
            limit,
            used=total_assets,
            passed=False,
            message="The entity was formed for the specific purpose of acquiring the securities offered.",
            remedy="Show that every equity owner is accredited (17 CFR 230.501(a)(8)).",
        )
    return against(
        limit,
        used=total_assets,
        passed=total_assets > limit.amount,
        message=f"{usd(total_assets)} is shown; it must be over {usd(limit.amount)}.",
        remedy="A later balance sheet that shows more, or that every equity owner is accredited.",
    )


@dataclass(frozen=True, slots=True)
class Owner:
    """An equity owner of an entity: an accredited or other person, or an entity looked through to its own owners."""

    name: str
    natural: bool = True
    accredited: bool = False
    owners: tuple["Owner", ...] = ()


def all_owners_accredited_test(owners: Sequence[Owner]) -> Finding:
    """
    Every equity owner is accredited, looking through owners that are entities and not accredited themselves.

    source  17 CFR 230.501(a)(8) and its note: one may look through various forms of ownership to natural persons
    """
    failing = _not_accredited(owners)
    passed = bool(owners) and not failing
    if not owners:
        message = "No equity owner is given."
    elif failing:
        message = f"{len(failing)} of the equity owners not shown to be accredited: {', '.join(failing)}."
    else:
        message = "Every equity owner is accredited."
    return Finding(
        rule="all-owners-accredited",
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        message=message,
        source=BASES["501(a)(8)"].source,
        as_of=CHECKED,
        limit=0,
        used=len(failing),
        remedy="" if passed else "A determination for each owner named, or another basis for the entity.",
    )


def _not_accredited(owners: Sequence[Owner]) -> list[str]:
    names: list[str] = []
    for owner in owners:
        if owner.accredited:
            continue
        if owner.natural or not owner.owners:
            names.append(owner.name)
        else:
            names.extend(_not_accredited(owner.owners))
    return names


def natural_owner_count(owners: Sequence[Owner]) -> int:
    """How many natural persons stand at the ends of an ownership tree."""
    return sum(1 if owner.natural else natural_owner_count(owner.owners) for owner in owners)


def credential_test(*, credential: str, good_standing_on: date | None, on: date) -> Finding:
    """A Series 7, 65 or 82 held in good standing at the time of the sale, seen in the public record."""
    known = PROFESSIONAL_CREDENTIALS.get(credential)
    passed = known is not None and good_standing_on is not None and good_standing_on <= on
    if known is None:
        message = f"{credential!r} is not among the designated credentials: Series 7, 65 and 82."
    elif good_standing_on is None:
        message = f"{known}: good standing has not been looked up."
    elif good_standing_on > on:
        message = f"{known}: looked up on {told_day(good_standing_on)}, which is after {told_day(on)}."
    else:
        message = f"{known}, in good standing on {told_day(good_standing_on)}."
    return Finding(
        rule="professional-credential",
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        message=message,
        source=BASES["501(a)(10)"].source,
        as_of=CHECKED,
        remedy="" if passed else "A look-up in BrokerCheck or IAPD that shows good standing, with its day.",
    )


def against(limit: Threshold, *, used: int, passed: bool, message: str, remedy: str) -> Finding:
    """A finding about an amount in cents and the dated limit that it is held against."""
    return Finding(
        rule=limit.code,
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        message=message,
        source=limit.source,
        as_of=limit.as_of,
        limit=limit.amount,
        used=used,
        remedy="" if passed else remedy,
    )


def not_negative(amount: int, field: str) -> None:
    """raises  Invalid naming the field"""
    if amount < 0:
        raise Invalid(
            f"{field.replace('_', ' ').capitalize()} is negative; give what is owed as its own amount.",
            field=field,
        )


def usd(cents: int) -> str:
    """Cents as dollars in a sentence: $5,000,000, or -$12.50."""
    sign, digits = ("-", -cents) if cents < 0 else ("", cents)
    whole, _, fraction = format_amount(digits, scale=2).partition(".")
    return f"{sign}${int(whole):,}" + ("" if fraction == "00" else f".{fraction}")
