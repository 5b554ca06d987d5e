"""
Worksheets of the determination form: what is typed in beside the papers, and the findings that the rule's arithmetic
makes of it. Which worksheet is shown follows from the basis and the method.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from investors.domain.accreditation import (
    PROFESSIONAL_CREDENTIALS,
    Balance,
    Owner,
    YearlyIncome,
    all_owners_accredited_test,
    credential_test,
    entity_assets_test,
    income_test,
    net_worth_test,
)
from investors.domain.bases import of_status
from investors.domain.minimum_investment import minimum_investment_test
from investors.domain.owners import read_owners
from investors.domain.qualified import (
    Abroad,
    eu_professional_test,
    institutional_buyer_test,
    outside_the_us_test,
    qualified_purchaser_test,
)
from investors.domain.verification import METHODS, Paper
from portal.domain.decision import Finding
from portal.domain.errors import Refused
from portal.http.fields import AmountField


@dataclass(frozen=True, slots=True)
class Case:
    """What a worksheet is filled in about: the kind of investor, the basis, the day, and what was represented."""

    kind: str
    basis: str
    on: date
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True, slots=True)
class Worksheet:
    """
    fields    makes its form fields anew for each form
    asked     the field that says the worksheet was filled in; without it there are no findings
    findings  of what was typed
    """

    fields: Callable[[], dict[str, forms.Field]]
    asked: str
    findings: Callable[[Mapping[str, Any], Case], list[Finding]]


class OwnersField(forms.CharField):
    """An ownership tree, one owner in a line; cleaned to a tuple of Owner."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Equity owners"),
            required=False,
            max_length=20_000,
            widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
            help_text=_(
                "One in a line: name; person or entity; yes or no (accredited). The owners of an entity follow it, "
                "each with one more dash in front."
            ),
            **kwargs,
        )

    def clean(self, value: Any) -> tuple[Owner, ...]:
        text = super().clean(value)
        try:
            return read_owners(text)
        except Refused as refused:
            raise forms.ValidationError(refused.message) from refused


def _dollars(label: Any, unit: str = "USD") -> AmountField:
    return AmountField(label=label, unit=unit, required=False, allow_zero=True)


def _tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def _income_fields() -> dict[str, forms.Field]:
    return {
        "income_before_last": _dollars(_("Income of the year before last")),
        "income_last": _dollars(_("Income of last year")),
        "income_expected": _dollars(_("Income expected this year")),
        "with_spouse": _tick(_("Joint with a spouse or spousal equivalent")),
    }


def _income(data: Mapping[str, Any], case: Case) -> list[Finding]:
    years = (("income_before_last", case.on.year - 2), ("income_last", case.on.year - 1))
    return [
        income_test(
            incomes=[YearlyIncome(year, data[name]) for name, year in years if data.get(name) is not None],
            expected=data.get("income_expected") or 0,
            with_spouse=data["with_spouse"],
            on=case.on,
        )
    ]


def _worth_fields() -> dict[str, forms.Field]:
    return {
        "assets": _dollars(_("Assets without the primary residence")),
        "liabilities": _dollars(_("Liabilities without its mortgage")),
        "residence_value": _dollars(_("Value of the residence")),
        "residence_debt": _dollars(_("Its mortgage now")),
        "residence_debt_before": _dollars(_("Its mortgage 60 days before")),
        "residence_bought": _tick(_("The increase came from buying the residence")),
    }


def _worth(data: Mapping[str, Any], case: Case) -> list[Finding]:
    balance = Balance(
        assets=data["assets"],
        liabilities=data.get("liabilities") or 0,
        residence_value=data.get("residence_value") or 0,
        residence_debt=data.get("residence_debt") or 0,
        residence_debt_60_days_before=data.get("residence_debt_before") or 0,
        residence_bought_in_60_days=data["residence_bought"],
    )
    return [net_worth_test(balance=balance, on=case.on)]


def _entity_fields() -> dict[str, forms.Field]:
    return {
        "total_assets": _dollars(_("Total assets of the entity")),
        "formed_to_buy": _tick(_("The entity was formed to buy this security")),
    }


def _entity(data: Mapping[str, Any], case: Case) -> list[Finding]:
    return [
        entity_assets_test(
            total_assets=data["total_assets"],
            formed_to_buy=data["formed_to_buy"],
            on=case.on,
            basis=case.basis,
        )
    ]


def _owners(data: Mapping[str, Any], case: Case) -> list[Finding]:
    return [all_owners_accredited_test(data["owners"])]


def _credential_fields() -> dict[str, forms.Field]:
    return {
        "credential": forms.ChoiceField(
            label=_("Credential"), required=False, choices=[("", "—"), *PROFESSIONAL_CREDENTIALS.items()]
        ),
        "good_standing_on": forms.DateField(
            label=_("Good standing looked up on"),
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
        ),
    }


def _credential(data: Mapping[str, Any], case: Case) -> list[Finding]:
    return [
        credential_test(
            credential=data["credential"], good_standing_on=data.get("good_standing_on"), on=case.on
        )
    ]


def _minimum_fields() -> dict[str, forms.Field]:
    return {
        "commitment": _dollars(_("Binding minimum investment")),
        "contrary_knowledge": _tick(_("Something known speaks against it")),
    }


def _minimum(data: Mapping[str, Any], case: Case) -> list[Finding]:
    said = {paper.kind for paper in case.papers}
    decision = minimum_investment_test(
        kind=case.kind,
        commitment=data["commitment"],
        represents_accredited="investor_representation" in said,
        represents_not_financed="financing_representation" in said,
        contrary_knowledge=data["contrary_knowledge"],
        on=case.on,
        owners=data.get("owners") or (),
    )
    return list(decision.findings)


