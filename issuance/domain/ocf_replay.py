"""
The history of an OCF package, replayed: who held what at the end of any day, and what in it cannot have been.

Within a day the order of the files counts, except that a security is there as soon as a transaction of its day
speaks of it. A security whose transaction names no balance keeps what is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from issuance.domain.ocf_holdings import History, Holding, Pool
from issuance.domain.ocf_objects import (
    SECURITY_STEPS,
    TRANSACTIONS,
    Item,
    Package,
    number,
    texts,
    written,
)

_TAKES = {
    "TRANSFER": "quantity",
    "CANCELLATION": "quantity",
    "REPURCHASE": "quantity",
    "CONVERSION": "quantity_converted",
    "EXERCISE": "quantity",
    "RELEASE": "quantity",
    "REISSUANCE": "",
    "RETRACTION": "",
}
"""What happens to a security -> where the transaction says how much; "" for all of it."""
_CONSERVED = frozenset({"TRANSFER"})
_AT_ONCE = frozenset({"TRANSFER", "REISSUANCE"})
_BACK = "RETURN_TO_POOL"
_RETURNS = frozenset({"CANCELLATION", "RETRACTION", "REPURCHASE"})


def replay(package: Package, *, until: str = "9999-12-31") -> History:
    """
    The state at the end of the day `until` (ISO text), with every fault of the history up to it.

    source  OCF 1.2.0, schema/objects/transactions
    """
    return _Replay(package, until).run()


class _Replay:
    def __init__(self, package: Package, until: str) -> None:
        self.until = until
        self.history = History()
        self.issuer_limit = _limit(package.issuer.get("initial_shares_authorized"))
        self.plans: dict[str, Item] = {}
        for item in package.of("STOCK_CLASS"):
            self.history.authorised[item.id] = _limit(item.body.get("initial_shares_authorized"))
        for item in package.of("STOCK_PLAN"):
            self.plans[item.id] = item
            self.history.pools[item.id] = Pool(number(item.body.get("initial_shares_reserved")) or 0)
        transactions = [item for item in package.items if item.type in TRANSACTIONS]
        self.order = sorted(transactions, key=lambda item: (item.day, item.number))
        self.issuances = {
            str(item.body.get("security_id")): item
            for item in reversed(self.order)
            if _step(item) == "ISSUANCE"
        }
        self.results = _results(self.order)
        self.explicit_returns = {
            str(item.body.get("security_id")) for item in self.order if _step(item) == "RETURN_TO_POOL"
        }
        self.adjusted = {
            (str(item.body.get("stock_class_id", "")), item.day)
            for item in self.order
            if item.type == "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT"
        }
        self.reissued = {
            (str(item.body.get("split_transaction_id")), str(item.body.get("security_id")))
            for item in self.order
            if item.type == "TX_STOCK_REISSUANCE" and item.body.get("split_transaction_id")
        }
        self.split_results = {
            security
            for item in self.order
            if item.type == "TX_STOCK_REISSUANCE" and item.body.get("split_transaction_id")
            for security in texts(item.body.get("resulting_security_ids"))
        }

    def run(self) -> History:
        today: list[Item] = []
        for item in self.order:
            if item.day > self.until:
                break
            if today and today[0].day != item.day:
                self._limits(today)
                today = []
            today.append(item)
            self._apply(item)
        self._limits(today)
        return self.history

    def _apply(self, item: Item) -> None:
        step = _step(item)
        if step == "ISSUANCE":
            self._issue(item)
        elif step in _TAKES:
            self._take(item, step)
        elif step == "RETURN_TO_POOL":
            self._return(str(item.body.get("stock_plan_id")), number(item.body.get("quantity")) or 0)
        elif step:
            self._mention(item, step)
        elif item.type == "TX_STOCK_CLASS_SPLIT":
            self._split(item)
        elif item.type == "TX_STOCK_PLAN_POOL_ADJUSTMENT":
            pool = self.history.pools.get(str(item.body.get("stock_plan_id")))
            if pool is not None:
                pool.reserved = number(item.body.get("shares_reserved")) or 0
        elif item.type == "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT":
            self.history.authorised[str(item.body.get("stock_class_id"))] = _limit(
                item.body.get("new_shares_authorized")
            )
        elif item.type == "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT":
            self.issuer_limit = _limit(item.body.get("new_shares_authorized"))

    # --- one security -----------------------------------------------------------------------------------

    def _issue(self, item: Item) -> None:
        body = item.body
        security = str(body.get("security_id"))
        if security in self.history.holdings:
            return
        kind = SECURITY_STEPS[item.type][0]
        amount, currency = body.get("quantity"), ""
        if kind == "convertible":
            money = body.get("investment_amount")
            amount, currency = _money(money)
        plan = str(body.get("stock_plan_id") or "")
        class_id = str(body.get("stock_class_id") or "")
        if kind == "equity_compensation":
            class_id = plan or class_id
        quantity = number(amount)
        made = Holding(
            security, kind, class_id, str(body.get("stakeholder_id")), quantity, item, currency, plan
        )
        self.history.holdings[security] = made
        self._counted(made, quantity or 0)
        pool = self.history.pools.get(plan)
        if pool is not None and security not in self.results:
            pool.granted += quantity or 0
            made.from_pool = True

    def _here(self, item: Item, security: str) -> Holding | None:
        """The security a transaction speaks of, issued by now where its issuance is of this day."""
        found = self.history.holdings.get(security)
        if found is None and security in self.issuances:
            issued = self.issuances[security]
            if issued.day <= item.day:
                self._issue(issued)
                return self.history.holdings.get(security)
            self._fault(item, f"it is dated {item.day}, before {security} is issued on {issued.day}.")
        return found

    def _mention(self, item: Item, step: str) -> None:
        if step in ("VESTING_START", "VESTING_EVENT"):
            return  # what vests may have begun before it was granted
        found = self._here(item, str(item.body.get("security_id")))
        if found is None or step != "VESTING_ACCELERATION":
            return
        quantity, held = number(item.body.get("quantity")), found.quantity
        if quantity is not None and held is not None and quantity > held:
            self._fault(
                item, f"{written(quantity)} cannot vest: {found.security_id} has {written(held)} left."
            )

    def _take(self, item: Item, step: str) -> None:
        security = str(item.body.get("security_id"))
        found = self._here(item, security)
        results = self._results_here(item)
        if found is None:
            return
        kind = SECURITY_STEPS[item.type][0]
        if found.kind != kind:
            self._fault(item, f"{security} is {_told(found.kind)}, not {_told(kind)}.")
            return
        if not found.open:
            self._fault(item, f"{security} has ended before; nothing of it is left to move.")
            return
        quantity = self._quantity(item, step, found)
        held = found.quantity
        if quantity is not None and held is not None and quantity > held:
            self._fault(item, f"{security} has {written(held)}; {written(quantity)} cannot leave it.")
            return
        if step in _CONSERVED and quantity is not None:
            self._conserved(item, results, quantity)
        balance = str(item.body.get("balance_security_id") or "")
        counted = found.kind != "convertible" or step != "CONVERSION"
        if balance and counted and held is not None and quantity is not None:
            self._balanced(item, balance, held - quantity)
        self._leave(item, step, found, quantity, ends=bool(balance))

    def _quantity(self, item: Item, step: str, found: Holding) -> int | None:
        """How much leaves; all of it where the transaction does not say."""
        if step == "REISSUANCE" or step == "RETRACTION":
            return found.quantity
        if found.kind == "convertible" and step == "CONVERSION":
            return found.quantity  # OCF does not say what `quantity_converted` counts: money or shares
        if found.kind == "convertible":
            amount, currency = _money(item.body.get("amount"))
            if currency != found.currency:
                self._fault(item, f"{found.security_id} is in {found.currency}, not in {currency}.")
            return number(amount)
        quantity = number(item.body.get(_TAKES[step]))
        return found.quantity if quantity is None else quantity

    def _leave(self, item: Item, step: str, found: Holding, quantity: int | None, *, ends: bool) -> None:
        told = found.security_id in self.explicit_returns
        if found.from_pool and step in _RETURNS and not told and self._goes_back(found.plan_id):
            self._return(found.plan_id, quantity or 0)
        left = None if found.quantity is None or quantity is None else found.quantity - quantity
        balance = self.history.holdings.get(str(item.body.get("balance_security_id") or ""))
        if balance is not None:
            balance.from_pool = found.from_pool
        for name in texts(item.body.get("resulting_security_ids")):
            heir = self.history.holdings.get(name)
            if heir is not None and step in ("TRANSFER", "REISSUANCE"):
                heir.from_pool = found.from_pool
        after = 0 if ends or not left else left
        self._counted(found, after - (found.quantity or 0))
        if not after:
            found.open, found.quantity = False, 0 if found.quantity is not None else None
        else:
            found.quantity = after

    def _counted(self, found: Holding, change: int) -> None:
        """Keeps what is outstanding of a stock class."""
        if found.kind == "stock":
            totals = self.history.outstanding
            totals[found.class_id] = totals.get(found.class_id, 0) + change

    def _goes_back(self, plan: str) -> bool:
        found = self.plans.get(plan)
        return found is not None and found.body.get("default_cancellation_behavior", _BACK) == _BACK

    def _return(self, plan: str, quantity: int) -> None:
        pool = self.history.pools.get(plan)
        if pool is not None:
            pool.returned += quantity

    def _results_here(self, item: Item) -> list[Holding]:
        """The securities a transaction results in; each is issued on its day."""
        names = [
            *texts(item.body.get("resulting_security_ids")),
            *texts(item.body.get("balance_security_id")),
        ]
        found = []
        for name in names:
            issued = self.issuances.get(name)
            if issued is None:
                continue
            if issued.day < item.day or (issued.day > item.day and _step(item) in _AT_ONCE):
                order = "before" if issued.day < item.day else "after"
                self._fault(
                    item,
                    f"{name} results from it on {item.day}, and is issued {order} that, on {issued.day}.",
                )
            if issued.day <= item.day:
                self._issue(issued)
                found.append(self.history.holdings[name])
        return found

    def _conserved(self, item: Item, results: Sequence[Holding], quantity: int) -> None:
        names = set(texts(item.body.get("resulting_security_ids")))
        moved = [one.quantity for one in results if one.security_id in names]
        if len(moved) < len(names) or None in moved:
            return
        total = sum(one or 0 for one in moved)
        if total != quantity:
            self._fault(item, f"{written(quantity)} leave and {written(total)} arrive.")

    def _balanced(self, item: Item, balance: str, left: int) -> None:
        found = self.history.holdings.get(balance)
        if found is not None and found.quantity is not None and found.quantity != left:
            self._fault(
                item, f"{written(left)} are left; the balance {balance} has {written(found.quantity)}."
            )

    # --- classes ----------------------------------------------------------------------------------------

    def _split(self, item: Item) -> None:
        ratio = item.body.get("split_ratio")
        parts = ratio if isinstance(ratio, Mapping) else {}
        above, below = number(parts.get("numerator")) or 0, number(parts.get("denominator")) or 0
        if above <= 0 or below <= 0:
            self._fault(item, "both parts of a split's ratio are above zero.")
            return
        split_class = str(item.body.get("stock_class_id"))
        for found in self.history.held("stock"):
            apart = (item.id, found.security_id) in self.reissued or found.security_id in self.split_results
            if found.class_id == split_class and not apart:
                after = (found.quantity or 0) * above // below
                self._counted(found, after - (found.quantity or 0))
                found.quantity = after
        limit = self.history.authorised.get(split_class)
        if above > below and (split_class, item.day) not in self.adjusted:
            if limit is not None:
                self.history.authorised[split_class] = limit * above // below
            if self.issuer_limit is not None:
                self.issuer_limit = self.issuer_limit * above // below

    def _limits(self, today: Iterable[Item]) -> None:
        """At the end of a day no class and no plan is beyond what it may have; told at the day's last that bears on it."""
        issued = [
            item
            for item in today
            if _step(item) == "ISSUANCE" or item.type == "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT"
        ]
        for class_id in dict.fromkeys(str(item.body.get("stock_class_id") or "") for item in issued):
            limit, total = self.history.authorised.get(class_id), self.history.outstanding.get(class_id, 0)
            if limit is not None and total > limit:
                last = [item for item in issued if item.body.get("stock_class_id") == class_id][-1]
                self._fault(
                    last,
                    f"{written(total)} of the class {class_id} would be outstanding; {written(limit)} are authorised.",
                )
        stock = [item for item in issued if item.type == "TX_STOCK_ISSUANCE"]
        total = sum(self.history.outstanding.values())
        if stock and self.issuer_limit is not None and total > self.issuer_limit:
            self._fault(
                stock[-1],
                f"{written(total)} shares would be outstanding; the issuer has {written(self.issuer_limit)} authorised.",
            )
        for plan in dict.fromkeys(str(item.body.get("stock_plan_id") or "") for item in issued):
            pool = self.history.pools.get(plan)
            if pool is not None and pool.available < 0:
                last = [item for item in issued if item.body.get("stock_plan_id") == plan][-1]
                self._fault(
                    last,
                    f"{written(pool.granted - pool.returned)} would be granted from the plan {plan}; "
                    f"{written(pool.reserved)} are reserved.",
                )

    def _fault(self, item: Item, message: str) -> None:
        self.history.faults.append(item.fault(message))


def _step(item: Item) -> str:
    return SECURITY_STEPS.get(item.type, ("", ""))[1]


def _limit(value: object) -> int | None:
    """Authorised shares; None for UNLIMITED, NOT APPLICABLE and where nothing is said."""
    return number(value)


def _money(value: Any) -> tuple[object, str]:
    if not isinstance(value, Mapping):
        return None, ""
    return value.get("amount"), str(value.get("currency", ""))


def _results(items: Iterable[Item]) -> set[str]:
    """Securities that come out of others, and so are not granted anew from a pool."""
    return {
        name
        for item in items
        if _step(item) in _TAKES
        for name in [
            *texts(item.body.get("resulting_security_ids")),
            *texts(item.body.get("balance_security_id")),
        ]
    }


def _told(kind: str) -> str:
    article = "an" if kind[0] in "aeiou" else "a"
    return "stock" if kind == "stock" else f"{article} {kind.replace('_', ' ')}"
