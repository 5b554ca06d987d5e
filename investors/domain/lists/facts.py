"""What every list comes to, and what a file that cannot be read whole is refused with."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import pycountry

from portal.domain.errors import Invalid

LARGEST_FAULTS = 50
"""Faulty rows that a refusal names; the rest are counted."""
LONGEST_NAME, LONGEST_REFERENCE, MOST_NAMES = 300, 80, 1_000_000
_MONTHS = {m: n for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_YEAR = re.compile(r"(1[89]\d\d|20\d\d)")


class BadList(Invalid):
    """The file is not a list that can be read whole; nothing of it was imported. `reasons` names the faulty rows."""

    code = "bad-list"


@dataclass(frozen=True, slots=True)
class ListedParty:
    """
    One entry of a list.

    kind       person | entity | other (vessel, aircraft) | "" where the list does not say
    names      the main name first, then the others, as written
    births     "1960-05-01", "1960" or "1958/1962", each a possible date of birth
    countries  ISO 3166-1 alpha-2 of nationality, residence or address
    programs   legal basis as the publisher names it
    """

    reference: str
    names: tuple[str, ...]
    kind: str = ""
    births: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    programs: str = ""


@dataclass(slots=True)
class Reading:
    """
    A list while it is read: entries that are whole, rows that are not, and details that were left out.

    list_date  the publisher's own date, where the file has one
    """

    list_date: date | None = None
    parties: list[ListedParty] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0
    remarks: list[str] = field(default_factory=list)
    names: int = 0

    def fault(self, line: int, what: str) -> None:
        """A row that cannot be imported; the file will be refused."""
        self.fault_count += 1
        if len(self.faults) < LARGEST_FAULTS:
            self.faults.append(f"Line {line}: {what}")

    def remark(self, line: int, what: str) -> None:
        """A detail that was left out, such as a date that nobody can read; the entry itself counts."""
        if len(self.remarks) < LARGEST_FAULTS:
            self.remarks.append(f"Line {line}: {what}")

    def add(
        self,
        line: int,
        *,
        reference: str,
        names: Iterable[str],
        kind: str = "",
        births: Iterable[str] = (),
        countries: Iterable[str] = (),
        programs: Iterable[str] = (),
    ) -> None:
        """Take an entry, or note why it cannot be taken."""
        told = tuple(dict.fromkeys(clean for name in names if (clean := " ".join(name.split()))))
        key = reference.strip()
        if not key or not told:
            self.fault(line, "reference or name is empty.")
        elif len(key) > LONGEST_REFERENCE or len(told[0]) > LONGEST_NAME:
            self.fault(line, "reference or name is too long.")
        elif any("\x00" in name for name in (key, *told)):
            self.fault(line, "a name contains a character that no name has.")
        else:
            fitting = tuple(name for name in told if len(name) <= LONGEST_NAME)
            self.names += len(fitting)
            if self.names > MOST_NAMES:
                raise BadList(f"The list has more than {MOST_NAMES:,} names.", field="file")
            where = tuple(dict.fromkeys(code for c in countries if (code := country(c))))
            basis = "; ".join(dict.fromkeys(p.strip() for p in programs if p.strip()))[:300]
            when = tuple(dict.fromkeys(births))[:20]
            self.parties.append(ListedParty(key, fitting, kind, when, where[:30], basis))

    def born(self, line: int, text: str) -> list[str]:
        """The dates in a published text such as "03 May 1960" or "circa 1961"; a remark for what has none."""
        found = births(text)
        if text.strip() and not found:
            self.remark(line, f"date of birth {text.strip()[:40]!r} is not understood and was left out.")
        return found

    def finished(self) -> "Reading":
        """raises  BadList naming every faulty row, or when there is no name at all"""
        if self.fault_count:
            more = self.fault_count - len(self.faults)
            first = self.faults[0]
            rest = f" {self.fault_count} rows are faulty in all." if self.fault_count > 1 else ""
            reasons = [*self.faults, *([f"{more} more rows are faulty."] if more else [])]
            raise BadList(
                f"{first}{rest}",
                field="file",
                reasons=reasons,
                next_step="Nothing was imported. Correct these rows, or fetch the file again.",
            )
        if not self.parties:
            raise BadList(
                "The list has no names; an empty list would say that everybody is clear.", field="file"
            )
        return self


def births(text: str) -> list[str]:
    """
    Dates of birth in the forms that publishers write.

    "1960-05-01", "01/05/1960" (day first), "03 May 1960", "May 1960", "1960", "circa 1960", "1958 to 1962"
    """
    told = " ".join(text.replace(",", " ").split())
    if not told:
        return []
    if found := re.match(r"(\d{4})-(\d\d)-(\d\d)", told):
        return _exact(*map(int, found.groups()))
    if found := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", told):
        day, month, year = map(int, found.groups())
        return _exact(year, month, day)
    years = _YEAR.findall(told)
    if not years:
        return []
    if len(years) > 1:
        return [f"{min(years)}/{max(years)}"]
    year = int(years[0])
    if re.search(r"circa|approx|about|c\.", told, re.I):
        return [f"{year - 1}/{year + 1}"]
    if found := re.fullmatch(r"(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})", told):
        month = _MONTHS.get(found[2].lower(), 0)
        return _exact(year, month, int(found[1]))
    return [str(year)]


def _exact(year: int, month: int, day: int) -> list[str]:
    """The day where the calendar has it, else its year."""
    try:
        return [date(year, month, day).isoformat()]
    except ValueError:
        return [str(year)] if 1800 <= year <= 2100 else []


@lru_cache(maxsize=2048)
def country(text: str) -> str:
    """ISO 3166-1 alpha-2 for a code or an English name; "" where there is no such country."""
    told = text.strip()
    told = told[1:-1] if told.startswith("(") and told.endswith(")") else told
    if not told or len(told) > 60:
        return ""
    for written in (told, told.replace(" (", ", ").rstrip(")")):
        try:
            return str(pycountry.countries.lookup(written).alpha_2)
        except LookupError:
            continue
    return _FORMER.get(told.casefold(), "")


_FORMER = {
    "russia": "RU",
    "iran": "IR",
    "syria": "SY",
    "burma": "MM",
    "turkey": "TR",
    "korea, north": "KP",
    "north korea": "KP",
    "democratic people's republic of korea": "KP",
    "democratic republic of the congo": "CD",
    "congo, democratic republic of the": "CD",
    "united kingdom of great britain and northern ireland": "GB",
    "the gambia": "GM",
    "west bank": "PS",
    "palestinian": "PS",
    "kosovo": "XK",
    "ivory coast": "CI",
    "cote d ivoire": "CI",
    "libyan arab jamahiriya": "LY",
    "united states": "US",
}


def plain_date(year: str, month: str, day: str) -> Sequence[str]:
    """Parts of a date as an element tells them, any of month and day possibly empty."""
    if not year.isdigit():
        return []
    if month.isdigit() and day.isdigit():
        return _exact(int(year), int(month), int(day))
    return [year]
