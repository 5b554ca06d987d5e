"""A register's lots as OCF transactions: each lot is a security; what is taken from one leaves a balance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """
    What one movement did to one lot.

    movement       number within the security's register
    quantity       signed decimal places of the class's scale: > 0 put in, < 0 taken out
    origin         the lot it came from in a transfer, "" for a new one
    price          decimal text for one share, "" where nothing is known
    """

    movement: int
    kind: str
    lot: str
    origin: str
    holder: str
    quantity: int
    day: date
    exemption: str = ""
    price: str = ""
    reason: str = ""
    consideration: str = ""


@dataclass(frozen=True, slots=True)
class StockClass:
    """The class the steps are of; `places` writes a quantity as an OCF number."""

    id: str
    code: str
    scale: int
    currency: str

    def places(self, quantity: int) -> str:
        whole, rest = divmod(quantity, 10**self.scale)
        tail = f"{rest:0{self.scale}d}".rstrip("0") if self.scale else ""
        return f"{whole}.{tail}" if tail else str(whole)


def transactions(stock: StockClass, steps: Iterable[Step]) -> list[dict[str, Any]]:
    """The OCF transactions of a register, in its order. Ids are made of the lots' and count up with each balance."""
    return _Writer(stock).run(steps)


class _Writer:
    def __init__(self, stock: StockClass) -> None:
        self.stock = stock
        self.left: dict[str, int] = {}
        self.name: dict[str, str] = {}
        self.told: dict[str, Step] = {}
        self.found: list[dict[str, Any]] = []
        self.certificates = 0

    def run(self, steps: Iterable[Step]) -> list[dict[str, Any]]:
        for _, group in groupby(steps, key=lambda step: step.movement):
            self._movement(list(group))
        return self.found

    def _movement(self, steps: Sequence[Step]) -> None:
        heirs: Mapping[str, list[Step]] = {
            taken.lot: [one for one in steps if one.quantity > 0 and one.origin == taken.lot]
            for taken in steps
            if taken.quantity < 0
        }
        for step in steps:
            if step.quantity > 0 and step.origin not in heirs:
                self._issue(step, step.lot, step.quantity, step)
            elif step.quantity < 0:
                self._take(step, heirs[step.lot])

    def _take(self, step: Step, heirs: Sequence[Step]) -> None:
        before = self.name[step.lot]
        self.left[step.lot] += step.quantity
        left = self.left[step.lot]
        body: dict[str, Any] = {
            "id": f"{step.lot}-tx-{step.movement}",
            "date": step.day.isoformat(),
            "security_id": before,
            "quantity": self.stock.places(-step.quantity),
        }
        if heirs:
            body |= {"object_type": "TX_STOCK_TRANSFER", "resulting_security_ids": [one.lot for one in heirs]}
        elif step.consideration:
            body |= {"object_type": "TX_STOCK_REPURCHASE", "price": self._money(step.consideration)}
        else:
            body |= {"object_type": "TX_STOCK_CANCELLATION", "reason_text": step.reason or "redeemed"}
        if left:
            body["balance_security_id"] = f"{step.lot}-balance-{step.movement}"
        self.found.append(body)
        for heir in heirs:
            self._issue(heir, heir.lot, heir.quantity, heir)
        if left:
            self._issue(self.told[step.lot], body["balance_security_id"], left, step)

    def _issue(self, told: Step, security: str, quantity: int, step: Step) -> None:
        self.certificates += 1
        self.left[told.lot], self.name[told.lot], self.told[told.lot] = quantity, security, told
        exemptions = [{"description": told.exemption, "jurisdiction": "US"}] if told.exemption else []
        self.found.append(
            {
                "object_type": "TX_STOCK_ISSUANCE",
                "id": f"{security}-issue",
                "date": step.day.isoformat(),
                "security_id": security,
                "custom_id": f"{self.stock.code}-{self.certificates}",
                "stakeholder_id": told.holder.rpartition(":")[2],
                "stock_class_id": self.stock.id,
                "share_price": self._money(told.price or "0"),
                "quantity": self.stock.places(quantity),
                "security_law_exemptions": exemptions,
                "stock_legend_ids": [],
            }
        )

    def _money(self, amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": self.stock.currency}
