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
    most_likeness,
    word_likeness,
)

_MOST_ADDED = SAME_DAY + SAME_COUNTRY
_TOGETHER = 64
"""From this many unknown words they are looked up as one matrix."""
_BLOCK = 500
"""Words of one matrix: 500 by some 50,000 of a list take 25 MB."""
_INITIAL_STANDS_FOR = 1.0
_RUN_TOGETHER = 2.0


class NameIndex:
    """Built once for a list, asked for any number of persons. Not shared between threads."""

    def __init__(self, listed: Sequence[ListedName]) -> None:
        self.listed = listed
        self.names_of: dict[str, list[int]] = defaultdict(list)
        self.joined_of: dict[str, list[int]] = defaultdict(list)
        self.same: dict[str, list[int]] = defaultdict(list)
        self.sides: list[tuple[float, int]] = []
        for place, one in enumerate(listed):
            told = one.words.split()
            self.sides.append(_side(told))
            self.same[one.words].append(place)
            for word in set(told):
                self.names_of[word].append(place)
            for word in _joined(told):
                self.joined_of[skeleton(word)].append(place)
        self.words = [word for word in self.names_of if len(word) > 1]
        self.by_sound: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            if len(sound := skeleton(word)) > 1:
                self.by_sound[sound].append(word)
        self.alike: dict[str, list[tuple[str, float]]] = {}

    def matches(self, person: Person) -> list[Match]:
        """Names alike enough to be looked at, best first; one for each reference."""
        return next(iter(self.matches_of([person])))

    def matches_of(self, people: Sequence[Person]) -> Iterator[list[Match]]:
        """For each person in turn what `matches` gives, their words looked up together."""
        told = [words(person.name) for person in people]
        self._look_up({word for one in told for word in one.split() if len(word) > 1})
        for person, own in zip(people, told, strict=True):
            yield self._matches(person, own)

    def _matches(self, person: Person, own: str) -> list[Match]:
        best: dict[str, Match] = {}
        for place in {*self.same.get(own, ()), *self._candidates(own.split())} if own else ():
            match = judged(person, own, self.listed[place], least=MATCH_FROM)
            if match is None:
                continue
            known = best.get(match.listed.reference)
            if known is None or match.score > known.score:
                best[match.listed.reference] = match
        return sorted(best.values(), key=lambda match: (-match.score, match.listed.reference))

    def _candidates(self, own: list[str]) -> Iterator[int]:
        """Places of names that share enough weight of words to be able to reach the threshold."""
        shared: dict[int, float] = defaultdict(float)
        for word in own:
            if len(word) == 1:
                continue
            seen: set[int] = set()
            heavy = weight(word)
            for other, like in self.alike[word]:
                adds = min(heavy, weight(other)) * like / 100
                for place in self.names_of[other]:
                    if place not in seen:
                        seen.add(place)
                        shared[place] += adds
            for place in self.joined_of.get(skeleton(word), ()):
                shared[place] += _RUN_TOGETHER
        for word in _joined(own):
            for other in self.by_sound.get(skeleton(word), ()):
                for place in self.names_of[other]:
                    shared[place] += _RUN_TOGETHER
        mine, initials = _side(own)
        least = (MATCH_FROM - _MOST_ADDED) / 1000
        for place, both in shared.items():
            theirs, their_initials = self.sides[place]
            # An initial takes the place of a whole word of the other side, which then weighs as little as it does.
            one = max(mine - their_initials * _INITIAL_STANDS_FOR, 0.3)
            two = max(theirs - initials * _INITIAL_STANDS_FOR, 0.3)
            if most_likeness(both, one, two) >= least:
                yield place

    def _look_up(self, sought: Iterable[str]) -> None:
        new = sorted(word for word in sought if word not in self.alike)
        near: dict[str, set[str]] = {word: set(self.by_sound.get(skeleton(word), ())) for word in new}
        for word in new:
            if word in self.names_of:
                near[word].add(word)
        if len(new) < _TOGETHER:
            for word in new:
                found = process.extract(
                    word, self.words, scorer=fuzz.ratio, score_cutoff=LEAST_WORD, limit=None
                )
                near[word].update(other for other, _, _ in found)
        for start in range(0, len(new) if len(new) >= _TOGETHER else 0, _BLOCK):
            block = new[start : start + _BLOCK]
            table = process.cdist(
                block, self.words, scorer=fuzz.ratio, score_cutoff=LEAST_WORD, dtype="uint8", workers=1
            )
            rows, columns = table.nonzero()
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
                near[block[row]].add(self.words[column])
        for word in new:
            likes = [(other, like) for other in near[word] if (like := word_likeness(word, other))]
            self.alike[word] = sorted(likes, key=lambda pair: (-pair[1], pair[0]))


def _side(told: Sequence[str]) -> tuple[float, int]:
    """Weight of the words, and the number of initials, which count for nothing in it."""
    return sum(weight(word) for word in told if len(word) > 1), sum(1 for word in told if len(word) == 1)


def _joined(told: Sequence[str]) -> list[str]:
    """Neighbouring words as one: "abdul rahman" is also "abdulrahman"."""
    return [a + b for a, b in pairwise(told) if len(a + b) > 3]
