"""
Stand-alone check of a proof bundle: `python -m portal.audit.verifier BUNDLE [--key BASE64] [--seen NOTE]`.

Needs no database and no code of the portal: the standard library and `cryptography`. It is written from the
published formats, not from the writer's code:

* an event's canonical form is every field as `<length in bytes>:<value>`, beginning with the field "event/1";
* its commitment is SHA-256 over salt and canonical form, its leaf SHA-256 over a zero byte and the commitment;
* proofs are those of RFC 9162, checkpoints are C2SP signed notes with an Ed25519 signature.

Trust comes from outside the bundle: the log's key (--key) as its operator published it, and a checkpoint that you
kept from an earlier look (--seen). Without --key the bundle's own key is used, and the output says so.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = (
    "event_id", "recorded_at", "happened_at", "actor_kind", "actor_id", "actor_label", "origin", "session",
    "action", "subject", "organisation", "reason", "facts",
)  # fmt: skip
FORMAT = "portal-proof-bundle/1"


class Rejected(Exception):
    """The bundle does not prove what it claims."""


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_of(event: dict[str, str], salt: bytes) -> bytes:
    """The leaf hash that this event with this salt must have."""
    text = b"".join(
        str(len(value)).encode() + b":" + value
        for value in (b"event/1", *(event[field].encode() for field in FIELDS))
    )
    return sha(b"\x00", sha(salt, text))


def check_inclusion(index: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        raise Rejected(f"leaf {index} is not in a log of {size}")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            raise Rejected("the inclusion proof is too long")
        if fn % 2 == 1 or fn == sn:
            r = sha(b"\x01", p, r)
            while fn % 2 == 0 and fn != 0:
                fn //= 2
                sn //= 2
        else:
            r = sha(b"\x01", r, p)
        fn //= 2
        sn //= 2
    if sn != 0 or r != root:
        raise Rejected(f"the inclusion proof of leaf {index} does not lead to the root")


def check_consistency(old: int, new: int, old_root: bytes, root: bytes, path: list[bytes]) -> None:
    """RFC 9162, 2.1.4.2."""
    if not 0 < old <= new:
        raise Rejected(f"it proves nothing that a log of {new} begins with one of {old}")
    if old == new:
        if path or old_root != root:
            raise Rejected("two checkpoints of one size differ")
        return
    if not path:
        raise Rejected("the consistency proof is empty")
    if old & (old - 1) == 0:
        path = [old_root, *path]
    fn, sn = old - 1, new - 1
    while fn % 2 == 1:
        fn //= 2
        sn //= 2
    fr = sr = path[0]
    for p in path[1:]:
        if sn == 0:
            raise Rejected("the consistency proof is too long")
        if fn % 2 == 1 or fn == sn:
            fr, sr = sha(b"\x01", p, fr), sha(b"\x01", p, sr)
            while fn % 2 == 0 and fn != 0:
                fn //= 2
                sn //= 2
        else:
            sr = sha(b"\x01", sr, p)
        fn //= 2
        sn //= 2
    if sn != 0 or fr != old_root or sr != root:
        raise Rejected("the consistency proof does not join the two checkpoints")


def open_note(note: str, origin: str, key: bytes) -> tuple[int, bytes]:
    """(size, root) of a checkpoint whose signature by `key` holds."""
    text, separator, signatures = note.partition("\n\n")
    if not separator:
        raise Rejected("the checkpoint has no signature")
    text += "\n"
    lines = text.split("\n")
    if len(lines) < 4 or lines[0] != origin:
        raise Rejected(f"the checkpoint is not of the log {origin}")
    key_hash = sha(origin.encode(), b"\n\x01", key)[:4]
    for line in signatures.splitlines():
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\N{EM DASH}" or words[1] != origin:
            continue
        blob = base64.b64decode(words[2])
        if blob[:4] != key_hash:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(blob[4:], text.encode())
        except InvalidSignature as error:
            raise Rejected("the checkpoint's signature does not hold") from error
        return int(lines[1]), base64.b64decode(lines[2])
    raise Rejected("the checkpoint is not signed by this key")


def verify(bundle: dict[str, Any], *, key: bytes | None = None, seen: str | None = None) -> list[str]:
    """
    Check a whole bundle; returns what was proved, one sentence each.

    key     32 raw bytes of the log's public key, when known from elsewhere
    seen    a checkpoint note kept from an earlier look; the bundle must then prove that nothing was rewritten since
    raises  Rejected with the first thing that does not hold
    """
    if bundle.get("format") != FORMAT:
        raise Rejected(f"this is not a bundle of the form {FORMAT}")
    key = key or base64.b64decode(bundle["public_key"])
    origin = bundle["origin"]
    size, root = open_note(bundle["checkpoint"], origin, key)
    proved = [f"checkpoint of {origin} over {size} entries, root {root.hex()}"]
    for entry in bundle["entries"]:
        event, index = entry["event"], int(entry["leaf_index"])
        leaf = leaf_of(event, bytes.fromhex(entry["salt"]))
        check_inclusion(index, size, leaf, [bytes.fromhex(h) for h in entry["inclusion"]], root)
        proved.append(f"entry {index}: {event['action']} on {event['subject']} at {event['happened_at']}")
    earlier = bundle.get("earlier")
    if seen is not None and (earlier is None or earlier["checkpoint"].strip() != seen.strip()):
        raise Rejected("the bundle has no consistency proof from the checkpoint that you kept")
    if earlier is not None:
        old_size, old_root = open_note(earlier["checkpoint"], origin, key)
        check_consistency(old_size, size, old_root, root, [bytes.fromhex(h) for h in earlier["consistency"]])
        proved.append(f"nothing was rewritten since the checkpoint over {old_size} entries")
    return proved


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m portal.audit.verifier", description="Checks a proof bundle."
    )
    parser.add_argument("bundle", type=Path, help="the JSON file")
    parser.add_argument(
        "--key", help="the log's public key, base64 of 32 bytes, as its operator published it"
    )
    parser.add_argument("--seen", type=Path, help="a checkpoint that you kept from an earlier look")
    given = parser.parse_args(argv)
    try:
        proved = verify(
            json.loads(given.bundle.read_text()),
            key=base64.b64decode(given.key) if given.key else None,
            seen=given.seen.read_text() if given.seen else None,
        )
    except Rejected as error:
        print(f"REJECTED: {error}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"REJECTED: the bundle cannot be read ({type(error).__name__}: {error}).")
        return 1
    for sentence in proved:
        print(f"ok: {sentence}")
    if not given.key:
        print(
            "note: the key came with the bundle; compare it with the one that the operator publishes (--key)."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