def _purchaser_fields() -> dict[str, forms.Field]:
    return {
        "investments": _dollars(_("Investments")),
        "acquisition_debt": _dollars(_("Debt taken up to acquire them")),
        "formed_to_buy": _tick(_("The entity was formed to buy this security")),
    }


def _purchaser(data: Mapping[str, Any], case: Case) -> list[Finding]:
    return [
        qualified_purchaser_test(
            investments=data["investments"],
            acquisition_debt=data.get("acquisition_debt") or 0,
            institution=case.basis == "2(a)(51)(iv)",
            formed_to_buy=data["formed_to_buy"],
            on=case.on,
        )
    ]


def _buyer_fields() -> dict[str, forms.Field]:
    kinds = [("institution", _("Institution")), ("dealer", _("Dealer")), ("bank", _("Bank"))]
    return {
        "securities": _dollars(_("Securities of unaffiliated issuers")),
        "institution": forms.ChoiceField(label=_("It is a"), required=False, choices=kinds),
        "bank_worth": _dollars(_("Audited net worth of a bank")),
    }


def _buyer(data: Mapping[str, Any], case: Case) -> list[Finding]:
    decision = institutional_buyer_test(
        securities=data["securities"],
        kind=data["institution"] or "institution",
        net_worth=data.get("bank_worth"),
        on=case.on,
    )
    return list(decision.findings)


def _abroad_fields() -> dict[str, forms.Field]:
    return {
        "abroad_country": forms.RegexField(
            "^[A-Za-z]{2}$",
            label=_("Country of residence or organisation"),
            required=False,
            help_text=_("Two letters, such as DE."),
            error_messages={"invalid": _("Two letters, such as DE.")},
        ),
        "us_account": _tick(_("For the account or benefit of a US person")),
        "formed_by_us": _tick(_("Formed by US persons to invest in unregistered securities")),
        "owned_by_accredited": _tick(
            _("Such an entity is owned by accredited investors, none a natural person")
        ),
        "us_fiduciary": _tick(_("A US fiduciary, agency, branch or discretionary account is involved")),
    }


def _abroad(data: Mapping[str, Any], case: Case) -> list[Finding]:
    abroad = Abroad(
        country=data["abroad_country"],
        us_account=data["us_account"],
        formed_by_us_persons=data["formed_by_us"],
        owned_by_accredited_people=data["owned_by_accredited"],
        us_fiduciary_or_agency=data["us_fiduciary"],
    )
    return list(outside_the_us_test(abroad).findings)


def _professional_fields() -> dict[str, forms.Field]:
    quarters = {
        f"trades_{n}": forms.IntegerField(
            label=_("Trades of size, %(n)s quarters ago") % {"n": n}
            if n > 1
            else _("Trades of size, last quarter"),
            required=False,
            min_value=0,
            max_value=1_000_000,
        )
        for n in (1, 2, 3, 4)
    }
    return {
        "portfolio": _dollars(_("Portfolio with deposits"), "EUR"),
        **quarters,
        "sector_years": forms.IntegerField(
            label=_("Years in the sector"), required=False, min_value=0, max_value=80
        ),
    }


def _professional(data: Mapping[str, Any], case: Case) -> list[Finding]:
    first, second, third, fourth = (data.get(f"trades_{n}") or 0 for n in (1, 2, 3, 4))
    decision = eu_professional_test(
        trades=(first, second, third, fourth),
        portfolio_cents=data["portfolio"],
        years_in_sector=data.get("sector_years") or 0,
    )
    return list(decision.findings)


_OWNERS = Worksheet(lambda: {"owners": OwnersField()}, "owners", _owners)
_MINIMUM = Worksheet(_minimum_fields, "commitment", _minimum)
SHEETS: Mapping[str, Worksheet] = {
    "501(a)(5)": Worksheet(_worth_fields, "assets", _worth),
    "501(a)(6)": Worksheet(_income_fields, "income_last", _income),
    "501(a)(8)": _OWNERS,
    "501(a)(10)": Worksheet(_credential_fields, "credential", _credential),
    "144A(a)(1)": Worksheet(_buyer_fields, "securities", _buyer),
    "902(k)": Worksheet(_abroad_fields, "abroad_country", _abroad),
    "EU-elective": Worksheet(_professional_fields, "portfolio", _professional),
    **dict.fromkeys(
        ("501(a)(3)", "501(a)(7)", "501(a)(9)", "501(a)(12)"),
        Worksheet(_entity_fields, "total_assets", _entity),
    ),
    **dict.fromkeys(
        of_status("qualified_purchaser"), Worksheet(_purchaser_fields, "investments", _purchaser)
    ),
}
"""By basis; the bases without amounts (registration, office, employment) have none."""


def sheets_for(basis: str, method: str) -> list[Worksheet]:
    """The worksheets that a form for this basis and method shows; unknown ones show none."""
    own = [SHEETS[basis]] if basis in SHEETS else []
    return [*own, _MINIMUM] if method in METHODS and method == "minimum_investment" else own


def findings_of(sheets: list[Worksheet], data: Mapping[str, Any], case: Case) -> list[Finding]:
    """
    Of every worksheet that was filled in.

    data  a form's cleaned data
    """
    return [
        finding
        for sheet in sheets
        if data.get(sheet.asked) not in (None, "", ())
        for finding in sheet.findings(data, case)
    ]
