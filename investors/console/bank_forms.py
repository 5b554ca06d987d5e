"""Forms for bank files and bank accounts: they parse; the services judge."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from investors.console.forms import ReasonForm
from portal.funding.facts import ColumnMapping, HouseAccount, WithdrawalFacts
from portal.http.fields import AmountField


class BankFileField(forms.FileField):
    """A file whose size is known to fit before its bytes are read."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        if data is not None and getattr(data, "size", 0) > settings.DOCUMENT_MAX_BYTES:
            raise forms.ValidationError(
                _("The file has %(size).1f MB; at most %(limit).1f MB are accepted."),
                params={"size": data.size / 1_000_000, "limit": settings.DOCUMENT_MAX_BYTES / 1_000_000},
            )
        return super().clean(data, initial)


class StatementForm(forms.Form):
    """A bank statement in a format that tells its own account and balances."""

    file = BankFileField(label=_("Statement"), help_text=_("camt.053 or MT940, in UTF-8."))


class CsvStatementForm(StatementForm):
    """A bank's CSV and which column is what."""

    account = forms.ChoiceField(label=_("Account of the house"))
    booked_on = forms.CharField(label=_("Column of the day"), initial="Date", max_length=60)
    day_format = forms.ChoiceField(
        label=_("Days look like"),
        choices=[("%Y-%m-%d", "2026-11-22"), ("%d.%m.%Y", "22.11.2026"), ("%m/%d/%Y", "11/22/2026"), ("%d/%m/%Y", "22/11/2026")],
    )  # fmt: skip
    amount = forms.CharField(
        label=_("Column of the signed amount"), initial="Amount", max_length=60, required=False
    )
    credit = forms.CharField(label=_("or column of credits"), max_length=60, required=False)
    debit = forms.CharField(label=_("and of debits"), max_length=60, required=False)
    decimal = forms.ChoiceField(label=_("Decimal sign"), choices=[(".", "1,234.56"), (",", "1.234,56")])
    delimiter = forms.ChoiceField(
        label=_("Columns are parted by"), choices=[(",", ","), (";", ";"), ("tab", "tab")]
    )
    text = forms.CharField(label=_("Column of the text"), initial="Text", max_length=60)
    bank_reference = forms.CharField(label=_("Column of the bank's reference"), max_length=60, required=False)
    counterparty = forms.CharField(label=_("Column of the other side's name"), max_length=60, required=False)
    counterparty_account = forms.CharField(label=_("Column of its account"), max_length=60, required=False)
    opening = AmountField(label=_("Opening balance"), required=False, allow_zero=True)
    closing = AmountField(label=_("Closing balance"), required=False, allow_zero=True)
    field_order = ("account", "file")

    def __init__(self, *args: Any, accounts: dict[str, HouseAccount], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        self.fields["file"].help_text = _("CSV in UTF-8 with a line of headings.")
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (code, f"{code}: {one.shown}") for code, one in accounts.items()
        ]

    def mapping(self) -> ColumnMapping:
        data = self.cleaned_data
        return ColumnMapping(
            account=self.accounts[data["account"]].identifier,
            currency=data["account"],
            booked_on=data["booked_on"],
            amount="" if data["credit"] or data["debit"] else data["amount"],
            credit=data["credit"],
            debit=data["debit"],
            text=data["text"],
            bank_reference=data["bank_reference"],
            counterparty=data["counterparty"],
            counterparty_account=data["counterparty_account"],
            day_format=data["day_format"],
            decimal=data["decimal"],
            delimiter="\t" if data["delimiter"] == "tab" else data["delimiter"],
            opening_minor=data["opening"],
            closing_minor=data["closing"],
        )


class AssignForm(ReasonForm):
    """Whose the money is."""

    owner = forms.CharField(
        label=_("Owner"), max_length=60, help_text=_("INV-…, investor:<uuid> or issuer:<uuid>")
    )
    field_order = ("owner", "reason")


class ExplainForm(ReasonForm):
    """What the money that went out paid."""

    withdrawal = forms.ChoiceField(label=_("It paid"), required=False)
    field_order = ("withdrawal", "reason")

    def __init__(self, *args: Any, candidates: Sequence[WithdrawalFacts], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["withdrawal"].choices = [  # type: ignore[attr-defined]
            ("", _("None of the investors' money: a charge of the bank and the like")),
            *((str(one.id), f"{one.destination_shown}, {one.state_label}") for one in candidates),
        ]

    def withdrawal_id(self) -> UUID | None:
        chosen = self.cleaned_data["withdrawal"]
        return UUID(chosen) if chosen else None


class EvidenceForm(ReasonForm):
    """A paper of the bank that names holder and account."""

    file = BankFileField(label=_("Letter of the bank"), help_text=_("PDF, JPEG or PNG."))
    field_order = ("file", "reason")
