"""An ownership tree typed as text: one owner in a line, dashes in front for the owners of the entity above."""

from investors.domain.accreditation import Owner
from portal.domain.errors import Invalid

MOST_LINES = 200
DEEPEST = 10
_YES, _NO = {"yes", "y", "accredited"}, {"no", "n", "not accredited"}


def read_owners(text: str) -> tuple[Owner, ...]:
    """
    The owners of an entity, each with its own owners.

    text    lines "name; person; yes", "name; entity; no"; the owners of an entity follow it with one more dash
    raises  Invalid naming the line and what is wrong with it
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > MOST_LINES:
        raise Invalid(f"{len(lines)} owners are given; at most {MOST_LINES} are read.", field="owners")
    rows = [_row(number, line) for number, line in lines]
    depth = 0
    for (number, _), (level, _, natural, _) in zip(lines, rows, strict=True):
        if level > depth:
            raise _wrong(number, "it has more dashes than the line above allows; only an entity has owners")
        depth = level if natural else level + 1
    owners, rest = _read(rows, 0)
    assert not rest
    return owners


def _row(number: int, line: str) -> tuple[int, str, bool, bool]:
    body = line.strip().lstrip("-")
    level = len(line.strip()) - len(body)
    if level >= DEEPEST:
        raise _wrong(number, f"it lies {level} levels deep; at most {DEEPEST - 1} are read")
    parts = [part.strip() for part in body.split(";")]
    if len(parts) != 3 or not parts[0]:
        raise _wrong(number, "write name; person or entity; yes or no")
    name, what, said = parts[0], parts[1].casefold(), parts[2].casefold()
    if what not in {"person", "entity"}:
        raise _wrong(number, f"{parts[1]!r} is neither person nor entity")
    if said not in _YES | _NO:
        raise _wrong(number, f"{parts[2]!r} is neither yes nor no")
    return level, name, what == "person", said in _YES


def _read(
    rows: list[tuple[int, str, bool, bool]], level: int
) -> tuple[tuple[Owner, ...], list[tuple[int, str, bool, bool]]]:
    owners: list[Owner] = []
    while rows and rows[0][0] == level:
        _, name, natural, accredited = rows[0]
        below, rows = _read(rows[1:], level + 1)
        owners.append(Owner(name, natural=natural, accredited=accredited, owners=below))
    return tuple(owners), rows


def _wrong(number: int, why: str) -> Invalid:
    return Invalid(f"Line {number}: {why}.", field="owners")
