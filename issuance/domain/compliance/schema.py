"""The parameters of a rule as JSON schema, derived from its fields; and the reading of parameters by it."""

import re
from collections.abc import Mapping
from dataclasses import Field, fields
from datetime import date
from typing import Any, get_args, get_type_hints

from issuance.domain.compliance.rule import Rule
from portal.domain.errors import Invalid

LONGEST = 200
"""Entries in a list, and characters in a text."""
DIGITS = 38


class BadParameter(Invalid):
    """A parameter of a rule is not of its kind, or out of its bounds."""

    code = "bad-parameter"


_MADE: dict[type[Rule], dict[str, Any]] = {}


def schema(kind: type[Rule]) -> dict[str, Any]:
    """
    JSON schema (2020-12) of a rule's parameters, from which its form is made and by which they are read. A whole number
    may come as text of digits, because JSON numbers beyond 2**53 lose digits.

    returns  do not change it: it is kept
    """
    if kind not in _MADE:
        _MADE[kind] = _schema(kind)
    return _MADE[kind]


def _schema(kind: type[Rule]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title,
        "description": " ".join((kind.__doc__ or "").split("\n\n")[0].split()),
        "type": "object",
        "additionalProperties": False,
        "properties": {
            one.name: _property(one, hints[one.name])
            for one in fields(kind)
            if one.name not in ("source", "as_of")
        },
    }


def _property(one: Field[Any], hint: Any) -> dict[str, Any]:
    told = one.metadata
    empty = type(None) in get_args(hint)
    bare = next((part for part in get_args(hint) if part is not type(None)), hint) if empty else hint
    made: dict[str, Any] = {
        "title": one.name.replace("_", " ").capitalize(),
        "description": told.get("says", ""),
    }
    if bare is bool:
        made["type"] = "boolean"
    elif bare is int:
        made["type"] = ["integer", "string"]
        made["pattern"] = f"^[0-9]{{1,{DIGITS}}}$"
        made |= {name: told[name] for name in ("minimum", "maximum") if told.get(name) is not None}
    elif bare is str:
        made |= {"type": "string", **_text(told)}
    elif bare is date:
        made |= {"type": "string", "format": "date"}
    else:
        made |= {"type": "array", "maxItems": LONGEST, "items": {"type": "string", **_text(told)}}
    if empty:
        made["type"] = [*([made["type"]] if isinstance(made["type"], str) else made["type"]), "null"]
    default = one.default
    made["default"] = (
        list(default)
        if isinstance(default, tuple)
        else default.isoformat()
        if isinstance(default, date)
        else default
    )
    return made


def _text(told: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"maxLength": LONGEST}
    if told.get("choices"):
        made["enum"] = list(told["choices"])
    if told.get("pattern"):
        made["pattern"] = f"^{told['pattern']}$"
    return made


def choices(kind: type[Rule], name: str) -> Mapping[str, str] | None:
    """What a parameter may be, with the label of each; None where it is not one of a list."""
    found: Mapping[str, str] | None = next(one for one in fields(kind) if one.name == name).metadata.get(
        "choices"
    )
    return found


def read(kind: type[Rule], given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """
    Parameters of a rule from JSON values.

    where   begins every sentence of a refusal: "Row 3"
    raises  BadParameter naming the row, the rule and the parameter
    """
    known = schema(kind)["properties"]
    read_ = {}
    for name, value in given.items():
        try:
            read_[name] = _read(value, known[name])
        except ValueError as fault:
            raise BadParameter(
                f"{where}: {name.replace('_', ' ')} of {kind.title.lower()} {fault}.", field=name
            ) from fault
    return read_


def _read(value: Any, told: dict[str, Any]) -> Any:
    kinds = told["type"] if isinstance(told["type"], list) else [told["type"]]
    if value is None:
        if "null" in kinds:
            return None
        raise ValueError("is missing")
    if "boolean" in kinds:
        if not isinstance(value, bool):
            raise ValueError(f"is {_shown(value)}; it has to be true or false")
        return value
    if "integer" in kinds:
        return _whole(value, told)
    if "array" in kinds:
        return _list(value, told)
    if not isinstance(value, str):
        raise ValueError(f"is {_shown(value)}; it has to be a text")
    if told.get("format") == "date":
        return _day(value)
    return _one(value, told)


def _whole(value: Any, told: dict[str, Any]) -> int:
    if isinstance(value, str) and re.fullmatch(rf"[0-9]{{1,{DIGITS}}}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"is {_shown(value)}; it has to be a whole number")
    if abs(value) >= 10**DIGITS:
        raise ValueError(f"has more than {DIGITS} digits")
    least, most = told.get("minimum"), told.get("maximum")
    if least is not None and value < least:
        raise ValueError(f"is {value}; it is at least {least}")
    if most is not None and value > most:
        raise ValueError(f"is {value}; it is at most {most}")
    return value


def _list(value: Any, told: dict[str, Any]) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"is {_shown(value)}; it has to be a list")
    if len(value) > LONGEST:
        raise ValueError(f"has {len(value)} entries; {LONGEST} are allowed")
    found = []
    for one in value:
        if not isinstance(one, str):
            raise ValueError(f"has {_shown(one)}; every entry has to be a text")
        found.append(_one(one, told["items"], verb="has"))
    if len(set(found)) != len(found):
        raise ValueError("names something twice")
    return tuple(found)


def _one(value: str, told: dict[str, Any], *, verb: str = "is") -> str:
    if "enum" in told and value not in told["enum"]:
        raise ValueError(f"{verb} {_shown(value)}; choose of {', '.join(told['enum'])}")
    if "pattern" in told and not re.fullmatch(told["pattern"][1:-1], value, re.ASCII):
        raise ValueError(f"{verb} {_shown(value)}, which is not of its form ({told['pattern'][1:-1]})")
    if len(value) > told["maxLength"]:
        raise ValueError(f"{verb} a text of {len(value)} characters; {told['maxLength']} are allowed")
    return value


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as fault:
        raise ValueError(f"is {_shown(value)}; it has to be a day such as 2026-11-23") from fault


def _shown(value: Any) -> str:
    return repr(value)[:60]
