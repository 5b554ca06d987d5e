"""Facts as JSON and back, so that a decision can be made again years later: under its own rules, or under others."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from issuance.domain.compliance.facts import Facts

VERSION = 1


def keep(facts: Facts) -> dict[str, Any]:
    """JSON-able form of all facts: amounts as text, without names or papers (claims hold none)."""
    kept: dict[str, Any] = {"version": VERSION, "facts": _kept(facts)}
    return kept


def again(kept: Mapping[str, Any]) -> Facts | None:
    """The facts that `keep` kept; None for a record of before, which did not keep them all."""
    if kept.get("version") != VERSION:
        return None
    found: Facts = _made(Facts, kept["facts"])
    return found


def _kept(value: Any) -> Any:
    if is_dataclass(value):
        # What is as it would be anyway is left out: most of the facts of most movements.
        rows = ((one, getattr(value, one.name)) for one in fields(value))
        return {
            one.name: _kept(inner) for one, inner in rows if inner is not one.default and inner != one.default
        }
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _kept(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_kept(inner) for inner in value]
    return str(value)


_HINTS: dict[Any, dict[str, Any]] = {}


def _made(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if value is None:
        return None
    if type(None) in inner:
        return _made(next(one for one in inner if one is not type(None)), value)
    if is_dataclass(kind):
        hints = _HINTS.setdefault(kind, get_type_hints(kind))
        return kind(**{name: _made(hints[name], one) for name, one in value.items()})  # type: ignore[operator]
    if origin in (tuple, frozenset):
        return origin(_made(inner[0], one) for one in value)
    if origin is Mapping:
        return {key: _made(inner[1], one) for key, one in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    return int(value) if kind is int else value
