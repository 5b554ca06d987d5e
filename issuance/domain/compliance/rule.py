"""A rule, and the set of rules that binds a security. Every rule runs; a decision carries every finding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, ClassVar

from issuance.domain.compliance.facts import Facts
from issuance.domain.compliance.needs import NOTHING, Needs
from issuance.domain.lots import Lot
from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.money import told_amount

Message = str | Callable[[], str]


def parameter(
    default: Any,
    says: str,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    choices: Mapping[str, str] | None = None,
    pattern: str = "",
) -> Any:
    """
    A parameter of a rule: its default, and what its form says of it.

    minimum, maximum  of a whole number
    choices           what a text, or each of several texts, may be, with a label for each
    pattern           what a text, or each of several texts, looks like
    """
    told = {"says": says, "minimum": minimum, "maximum": maximum, "choices": choices, "pattern": pattern}
    return field(default=default, metadata=told)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Base of every rule: its parameters are its fields, `code` is stable.

    source  the citation, or whose policy it is
    as_of   the day the citation was last checked
    rising  what fails may pass with a larger quantity; of all other rules the reverse holds
    """

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    rising: ClassVar[bool] = False

    source: str = ""
    as_of: date | None = None

    def check(self, facts: Facts) -> Finding:
        raise NotImplementedError

    def needs(self) -> Needs:
        """What has to be gathered for this rule beside what always is."""
        return NOTHING

    def passed(self, message: Message, *, limit: int | None = None, used: int | None = None) -> Finding:
        row = (self.code, Outcome.PASSED, message, self.source, self.as_of, None, limit, used, "")
        return tuple.__new__(Finding, row)

    def failed(
        self,
        message: Message,
        *,
        remedy: str,
        limit: int | None = None,
        used: int | None = None,
        earliest_pass: date | None = None,
    ) -> Finding:
        return Finding(
            self.code,
            Outcome.FAILED,
            message,
            self.source,
            self.as_of,
            earliest_pass,
            limit,
            used,
            remedy,
        )

    def not_applicable(self, message: Message) -> Finding:
        row = (self.code, Outcome.NOT_APPLICABLE, message, self.source, self.as_of, None, None, None, "")
        return tuple.__new__(Finding, row)

    def parameters(self) -> dict[str, Any]:
        """The rule's own parameters by name, without its source and date."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("source", "as_of")}


@dataclass(frozen=True, slots=True)
class LotRule(Rule):
    """A rule that lets some of the sender's lots go and holds others back, each by its own date."""

    def binds(self, facts: Facts) -> bool:
        """Is this movement one that the rule looks at?"""
        return facts.kind == "transfer" and facts.sender is not None

    def opens(self, lot: Lot, facts: Facts) -> date | None:
        """The first day on which the lot may go; None where it is free in any case."""
        raise NotImplementedError

    def let_go(self, facts: Facts, text: str) -> Finding:
        """Are enough units free today? `text` follows their number: "have been held for 12 months"."""
        assert facts.sender is not None
        lots, on, opens = facts.sender.lots, facts.on, self.opens
        free = 0
        for lot in lots:
            when = opens(lot, facts)
            if when is None or when <= on:
                free += lot.quantity
        scale = facts.security.scale
        if free >= facts.quantity:
            return self.passed(
                lambda: f"{told_amount(free, scale=scale)} {text}.", limit=free, used=facts.quantity
            )
        day = _enough(sorted((opens(lot, facts) or date.min, lot.quantity) for lot in lots), facts.quantity)
        told = told_amount(free, scale=scale)
        return self.failed(
            f"{told} {text}; {told_amount(facts.quantity, scale=scale)} were to move.",
            remedy=f"Move {told} now, or wait.",
            limit=free,
            used=facts.quantity,
            earliest_pass=day,
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that bind a security, in the order in which they are told. `version` counts up with each change."""

    name: str
    version: int
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, rules: Sequence[Rule], *, name: str = "", version: int = 0) -> "RuleSet":
        return cls(name, version, tuple(rules))

    def evaluate(self, facts: Facts) -> Decision:
        """Run all rules, also after one has failed: whoever is refused hears every reason at once."""
        found = [rule.check(facts) for rule in self.rules]
        if facts.sender is not None and len(facts.sender.lots) > 1:
            found += self._together(facts, found)
        return Decision(tuple(found), self.name, self.version)

    def needs(self) -> Needs:
        """What has to be gathered for all of them."""
        every = NOTHING
        for rule in self.rules:
            every = every | rule.needs()
        return every

    def releases(self, facts: Facts) -> Callable[[Lot], bool]:
        """Which of the sender's lots may go in this movement, by all rules together."""
        binding = [rule for rule in self.rules if isinstance(rule, LotRule) and rule.binds(facts)]
        return lambda lot: all((rule.opens(lot, facts) or date.min) <= facts.on for rule in binding)

    def _together(self, facts: Facts, found: Sequence[Finding]) -> list[Finding]:
        """Each rule may find enough units in other lots than the next: what all of them let go counts."""
        assert facts.sender is not None
        total, binding = facts.sender.holding, []
        for rule, one in zip(self.rules, found, strict=True):
            if isinstance(rule, LotRule) and one.limit is not None and one.limit < total:
                if one.outcome is not Outcome.PASSED:
                    return []
                binding.append(rule)
        if len(binding) < 2:
            return []
        lots = facts.sender.lots
        days = sorted(
            (max(rule.opens(lot, facts) or date.min for rule in binding), lot.quantity) for lot in lots
        )
        free = sum(quantity for day, quantity in days if day <= facts.on)
        if free >= facts.quantity:
            return []
        told = told_amount(free, scale=facts.security.scale)
        return [
            Finding(
                "lots_together",
                Outcome.FAILED,
                f"{told} are free under every rule about lots at once; "
                f"{told_amount(facts.quantity, scale=facts.security.scale)} were to move.",
                binding[0].source,
                binding[0].as_of,
                _enough(days, facts.quantity),
                free,
                facts.quantity,
                f"Move {told} now, or wait.",
            )
        ]


def _enough(days: Sequence[tuple[date, int]], quantity: int) -> date | None:
    reached = 0
    for day, units in days:
        reached += units
        if reached >= quantity:
            return day
    return None
