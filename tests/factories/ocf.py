"""OCF packages made by hand: a company with classes, people and whatever happened to their securities."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEYS = {
    "STAKEHOLDER": ("stakeholders_files", "OCF_STAKEHOLDERS_FILE", "Stakeholders.ocf.json"),
    "STOCK_CLASS": ("stock_classes_files", "OCF_STOCK_CLASSES_FILE", "StockClasses.ocf.json"),
    "STOCK_LEGEND_TEMPLATE": (
        "stock_legend_templates_files",
        "OCF_STOCK_LEGEND_TEMPLATES_FILE",
        "StockLegends.ocf.json",
    ),
    "STOCK_PLAN": ("stock_plans_files", "OCF_STOCK_PLANS_FILE", "StockPlans.ocf.json"),
    "VESTING_TERMS": ("vesting_terms_files", "OCF_VESTING_TERMS_FILE", "VestingTerms.ocf.json"),
    "VALUATION": ("valuations_files", "OCF_VALUATIONS_FILE", "Valuations.ocf.json"),
    "TX": ("transactions_files", "OCF_TRANSACTIONS_FILE", "Transactions.ocf.json"),
}
USD = "USD"


@dataclass
class Company:
    """Add objects and transactions; ids count up. `files()` is the package."""

    id: str = "acme"
    name: str = "Acme Industries, Inc."
    items: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def add(self, kind: str, **body: Any) -> dict[str, Any]:
        self.count += 1
        made = {"object_type": kind, "id": f"{kind.lower()}-{self.count}", **body}
        self.items.append(made)
        return made

    def person(self, id: str) -> str:
        self.add("STAKEHOLDER", id=id, name={"legal_name": f"{id} Smith"}, stakeholder_type="INDIVIDUAL")
        return id

    def stock_class(self, id: str, authorised: str = "10000000") -> str:
        self.add(
            "STOCK_CLASS",
            id=id,
            name=f"{id} Stock",
            class_type="COMMON",
            default_id_prefix=f"{id}-",
            initial_shares_authorized=authorised,
            votes_per_share="1",
            seniority="1",
        )
        return id

    def plan(self, id: str, reserved: str, stock_class: str, **more: Any) -> str:
        self.add(
            "STOCK_PLAN",
            id=id,
            plan_name=id,
            initial_shares_reserved=reserved,
            stock_class_ids=[stock_class],
            **more,
        )
        return id

    def issue(
        self, security: str, holder: str, stock_class: str, quantity: str, day: str, **more: Any
    ) -> str:
        self.add(
            "TX_STOCK_ISSUANCE",
            date=day,
            security_id=security,
            custom_id=f"CS-{security}",
            stakeholder_id=holder,
            stock_class_id=stock_class,
            share_price={"amount": "1.00", "currency": USD},
            quantity=quantity,
            security_law_exemptions=[],
            stock_legend_ids=[],
            **more,
        )
        return security

    def grant(
        self, security: str, holder: str, plan: str, quantity: str, day: str, *, legacy: bool = False
    ) -> str:
        self.add(
            "TX_PLAN_SECURITY_ISSUANCE" if legacy else "TX_EQUITY_COMPENSATION_ISSUANCE",
            date=day,
            security_id=security,
            custom_id=f"OPT-{security}",
            stakeholder_id=holder,
            stock_plan_id=plan,
            compensation_type="OPTION_ISO",
            quantity=quantity,
            exercise_price={"amount": "0.50", "currency": USD},
            expiration_date="2040-01-01",
            termination_exercise_windows=[],
            security_law_exemptions=[],
        )
        return security

    def convertible(self, security: str, holder: str, amount: str, day: str) -> str:
        self.add(
            "TX_CONVERTIBLE_ISSUANCE",
            date=day,
            security_id=security,
            custom_id=f"SAFE-{security}",
            stakeholder_id=holder,
            convertible_type="SAFE",
            investment_amount={"amount": amount, "currency": USD},
            conversion_triggers=[
                {
                    "trigger_id": "next",
                    "type": "AUTOMATIC_ON_CONDITION",
                    "trigger_condition": "the next financing",
                    "conversion_right": {
                        "type": "CONVERTIBLE_CONVERSION_RIGHT",
                        "conversion_mechanism": {"type": "SAFE_CONVERSION", "conversion_mfn": False},
                        "converts_to_future_round": True,
                    },
                }
            ],
            seniority=1,
            security_law_exemptions=[],
        )
        return security

    def tx(self, kind: str, day: str, **body: Any) -> dict[str, Any]:
        return self.add(f"TX_{kind}", date=day, **body)

    def files(self) -> dict[str, bytes]:
        manifest: dict[str, Any] = {
            "ocf_version": "1.2.0",
            "file_type": "OCF_MANIFEST_FILE",
            "issuer": {
                "object_type": "ISSUER",
                "id": self.id,
                "legal_name": self.name,
                "formation_date": "2010-01-01",
                "country_of_formation": "US",
                "tax_ids": [],
            },
            "as_of": "2024-12-31",
            "generated_at": "2025-01-01T00:00:00Z",
        }
        found: dict[str, bytes] = {}
        for kind, (key, file_type, name) in KEYS.items():
            own = [one for one in self.items if (one["object_type"] + "_").startswith(f"{kind}_")]
            found[name] = json.dumps({"file_type": file_type, "items": own}).encode()
            manifest[key] = [{"filepath": f"./{name}", "md5": hashlib.md5(found[name]).hexdigest()}]
        return {"Manifest.ocf.json": json.dumps(manifest).encode(), **found}

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files().items():
            (folder / name).write_bytes(content)
        return folder


def founded(*people: str, authorised: str = "10000000") -> Company:
    """A company with one class "CS" and these people."""
    made = Company()
    for one in people:
        made.person(one)
    made.stock_class("CS", authorised)
    return made
