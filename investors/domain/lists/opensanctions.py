"""OpenSanctions: targets.simple.csv and FollowTheMoney entities as JSON lines. A PEP list comes in these forms."""

import csv
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, BinaryIO

from investors.domain.lists.facts import Reading
from investors.domain.lists.files import only, records, text_lines

_KINDS = {
    "Person": "person",
    "LegalEntity": "",
    "Organization": "entity",
    "Company": "entity",
    "PublicBody": "entity",
    "Vessel": "other",
    "Airplane": "other",
}
_LISTED = ("sanction", "role.pep", "role.rca", "debarment", "crime", "asset.frozen", "poi", "reg.action")


def read_simple(files: dict[str, BinaryIO]) -> Reading:
    """targets.simple.csv; several values of a column are parted by semicolons. raises BadList"""
    reading, newest = Reading(), ""
    for line, row in records(only(files, ".csv"), columns={"id", "schema", "name"}):
        newest = max(newest, row.get("last_seen", "")[:10])
        reading.add(
            line,
            reference=row["id"],
            names=[row["name"], *_several(row.get("aliases", ""))],
            kind=_KINDS.get(row["schema"].strip(), ""),
            births=[day for told in _several(row.get("birth_date", "")) for day in reading.born(line, told)],
            countries=_several(row.get("countries", "")),
            programs=_several(row.get("sanctions", "") or row.get("dataset", "")),
        )
    reading.list_date = _day(newest)
    return reading.finished()


def read_ftm(files: dict[str, BinaryIO]) -> Reading:
    """One entity a line. Entities that are not targets (addresses, ownerships, relatives) are passed over. raises BadList"""
    reading, newest = Reading(), ""
    for line, told in enumerate(text_lines(only(files, ".json", ".jsonl", ".ftm")), start=1):
        if not told.strip():
            continue
        try:
            entity = json.loads(told)
        except (ValueError, RecursionError):
            reading.fault(line, "this is not a JSON object.")
            continue
        if not isinstance(entity, dict) or not isinstance(entity.get("properties"), dict):
            reading.fault(line, "the entity has no properties.")
            continue
        newest = max(newest, str(entity.get("last_seen", ""))[:10])
        if not _is_target(entity):
            continue
        values = entity["properties"]
        reading.add(
            line,
            reference=str(entity.get("id", "")),
            names=[*_texts(values, "name"), *_texts(values, "alias"), *_texts(values, "weakAlias")],
            kind=_KINDS[entity["schema"]],
            births=[day for one in _texts(values, "birthDate") for day in reading.born(line, one)],
            countries=[
                *_texts(values, "nationality"),
                *_texts(values, "citizenship"),
                *_texts(values, "country"),
                *_texts(values, "jurisdiction"),
            ],
            programs=_texts(values, "programId") or _texts(values, "topics"),
        )
    reading.list_date = _day(newest)
    return reading.finished()


def _is_target(entity: Mapping[str, Any]) -> bool:
    if entity.get("schema") not in _KINDS:
        return False
    topics = _texts(entity["properties"], "topics")
    return bool(entity.get("target")) or any(topic.startswith(_LISTED) for topic in topics)


def _texts(values: Mapping[str, Any], name: str) -> list[str]:
    found = values.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _several(told: str) -> list[str]:
    """Values parted by semicolons, those with a semicolon of their own in quotes."""
    if not told.strip():
        return []
    try:
        return next(csv.reader([told], delimiter=";"), [])
    except csv.Error:
        return told.split(";")


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None
