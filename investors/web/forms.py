"""Forms of the investor's pages: they parse; the services judge."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from investors.bank_accounts.facts import BankAccountFacts
from investors.domain.bases import grouped_for
from investors.domain.kyc import DOCUMENT_KINDS
from investors.domain.verification import EVIDENCE_KINDS, METHODS
from portal.funding.facts import CURRENCIES
from portal.http.fields import AmountField

SCANS = ".pdf,.jpg,.jpeg,.png"


class ScanField(forms.FileField):
    """A scan whose size is known to fit before its bytes are read; what it really is, the document store judges."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.ClearableFileInput(attrs={"accept": SCANS}),
            help_text=_("PDF, JPEG or PNG, at most %(mb)d MB.")
            % {"mb": settings.DOCUMENT_MAX_BYTES // 2**20},
            **kwargs,
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        if data is not None and getattr(data, "size", 0) > settings.DOCUMENT_MAX_BYTES:
            raise forms.ValidationError(
                _("The file has %(size).1f MB; at most %(limit).1f MB are accepted."),
                code="document-too-large",
                params={"size": data.size / 1_000_000, "limit": settings.DOCUMENT_MAX_BYTES / 1_000_000},
            )
        return super().clean(data, initial)


class PaperForm(forms.Form):
    """One paper of the identity check."""

    kind = forms.ChoiceField(label=_("What it is"), choices=list(DOCUMENT_KINDS.items()))
    expires_on = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("For a passport or identity card."),
    )
    file = ScanField(label=_("File"))


class AskForm(forms.Form):
    """On which basis, and how it is to be verified."""

    basis = forms.ChoiceField(label=_("What is to be established, and why"))
    method = forms.ChoiceField(label=_("How it is to be verified"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["basis"].choices = grouped_for(kind)  # type: ignore[attr-defined]
        self.fields["method"].choices = [  # type: ignore[attr-defined]
            (code, method.label) for code, method in METHODS.items() if kind in method.kinds
        ]


class EvidenceForm(forms.Form):
    """One paper of an accreditation request."""

    kind = forms.ChoiceField(label=_("What it is"), choices=list(EVIDENCE_KINDS.items()))
    dated = forms.DateField(
        label=_("Date on the paper"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Statements and letters count for three months from this day."),
    )
    tax_year = forms.IntegerField(
        label=_("Tax year"), required=False, min_value=1990, max_value=2200, help_text=_("For a tax form.")
    )
    file = ScanField(label=_("File"))


class RepresentForm(forms.Form):
    """Sentences that the investor confirms in writing."""

    kinds = forms.MultipleChoiceField(label=_("I confirm"), widget=forms.CheckboxSelectMultiple)


class BankAccountForm(forms.Form):
    """A bank account to be paid out to."""

    account = forms.CharField(
        label=_("Bank account"),
        max_length=60,
        help_text=_("An IBAN, or a US routing number, a slash and the account number. Kept encrypted."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    holder = forms.CharField(
        label=_("Account holder"),
        max_length=140,
        help_text=_("As the bank writes it. Your own account only."),
    )
    bic = forms.CharField(
        label=_("BIC"), max_length=11, required=False, help_text=_("Where the bank gave one.")
    )


class WithdrawForm(forms.Form):
    """Money to one of the investor's bank accounts."""

    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(one.code, one.code) for one in CURRENCIES.values()]
    )
    amount = AmountField(label=_("Amount"))
    bank_account = forms.ChoiceField(label=_("To"))

    def __init__(self, *args: Any, accounts: Sequence[BankAccountFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.shown} ({one.state})") for one in accounts if one.may_retire
        ]
