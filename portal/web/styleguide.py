"""The styleguide: every component in the states that the pages do not happen to show. All figures are invented."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.domain.decision import Decision, Finding, Outcome
from portal.http import charts
from portal.http.fields import AmountField

AT = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
SAMPLE = UUID(int=0)


class SampleForm(forms.Form):
    """Fields of every sort, one of them with an error, for the styleguide."""

    iban = forms.CharField(label="IBAN", help_text="Of an account in your own name.")
    amount = AmountField(scale=2, unit="USD", help_text="From 50.00 to 20,190.46.")
    country = forms.ChoiceField(choices=[("US", "United States"), ("DE", "Germany")])
    speed = forms.ChoiceField(
        widget=forms.RadioSelect, label="How soon", choices=[("next", "Next run"), ("day", "On a day")]
    )
    risk = forms.BooleanField(label="I can bear the loss of all of it.", required=False)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in one place."""
    context = {
        "form": _form(),
        "at": AT,
        "sample": SAMPLE,
        "decision": _decision(),
        **_charts(),
        **_records(),
        "tokens": ["accent", "pos", "neg", "warn"],
    }
    return render(request, "portal/styleguide.html", context)


def _form() -> SampleForm:
    form = SampleForm(
        {"iban": "DE89 3704 0044 0532 0130 01", "amount": "1000.00", "country": "DE", "speed": "next"}
    )
    form.is_valid()
    form.add_error(
        "iban", "The check digits do not fit. Compare the last four digits, 3001, with your bank card."
    )
    return form


def _charts() -> dict[str, Any]:
    return {
        "line": _line(),
        "bars": charts.bar_chart(
            [
                (month, (120 + 9 * i, 40 * (i % 3)))
                for i, month in enumerate(("Jun", "Jul", "Aug", "Sep", "Oct", "Nov"))
            ],
            ["Rent", "Revenue share"],
            label="Income by month, invented",
            text=charts.short_money(),
        ),
        "donut": charts.donut(
            _parts(), centre="$141.0k", under="in four places", label="Shares by holding, invented"
        ),
        "split": charts.split_bar(_parts(), label="Shares by holding, invented"),
        "tree": charts.treemap(
            [
                ("UNI", 25, -2.9),
                ("AAVE", 23, -7.0),
                ("LDO", 18, 0.2),
                ("ENA", 15, 3.1),
                ("PENDLE", 11, 6.3),
                ("MKR", 8, 1.4),
            ],
            label="Weights of six tokens, invented",
        ),
        "spark": charts.sparkline([3, 4, 3.5, 5, 4.8, 6, 5.5, 7]),
    }


def _records() -> dict[str, Any]:
    """What happened, who signed, what is stored."""
    return {
        "events": [
            {"title": "Subscription refused", "text": "Three conditions are open.", "at": AT, "tone": "now"},
            {
                "title": "Deposit received",
                "at": AT - timedelta(days=6),
                "tone": "done",
                "transaction_id": SAMPLE,
                "entry": 1281376,
            },
        ],
        "approval": {"maker_name": "S. Okonedo", "made_at": AT, "state": "requested"},
        "approved": {
            "maker_name": "S. Okonedo",
            "made_at": AT,
            "checker_name": "J. Abara",
            "decided_at": AT,
            "state": "approved",
        },
        "document": {
            "title": "Private placement memorandum",
            "kind": "memorandum",
            "size": 2400000,
            "at": AT,
            "sha256": "616c1af8" * 8,
            "state": "Read",
            "tone": "ok",
        },
    }


def _parts() -> list[charts.Part]:
    return [
        charts.Part("Harborview", 46),
        charts.Part("Castellan", 27),
        charts.Part("Fjordlight", 18),
        charts.Part("Cash", 9, "f0"),
    ]


def _line() -> charts.Chart:
    days = [date(2025, 12, 1) + timedelta(days=7 * i) for i in range(52)]
    values = [100 + 0.8 * i + 6 * ((i * 7) % 5 - 2) for i in range(52)]
    return charts.line_chart(
        [
            charts.Series("Index, after costs", values, area=True),
            charts.Series("Paid in", [100 + 0.5 * i for i in range(52)], "f0", dashed=True),
        ],
        days,
        label="An invented index over a year, from 88 to 141",
        zero=True,
        shaded_until=20,
        shaded_text="Backtest",
    )


def _decision() -> Decision:
    return Decision.of(
        [
            Finding(
                "holder_limit",
                Outcome.FAILED,
                "You hold 128 units. 250 more would make 378; this security allows 340 to one holder.",
                "Offering terms 4.3",
                date(2026, 10, 12),
                None,
                340,
                128,
                "Ask for 212 units or fewer.",
            ),
            Finding(
                "cooling_off",
                Outcome.FAILED,
                "You opened the risk statement today. The issuer asks every investor to sleep on it.",
                "Issuer policy 2",
                date(2026, 9, 1),
                date(2026, 11, 24),
            ),
            Finding(
                "identity", Outcome.PASSED, "Identity verified; valid until 9 Apr 2027.", "Claim: identity"
            ),
            Finding(
                "offshore",
                Outcome.NOT_APPLICABLE,
                "Distribution compliance period: not an offshore sale.",
                "17 CFR 230.903",
            ),
        ],
        rule_set="506(c)",
        version=7,
    )
