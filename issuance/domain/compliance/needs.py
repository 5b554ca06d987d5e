"""What a rule set asks to be gathered beside what always is, so that no query is made for nobody."""

from dataclasses import dataclass

EVER = 100_000
"""Days that reach behind every movement."""


@dataclass(frozen=True, slots=True)
class Needs:
    """
    How many days back each of these is asked for (0: not at all), and what else.

    sent       what the sender gave away
    traded     what changed hands
    bought     what the receiver paid, for securities of any issuer
    raised     what the issuer took
    purchases  who bought without being accredited
    first      the day of the first issue
    named      holders of whom it is asked whether they hold the security
    approvals  roles whose approval is asked for
    """

    sent: int = 0
    traded: int = 0
    bought: int = 0
    raised: int = 0
    purchases: int = 0
    first: bool = False
    named: frozenset[str] = frozenset()
    approvals: frozenset[str] = frozenset()

    def __or__(self, other: "Needs") -> "Needs":
        """What both ask for."""
        if other is NOTHING:
            return self
        return Needs(
            sent=max(self.sent, other.sent),
            traded=max(self.traded, other.traded),
            bought=max(self.bought, other.bought),
            raised=max(self.raised, other.raised),
            purchases=max(self.purchases, other.purchases),
            first=self.first or other.first,
            named=self.named | other.named,
            approvals=self.approvals | other.approvals,
        )

    @property
    def issuer_wide(self) -> bool:
        """Other securities of the issuer are counted too, so that their movements have to wait for this one."""
        return bool(self.raised or self.purchases)


NOTHING = Needs()
