"""How console pages name holders, and how they tell the facts on which a decision was made."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.domain.money import told_amount
from portal.http import formats
from portal.http.templatetags.figures import plain, sentence, short_subject


def named(identity: str, known: Mapping[str, str]) -> SafeString | str:
    """The reference of "investor:<uuid>", else the id cut short; the whole id is its title."""
    if not identity:
        return ""
    text = known.get(identity, identity)
    if text == identity and ":" in identity:
        text = short_subject(identity)
    return format_html('<span title="{}">{}</span>', identity, text)


def parties(facts: Mapping[str, Any]) -> set[str]:
    """Whom the facts name: giver and receiver."""
    found = (facts.get(side) for side in ("sender", "receiver"))
    return {str(one["holder"]) for one in found if isinstance(one, Mapping) and one.get("holder")}


def told_facts(facts: Mapping[str, Any], known: Mapping[str, str]) -> list[tuple[str, SafeString | str]]:
    """The stored facts as (label, value), what lies inside another under both names: "Receiver, KYC state"."""
    return [(label, _value(key, value, known)) for label, key, value in _flat(facts, "")]


def _flat(facts: Mapping[str, Any], above: str) -> Iterator[tuple[str, str, Any]]:
    for key, value in facts.items():
        label = sentence(key.removesuffix("_minor"))
        if above:
            label = f"{above}, {label if label.startswith(('KYC', 'US ')) else label[:1].lower() + label[1:]}"
        if isinstance(value, Mapping):
            # Claims are the party's own; naming that step would only lengthen every line.
            yield from _flat(value, above if key == "claims" else label)
        else:
            yield label.replace("us person", "US person"), key, value


def _value(key: str, value: Any, known: Mapping[str, str]) -> SafeString | str:
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(plain(one).replace("-", " ") for one in value)
    if key == "holder":
        return named(str(value), known)
    if key == "investor":
        return named(f"investor:{value}", known)
    if key.endswith("_minor"):
        return told_amount(int(value), scale=2)
    if isinstance(value, str) and value[4:5] == "-":
        return _time(value)
    return plain(value)


def _time(text: str) -> str:
    try:
        return (
            formats.day(date.fromisoformat(text))
            if len(text) == 10
            else formats.moment(datetime.fromisoformat(text))
        )
    except ValueError:
        return text
