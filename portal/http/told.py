"""Entries and events in a reader's words: what a code such as "dividends.payout" means to the person it happened to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.audit.facts import EventFacts
from portal.http.sentences import EVENTS, POSTINGS
from portal.ledger.facts import EntryFacts


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
    if kind in EVENTS:
        return EVENTS[kind]
    fitting = [start for start in POSTINGS if kind.startswith(start)]
    return POSTINGS[max(fitting, key=len)] if fitting else words_of(kind)


def words_of(action: str) -> str:
    """A code as words: "dividend.declared" is "Dividend declared"."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def of_event(event: EventFacts) -> Happening:
    return Happening(
        title=title_of(event.action),
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
