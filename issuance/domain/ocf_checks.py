"""What is wrong with the objects of an OCF package, one by one and between each other: every fault, none raised."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from issuance.domain.ocf_objects import (
    OBJECTS,
    SECURITY_STEPS,
    TRANSACTIONS,
    Fault,
    Item,
    Package,
    day,
    number,
    texts,
)

_INTEGERS = frozenset({"length", "occurrences", "period"})
_PERCENTAGES = frozenset({"rate", "discount_percentage", "conversion_discount", "converts_to_percent"})
_PERCENTAGE = re.compile(r"0?(\.[0-9]{1,10})?|1(\.0{1,10})?", re.ASCII)
_NUMBERS = frozenset(
    {
        "amount",
        "converts_to_quantity",
        "denominator",
        "ending_share_number",
        "initial_shares_reserved",
        "liquidation_preference_multiple",
        "new_shares_authorized",
        "numerator",
        "participation_cap_multiple",
        "pro_rata",
        "quantity",
        "quantity_converted",
        "shares_reserved",
        "starting_share_number",
        "votes_per_share",
    }
)
_REFERENCES: Mapping[str, str] = {
    "stakeholder_id": "STAKEHOLDER",
    "stock_class_id": "STOCK_CLASS",
    "stock_class_ids": "STOCK_CLASS",
    "stock_plan_id": "STOCK_PLAN",
    "stock_plan_ids": "STOCK_PLAN",
    "converts_to_stock_class_id": "STOCK_CLASS",
    "vesting_terms_id": "VESTING_TERMS",
    "stock_legend_ids": "STOCK_LEGEND_TEMPLATE",
    "split_transaction_id": "TX_STOCK_CLASS_SPLIT",
    "issuer_id": "ISSUER",
    "security_id": "security",
    "balance_security_id": "security",
    "resulting_security_ids": "security",
    "issuance_ids": "issuance",
}
_NAMES = {"security": "security issued", "issuance": "issuance"}
MOST_DEEP = 40


def object_faults(item: Item) -> list[Fault]:
    """Types, numbers and days of one object; what OCF's own schemas say besides is asked elsewhere."""
    if item.type not in OBJECTS and item.type not in TRANSACTIONS:
        return [item.fault(f"{item.type[:60]!r} is no type of object of OCF 1.2.0.")]
    found = []
    if not item.id or len(item.id) > 200:
        found.append(item.fault("An id has 1 to 200 characters."))
    for path, key, value in _leaves(item.body):
        message = _leaf_fault("amount" if _is_number(item, key, value) else key, value)
        if message:
            found.append(item.fault(f"{path}: {message}"))
    for key in ("quantity", "quantity_converted"):
        if item.type in TRANSACTIONS and number(item.body.get(key)) == 0:
            found.append(item.fault(f"{key}: it is zero."))
    found.extend(item.fault(message) for message in _vesting_faults(item))
    return found


def _is_number(item: Item, key: str, value: object) -> bool:
    """Keys that are numbers as text in one place and something else in another."""
    if key == "seniority":
        return item.type == "STOCK_CLASS"
    return key == "initial_shares_authorized" and value not in ("NOT APPLICABLE", "UNLIMITED")


def _leaf_fault(key: str, value: object) -> str:
    if value is None:
        return "a field without a value is left out in OCF, not null."
    if isinstance(value, str) and "\x00" in value:
        return "a text has no NUL character."
    if isinstance(value, float):
        return 'a number is written as text, such as "100.5".'
    if isinstance(value, int) and not isinstance(value, bool):
        return _integer_fault(key, value)
    if (key == "date" or key.endswith("_date")) and isinstance(value, str):
        return "" if day(value) else f"{value[:40]!r} is not a day such as 2022-01-28."
    if key in _PERCENTAGES and isinstance(value, str) and not _PERCENTAGE.fullmatch(value):
        return f'{value[:40]!r} is not a share of one such as "0.08".'
    if key in _NUMBERS:
        size = number(value)
        if size is None:
            return f'{str(value)[:40]!r} is not a number such as "1000.50", with at most ten decimals.'
        if size < 0:
            return f"{value} is below zero."
        if size == 0 and key == "denominator":
            return "it is zero."
    return ""


