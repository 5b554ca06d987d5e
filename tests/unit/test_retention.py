"""How long what is kept after an account is closed (31 CFR 1010.430, 1023.220; 17 CFR 240.17a-4)."""

from datetime import date

import pytest

from investors.domain.retention import RULES, kept_until, last_day


@pytest.mark.parametrize(
    ("closed", "years", "last"),
    [
        (date(2026, 11, 22), 5, date(2031, 11, 22)),
        (date(2026, 12, 31), 6, date(2032, 12, 31)),
        (date(2024, 2, 28), 5, date(2029, 2, 28)),
        (date(2024, 2, 29), 5, date(2029, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_a_class_is_kept_until_the_anniversary_and_never_a_day_less(closed, years, last):
    assert last_day(closed, years) == last


def test_identity_is_kept_five_years_and_accounts_six():
    assert kept_until(date(2026, 11, 22)) == {
        "identity": date(2031, 11, 22),
        "transactions": date(2032, 11, 22),
        "account": date(2032, 11, 22),
    }


def test_every_class_names_its_source():
    assert all(rule.source and rule.what for rule in RULES)
