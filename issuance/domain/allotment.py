"""Allotment: what an amount buys, and who gets how much when more is asked for than there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.apportionment import apportion
from portal.domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class Demand:
    """What one subscription asks for. `quantity` in smallest units; the order of a list of demands is first come."""

    key: str
    quantity: int


def quantity_for(amount_minor: int, *, price_minor: int, scale: int, step: int = 1) -> int:
    """
    The most that `amount_minor` buys at `price_minor` for one whole unit, in multiples of `step`.

    step     smallest units that are sold together; 10**scale sells whole units only
    returns  smallest units, >= 0; `consideration` of it never exceeds `amount_minor`
    """
    _check_price(price_minor)
    whole: int = 10**scale
    return amount_minor * whole // price_minor // step * step


def consideration(quantity: int, *, price_minor: int, scale: int) -> int:
    """
    The price of `quantity` smallest units, in minor units, rounded up: a fraction of a cent is never given away.
    """
    _check_price(price_minor)
    whole: int = 10**scale
    return -(-quantity * price_minor // whole)


def _check_price(price_minor: int) -> None:
    if price_minor <= 0:
        raise Invalid(f"The price is {price_minor}; it must be above zero.", field="price")


def pro_rata(available: int, demands: Sequence[Demand], *, step: int = 1) -> dict[str, int]:
    """
    Allot by largest remainder over what each asked for; everyone in full when there is enough.

    available  smallest units, >= 0
    step       smallest units that are sold together; what does not fill a step stays unallotted
    returns    key -> quantity, 0 <= quantity <= asked; they sum to min(available, asked) in whole steps
    raises     Invalid for a negative or repeated demand, or one that is not in whole steps
    """
    _check(available, demands, step)
    steps = [demand.quantity // step for demand in demands]
    offered = min(available // step, sum(steps))
    return {demand.key: part * step for demand, part in zip(demands, apportion(offered, steps), strict=True)}


def first_come(available: int, demands: Sequence[Demand], *, step: int = 1) -> dict[str, int]:
    """
    Allot in the order given until nothing is left; the last one served may get a part.

    Shapes and errors as in `pro_rata`.
    """
    _check(available, demands, step)
    left, allotted = available // step * step, {}
    for demand in demands:
        allotted[demand.key] = min(left, demand.quantity)
        left -= allotted[demand.key]
    return allotted


METHODS = {"pro_rata": pro_rata, "first_come": first_come}


def _check(available: int, demands: Sequence[Demand], step: int) -> None:
    if available < 0:
        raise Invalid(f"{available} are available; that cannot be negative.", field="available")
    if len({demand.key for demand in demands}) != len(demands):
        raise Invalid("A subscription is named twice.", field="demands")
    for demand in demands:
        if demand.quantity < 0 or demand.quantity % step:
            raise Invalid(
                f"{demand.quantity} is not a whole number of steps of {step}, or is negative.",
                field="demands",
            )
