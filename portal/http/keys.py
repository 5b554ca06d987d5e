"""Forms for keys to the API and for webhooks, which several front doors show."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

DAYS = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (366, _("366 days")))


class KeyForm(forms.Form):
    """A name, and what the key opens."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("What it is for, such as a spreadsheet.")
    )
    scopes = forms.MultipleChoiceField(label=_("Scopes"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, scopes: Mapping[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["scopes"].choices = [(name, f"{name}: {told}") for name, told in scopes.items()]  # type: ignore[attr-defined]


class TokenForm(KeyForm):
    """A person's key ends by itself."""

    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=30)


class EndpointForm(forms.Form):
    """Where to, and of what."""

    url = forms.CharField(
        label=_("Address"), max_length=500, help_text=_("https://, reachable from the internet.")
    )
    types = forms.MultipleChoiceField(label=_("Events"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, types: Mapping[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["types"].choices = [(name, f"{told} ({name})") for name, told in types.items()]  # type: ignore[attr-defined]
