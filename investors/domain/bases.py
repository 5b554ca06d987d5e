"""Under which paragraphs of 17 CFR 230.501(a) somebody may be accredited, and who can use each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from portal.domain.errors import Invalid

CHECKED = date(2026, 11, 22)
"""The day the citations of the accreditation rules were last compared with a stored copy of the rules."""


@dataclass(frozen=True, slots=True)
class Basis:
    """
    One paragraph of Rule 501(a) under which somebody may be accredited.

    kinds  who can use it: "natural", "joint", "entity"
    asks   what the officer looks at, as a sentence for the form
    """

    paragraph: str
    label: str
    kinds: frozenset[str]
    asks: str

    @property
    def source(self) -> str:
        return f"17 CFR 230.{self.paragraph}"


_PEOPLE, _ENTITY = frozenset({"natural", "joint"}), frozenset({"entity"})
BASES: Mapping[str, Basis] = MappingProxyType(
    {
        basis.paragraph: basis
        for basis in (
            Basis(
                "501(a)(1)",
                "Bank, broker-dealer, adviser, insurer, fund or plan",
                _ENTITY,
                "Its registration.",
            ),
            Basis("501(a)(2)", "Private business development company", _ENTITY, "Its registration."),
            Basis(
                "501(a)(3)",
                "Company, partnership, LLC or 501(c)(3) with assets over $5,000,000",
                _ENTITY,
                "Its latest balance sheet, and that it was not formed to buy this security.",
            ),
            Basis(
                "501(a)(4)",
                "Director, executive officer or general partner of the issuer",
                _PEOPLE,
                "The office.",
            ),
            Basis(
                "501(a)(5)",
                "Net worth over $1,000,000 without the primary residence",
                _PEOPLE,
                "Statements of assets, a consumer report, and a representation that all liabilities are disclosed.",
            ),
            Basis(
                "501(a)(6)",
                "Income over $200,000, or $300,000 with a spouse",
                _PEOPLE,
                "Tax forms of the two most recent years, and what is expected this year.",
            ),
            Basis(
                "501(a)(7)",
                "Trust with assets over $5,000,000 and a sophisticated director",
                _ENTITY,
                "Its statement of assets, who directs it, and that it was not formed to buy this security.",
            ),
            Basis(
                "501(a)(8)",
                "Every equity owner is accredited",
                _ENTITY,
                "The owners, and the determination of each.",
            ),
            Basis(
                "501(a)(9)",
                "Any other entity with investments over $5,000,000",
                _ENTITY,
                "Its investments, and that it was not formed to buy this security.",
            ),
            Basis(
                "501(a)(10)",
                "Series 7, 65 or 82 in good standing",
                _PEOPLE,
                "The public record of the licence (BrokerCheck or IAPD).",
            ),
            Basis("501(a)(11)", "Knowledgeable employee of the private fund", _PEOPLE, "The employment."),
            Basis(
                "501(a)(12)",
                "Family office with over $5,000,000 under management",
                _ENTITY,
                "Its assets, who directs it, and that it was not formed to buy this security.",
            ),
            Basis(
                "501(a)(13)",
                "Family client of a qualifying family office",
                _PEOPLE | _ENTITY,
                "The family office.",
            ),
        )
    }
)


def basis_for(paragraph: str, kind: str) -> Basis:
    """
    The basis of that paragraph, for that kind of investor.

    raises  Invalid when there is no such paragraph, or it is not for such an investor
    """
    basis = BASES.get(paragraph)
    if basis is None:
        raise Invalid(f"There is no basis {paragraph!r}; choose one of {', '.join(BASES)}.", field="basis")
    if kind not in basis.kinds:
        able = ", ".join(b.paragraph for b in BASES.values() if kind in b.kinds)
        raise Invalid(
            f"{basis.source} is not for {'an entity' if kind == 'entity' else 'a natural person'}; possible here: {able}.",
            field="basis",
            source=basis.source,
        )
    return basis


def paragraphs_for(kind: str) -> list[tuple[str, str]]:
    """(paragraph, label) pairs that an investor of this kind can use, for a form."""
    return [
        (basis.paragraph, f"{basis.paragraph} · {basis.label}")
        for basis in BASES.values()
        if kind in basis.kinds
    ]
