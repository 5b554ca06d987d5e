"""Forms about who invests and who stands behind it: they parse; the services judge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from investors.domain.entities import ENTITY_FORMS
from investors.domain.identifiers import IDENTIFIER_KINDS, country_choices
from portal.http.fields import AmountField

KINDS = [
    ("natural", _("A person")),
    ("joint", _("Two people together")),
    ("entity", _("A company, trust or other entity")),
]


class ProfileForm(forms.Form):
    """Who invests. Everything may be saved piece by piece; what is missing is told on the last step."""

    kind = forms.ChoiceField(label=_("Who invests"), choices=KINDS, widget=forms.RadioSelect)
    entity_form = forms.ChoiceField(
        label=_("Form of the entity"),
        choices=[("", _("Choose")), *ENTITY_FORMS.items()],
        required=False,
        help_text=_("It decides which papers and which tax form we ask for."),
    )
    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=200,
        help_text=_("As it stands in the passport or register. Kept encrypted."),
    )
    born_or_formed = forms.CharField(
        label=_("Date of birth, or of formation"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Asked because only adults may contract, and to tell people of one name apart."),
    )
    country = forms.ChoiceField(
        label=_("Country of residence, or of organisation"),
        choices=country_choices,
        help_text=_("It decides which securities law applies to you."),
    )
    tax_countries = forms.MultipleChoiceField(
        label=_("Tax residence"),
        choices=country_choices,
        help_text=_("Where you are taxed; several are possible."),
    )
    us_person = forms.BooleanField(
        label=_("I am a US person"),
        required=False,
        help_text=_("A citizen or resident of the United States, for one."),
    )
    identifier_kind = forms.ChoiceField(label=_("Kind of number"), choices=list(IDENTIFIER_KINDS.items()))
    identifier = forms.CharField(
        label=_("Tax or registration number"),
        required=False,
        max_length=40,
        help_text=_("Asked for tax reports on dividends. Kept encrypted, shown by its last four characters."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(label=_("Address"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    mailing_address = forms.CharField(
        label=_("Address for letters"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only where it is another one."),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=_("For questions about a payment. Kept encrypted."),
    )
    lei = forms.CharField(
        label=_("Legal entity identifier"),
        max_length=30,
        required=False,
        help_text=_("20 characters, where the entity has one. It is public."),
    )
    no_large_owner = forms.BooleanField(
        label=_("Nobody owns 25 % or more of the entity"),
        required=False,
        help_text=_(
            "Otherwise each such owner is named on the next page: the law asks who stands behind an entity."
        ),
    )
    politically_exposed = forms.BooleanField(
        label=_("I hold, or held in the last year, a prominent public function"),
        required=False,
        help_text=_("The law asks us to look closer then. It does not exclude you."),
    )
    expected = AmountField(
        label=_("About how much you expect to invest"), unit="USD", required=False, allow_zero=True
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self["kind"].value()
        if kind != "entity":
            for name in ("entity_form", "lei", "no_large_owner"):
                del self.fields[name]


class PersonForm(forms.Form):
    """A person behind the investor."""

    role = forms.ChoiceField(label=_("Role"))
    name = forms.CharField(label=_("Legal name"), max_length=200)
    born = forms.CharField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    country = forms.ChoiceField(label=_("Country of residence"), choices=country_choices)
    title = forms.CharField(
        label=_("Title or position"),
        max_length=80,
        required=False,
        help_text=_("Such as trustee, managing member, director."),
    )
    identifier_kind = forms.ChoiceField(
        label=_("Kind of number"), choices=list(IDENTIFIER_KINDS.items()), initial="none", required=False
    )
    identifier = forms.CharField(
        label=_("Tax number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Tells people of one name apart. Kept encrypted."),
    )
    is_entity = forms.BooleanField(label=_("This owner is an entity itself"), required=False)
    owner_reference = forms.CharField(
        label=_("Its reference, where it invests here"),
        max_length=16,
        required=False,
        help_text=_("Such as INV-7KQ2MX: then its own owners need not be named again."),
    )
    ownership = AmountField(
        label=_("Share of the entity"),
        scale=4,
        unit="%",
        required=False,
        help_text=_("For owners of 25 % or more."),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [("joint_holder", _("Joint holder"))]
        if kind == "entity":
            roles = [
                ("control_person", _("Person in control")),
                ("beneficial_owner", _("Owner of 25 % or more")),
                ("signatory", _("Authorised signatory")),
            ]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        if kind != "entity":
            for name in ("ownership", "is_entity", "owner_reference", "title"):
                del self.fields[name]
