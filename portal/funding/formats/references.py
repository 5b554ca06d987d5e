"""What people and banks write into a payment so that it is recognised: references of cash accounts, codes of payments."""

import hashlib
import re
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BODY, CHECK = 8, 2
_MARKS = re.compile(r"[^0-9A-Z]")
_RUN = re.compile(rf"(?=([{ALPHABET}]{{{BODY + CHECK}}}))")
_CODE = re.compile(r"(?=([WPR][0-9A-F]{14}))")


def made_for(owner: str, currency: str, attempt: int) -> str:
    """A reference without personal data: "7KQ2-MX3F-9A". The same for the same account and attempt."""
    told = f"payment-reference|{owner}|{currency}|{attempt}"
    digest = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
    body = "".join(ALPHABET[(digest >> (5 * place)) & 31] for place in range(BODY))
    return f"{body[:4]}-{body[4:]}-{check_characters(body)}"


def check_characters(body: str) -> str:
    """Two check characters over Crockford's base 32 digits: the value modulo 1021, a prime below 32 * 32."""
    value = 0
    for character in body:
        value = value * 32 + ALPHABET.index(character)
    rest = value % 1021
    return ALPHABET[rest // 32] + ALPHABET[rest % 32]


def references_in(*texts: str) -> set[str]:
    """
    Every reference with right check characters that stands in these texts, however it was blanked or marked. A text
    of 1,000 letters holds one by chance once in a thousand times; only those that were given out count.
    """
    found = set()
    for text in texts:
        plain = _MARKS.sub("", text.upper())
        for variant in {plain, plain.replace("O", "0").replace("I", "1").replace("L", "1")}:
            for run in _RUN.findall(variant):
                if check_characters(run[:BODY]) == run[BODY:]:
                    found.add(f"{run[:4]}-{run[4:BODY]}-{run[BODY:]}")
    return found


def code_of(kind: str, number: UUID) -> str:
    """Fifteen characters, as much as every format carries. kind: W a withdrawal, P a payment file, R a return."""
    return f"{kind}{number.hex[:14].upper()}"


def codes_in(*texts: str) -> set[str]:
    """Every code of ours that may stand in these texts."""
    return {code for text in texts for code in _CODE.findall(_MARKS.sub("", text.upper()))}
