"""The minimum-investment path of the SEC staff letter of 2025-03-12: amounts, representations, no doubt."""

from collections.abc import Sequence
from datetime import date

from investors.domain.accreditation import Owner, natural_owner_count, threshold
from investors.domain.bases import CHECKED
from investors.domain.verification import METHODS
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Invalid


def minimum_investment_needed(*, kind: str, on: date, owners: Sequence[Owner] = ()) -> int:
    """
    The smallest commitment in cents that the staff letter treats as a reasonable step to verify.

    A natural person: $200,000. An entity: $1,000,000; where it is accredited only because all its owners are, and
    these are fewer than five natural persons, $200,000 for each of them.
    """
    person, entity = threshold("minimum-investment-person", on), threshold("minimum-investment-entity", on)
    if kind != "entity":
        return person.amount
    people = natural_owner_count(owners)
    return person.amount * people if 0 < people < 5 else entity.amount


def minimum_investment_test(
    *,
    kind: str,
    commitment: int,
    represents_accredited: bool,
    represents_not_financed: bool,
    contrary_knowledge: bool,
    on: date,
    owners: Sequence[Owner] = (),
) -> Decision:
    """
    The minimum-investment path: the amount, both written representations, and no actual knowledge to the contrary.

    commitment  the binding minimum in cents
    owners      only for an entity accredited through its owners, 501(a)(8)
    """
    if commitment < 0:
        raise Invalid("The commitment is negative.", field="commitment")
    source = METHODS["minimum_investment"].source
    needed = minimum_investment_needed(kind=kind, on=on, owners=owners)

    def finding(rule: str, passed: bool, message: str, remedy: str, **numbers: int) -> Finding:
        outcome = Outcome.PASSED if passed else Outcome.FAILED
        return Finding(
            rule, outcome, message, source=source, as_of=CHECKED, remedy="" if passed else remedy,
            limit=numbers.get("limit"), used=numbers.get("used"),
        )  # fmt: skip

    return Decision.of(
        (
            finding(
                "minimum-investment",
                commitment >= needed,
                f"The commitment is ${commitment // 100:,}; the path asks for at least ${needed // 100:,}.",
                "A larger binding minimum, or another method.",
                limit=needed,
                used=commitment,
            ),
            finding(
                "represents-accredited",
                represents_accredited,
                "The investor represents in writing that he is accredited."
                if represents_accredited
                else "There is no written representation of being accredited.",
                "The investor signs the representation.",
            ),
            finding(
                "represents-not-financed",
                represents_not_financed,
                "The investor represents in writing that no third party finances the minimum for this purpose."
                if represents_not_financed
                else "There is no written representation that no third party finances the minimum.",
                "The investor signs the representation.",
            ),
            finding(
                "no-contrary-knowledge",
                not contrary_knowledge,
                "Nothing known speaks against it."
                if not contrary_knowledge
                else "Something known speaks against it.",
                "Use a method that settles the doubt by evidence.",
            ),
        ),
        rule_set="minimum investment path",
    )
