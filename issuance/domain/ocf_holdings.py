"""What a replayed OCF history leaves: securities and who holds them, what classes have outstanding, pools, faults."""

from dataclasses import dataclass, field

from issuance.domain.ocf_objects import Fault, Item


@dataclass(slots=True)
class Holding:
    """
    One security of the history: a certificate, grant, warrant or convertible.

    quantity   10**-10 shares, or of the currency for a convertible; None for a warrant without a number
    class_id   stock class of stock, stock plan (or class) of equity compensation, "" otherwise
    origin     the item that issued it
    """

    security_id: str
    kind: str
    class_id: str
    holder: str
    quantity: int | None
    origin: Item
    currency: str = ""
    plan_id: str = ""
    open: bool = True
    from_pool: bool = False


@dataclass(slots=True)
class Pool:
    """A stock plan's pool in 10**-10 shares: reserved, taken by grants, and given back."""

    reserved: int
    granted: int = 0
    returned: int = 0

    @property
    def available(self) -> int:
        return self.reserved - self.granted + self.returned


@dataclass(slots=True)
class History:
    """What a replay left: everything ever issued, what each class may have and has, the pools, and the faults."""

    holdings: dict[str, Holding] = field(default_factory=dict)
    authorised: dict[str, int | None] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    outstanding: dict[str, int] = field(default_factory=dict)

    def held(self, kind: str) -> list[Holding]:
        """Open holdings of a kind, in the order of their issue, with something in them."""
        return [one for one in self.holdings.values() if one.kind == kind and one.open and one.quantity != 0]
