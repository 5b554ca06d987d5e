"""
A list made ready for many comparisons: each of its words with the names that have it, so that of 50,000 names only
the few that share enough of the words are compared in full.

A word finds its like by sound and by letters; all new words of a batch are looked up together (rapidfuzz `cdist`,
which needs numpy) and remembered.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rapidfuzz import fuzz, process

from investors.domain.names import skeleton, weight, words
from investors.domain.screening import (
    LEAST_WORD,
    MATCH_FROM,
    SAME_COUNTRY,
    SAME_DAY,
    ListedName,
    Match,
    Person,
    judged,
    word_likeness,
)

_LEAST_SHARE = (MATCH_FROM - SAME_DAY - SAME_COUNTRY) / 1000
_TOGETHER = 64
"""From this many unknown words they are looked up as one matrix."""
_BLOCK = 500
"""Words of one matrix: 500 by some 50,000 of a list take 25 MB."""


class NameIndex:
    """Built once for a list, asked for any number of persons. Not shared between threads."""

    def __init__(self, listed: Sequence[ListedName]) -> None:
        self.listed = listed
        self.names_of: dict[str, list[int]] = defaultdict(list)
        self.weights: list[float] = []
        for place, one in enumerate(listed):
            told = one.words.split()
            self.weights.append(sum(weight(word) for word in told if len(word) > 1) or 0.3)
            for word in {*told, *_joined(told)}:
                self.names_of[word].append(place)
        self.words = [word for word in self.names_of if len(word) > 1]
        self.by_sound: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            if len(sound := skeleton(word)) > 1:
                self.by_sound[sound].append(word)
        self.alike: dict[str, list[str]] = {}

    def matches(self, person: Person) -> list[Match]:
        """Names alike enough to be looked at, best first; one for each reference."""
        return next(iter(self.matches_of([person])))

    def matches_of(self, people: Sequence[Person]) -> Iterator[list[Match]]:
        """For each person in turn what `matches` gives, their words looked up together."""
        told = [words(person.name) for person in people]
        self._look_up({word for one in told for word in _sought(one.split())})
        for person, own in zip(people, told, strict=True):
            yield self._matches(person, own)

    def _matches(self, person: Person, own: str) -> list[Match]:
        best: dict[str, Match] = {}
        for place in self._candidates(own.split()):
            match = judged(person, own, self.listed[place])
            if match.score < MATCH_FROM:
                continue
            known = best.get(match.listed.reference)
            if known is None or match.score > known.score:
                best[match.listed.reference] = match
        return sorted(best.values(), key=lambda match: (-match.score, match.listed.reference))

    def _candidates(self, own: list[str]) -> Iterator[int]:
        """Places of names that share enough weight of words to be able to reach the threshold."""
        shared: dict[int, float] = defaultdict(float)
        for word in set(own):
            if len(word) == 1:
                continue
            heavy = weight(word)
            found: set[int] = set()
            for other in self.alike.get(word, ()):
                found.update(self.names_of[other])
            for place in found:
                shared[place] += heavy
        for word in _joined(own):
            for other in self.alike.get(word, ()):
                for place in self.names_of[other]:
                    shared[place] += 2.0
        whole = sum(weight(word) for word in own if len(word) > 1) or 0.3
        for place, heavy in shared.items():
            if heavy >= _LEAST_SHARE * min(whole, self.weights[place]):
                yield place

    def _look_up(self, sought: Iterable[str]) -> None:
        new = sorted(word for word in sought if word not in self.alike)
        for word in new:
            near = [one for one in self.by_sound.get(skeleton(word), ()) if word_likeness(word, one)]
            self.alike[word] = list(dict.fromkeys([*([word] if word in self.names_of else []), *near]))
        if len(new) < _TOGETHER:
            for word in new:
                near = [
                    other
                    for other, _, _ in process.extract(
                        word, self.words, scorer=fuzz.ratio, score_cutoff=LEAST_WORD, limit=None
                    )
                ]
                self._add(word, near)
            return
        for start in range(0, len(new), _BLOCK):
            block = new[start : start + _BLOCK]
            table = process.cdist(
                block, self.words, scorer=fuzz.ratio, score_cutoff=LEAST_WORD, dtype="uint8", workers=1
            )
            for row, column in zip(*table.nonzero(), strict=True):
                self._add(block[row], [self.words[column]])

    def _add(self, word: str, near: list[str]) -> None:
        known = self.alike[word]
        known += [other for other in near if other not in known]


def _joined(told: Sequence[str]) -> list[str]:
    """Neighbouring words as one: "abdul rahman" is also "abdulrahman"."""
    return [a + b for a, b in pairwise(told) if len(a + b) > 3]


def _sought(told: Sequence[str]) -> list[str]:
    return [word for word in {*told, *_joined(told)} if len(word) > 1]
