"""
Name screening: how alike an investor's name and a listed name are, explained part by part. A match is a question
for an officer, never an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from rapidfuzz import fuzz

from investors.domain.names import LEGAL_FORMS, skeleton, weight, words

MATCH_FROM = 850
"""Tenths of a point, of 1000, from which a name match becomes a hit. Measured in docs/screening.md."""
SAME_DAY, SAME_YEAR, OTHER_YEAR = 50, 20, -80
SAME_COUNTRY, OTHER_COUNTRY = 10, -20
OTHER_KIND = -150
IDENTICAL = 985
LEAST_WORD = 72
"""Points from which two words count as one word written differently."""
_SAME_SOUND, _INITIAL, _OTHER_FORM, _ONE_WORD_ONLY = 93, 80, 90, 700
_SHORT_SIDE = 0.8


@dataclass(frozen=True, slots=True)
class ListedName:
    """
    One name of a list.

    births     "1960-05-01", "1960" or "1958/1962", each a possible date
    countries  ISO 3166-1 alpha-2
    kind       person | entity | other | "" unknown
    words      as `names.words` makes them; made here where it is not given
    """

    reference: str
    name: str
    births: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    kind: str = ""
    words: str = field(default="")

    def __post_init__(self) -> None:
        if not self.words:
            object.__setattr__(self, "words", words(self.name))


@dataclass(frozen=True, slots=True)
class Person:
    """Whose name is screened: as a listed name, but with the one date of birth that is known."""

    name: str
    born: date | None = None
    country: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its points in tenths (the first is the name's, the rest add or take) and why."""

    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Match:
    """A listed name that is alike enough. `score` in tenths of a point, 0 to 1000; `parts` add up to it, bounded."""

    listed: ListedName
    score: int
    parts: tuple[Part, ...]

    @property
    def why(self) -> str:
        return " ".join(part.why for part in self.parts)


@lru_cache(maxsize=500_000)
def word_likeness(own: str, other: str) -> float:
    """
    0 to 100: 100 for the same word, 93 for one that sounds alike, 80 for an initial, 90 for two legal forms, the share of common letters
    (Indel) down to LEAST_WORD, else 0.
    """
    if own == other:
        return 100.0
    if len(own) == 1 or len(other) == 1:
        return float(_INITIAL) if own[0] == other[0] else 0.0
    if own in LEGAL_FORMS and other in LEGAL_FORMS:
        return float(_OTHER_FORM)
    letters = fuzz.ratio(own, other)
    if len(own) > 2 and len(other) > 2:
        sound = skeleton(own)
        vowel = own[0] == other[0] and own[0] in "aeiou"
        if sound == skeleton(other) and len(sound) > (1 if vowel else 2):
            return max(letters, float(_SAME_SOUND))
    return letters if letters >= (LEAST_WORD if own[0] == other[0] else 80) else 0.0


def name_likeness(own: str, other: str) -> tuple[int, str]:
    """
    Likeness of two names in words, in tenths, and how it came about.

    Words are paired, best pairs first, whatever their order. What is unpaired on the side with fewer words weighs
    four fifths, on the other one fifth: a middle name may be missing, a surname may not.
    """
    if own == other:
        return 1000, "The names are the same."
    mine, theirs = own.split(), other.split()
    pairs = _paired(mine, theirs)
    score, whole = _by_words(mine, theirs, pairs), _as_one_word(mine, theirs)
    if whole > score:
        return whole, "Written as one word the names are alike."
    return score, _told(mine, theirs, pairs)


def _by_words(mine: list[str], theirs: list[str], pairs: list[tuple[str, str, float]]) -> int:
    """By pairs of words; one word in common is not enough where either name has more."""
    whole_words = sum(1 for a, b, _ in pairs if len(a) > 1 and len(b) > 1 and weight(a) > 0.2)
    score = _covered(mine, theirs, pairs)
    few = whole_words < 1 or (len(pairs) < 2 and min(len(mine), len(theirs)) == 1)
    return min(score, _ONE_WORD_ONLY) if few and max(len(mine), len(theirs)) > 1 else score


def most_likeness(both: float, one: float, other: float) -> float:
    """0 to 1 from the weight that two names share and the weight of each: the smaller side counts four fifths."""
    short, long = (one, other) if one < other else (other, one)
    if not short:
        return 0.0
    return _SHORT_SIDE * min(1.0, both / short) + (1 - _SHORT_SIDE) * min(1.0, both / long)


