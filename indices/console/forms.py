"""Forms of the operator's pages: they parse; the services judge."""

import json
from typing import Any

from django import forms

from indices.domain.token_events import KINDS
from portal.http.fields import AmountField


class JSONText(forms.CharField):
    """A JSON object in a text area; says where it stops being one."""

    widget = forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "mono"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text or not isinstance(text, str):
            return text
        try:
            found = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from error
        if not isinstance(found, dict):
            raise forms.ValidationError("This is JSON, but no object: it begins with { and ends with }.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


class IndexForm(forms.Form):
    code = forms.CharField(
        label="Code", max_length=12, help_text="Capital letters and digits, such as DEFI10."
    )
    name = forms.CharField(label="Name", max_length=120)
    summary = forms.CharField(
        label="Summary", required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000
    )
    base_date = forms.DateField(label="Base date", widget=forms.DateInput(attrs={"type": "date"}))
    base_level = AmountField(label="Base level", scale=8, initial="100")
    document = JSONText(
        label="Methodology", help_text="JSON, checked against the schema and for contradictions."
    )


class VersionForm(forms.Form):
    effective_from = forms.DateField(label="In force from", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label="Why", max_length=500)
    document = JSONText(label="Methodology")


class BacktestForm(forms.Form):
    document = JSONText(label="Methodology", help_text="JSON, checked as for an index.")
    first = forms.DateField(label="First reference date", widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))
    cost_bps = forms.IntegerField(
        label="Costs of a trade",
        required=False,
        help_text="Hundredths of a percent of what is bought or sold; empty: as the rules say.",
    )
    lag_days = forms.IntegerField(
        label="Days from decision to trade", required=False, help_text="Empty: as the rules say."
    )


class FindingForm(forms.Form):
    answer = forms.ChoiceField(
        label="Decision",
        choices=[
            ("keep", "Keep it as it is"),
            ("correct", "Correct it by the price below"),
            ("exclude", "Exclude it: there is no price of this day"),
        ],
    )
    close = forms.DecimalField(
        label="Right price in dollars",
        required=False,
        max_digits=33,
        decimal_places=18,
        help_text="Only where you correct it.",
    )
    reason = forms.CharField(label="Why", max_length=500, help_text="Where you looked, and what you saw.")


class TokenEventForm(forms.Form):
    kind = forms.ChoiceField(
        label="What happens", choices=[(kind, kind.replace("_", " ").capitalize()) for kind in KINDS]
    )
    symbol = forms.CharField(label="Token", max_length=20)
    day = forms.DateField(label="First day in the new terms", widget=forms.DateInput(attrs={"type": "date"}))
    related = forms.CharField(
        label="Other token",
        max_length=20,
        required=False,
        help_text="Of a migration: the new one. Of a reused ticker: whose the earlier prices are.",
    )
    old = forms.IntegerField(label="So many old tokens", initial=1)
    new = forms.IntegerField(label="are so many new ones", initial=1)
    source = forms.CharField(label="Where this is known from", max_length=300)
