"""
The chart of purposes: what an account can be for. An account's right to go below zero follows from its purpose
alone; the database keeps the same table and is the judge.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purpose:
    """kind: of instrument; may_go_negative: True only where the account mirrors something outside the books."""

    kind: str
    name: str
    may_go_negative: bool
    meaning: str


CHART = (
    Purpose("cash", "cash", False, "money of an investor, an issuer, an index or the house"),
    Purpose("cash", "escrow", False, "money held for an offering until it closes; subject: the offering"),
    Purpose("cash", "bank", True, "the outside bank account, seen from here: minus what came in"),
    Purpose("cash", "payout", False, "the pot of a distribution; subject: the distribution"),
    Purpose("cash", "withholding", False, "tax kept back, owed to an authority; subject: the authority"),
    Purpose("cash", "residue", False, "what is left of a pot after exact division"),
    Purpose("cash", "fees", False, "fees earned"),
    Purpose("cash", "suspense", False, "money whose owner is not known yet"),
    Purpose("cash", "unclaimed", False, "money that came back or could not be paid"),
    Purpose("security", "issued", True, "minus the outstanding quantity of a security; owner: its issuer"),
    Purpose("security", "holding", False, "a holder's quantity"),
    Purpose("security", "treasury", False, "issued and held by the issuer itself"),
    Purpose("index_unit", "issued", True, "minus the outstanding units of an index; owner: the index"),
    Purpose("index_unit", "holding", False, "a holder's units"),
    Purpose("crypto", "market", True, "the outside market, seen from here"),
    Purpose("crypto", "holding", False, "tokens of an index or a person"),
)
KINDS = tuple(dict.fromkeys(purpose.kind for purpose in CHART))
