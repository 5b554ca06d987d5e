"""The United Nations Security Council's consolidated list (XML), and the European Union's (XML 1.1 and CSV 1.1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import BinaryIO
from xml.etree.ElementTree import Element

from investors.domain.lists.facts import BadList, Reading, plain_date
from investors.domain.lists.files import elements, only, records, text, texts

_UN_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_EU_KINDS = {"P": "person", "E": "entity", "person": "person", "enterprise": "entity"}
_EU_COLUMNS = {"Entity_LogicalId", "NameAlias_WholeName", "fileGenerationDate"}


def read_un(files: dict[str, BinaryIO]) -> Reading:
    """raises  BadList"""
    reading = Reading()
    for line, element in elements(
        only(files, ".xml"), roots={"CONSOLIDATED_LIST"}, wanted={"INDIVIDUAL", "ENTITY"}
    ):
        if element.tag == "CONSOLIDATED_LIST":
            reading.list_date = _iso(element.get("dateGenerated", ""), line)
            continue
        person = element.tag == "INDIVIDUAL"
        prefix = "INDIVIDUAL" if person else "ENTITY"
        births = [
            day
            for one in element.iterfind("INDIVIDUAL_DATE_OF_BIRTH")
            for day in _un_birth(reading, line, one)
        ]
        reading.add(
            line,
            reference=text(element, "REFERENCE_NUMBER") or text(element, "DATAID"),
            names=[
                " ".join(text(element, name) for name in _UN_NAMES),
                text(element, "NAME_ORIGINAL_SCRIPT"),
                *texts(element, f"{prefix}_ALIAS/ALIAS_NAME"),
            ],
            kind="person" if person else "entity",
            births=births,
            countries=[*texts(element, "NATIONALITY/VALUE"), *texts(element, f"{prefix}_ADDRESS/COUNTRY")],
            programs=texts(element, "UN_LIST_TYPE"),
        )
    return reading.finished()


def _un_birth(reading: Reading, line: int, one: Element) -> list[str]:
    if told := text(one, "DATE"):
        return reading.born(line, told)
    first, last, year = (text(one, name) for name in ("FROM_YEAR", "TO_YEAR", "YEAR"))
    if first and last:
        return [f"{first}/{last}"] if first != last else [first]
    if text(one, "TYPE_OF_DATE").upper() == "APPROXIMATELY" and year:
        return reading.born(line, f"circa {year}")
    return reading.born(line, year)


def read_eu_xml(files: dict[str, BinaryIO]) -> Reading:
    """raises  BadList"""
    reading = Reading()
    for line, element in elements(only(files, ".xml"), roots={"export"}, wanted={"sanctionEntity"}):
        if element.tag == "export":
            reading.list_date = _iso(element.get("generationDate", ""), line)
            continue
        kind = element.find("subjectType")
        reading.add(
            line,
            reference=element.get("euReferenceNumber") or element.get("logicalId") or "",
            names=[
                one.get("wholeName")
                or " ".join(one.get(part, "") for part in ("firstName", "middleName", "lastName"))
                for one in element.iterfind("nameAlias")
            ],
            kind=_EU_KINDS.get(kind.get("classificationCode") or kind.get("code") or "", "")
            if kind is not None
            else "",
            births=[day for one in element.iterfind("birthdate") for day in _eu_birth(reading, line, one)],
            countries=[
                one.get("countryIso2Code", "")
                for path in ("citizenship", "address", "birthdate")
                for one in element.iterfind(path)
            ],
            programs=[one.get("programme", "") for one in element.iterfind("regulation")],
        )
    return reading.finished()


def _eu_birth(reading: Reading, line: int, one: Element) -> Iterable[str]:
    if told := one.get("birthdate"):
        return reading.born(line, told)
    first, last, year = (one.get(name, "") for name in ("yearRangeFrom", "yearRangeTo", "year"))
    if first and last and first != last:
        return [f"{first}/{last}"]
    if one.get("circa") == "true" and year:
        return reading.born(line, f"circa {year}")
    return plain_date(year, one.get("monthOfYear", ""), one.get("dayOfMonth", ""))


@dataclass(slots=True)
class _Gathered:
    """An entry of the EU's CSV, told over several lines."""

    line: int
    kind: str
    names: list[str] = field(default_factory=list)
    births: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)


def read_eu_csv(files: dict[str, BinaryIO]) -> Reading:
    """One line for each name, birth date or address of an entry; gathered by its number. raises BadList"""
    reading = Reading()
    found: dict[str, _Gathered] = {}
    for line, row in records(only(files, ".csv"), columns=_EU_COLUMNS, delimiter=";"):
        if reading.list_date is None:
            reading.list_date = _day_first(row["fileGenerationDate"], line)
        number = (row.get("Entity_EU_ReferenceNumber") or row["Entity_LogicalId"]).strip()
        if not number:
            reading.fault(line, "the entry has no number.")
            continue
        kind = _EU_KINDS.get(row.get("Entity_SubjectType_ClassificationCode", "").strip(), "")
        one = found.setdefault(number, _Gathered(line, kind))
        one.names.append(row["NameAlias_WholeName"])
        one.births += reading.born(line, row.get("BirthDate_BirthDate") or row.get("BirthDate_Year") or "")
        one.countries += [row.get("Citizenship_CountryIso2Code", ""), row.get("Address_CountryIso2Code", "")]
        one.programs.append(row.get("Entity_Regulation_Programme", ""))
    for number, one in found.items():
        reading.add(
            one.line,
            reference=number,
            names=one.names,
            kind=one.kind,
            births=one.births,
            countries=one.countries,
            programs=one.programs,
        )
    return reading.finished()


def _iso(told: str, line: int) -> date:
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        raise BadList(f"Line {line}: the file does not say when it was made.", field="file") from None


def _day_first(told: str, line: int) -> date:
    try:
        return datetime.strptime(told.strip()[:10], "%d/%m/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return _iso(told.strip(), line)
