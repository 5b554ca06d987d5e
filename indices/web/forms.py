"""Forms of the investor's pages: they parse; the services judge."""

from django import forms
from django.utils.translation import gettext_lazy as _

from indices.domain.valuation import MONEY_SCALE, UNIT_SCALE
from portal.http.fields import AmountField


class BuyForm(forms.Form):
    amount = AmountField(scale=MONEY_SCALE, label=_("Amount"), unit="USD")


class RedeemForm(forms.Form):
    units = AmountField(scale=UNIT_SCALE, label=_("Units"), unit="units")
