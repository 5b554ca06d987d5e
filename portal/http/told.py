"""Entries and events in a reader's words: what a code such as "dividends.payout" means to the person it happened to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.audit.facts import EventFacts
from portal.ledger.facts import EntryFacts

# The beginning of a posting's kind; the longest that fits is taken.
SENTENCES = {
    "funding.deposit": "Deposit received",
    "funding.withdrawal": "Withdrawal",
    "offering.allotment": "Shares allotted",
    "offering.subscription": "Subscription",
    "offering.escrow": "Paid into escrow",
    "offering.refund": "Subscription refunded",
    "offering.close": "Offering closed",
    "register.issue": "Securities issued",
    "register.transfer": "Transfer",
    "dividend": "Dividend",
    "corporate_actions": "Distribution",
    "index.create": "Index units bought",
    "index.redeem": "Index units redeemed",
    "index.rebalance": "Index rebalanced",
    "subscription.": "Index units",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline."""

    title: str
    at: datetime
    text: str = ""
    transaction_id: UUID | None = None
    entry: int | None = None
    tone: str = ""
    href: str = ""
    actor: str = ""


def title_of(kind: str) -> str:
    """The sentence for a posting's kind or an event's action; else its code as words."""
    fitting = [start for start in SENTENCES if kind.startswith(start)]
    if fitting:
        return SENTENCES[max(fitting, key=len)]
    return words_of(kind)


def words_of(action: str) -> str:
    """An event's action as words: "dividend.declared" is "Dividend declared"."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def of_event(event: EventFacts) -> Happening:
    return Happening(
        title=words_of(event.action),
        at=event.happened_at,
        text=event.reason,
        entry=event.leaf_index,
        actor=event.actor_label if event.actor_kind == "user" else f"{event.actor_id} (worker)",
    )


def of_entry(entry: EntryFacts) -> str:
    """The title of a ledger entry: of an issue, the buyer's cash entry is the payment."""
    if entry.kind.startswith("register.") and entry.purpose == "cash":
        return "Paid for securities" if entry.amount < 0 else "Received for securities"
    return title_of(entry.kind)