def _paired(mine: list[str], theirs: list[str]) -> list[tuple[str, str, float]]:
    """Each word at most once, the likest pairs first."""
    found = sorted(
        (
            (-like * min(weight(a), weight(b)), i, j, like)
            for i, a in enumerate(mine)
            for j, b in enumerate(theirs)
            if (like := word_likeness(a, b))
        ),
    )
    left, right = set(range(len(mine))), set(range(len(theirs)))
    pairs = []
    for _, i, j, like in found:
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            pairs.append((mine[i], theirs[j], like))
    return pairs


def _covered(mine: list[str], theirs: list[str], pairs: list[tuple[str, str, float]]) -> int:
    both = sum(min(weight(a), weight(b)) * like for a, b, like in pairs)
    initial = [(a, b) for a, b, _ in pairs if len(a) != len(b) and 1 in (len(a), len(b))]
    # An initial stands for the whole word, so the word it stands for weighs no more than the initial does.
    spared_mine = sum(weight(a) - weight(b) for a, b in initial if len(b) == 1)
    spared_theirs = sum(weight(b) - weight(a) for a, b in initial if len(a) == 1)
    one, other = sum(map(weight, mine)) - spared_mine, sum(map(weight, theirs)) - spared_theirs
    return round(1000 * most_likeness(both / 100, one, other))


def _as_one_word(mine: list[str], theirs: list[str]) -> int:
    """For names that are parted differently: "Abdul Rahman" and "Abdulrahman". Ten points off."""
    if len(mine) == len(theirs):
        return 0
    likest = max(
        fuzz.ratio("".join(mine), "".join(theirs), score_cutoff=90),
        fuzz.ratio("".join(sorted(mine)), "".join(sorted(theirs)), score_cutoff=90),
    )
    return max(0, round(likest * 10) - 10)


def _told(mine: list[str], theirs: list[str], pairs: list[tuple[str, str, float]]) -> str:
    alike = [f"{a} is alike to {b} ({like:.0f})" for a, b, like in pairs if like < 100]
    same = len(pairs) - len(alike)
    told = [f"{same} {'word is' if same == 1 else 'words are'} the same"] if same else []
    unpaired = len(mine) + len(theirs) - 2 * len(pairs)
    if unpaired:
        told.append(f"{unpaired} {'word has' if unpaired == 1 else 'words have'} no counterpart")
    told += alike
    return f"{', '.join(told) or 'No word is alike'}."


def judged(person: Person, own: str, listed: ListedName, *, least: int = 0) -> Match | None:
    """
    One pair, scored and explained; None below `least`.

    own  the person's name in words
    """
    mine, theirs = own.split(), listed.words.split()
    if own != listed.words:
        quick = max(_by_words(mine, theirs, _paired(mine, theirs)), _as_one_word(mine, theirs))
        if quick + SAME_DAY + SAME_COUNTRY < least:
            return None
    score, why = name_likeness(own, listed.words)
    parts = [Part(score, why), *_details(person, listed)]
    total = sum(part.points for part in parts)
    if score >= IDENTICAL and not (person.kind and listed.kind and person.kind != listed.kind):
        total = max(total, MATCH_FROM)
    total = max(0, min(1000, total))
    return Match(listed, total, tuple(parts)) if total >= least else None


def _details(person: Person, listed: ListedName) -> list[Part]:
    parts = [_birth(person.born, listed.births)]
    if person.country and listed.countries:
        if person.country in listed.countries:
            parts.append(Part(SAME_COUNTRY, f"The country {person.country} is the same."))
        else:
            told = ", ".join(listed.countries[:5])
            parts.append(Part(OTHER_COUNTRY, f"The countries differ: {person.country} and {told}."))
    if person.kind and listed.kind and person.kind != listed.kind:
        parts.append(Part(OTHER_KIND, f"One is a {person.kind}, the listed one is: {listed.kind}."))
    return parts


def _birth(born: date | None, births: Sequence[str]) -> Part:
    if born is None or not births:
        return Part(0, "No dates of birth to compare.")
    if born.isoformat() in births:
        return Part(SAME_DAY, "The dates of birth are the same.")
    distance = min(_years_apart(born.year, told) for told in births)
    if distance == 0:
        return Part(SAME_YEAR, "The year of birth is the same.")
    if distance == 1:
        return Part(0, "The years of birth are one apart.")
    return Part(OTHER_YEAR, f"The years of birth differ: {born.year} and {', '.join(births[:3])}.")


def _years_apart(year: int, told: str) -> int:
    first, _, last = told.partition("/")
    low, high = int(first[:4]), int((last or first)[:4])
    return max(low - year, year - high, 0)
