"""Forms of compliance officers and operators: they parse; the services judge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from investors.domain.bases import paragraphs_for
from investors.domain.verification import METHODS
from portal.funding.facts import CURRENCIES
from portal.http.fields import AmountField

LARGEST_LIST = 60 * 2**20


class ReasonForm(forms.Form):
    """A reason in a sentence."""

    reason = forms.CharField(
        label=_("Reason"), min_length=5, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class DecideForm(ReasonForm):
    """What becomes of a case."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("approve", _("Approve")),
            ("ask", _("Ask for more")),
            ("reject", _("Reject")),
            ("hand_back", _("Hand back to the queue")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("decision", "reason")


class SecondForm(ReasonForm):
    """What the second officer says."""

    decision = forms.ChoiceField(
        label=_("As the second officer"),
        choices=[("confirm", _("Approve")), ("return", _("Send back"))],
        widget=forms.RadioSelect,
    )
    field_order = ("decision", "reason")


class HitForm(ReasonForm):
    """What a name match is."""

    match = forms.ChoiceField(
        label=_("This is"),
        choices=[("clear", _("Somebody else")), ("true", _("The listed person: block the investor"))],
        widget=forms.RadioSelect,
    )
    field_order = ("match", "reason")


class ListForm(forms.Form):
    """A sanctions or PEP list as a CSV file."""

    source = forms.CharField(label=_("Whose list"), max_length=80, help_text=_("Such as OFAC SDN."))
    list_date = forms.DateField(label=_("Date of the list"), widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(
        label=_("File"), help_text=_("CSV in UTF-8 with the columns reference, name and born (optional).")
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_LIST:
            raise forms.ValidationError(
                _("The file has %(size)d MB; at most %(limit)d MB are accepted."),
                params={"size": file.size // 2**20, "limit": LARGEST_LIST // 2**20},
            )
        return file


class DetermineForm(ReasonForm):
    """A determination of accreditation, with the worksheet that fits its basis where amounts are judged."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[("accredited", _("Accredited")), ("refused", _("Not accredited"))],
        widget=forms.RadioSelect,
    )
    basis = forms.ChoiceField(label=_("Basis"))
    method = forms.ChoiceField(label=_("Method"))
    income_before_last = AmountField(
        label=_("Income of the year before last"), unit="USD", required=False, allow_zero=True
    )
    income_last = AmountField(label=_("Income of last year"), unit="USD", required=False, allow_zero=True)
    income_expected = AmountField(
        label=_("Income expected this year"), unit="USD", required=False, allow_zero=True
    )
    with_spouse = forms.BooleanField(label=_("Joint with a spouse or spousal equivalent"), required=False)
    assets = AmountField(
        label=_("Assets without the primary residence"), unit="USD", required=False, allow_zero=True
    )
    liabilities = AmountField(
        label=_("Liabilities without its mortgage"), unit="USD", required=False, allow_zero=True
    )
    residence_value = AmountField(
        label=_("Value of the residence"), unit="USD", required=False, allow_zero=True
    )
    residence_debt = AmountField(label=_("Its mortgage now"), unit="USD", required=False, allow_zero=True)
    residence_debt_before = AmountField(
        label=_("Its mortgage 60 days before"), unit="USD", required=False, allow_zero=True
    )
    total_assets = AmountField(
        label=_("Total assets of the entity"), unit="USD", required=False, allow_zero=True
    )
    formed_to_buy = forms.BooleanField(label=_("The entity was formed to buy this security"), required=False)
    field_order = ("outcome", "basis", "method")

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = paragraphs_for(kind)  # type: ignore[attr-defined]
        self.fields["method"].choices = [  # type: ignore[attr-defined]
            (code, method.label) for code, method in METHODS.items() if kind in method.kinds
        ]
        amounts = (
            "income_before_last",
            "income_last",
            "income_expected",
            "with_spouse",
            "assets",
            "liabilities",
        )
        residence = ("residence_value", "residence_debt", "residence_debt_before")
        unwanted = [*amounts, *residence] if kind == "entity" else ["total_assets", "formed_to_buy"]
        for name in unwanted:
            del self.fields[name]
        self.order_fields([*self.field_order, *[n for n in self.fields if n != "reason"], "reason"])


class DepositForm(forms.Form):
    """One payment of the bank statement."""

    owner = forms.CharField(
        label=_("Owner"), max_length=60, help_text=_("investor:<uuid>, issuer:<uuid>, or INV-…")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(one, one) for one in CURRENCIES])
    amount = AmountField(label=_("Amount"))
    bank_reference = forms.CharField(
        label=_("Bank reference"),
        max_length=80,
        help_text=_("The bank's own id of the payment; it credits once."),
    )


class PayForm(forms.Form):
    """The bank has paid a withdrawal."""

    bank_reference = forms.CharField(label=_("Bank reference"), max_length=80)
