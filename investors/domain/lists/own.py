"""The house's own form: a CSV file with reference, name, and optionally born, countries and kind."""

from datetime import date
from typing import BinaryIO

from investors.domain.lists.facts import Reading
from investors.domain.lists.files import only, records


def read(files: dict[str, BinaryIO]) -> Reading:
    """Rows of one reference are names of one entry. Dates are strict here: whoever wrote the file can mend it. raises BadList"""
    reading = Reading()
    for line, row in records(only(files, ".csv"), columns={"reference", "name"}):
        born = row.get("born", "").strip()
        if born and not _is_day(born):
            reading.fault(line, f"{born[:20]!r} is neither a year nor a date like 1980-12-31.")
            continue
        reading.add(
            line,
            reference=row["reference"],
            names=[row["name"]],
            kind=row.get("kind", "").strip().lower() if row.get("kind") in ("person", "entity") else "",
            births=[born] if born else [],
            countries=row.get("countries", "").replace(";", " ").split(),
        )
    return reading.finished()


def _is_day(told: str) -> bool:
    if len(told) == 4 and told.isascii() and told.isdigit():
        return True
    try:
        date.fromisoformat(told)
    except ValueError:
        return False
    return len(told) == 10
