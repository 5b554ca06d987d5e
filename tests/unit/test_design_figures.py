"""Figures as pages print them: exact, by locale, with sign and mark and word."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from portal.http import formats


def printed(text: str, **values: object) -> str:
    return Template(text).render(Context(values))


@pytest.mark.parametrize(
    ("minor", "scale", "english", "german"),
    [
        (128490710, 2, "$1,284,907.10", "1.284.907,10\u00a0$"),
        (-5230, 2, "−$52.30", "−52,30\u00a0$"),
        (0, 2, "$0.00", "0,00\u00a0$"),
        (5, 2, "$0.05", "0,05\u00a0$"),
        (10**37, 2, "$100,000,000,000,000,000,000,000,000,000,000,000.00", None),
        (1234, 0, "$1,234", "1.234\u00a0$"),
    ],
)
def test_money_by_locale(minor: int, scale: int, english: str, german: str | None) -> None:
    assert formats.money(minor, currency="USD", scale=scale) == english
    if german:
        with translation.override("de"):
            assert formats.money(minor, currency="USD", scale=scale) == german


def test_a_currency_without_a_sign_shows_its_code() -> None:
    assert formats.money(120000, currency="CHF") == "CHF\u00a01,200.00"


def test_quantities_keep_all_digits_of_the_instrument() -> None:
    assert formats.quantity(15992699, scale=6) == "15.992699"
    assert formats.quantity(1285000, scale=4) == "128.5000"
    assert formats.quantity(-4200, scale=0) == "−4,200"


def test_cents_are_one_shade_lighter_and_zero_is_grey() -> None:
    assert (
        printed('{% money 1050 "USD" %}') == '<span class="amount">$10<span class="cents">.50</span></span>'
    )
    assert 'class="amount zero"' in printed('{% money 0 "USD" %}')
    assert printed('{% money 1050 "USD" cents=False %}') == '<span class="amount">$10</span>'
    assert printed("{% money v 'USD' %}", v=None) == '<span class="mut">–</span>'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.41, '<span class="up"><span aria-hidden="true">▲</span> +2.41\u202f%</span>'),
        (Decimal("-0.18"), '<span class="down"><span aria-hidden="true">▼</span> −0.18\u202f%</span>'),
        (0, '<span class="mut">0.00\u202f%</span>'),
        (0.001, '<span class="mut">0.00\u202f%</span>'),
        (-0.001, '<span class="mut">0.00\u202f%</span>'),
    ],
)
def test_a_change_says_the_same_by_mark_sign_and_colour(value: object, shown: str) -> None:
    assert printed("{% change v %}", v=value) == shown


def test_shares_in_millionths_are_percent() -> None:
    assert printed("{% percent ppm=228000 digits=1 %}") == '<span class="amount">22.8\u202f%</span>'


def test_instants_are_told_in_utc() -> None:
    at = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
    assert printed("{{ at|moment }}", at=at) == (
        '<time datetime="2026-11-23T09:41:00+00:00">23 Nov 2026, 09:41 UTC</time>'
    )
    assert printed("{{ on|day }}", on=date(2026, 11, 23)) == '<time datetime="2026-11-23">23 Nov 2026</time>'


def test_a_name_with_markup_is_escaped_wherever_a_component_prints_it() -> None:
    evil = '<script>alert("x")</script>'
    assert "<script>" not in printed("{% pill v %}", v=evil)
    assert "<script>" not in printed('{% include "components/notice.html" with text=v %}', v=evil)
    assert "<script>" not in printed('{% include "components/empty.html" with title=v text=v %}', v=evil)
    assert "<script>" not in printed(
        '{% include "components/timeline.html" with events=v %}', v=[{"title": evil, "text": evil}]
    )


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Mara Lindqvist", "ML"), ("S. Okonedo", "SO"), ("ada@x.example", "AD"), ("", "–"), ("Plato", "P")],
)
def test_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters
