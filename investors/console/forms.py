"""Forms of compliance officers and operators: they parse; the services judge."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from investors.console.worksheets import sheets_for
from investors.domain.bases import grouped_for
from investors.domain.lists.files import LARGEST_UPLOAD
from investors.domain.lists.formats import FORMS
from investors.domain.verification import METHODS
from portal.funding.facts import CURRENCIES
from portal.http.fields import AmountField


class ReasonForm(forms.Form):
    """A reason in a sentence."""

    reason = forms.CharField(
        label=_("Reason"), min_length=5, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class RefreshForm(ReasonForm):
    """Whom to ask again, and what they are told."""

    reason = forms.CharField(
        label=_("What the investors are told"),
        min_length=5,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    investors = forms.TypedMultipleChoiceField(
        coerce=UUID, error_messages={"required": _("Choose somebody.")}
    )

    def __init__(self, *args: Any, possible: Sequence[UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["investors"].choices = [(str(one), str(one)) for one in possible]  # type: ignore[attr-defined]


class RefreshSearchForm(forms.Form):
    """Which approvals to look at."""

    until = forms.DateField(
        label=_("Valid no longer than"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    points = forms.IntegerField(label=_("Risk points from"), required=False, min_value=0, max_value=100)


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
    """A sanctions or PEP list as its publisher offers it."""

    form = forms.ChoiceField(
        label=_("Form of the file"),
        required=False,
        initial="own-csv",
        choices=[(key, one.label) for key, one in FORMS.items()],
    )
    source = forms.CharField(
        label=_("Whose list"),
        max_length=80,
        required=False,
        help_text=_("Such as OFAC SDN. Empty: as the form says."),
    )
    list_date = forms.DateField(
        label=_("Date of the list"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Needed where the file does not tell it, as with CSV."),
    )
    file = forms.FileField(label=_("File"), help_text=_("As published, or packed as ZIP. Up to 100 MB."))
    aliases = forms.FileField(
        label=_("Other names"), required=False, help_text=_("OFAC's alt.csv, where it is not in the ZIP.")
    )

    def clean_form(self) -> str:
        return self.cleaned_data["form"] or "own-csv"

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise forms.ValidationError(
                _("The file has %(size)d MB; at most %(limit)d MB are accepted."),
                params={"size": file.size // 2**20, "limit": LARGEST_UPLOAD // 2**20},
            )
        return file


class ReleaseForm(ReasonForm):
    """Why a true match was none, or is none any more."""


class DetermineForm(ReasonForm):
    """
    A determination, with the worksheet of its basis and its method.

    basis, method  those whose worksheet is shown; the officer may choose others, and then sees theirs
    """

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[("accredited", _("Established")), ("refused", _("Not established"))],
        widget=forms.RadioSelect,
    )
    basis = forms.ChoiceField(label=_("Basis"))
    method = forms.ChoiceField(label=_("Method"))
    field_order = ("outcome", "basis", "method")

    def __init__(self, *args: Any, kind: str, basis: str, method: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = grouped_for(kind)  # type: ignore[attr-defined]
        self.fields["method"].choices = [  # type: ignore[attr-defined]
            (code, method.label) for code, method in METHODS.items() if kind in method.kinds
        ]
        self.sheets = sheets_for(basis, method)
        for sheet in self.sheets:
            self.fields.update(sheet.fields())
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
