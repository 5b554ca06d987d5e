"""
A witness remembers the last head that it saw and accepts a newer one only with proof that nothing was rewritten
between. Run it on another machine, under another account, than the one that can write to the database.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.audit import selectors, signing
from portal.domain.errors import Conflict
from portal.domain.merkle import ProofRejected, verify_consistency


class HistoryRewritten(Conflict):
    """The log cannot prove that it still begins with the head that was seen earlier."""

    code = "history-rewritten"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the log found; old_size is 0 at the first one."""

    old_size: int
    size: int
    root: bytes


def look(state: Path) -> Look:
    """
    Compare the log with the head remembered in `state`, then remember the new head there.

    raises  HistoryRewritten when the log is smaller than before, has no consistency proof, or a bad signature
    """
    known: dict[str, Any] = json.loads(state.read_text()) if state.exists() else {"size": 0, "root": ""}
    head = selectors.latest_checkpoint()
    size, root, note = (head.size, head.root, head.note) if head else (0, b"", "")
    if size < known["size"]:
        raise HistoryRewritten(f"The log had {known['size']} entries when last seen and has {size} now.")
    if head is not None:
        try:
            signing.check_checkpoint(note, size, root, head.created_at)
            if known["size"]:
                proof = selectors.consistency(known["size"], size)
                verify_consistency(known["size"], size, base64.b64decode(known["root"]), root, proof)
        except (ProofRejected, signing.CheckpointRejected, IndexError) as error:
            raise HistoryRewritten(
                f"The log of {size} entries does not begin with the {known['size']} entries seen before: {error}"
            ) from error
    remembered = {"size": size, "root": base64.b64encode(root).decode(), "note": note}
    fresh = state.with_suffix(".new")
    fresh.write_text(json.dumps(remembered))
    fresh.replace(state)
    return Look(known["size"], size, root)
