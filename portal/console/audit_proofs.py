"""What this server can say of the log by its own check: of one entry, and since an earlier look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from portal.audit import selectors as audit
from portal.audit import signing, verifier
from portal.audit.facts import CheckpointFacts, EventFacts
from portal.domain.merkle import ProofRejected, verify_consistency, verify_inclusion
from portal.http.formats import grouped, moment

SEEN = "audit_seen"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """
    state   "proved" | "waiting" (no place yet) | "broken"
    says    what does not hold, where something does not
    path    hashes from the leaf's neighbour up to the root, as hex
    """

    state: str
    says: str = ""
    leaf_index: int | None = None
    leaf: str = ""
    path: tuple[str, ...] = ()
    head: CheckpointFacts | None = None

    @property
    def root(self) -> str:
        return self.head.root.hex() if self.head else ""


@dataclass(frozen=True, slots=True)
class Since:
    """
    How the log stands to what this person saw last.

    state  "first" | "same" | "consistent" | "rewritten"
    says   the sentence for the page
    size   leaves seen then; at: when
    """

    state: str
    says: str
    size: int = 0
    at: datetime | None = None

    @property
    def holds(self) -> bool:
        return self.state != "rewritten"


def inclusion_of(event: EventFacts) -> Inclusion:
    """
    Check one entry as an outsider would: its leaf is computed anew from its fields, and must lead over the
    stored hashes to the root of the last signed head.
    """
    head = audit.latest_checkpoint()
    if event.leaf_index is None or head is None or event.leaf_index >= head.size:
        return Inclusion("waiting")
    leaf = verifier.leaf_of(audit.event_fields(event), event.salt)
    path: list[bytes] = []
    says = ""
    try:
        path = audit.inclusion(event.leaf_index, head.size)
        verify_inclusion(event.leaf_index, head.size, leaf, path, head.root)
        signing.check_checkpoint(head.note, head.size, head.root, head.created_at)
    except (ProofRejected, signing.CheckpointRejected) as error:
        says = str(error)
    except IndexError:
        says = "Hashes that lead to the root are missing from the log."
    return Inclusion(
        state="broken" if says else "proved",
        says=says,
        leaf_index=event.leaf_index,
        leaf=leaf.hex(),
        path=tuple(step.hex() for step in path),
        head=head,
    )


def since_last_look(request: HttpRequest) -> Since:
    """Does the log still begin with what this person saw at the last visit? What was seen stands in the session."""
    seen = request.session.get(SEEN)
    head = audit.latest_checkpoint()
    if not _readable(seen):
        return Since("first", "Nothing is remembered of an earlier visit. From now on this head is.")
    old_size, old_root = int(seen["size"]), bytes.fromhex(seen["root"])
    at = datetime.fromisoformat(seen["at"])
    when = f"the {grouped(str(old_size))} entries seen {moment(at)}"
    if head is None or head.size < old_size:
        size = head.size if head else 0
        return Since(
            "rewritten", f"The log has {grouped(str(size))} entries now: fewer than {when}.", old_size, at
        )
    try:
        signing.check_checkpoint(head.note, head.size, head.root, head.created_at)
        proof = audit.consistency(old_size, head.size)
        verify_consistency(old_size, head.size, old_root, head.root, proof)
    except (ProofRejected, signing.CheckpointRejected) as error:
        return Since("rewritten", f"The log does not begin with {when}. {error}", old_size, at)
    except IndexError:
        return Since("rewritten", f"Hashes that join today's log with {when} are missing.", old_size, at)
    if head.size == old_size:
        return Since("same", f"Nothing was added to {when}.", old_size, at)
    return Since("consistent", f"The log begins with {when}: nothing was rewritten since.", old_size, at)


def remember(request: HttpRequest, since: Since, *, at: datetime) -> None:
    """Keep the present head for the next visit; where the check failed, what was seen before stays."""
    head = audit.latest_checkpoint()
    if head is not None and since.holds:
        request.session[SEEN] = {"size": head.size, "root": head.root.hex(), "at": at.isoformat()}


def _readable(seen: Any) -> bool:
    return isinstance(seen, dict) and {"size", "root", "at"} <= seen.keys()
