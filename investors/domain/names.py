"""Names as they are compared: in Latin letters, in words, without what does not tell people apart."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

TITLES = frozenset(
    "mr mrs ms miss dr prof sir dame haji hajji sheikh shaikh mullah gen col maj capt jr sr".split()
)
PARTICLES = frozenset(
    "al el ul ad as ar an az bin ibn bint ben abu umm de del della di da do dos das du la le los las van von der "
    "den ter y e i and of the".split()
)
LEGAL_FORMS = frozenset(
    "llc llp lp ltd limited inc incorporated corp corporation co company plc gmbh ag kg sa sarl srl spa nv bv ooo oao "
    "zao pao ao jsc pjsc ojsc as oy ab sas pte pty holding holdings group trading international".split()
)
_JOINED = re.compile(r"['’‘`´ʼʻʿʾ.]")
_AYIN = re.compile("[\u0639\u0627\u0623\u0625]")
_SEPARATE = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SOUNDS = (
    ("sch", "s"),
    ("tch", "c"),
    ("kh", "h"),
    ("zh", "j"),
    ("sh", "s"),
    ("ph", "f"),
    ("gh", "g"),
    ("dh", "d"),
    ("th", "t"),
    ("ch", "c"),
    ("ck", "k"),
    ("dj", "j"),
    ("x", "ks"),
    ("q", "k"),
    ("w", "v"),
    ("z", "s"),
)
_HARD_C = re.compile(r"c(?![eih])")
_VOWELS = re.compile(r"[aeiouy]+")
_DOUBLED = re.compile(r"(.)\1+")


def words(name: str) -> str:
    """
    The name's words in Latin letters, lower case, one space between them; titles left out.

    Other scripts are written in Latin letters (anyascii); apostrophes and full stops within a word join it,
    hyphens part it. "" for a name without letters or digits.
    """
    told = unicodedata.normalize("NFKC", name)
    if not told.isascii():
        latin = anyascii(_AYIN.sub("a", _JOINED.sub("", told)))
        if any(unicodedata.category(c) == "Lo" for c in told):
            latin = _CAMEL.sub(" ", latin)
        told = latin
    plain = _SEPARATE.sub(" ", _JOINED.sub("", told).lower()).split()
    kept = [word for word in plain if word not in TITLES]
    return " ".join(kept or plain)


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """
    The consonants of a word by sound, its first letter kept: "mohammed", "muhammad" and "mhmd" are all "mhmd".

    Made for the ways in which one name is written in Latin letters, not for any one language.
    """
    if len(word) < 3:
        return word
    told = word
    for written, sound in _SOUNDS:
        told = told.replace(written, sound)
    told = _HARD_C.sub("k", told)
    first = "a" if told[0] in "aeiouy" else told[0]
    return first + _DOUBLED.sub(r"\1", _VOWELS.sub("", _DOUBLED.sub(r"\1", told)[1:]))


@lru_cache(maxsize=200_000)
def weight(word: str) -> float:
    """How much a word says of who is meant: 1 for a long name, little for an initial, a particle, a legal form."""
    if word in PARTICLES or word in LEGAL_FORMS:
        return 0.2
    return 0.3 if len(word) == 1 else 0.5 + min(len(word), 6) / 12
