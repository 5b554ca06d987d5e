"""
OFAC's Specially Designated Nationals: sdn.csv with alt.csv and add.csv, sdn.xml, and sdn_advanced.xml.

Structure as in OFAC's data specification of 2023-09-25 (CSV: no header, "-0-" for nothing) and the XML schemas of
the Sanctions List Service.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element

from investors.domain.lists.facts import BadList, Reading, plain_date
from investors.domain.lists.files import elements, only, rows, text, texts

_NOTHING = "-0-"
_KINDS = {"individual": "person", "entity": "entity", "": "entity", "vessel": "other", "aircraft": "other"}
_BORN = re.compile(r"\bDOB ([^;]+)")
_NATION = re.compile(r"\b(?:nationality|citizen) ([^;.]+)")


def read_csv(files: dict[str, BinaryIO]) -> Reading:
    """sdn.csv alone, or an archive with alt.csv (other names) and add.csv (addresses) beside it. raises BadList"""
    reading = Reading()
    main = files.get("sdn.csv") or files.get("")
    if main is None:
        raise BadList("The archive has no sdn.csv.", field="file")
    main_rows = list(rows(main))
    known = {row[0].strip() for _, row in main_rows}
    aliases, places = defaultdict(list), defaultdict(list)
    for line, row in rows(files["alt.csv"]) if "alt.csv" in files else ():
        if len(row) < 4 or row[0].strip() not in known:
            reading.fault(line, "of alt.csv: it names no entry of sdn.csv, or has fewer than 4 fields.")
        else:
            aliases[row[0].strip()].append(_turned(row[3]))
    for line, row in rows(files["add.csv"]) if "add.csv" in files else ():
        if len(row) < 5:
            reading.fault(line, f"of add.csv: {len(row)} fields; at least 5 are expected.")
        elif row[4].strip() != _NOTHING:
            places[row[0].strip()].append(row[4])
    for line, row in main_rows:
        if len(row) < 12 or not row[0].strip().isdigit():
            reading.fault(line, f"{len(row)} fields; 12 are expected, the first a number.")
            continue
        number, name, kind, program, remarks = (row[i].strip() for i in (0, 1, 2, 3, 11))
        person = kind == "individual"
        reading.add(
            line,
            reference=number,
            names=[_turned(name) if person else name, *aliases[number]],
            kind=_KINDS.get("" if kind == _NOTHING else kind.lower(), ""),
            births=[day for told in _BORN.findall(remarks) for day in reading.born(line, told.rstrip("."))],
            countries=[*_NATION.findall(remarks), *places[number]],
            programs=[program.replace("] [", "; ").strip("[]")] if program != _NOTHING else [],
        )
    return reading.finished()


def read_xml(files: dict[str, BinaryIO]) -> Reading:
    """sdn.xml, or the advanced form. raises BadList, also when fewer entries came than the file promises"""
    reading, promised = Reading(), 0
    features: dict[str, str] = {}
    kinds: dict[str, str] = {}
    stream = only(files, ".xml")
    wanted = {"publshInformation", "sdnEntry", "DateOfIssue", "FeatureType", "PartySubType", "DistinctParty"}
    for line, element in elements(stream, roots={"sdnList", "Sanctions"}, wanted=wanted):
        match element.tag:
            case "publshInformation":
                reading.list_date = _american(text(element, "Publish_Date"), line)
                told = text(element, "Record_Count")
                promised = int(told) if told.isascii() and told.isdigit() else 0
            case "sdnEntry":
                _entry(reading, line, element)
            case "DateOfIssue":
                day = plain_date(*(text(element, part) for part in ("Year", "Month", "Day")))
                reading.list_date = date.fromisoformat(day[0]) if day and len(day[0]) == 10 else None
            case "FeatureType":
                features[element.get("ID", "")] = (element.text or "").strip()
            case "PartySubType":
                kinds[element.get("ID", "")] = element.get("PartyTypeID", "")
            case "DistinctParty":
                _advanced(reading, line, element, features, kinds)
    if promised and promised != len(reading.parties) + reading.fault_count:
        raise BadList(
            f"The file promises {promised:,} entries and has {len(reading.parties) + reading.fault_count:,}: "
            "it was cut off.",
            field="file",
        )
    return reading.finished()


def _entry(reading: Reading, line: int, entry: Element) -> None:
    people = [entry, *entry.iterfind("akaList/aka")]
    reading.add(
        line,
        reference=text(entry, "uid"),
        names=[f"{text(one, 'firstName')} {text(one, 'lastName')}" for one in people],
        kind=_KINDS.get(text(entry, "sdnType").lower(), ""),
        births=[
            day
            for told in texts(entry, "dateOfBirthList/dateOfBirthItem/dateOfBirth")
            for day in reading.born(line, told)
        ],
        countries=[
            *texts(entry, "nationalityList/nationality/country"),
            *texts(entry, "citizenshipList/citizenship/country"),
            *texts(entry, "addressList/address/country"),
        ],
        programs=texts(entry, "programList/program"),
    )


def _advanced(
    reading: Reading, line: int, party: Element, features: dict[str, str], kinds: dict[str, str]
) -> None:
    """A DistinctParty: names by parts, dates of birth as periods. Primary names first, weak ones last."""
    profile = party.find("Profile")
    if profile is None:
        reading.fault(line, "the party has no profile.")
        return
    aliases = list(profile.iterfind("Identity/Alias"))
    aliases.sort(key=lambda one: (one.get("Primary") != "true", one.get("LowQuality") == "true"))
    births: list[str] = []
    for feature in profile.iterfind("Feature"):
        if features.get(feature.get("FeatureTypeID", "")) != "Birthdate":
            continue
        for period in feature.iter("DatePeriod"):
            births += _period(period)
    reading.add(
        line,
        reference=party.get("FixedRef", ""),
        names=[
            " ".join(texts(name, "DocumentedNamePart/NamePartValue"))
            for alias in aliases
            for name in alias.iterfind("DocumentedName")
        ],
        kind={"1": "person", "2": "entity"}.get(kinds.get(profile.get("PartySubTypeID", ""), ""), "other"),
        births=births,
    )


def _period(period: Element) -> Iterable[str]:
    """A day where a period begins and ends with it, else its years."""
    ends = [
        plain_date(*(text(period, f"{path}/{part}") for part in ("Year", "Month", "Day")))
        for path in ("Start/From", "End/To")
    ]
    first, last = (end[0] if end else "" for end in ends)
    if not first or first == last or not last:
        return [first or last] if first or last else []
    return [first[:4]] if first[:4] == last[:4] else [f"{first[:4]}/{last[:4]}"]


def _turned(name: str) -> str:
    """ "DOE, John Q." as it is spoken."""
    last, comma, first = name.partition(",")
    return f"{first} {last}" if comma else name


def _american(told: str, line: int) -> date:
    try:
        return datetime.strptime(told, "%m/%d/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadList(
            f"Line {line}: {told[:20]!r} is not a date of publication like 11/20/2026.", field="file"
        ) from None
