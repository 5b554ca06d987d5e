"""Forms of the investor's pages: they parse; the services judge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.http.fields import AmountField


class SubscribeForm(forms.Form):
    """An amount, the two acknowledgements, and the signature. `agreement` is the hash of the text that was shown."""

    amount = AmountField(scale=2, label=_("Amount"), unit="USD")
    risks = forms.BooleanField(
        label=_("I may lose all of it, and I may not be able to sell when I want to."), required=False
    )
    typed_name = forms.CharField(
        label=_("Full name, as signature under the subscription agreement"), max_length=200, required=False
    )
    agreement = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, currency: str = "USD", hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields["amount"]
        amount.unit, amount.help_text = currency, hint  # type: ignore[attr-defined]
