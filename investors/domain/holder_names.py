"""Does the holder's name of a bank account fit the investor's? A judgement for an officer to see, not a decision."""

import re
from typing import Literal

from anyascii import anyascii

Match = Literal["same", "close", "different"]
_WORD = re.compile(r"[a-z0-9]+")
# How banks shorten what kind of body a company is, and what they put before and after people's names.
_SAID_OTHERWISE = {"limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co"}
_NOT_NAMES = {"mr", "mrs", "ms", "dr", "prof", "and", "und"}


def compare(investor: str, holder: str) -> Match:
    """
    same       the same words in any order, accents, case and titles aside
    close      every word of the shorter name is in the longer one, or is an initial of one of its words; and at
               least one whole word is shared
    different  otherwise
    """
    ours, theirs = _words(investor), _words(holder)
    if not ours or not theirs:
        return "different"
    if sorted(ours) == sorted(theirs):
        return "same"
    shorter, longer = sorted((ours, theirs), key=len)
    left = list(longer)
    shared = False
    for word in sorted(shorter, key=len, reverse=True):
        fitting = [one for one in left if one == word]
        shared = shared or bool(fitting)
        fitting = fitting or [one for one in left if one[0] == word[0] and 1 in (len(one), len(word))]
        if not fitting:
            return "different"
        left.remove(fitting[0])
    return "close" if shared else "different"


def _words(name: str) -> list[str]:
    found = _WORD.findall(anyascii(name).lower().replace(".", " ").replace("'", ""))
    return [_SAID_OTHERWISE.get(word, word) for word in found if word not in _NOT_NAMES]
