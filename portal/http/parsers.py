"""JSON in: what is ambiguous or could not be stored is refused before a view sees it."""

import json
from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """
    RFC 8259 without its loose ends: no NaN, no name twice in an object, no NUL or lone surrogate in a text, and
    no nesting that the interpreter cannot follow. Numbers keep their meaning: amounts are texts anyway.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        encoding = (parser_context or {}).get("encoding") or "utf-8"
        try:
            text = stream.read().decode(encoding)
            return (
                json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
                if text.strip()
                else {}
            )
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except (ValueError, LookupError) as error:
            raise ParseError(f"The body is not JSON that can be read: {error}.") from error


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f'"{name}" stands there twice')
        _storable(name, "a name")
        _storable_value(value, name)
        found[name] = value
    return found


def _storable_value(value: Any, name: str) -> None:
    if isinstance(value, str):
        _storable(value, f'"{name}"')
    elif isinstance(value, list):
        for item in value:
            _storable_value(item, name)


def _storable(text: str, where: str) -> None:
    if "\x00" in text:
        raise ValueError(f"{where} holds a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{where} holds half of a character") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")
