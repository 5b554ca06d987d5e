"""What OCF's own schemas say of an object, by pyocf; its models are loaded one by one, when they are first needed."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from issuance.domain.ocf_objects import SECURITY_STEPS, VERSION, Fault, Item

_OBJECTS: Mapping[str, str] = {
    "ISSUER": "issuer.Issuer",
    "STAKEHOLDER": "stakeholder.Stakeholder",
    "STOCK_CLASS": "stockclass.StockClass",
    "STOCK_LEGEND_TEMPLATE": "stocklegendtemplate.StockLegendTemplate",
    "STOCK_PLAN": "stockplan.StockPlan",
    "VALUATION": "valuation.Valuation",
    "VESTING_TERMS": "vestingterms.VestingTerms",
    "FINANCING": "financing.Financing",
    "DOCUMENT": "document.Document",
    "TX_STOCK_PLAN_RETURN_TO_POOL": "transactions.return_to_pool.stockplanreturntopool.StockPlanReturnToPool",
    "TX_STOCK_CLASS_SPLIT": "transactions.split.stockclasssplit.StockClassSplit",
    **{
        f"TX_{name}_ADJUSTMENT": f"transactions.adjustment.{camel.lower()}adjustment.{camel}Adjustment"
        for name, camel in (
            ("ISSUER_AUTHORIZED_SHARES", "IssuerAuthorizedShares"),
            ("STOCK_CLASS_AUTHORIZED_SHARES", "StockClassAuthorizedShares"),
            ("STOCK_CLASS_CONVERSION_RATIO", "StockClassConversionRatio"),
            ("STOCK_PLAN_POOL", "StockPlanPool"),
        )
    },
}
_ANY_OF: Mapping[str, tuple[str, ...]] = {
    "STOCK_PLAN": ("stock_class_id", "stock_class_ids"),
    "DOCUMENT": ("path", "uri"),
}
"""Where exactly one of two fields is there."""
_NOT_EMPTY = frozenset(
    {
        "vesting_conditions",
        "vestings",
        "share_numbers_issued",
        "issuance_ids",
        "stock_class_ids",
        "conversion_triggers",
        "exercise_triggers",
    }
)


def schema_faults(item: Item) -> list[Fault]:
    """Where an object is not as the schema of its type has it: fields missing, strange, or of another type."""
    return [item.fault(message) for message in messages(item.type, item.body)]


def messages(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    model = _model(kind)
    try:
        made = model.model_validate(dict(body))
    except ValueError as refused:
        for one in _errors(refused):
            path = ".".join(str(part) for part in one["loc"]) or "object"
            yield f"{path}: {one['msg'][:200]}."
    except (ArithmeticError, RecursionError, TypeError) as broken:
        yield f"it cannot be read as {kind}: {type(broken).__name__}."
    else:
        yield from _strange(body, made.model_dump(exclude_unset=True), "")
    for name, value in body.items():
        if value == [] and (
            name in _NOT_EMPTY or (kind.endswith("_TRANSFER") and name == "resulting_security_ids")
        ):
            yield f"{name}: the list is empty."
    choice = _ANY_OF.get(kind)
    if choice and sum(name in body for name in choice) != 1:
        yield f"exactly one of {' and '.join(choice)} is given."


def _errors(refused: ValueError) -> list[dict[str, Any]]:
    """Of a pydantic.ValidationError, which is a ValueError, each with its place."""
    told = getattr(refused, "errors", None)
    return told(include_url=False, include_input=False) if told else [{"loc": (), "msg": str(refused)}]


def _strange(given: object, known: object, path: str) -> Iterator[str]:
    """Fields that the model of their place does not have: pyocf passes over them, OCF's schemas do not."""
    if isinstance(given, Mapping) and isinstance(known, Mapping):
        for name, value in given.items():
            place = f"{path}.{name}" if path else str(name)
            if name in known:
                yield from _strange(value, known[name], place)
            else:
                yield f"{place[:120]}: OCF {VERSION} has no such field there."
    elif isinstance(given, list) and isinstance(known, list):
        for number, (value, other) in enumerate(zip(given, known, strict=False)):
            yield from _strange(value, other, f"{path}[{number}]")


@lru_cache(maxsize=128)
def _model(kind: str) -> Any:
    """A pydantic model; imported late, for pyocf and pydantic cost every process 25 MB."""
    return import_string(f"pyocf.objects.{_place(kind)}")


def _place(kind: str) -> str:
    if kind in _OBJECTS:
        return _OBJECTS[kind]
    # OCF 1.2.0 has the plan securities of 1.0 as another name of equity compensation, with the same fields.
    family = kind.removeprefix("TX_").removesuffix(f"_{SECURITY_STEPS[kind][1]}")
    step = SECURITY_STEPS[kind][1]
    if step.startswith("VESTING_"):
        short = step.removeprefix("VESTING_").capitalize()
        return f"transactions.vesting.vesting{short.lower()}.Vesting{short}"
    camel = "".join(part.capitalize() for part in family.split("_"))
    return f"transactions.{step.lower()}.{camel.lower()}{step.lower()}.{camel}{step.capitalize()}"
