"""The Open Cap Table Format 1.2.0 as tables: files, types of objects, numbers, and what a fault is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

VERSION = "1.2.0"
SCALE = 10
"""Decimals of an OCF number: every quantity here is an integer of 10**-10."""
ONE = 10**SCALE

_NUMERIC = re.compile(r"([+-]?)([0-9]{1,27})(?:\.([0-9]{1,10}))?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

FILES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "stakeholders_files": ("OCF_STAKEHOLDERS_FILE", ("STAKEHOLDER",)),
    "stock_classes_files": ("OCF_STOCK_CLASSES_FILE", ("STOCK_CLASS",)),
    "stock_legend_templates_files": ("OCF_STOCK_LEGEND_TEMPLATES_FILE", ("STOCK_LEGEND_TEMPLATE",)),
    "stock_plans_files": ("OCF_STOCK_PLANS_FILE", ("STOCK_PLAN",)),
    "vesting_terms_files": ("OCF_VESTING_TERMS_FILE", ("VESTING_TERMS",)),
    "valuations_files": ("OCF_VALUATIONS_FILE", ("VALUATION",)),
    "financings_files": ("OCF_FINANCINGS_FILE", ("FINANCING",)),
    "documents_files": ("OCF_DOCUMENTS_FILE", ("DOCUMENT",)),
    "transactions_files": ("OCF_TRANSACTIONS_FILE", ()),
}
"""Key of the manifest -> type of the file and the types of objects in it; transactions have many."""
REQUIRED_FILES = (
    "stock_plans_files",
    "stock_legend_templates_files",
    "stock_classes_files",
    "vesting_terms_files",
    "valuations_files",
    "transactions_files",
    "stakeholders_files",
)

_STEPS: Mapping[str, tuple[str, ...]] = {
    "CONVERTIBLE": ("ACCEPTANCE", "CANCELLATION", "CONVERSION", "ISSUANCE", "RETRACTION", "TRANSFER"),
    "EQUITY_COMPENSATION": (
        "ACCEPTANCE",
        "CANCELLATION",
        "EXERCISE",
        "ISSUANCE",
        "RELEASE",
        "RETRACTION",
        "TRANSFER",
    ),
    "STOCK": (
        "ACCEPTANCE",
        "CANCELLATION",
        "CONVERSION",
        "ISSUANCE",
        "REISSUANCE",
        "REPURCHASE",
        "RETRACTION",
        "TRANSFER",
    ),
    "WARRANT": ("ACCEPTANCE", "CANCELLATION", "EXERCISE", "ISSUANCE", "RETRACTION", "TRANSFER"),
}
KINDS: Mapping[str, str] = {
    "STOCK": "stock",
    "EQUITY_COMPENSATION": "equity_compensation",
    "PLAN_SECURITY": "equity_compensation",
    "WARRANT": "warrant",
    "CONVERTIBLE": "convertible",
}


def _security_steps() -> Mapping[str, tuple[str, str]]:
    found = {}
    for family, steps in {**_STEPS, "PLAN_SECURITY": _STEPS["EQUITY_COMPENSATION"]}.items():
        for step in steps:
            found[f"TX_{family}_{step}"] = (KINDS[family], step)
    for step in ("START", "EVENT", "ACCELERATION"):
        found[f"TX_VESTING_{step}"] = ("", f"VESTING_{step}")
    found["TX_STOCK_PLAN_RETURN_TO_POOL"] = ("", "RETURN_TO_POOL")
    return found


SECURITY_STEPS = _security_steps()
"""Type of a transaction about one security -> kind of the security ("" for any) and what happens to it."""
OTHER_TRANSACTIONS = (
    "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT",
    "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT",
    "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
    "TX_STOCK_CLASS_SPLIT",
    "TX_STOCK_PLAN_POOL_ADJUSTMENT",
)
TRANSACTIONS = frozenset((*SECURITY_STEPS, *OTHER_TRANSACTIONS))
OBJECTS = frozenset(kind for _, kinds in FILES.values() for kind in kinds)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in which file and object; `object_id` "" where it is about the whole file."""

    file: str
    object_id: str
    message: str

    def __str__(self) -> str:
        about = f"{self.file}, {self.object_id}" if self.object_id else self.file
        return f"{about}: {self.message}"


@dataclass(frozen=True, slots=True)
class Item:
    """One object as its file has it. `number` counts over the whole package, in the order of the manifest."""

    file: str
    number: int
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.body.get("object_type", ""))

    @property
    def id(self) -> str:
        return str(self.body.get("id", ""))

    @property
    def day(self) -> str:
        """ISO day of a transaction: text in that form sorts as the days do."""
        return str(self.body.get("date", ""))

    def fault(self, message: str) -> Fault:
        return Fault(self.file, self.id or f"item {self.number}", message)


@dataclass(frozen=True, slots=True)
class Package:
    """A whole OCF package: its manifest, its objects in order, and the portal's side file where it has one."""

    manifest: Mapping[str, Any]
    items: tuple[Item, ...]
    manifest_file: str = "Manifest.ocf.json"
    side: Mapping[str, Any] = field(default_factory=dict)

    @property
    def issuer(self) -> Mapping[str, Any]:
        found = self.manifest.get("issuer")
        return found if isinstance(found, Mapping) else {}

    def of(self, kind: str) -> Iterator[Item]:
        return (item for item in self.items if item.type == kind)


def number(value: object) -> int | None:
    """
    An OCF number as an integer of 10**-10; None for what is none: NaN, exponents, JSON numbers, too many digits.

    source  OCF 1.2.0, types/Numeric: sign, digits, at most ten decimals, as text
    """
    found = _NUMERIC.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    size: int = int(found[2]) * ONE + int((found[3] or "").ljust(SCALE, "0"))
    return -size if found[1] == "-" else size


def written(quantity: int) -> str:
    """An integer of 10**-10 as an OCF number without idle zeros: 5.5, 1000."""
    whole, rest = divmod(abs(quantity), ONE)
    tail = f".{rest:010d}".rstrip("0").rstrip(".")
    return f"{'-' if quantity < 0 else ''}{whole}{tail}"


def day(value: object) -> date | None:
    """A day such as 2022-01-28; None for anything else."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def texts(value: object) -> list[str]:
    """The texts of a list, or the one text; what is none is left out."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, str)]