def _integer_fault(key: str, value: int) -> str:
    if abs(value) > 2**53 - 1:
        return "a whole number has at most 53 bits."
    if key in _INTEGERS and value < 0:
        return f"{value} is below zero."
    if key in _INTEGERS or key == "seniority":
        return ""
    return f'{value} is a JSON number; OCF writes numbers as text, such as "{value}".'


def _leaves(value: Any, path: str = "", key: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    if depth > MOST_DEEP:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name), str(name), depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]", key, depth + 1)
    else:
        yield path, key, value


def _vesting_faults(item: Item) -> Iterator[str]:
    """References between the conditions of vesting terms, and ids given twice."""
    conditions = item.body.get("vesting_conditions")
    if item.type != "VESTING_TERMS" or not isinstance(conditions, list):
        return
    ids = [one.get("id") for one in conditions if isinstance(one, Mapping)]
    known = set(map(str, ids))
    for twice in sorted({str(one) for one in ids if ids.count(one) > 1}):
        yield f"the vesting condition {twice} stands there twice."
    for one in conditions:
        if not isinstance(one, Mapping):
            continue
        trigger = one.get("trigger")
        after = trigger.get("relative_to_condition_id") if isinstance(trigger, Mapping) else None
        for wanted in [*texts(one.get("next_condition_ids")), *texts(after)]:
            if wanted not in known:
                yield f"the vesting condition {one.get('id')} refers to {wanted}, which is not among them."


def package_faults(package: Package) -> list[Fault]:
    """Ids given twice and references that lead nowhere, over all objects."""
    found: list[Fault] = []
    known = _known(package, found)
    for item in package.items:
        for path, key, value in _leaves(item.body):
            kind = _REFERENCES.get(key)
            if kind is None or not isinstance(value, str) or value in known[kind]:
                continue
            what = _NAMES.get(kind, kind.lower().removeprefix("tx_").replace("_", " "))
            found.append(item.fault(f"{path}: there is no {what} with the id {value[:80]!r}."))
    found.extend(_condition_faults(package))
    found.extend(_document_faults(package, known))
    return found


def _document_faults(package: Package, known: Mapping[str, set[str]]) -> Iterator[Fault]:
    for item in package.of("DOCUMENT"):
        related = item.body.get("related_objects")
        for one in related if isinstance(related, list) else []:
            kind, wanted = (
                (one.get("object_type"), one.get("object_id")) if isinstance(one, Mapping) else (None, "")
            )
            if isinstance(kind, str) and str(wanted) not in known.get(kind, set()):
                yield item.fault(
                    f"related_objects: there is no {kind[:60]} with the id {str(wanted)[:80]!r}."
                )


def _known(package: Package, found: list[Fault]) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {kind: set() for kind in (*OBJECTS, *_REFERENCES.values())}
    known["ISSUER"] = {str(package.issuer.get("id", ""))}
    seen: dict[tuple[str, str], Item] = {}
    for item in package.items:
        family = "transaction" if item.type in TRANSACTIONS else item.type
        first = seen.setdefault((family, item.id), item)
        if first is not item:
            found.append(item.fault(f"the id is given twice: it is also in {first.file}."))
        known.setdefault(item.type, set()).add(item.id)
        if SECURITY_STEPS.get(item.type, ("", ""))[1] == "ISSUANCE":
            security = str(item.body.get("security_id", ""))
            if security in known["security"]:
                found.append(item.fault(f"the security {security} is issued twice."))
            known["security"].add(security)
            known["issuance"] |= {item.id, security}
    return known


def _condition_faults(package: Package) -> Iterator[Fault]:
    """Vesting that starts or happens for a condition which the security's terms do not have."""
    terms = {
        item.id: {
            str(one.get("id")) for one in item.body.get("vesting_conditions", []) if isinstance(one, Mapping)
        }
        for item in package.of("VESTING_TERMS")
        if isinstance(item.body.get("vesting_conditions"), list)
    }
    of_security = {
        str(item.body.get("security_id")): item.body.get("vesting_terms_id")
        for item in package.items
        if SECURITY_STEPS.get(item.type, ("", ""))[1] == "ISSUANCE"
    }
    for item in package.items:
        if item.type not in ("TX_VESTING_START", "TX_VESTING_EVENT"):
            continue
        name = of_security.get(str(item.body.get("security_id")))
        condition = str(item.body.get("vesting_condition_id", ""))
        if isinstance(name, str) and name in terms and condition not in terms[name]:
            yield item.fault(f"vesting_condition_id: the terms {name} have no condition {condition[:80]!r}.")
