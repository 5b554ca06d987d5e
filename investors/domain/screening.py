"""
Name screening: how alike an investor's name and a listed name are, explained in parts. A match is a question for
an officer, never an answer.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz, process

MATCH_FROM = 880
"""Permille of likeness from which a name match becomes a hit. House policy; hits below it are not looked at."""
DIFFERENT_BIRTH_YEAR = -60
SAME_BIRTH_DATE = 40


@dataclass(frozen=True, slots=True)
class ListedName:
    """One name of a list: reference in the list, name as written, and a date or year of birth where it has one."""

    reference: str
    name: str
    born: date | None = None
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A listed name that is alike enough. `score` in permille; `why` explains it in a sentence."""

    listed: ListedName
    score: int
    why: str


def normalised(name: str) -> str:
    """
    Lower case without accents and punctuation, words in one space each. Letters of other scripts stay.

    Order of the words does not matter to the comparison, so it is left as it is.
    """
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^\w\s]|_", " ", plain).split())


def matches(*, name: str, born: date | None, listed: Sequence[ListedName]) -> list[Match]:
    """
    Listed names alike enough to be looked at, best first.

    Likeness is that of the words in sorted order (so "Doe John" is "John Doe"), in permille. The same date of
    birth adds points; another year of birth takes some away, but never hides an identical name.
    """
    wanted = normalised(name)
    if not wanted:
        return []
    found = process.extract(
        wanted,
        [normalised(row.name) for row in listed],
        scorer=fuzz.token_sort_ratio,
        score_cutoff=(MATCH_FROM - SAME_BIRTH_DATE) / 10,
        limit=None,
    )
    result = []
    for _, likeness, index in found:
        match = _judged(listed[index], round(likeness * 10), born)
        if match.score >= MATCH_FROM:
            result.append(match)
    return sorted(result, key=lambda m: (-m.score, m.listed.reference))


def _judged(row: ListedName, likeness: int, born: date | None) -> Match:
    score, why = likeness, f"The names are alike to {likeness / 10:.1f} %."
    year = row.born.year if row.born else row.birth_year
    if born is None or year is None:
        why += " No dates of birth to compare."
    elif row.born == born:
        score, why = min(1000, score + SAME_BIRTH_DATE), why + " The dates of birth are the same."
    elif year != born.year:
        score = (
            max(MATCH_FROM, score + DIFFERENT_BIRTH_YEAR) if likeness >= 990 else score + DIFFERENT_BIRTH_YEAR
        )
        why += f" The years of birth differ: {born.year} and {year}."
    else:
        why += " The year of birth is the same."
    return Match(row, max(0, score), why)
