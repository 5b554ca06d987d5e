"""Forms of the issuer console: they parse; the services judge."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from issuance.assets.models import Asset
from issuance.assets.services import REQUIRED
from issuance.corporate_actions.models import Dividend
from issuance.offerings.models import Offering
from issuance.securities.models import Security
from portal.domain.errors import Invalid
from portal.domain.money import parse_amount
from portal.http.fields import AmountField

DAY = forms.DateInput(attrs={"type": "date"})
INSTANT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


class DayField(forms.DateField):
    """A day such as 2026-11-23, in this century or the next."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=DAY, input_formats=["%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("A day from 2000 to 2199.")
        return day


class InstantField(forms.DateTimeField):
    """An instant in UTC such as 2026-11-23T18:00."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=INSTANT, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def clean(self, value: Any) -> Any:
        instant = super().clean(value)
        if instant is not None and not EARLIEST <= instant.date() <= LATEST:
            raise forms.ValidationError("A day from 2000 to 2199.")
        return instant


def end_of(day: date) -> datetime:
    """The cut-off instant of a record date: its last microsecond in UTC."""
    return datetime.combine(day, time.min, UTC) + timedelta(days=1) - timedelta(microseconds=1)


class IssuerForm(forms.Form):
    legal_name = forms.CharField(label="Legal name", max_length=200)
    country = forms.CharField(
        label="Country of organisation", max_length=2, help_text="ISO 3166 code, such as US."
    )
    lei = forms.CharField(
        label="LEI", max_length=20, required=False, help_text="20 characters; its check digits are checked."
    )
    administrator = forms.EmailField(
        label="First administrator",
        required=False,
        help_text="E-mail address of somebody who has an account here.",
    )


class AssetForm(forms.Form):
    """An asset and its canonical record, one fact to a line."""

    name = forms.CharField(label="Name", max_length=200)
    kind = forms.ChoiceField(label="Kind", choices=Asset.Kind.choices)
    record = forms.CharField(
        label="Canonical record",
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=20_000,
        help_text="One fact to a line, such as vin: 1M8GDM9AXKP042788. Needed: "
        + "; ".join(f"{kind.replace('_', ' ')}: {', '.join(keys)}" for kind, keys in REQUIRED.items())
        + ".",
    )

    def clean_record(self) -> dict[str, str]:
        facts: dict[str, str] = {}
        for line in self.cleaned_data["record"].splitlines():
            name, colon, value = line.partition(":")
            if not line.strip():
                continue
            key = name.strip().lower().replace(" ", "_")
            if not colon or not key:
                raise forms.ValidationError(f"“{line.strip()[:40]}” has no colon between name and value.")
            if key in facts:
                raise forms.ValidationError(f"{key} stands there twice.")
            facts[key] = value.strip()
        return facts


class DocumentForm(forms.Form):
    title = forms.CharField(label="Title", max_length=200)
    file = forms.FileField(label="File", help_text="Its SHA-256 becomes part of the token identifier.")


class PaperForm(forms.Form):
    """A paper for the data room: a new one, or the next version of one in force."""

    title = forms.CharField(label="Title", max_length=200)
    file = forms.FileField(label="File", help_text="PDF, JPEG or PNG.")
    replaces = forms.ChoiceField(
        label="Replaces",
        required=False,
        help_text="The version before it stays readable to you and compliance.",
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].choices = [("", "Nothing, it is new"), *choices]  # type: ignore[attr-defined]


class HoweyForm(forms.Form):
    """The four elements of an investment contract, each with what was looked at."""

    investment_of_money = forms.BooleanField(label="Investment of money", required=False)
    investment_of_money_evidence = forms.CharField(label="What was looked at", max_length=4000)
    common_enterprise = forms.BooleanField(label="Common enterprise", required=False)
    common_enterprise_evidence = forms.CharField(label="What was looked at", max_length=4000)
    expectation_of_profits = forms.BooleanField(label="Reasonable expectation of profits", required=False)
    expectation_of_profits_evidence = forms.CharField(label="What was looked at", max_length=4000)
    efforts_of_others = forms.BooleanField(label="From the efforts of others", required=False)
    efforts_of_others_evidence = forms.CharField(label="What was looked at", max_length=4000)


class UnitsForm(forms.Form):
    """A form with quantities whose scale is known only when it is read."""

    def units(self, name: str, scale: int) -> int | None:
        """Smallest units of a text field; an error at the field, and None, where it is no quantity."""
        text = (self.cleaned_data.get(name) or "").strip()
        if not text:
            return None
        try:
            return parse_amount(text, scale=scale, field=str(self.fields[name].label))
        except Invalid as refused:
            self.add_error(name, refused.message)
            return None


class SecurityForm(UnitsForm):
    """Terms under which an asset is divided."""

    code = forms.CharField(label="Code", max_length=24, help_text="Two parts, such as HARBOR-B.")
    name = forms.CharField(label="Name", max_length=200, help_text="Such as Class B units.")
    kind = forms.ChoiceField(label="Kind", choices=Security.Kind.choices)
    scale = forms.IntegerField(
        label="Decimals", min_value=0, max_value=18, initial=0, help_text="0 for whole shares only, up to 18."
    )
    authorised = forms.CharField(
        label="Authorised number", required=False, help_text="In units; empty is unlimited."
    )
    par = AmountField(label="Par value", scale=2, unit="USD", required=False)
    isin = forms.CharField(label="ISIN", max_length=12, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "scale" in data:
            data["authorised_units"] = self.units("authorised", data["scale"])
        return data


class OfferingForm(UnitsForm):
    """Terms of an offering; quantities in units of the security."""

    security = forms.ChoiceField(label="Security")
    name = forms.CharField(label="Name", max_length=200)
    summary = forms.CharField(
        label="The asset in short", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False
    )
    exemption = forms.ChoiceField(label="Exemption", choices=Offering.Exemption.choices)
    method = forms.ChoiceField(label="When more is asked for than there is", choices=Offering.Method.choices)
    price = AmountField(label="Price of a unit", scale=2, unit="USD")
    max_quantity = forms.CharField(label="Units offered")
    min_quantity = forms.CharField(
        label="Units needed to close", required=False, help_text="Below them everyone is refunded."
    )
    min_investment = AmountField(label="Least for one investor", scale=2, unit="USD", required=False)
    max_investment = AmountField(label="Most for one investor", scale=2, unit="USD", required=False)
    lock_up_days = forms.IntegerField(label="Lock-up in days", min_value=1, max_value=36_500, required=False)
    opens_at = InstantField(label="Opens at", help_text="UTC.")
    closes_at = InstantField(label="Closes at", help_text="UTC.")
    agreement = forms.CharField(
        label="Subscription agreement",
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=100_000,
        help_text="Investors sign exactly this text, by its hash.",
    )

    def __init__(
        self, *args: Any, choices: list[tuple[str, str]], scales: dict[str, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["security"].choices = choices  # type: ignore[attr-defined]
        self.scales = scales

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        scale = self.scales.get(data.get("security", ""))
        if scale is not None:
            data["max_units"] = self.units("max_quantity", scale)
            data["min_units"] = self.units("min_quantity", scale)
        return data


class DividendForm(forms.Form):
    """A cash dividend, by a sum over all holdings or by an amount for each unit."""

    security = forms.ChoiceField(label="Security")
    name = forms.CharField(label="Name", max_length=200, help_text="Such as Third quarter 2026.")
    pot = AmountField(label="Sum over all holdings", scale=2, unit="USD", required=False)
    per_unit = AmountField(
        label="Or an amount for each unit",
        scale=8,
        unit="USD",
        required=False,
        help_text="Up to eight decimals.",
    )
    rounding = forms.ChoiceField(
        label="Cents that do not divide",
        choices=Dividend.Rounding.choices,
        help_text="An amount for each unit is always rounded down.",
    )
    ex_date = DayField(label="Ex-date", required=False)
    record_date = DayField(label="Record date", help_text="Who holds at its end (UTC) is entitled.")
    payment_date = DayField(label="Payment date")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["security"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and (data.get("pot") is None) == (data.get("per_unit") is None):
            raise forms.ValidationError("Give either a sum or an amount for each unit.")
        return data


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=2000)


class AsOfForm(forms.Form):
    """A past day; the cap table is told as it stood at its end."""

    as_of = DayField(label="As of", required=False)
    since = DayField(label="What changed since", required=False)


class OcfForm(forms.Form):
    file = forms.FileField(
        label="Open Cap Table package",
        help_text="A zip archive, or one JSON file with a list of OCF files. Version 1.2.0, at most 32 MB.",
    )
