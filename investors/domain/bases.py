"""
Under which paragraph of which rule somebody has a standing, and who can use each: accredited investor (17 CFR
230.501(a)), qualified purchaser, qualified institutional buyer, person outside the United States, EU professional.
"""

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
    One paragraph under which somebody may have a standing.

    kinds     who can use it: "natural", "joint", "entity"
    asks      what the officer looks at, as a sentence for the form
    status    the standing it gives, a key of STATUSES
    citation  where it is written, when that is not 17 CFR 230
    """

    paragraph: str
    label: str
    kinds: frozenset[str]
    asks: str
    status: str = "accredited"
    citation: str = ""

    @property
    def source(self) -> str:
        return self.citation or f"17 CFR 230.{self.paragraph}"


STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "accredited": "Accredited investor",
        "qualified_purchaser": "Qualified purchaser",
        "qualified_institutional_buyer": "Qualified institutional buyer",
        "non_us_person": "Person outside the United States",
        "eu_professional_client": "Professional client (EU)",
    }
)


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
            Basis(
                "2(a)(51)(i)",
                "Person with investments of $5,000,000 or more",
                _PEOPLE,
                "Statements of the investments, less debt taken up to buy them.",
                "qualified_purchaser",
                "15 USC 80a-2(a)(51)(A)(i)",
            ),
            Basis(
                "2(a)(51)(ii)",
                "Family company with investments of $5,000,000 or more",
                _ENTITY,
                "Its investments, its owners, and that it was not formed to buy this security.",
                "qualified_purchaser",
                "15 USC 80a-2(a)(51)(A)(ii)",
            ),
            Basis(
                "2(a)(51)(iv)",
                "Investor acting for itself or for other qualified purchasers, with $25,000,000 or more",
                _ENTITY,
                "Its investments, and that it was not formed to buy this security.",
                "qualified_purchaser",
                "15 USC 80a-2(a)(51)(A)(iv)",
            ),
            Basis(
                "144A(a)(1)",
                "Institution with $100,000,000 or more of securities of other issuers",
                _ENTITY,
                "Its latest financial statements; a dealer needs $10,000,000, a bank a net worth of $25,000,000 beside it.",
                "qualified_institutional_buyer",
            ),
            Basis(
                "902(k)",
                "Not a US person",
                _PEOPLE | _ENTITY,
                "Residence or place of organisation, and a certificate that nobody in the United States benefits.",
                "non_us_person",
            ),
            Basis(
                "EU-elective",
                "Treated as a professional on request: two of three tests",
                _PEOPLE | _ENTITY,
                "Trades of the last four quarters, size of the portfolio, years in the sector.",
                "eu_professional_client",
                "Directive 2014/65/EU, Annex II, section II.1",
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
        if kind in basis.kinds and basis.status == "accredited"
    ]


def grouped_for(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """(standing, its (paragraph, label) pairs) that an investor of this kind can use, for a form with groups."""
    return [
        (
            label,
            [
                (basis.paragraph, f"{basis.paragraph} · {basis.label}")
                for basis in BASES.values()
                if kind in basis.kinds and basis.status == status
            ],
        )
        for status, label in STATUSES.items()
        if any(kind in basis.kinds and basis.status == status for basis in BASES.values())
    ]


def of_status(status: str) -> frozenset[str]:
    """The paragraphs that give a standing."""
    return frozenset(basis.paragraph for basis in BASES.values() if basis.status == status)
