"""The cap table of an issuer on any day: the imported history as of that day, and the portal's register beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from issuance.domain.cap_table import PPM, Position
from issuance.domain.ocf_holdings import History, Holding, Pool
from issuance.domain.ocf_objects import SCALE, Package, written
from issuance.domain.ocf_replay import replay
from issuance.ocf.selectors import latest, package
from issuance.register.selectors import cap_table_of
from issuance.securities.selectors import securities
from portal.domain.apportionment import apportion
from portal.domain.money import format_amount


@dataclass(frozen=True, slots=True)
class Row:
    """
    What one holder has of one class.

    kind         stock | equity_compensation | warrant | convertible
    security     OCF's id of the class or plan where it was imported, else the portal's code
    holder       OCF's id of the stakeholder where he was imported, else "investor:<uuid>"
    quantity     decimal text of shares, or of the currency for a convertible; "" for a warrant without a number
    units        the same in smallest units of `scale` decimals
    share_ppm    of the class; 0 where shares make no sense
    """

    kind: str
    security: str
    security_name: str
    holder: str
    holder_name: str
    quantity: str
    units: int
    scale: int
    share_ppm: int = 0
    currency: str = ""

    @property
    def key(self) -> str:
        """The class among those of an issuer: kind, id and currency."""
        return f"{self.kind}|{self.security}|{self.currency}"


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A stock class or a security of the register: what may be, and what is outstanding; "" is unlimited."""

    security: str
    name: str
    authorised: str
    outstanding: str


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A stock plan: what is reserved, and what of it can still be granted."""

    plan: str
    name: str
    reserved: str
    available: str


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that is held of an issuer."""

    rows: tuple[Row, ...]
    classes: tuple[ClassRow, ...]
    pools: tuple[PoolRow, ...]
    imported: bool

    def positions(self) -> list[Position]:
        """Units by class and holder; a class is told apart by kind and currency."""
        return [Position(row.key, row.holder, row.units) for row in self.rows]

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row.kind == kind]


def table_of(issuer_id: UUID, *, as_of: datetime | None = None) -> Table:
    """The cap table now, or as it stood at an instant; of the imported history at the end of its day in UTC."""
    rows, classes = _register(issuer_id, as_of)
    known = latest(issuer_id)
    if known is None:
        return Table(tuple(rows), tuple(classes), (), imported=False)
    whole = package(known.id)
    history = replay(whole) if as_of is None else replay(whole, until=as_of.date().isoformat())
    return Table(
        (*imported_rows(whole, history), *rows),
        (*_imported_classes(whole, history), *classes),
        tuple(_pool(whole, plan, pool) for plan, pool in history.pools.items()),
        imported=True,
    )


def _register(issuer_id: UUID, as_of: datetime | None) -> tuple[list[Row], list[ClassRow]]:
    table = cap_table_of(issuer_id, as_of=as_of)
    found = securities(issuer_ids=[issuer_id])
    known = {one.code: one for one in found}
    rows = [
        Row(
            kind="stock",
            security=one.security,
            security_name=known[one.security].name,
            holder=line.holder,
            holder_name="",
            quantity=format_amount(line.quantity, scale=known[one.security].scale),
            units=line.quantity,
            scale=known[one.security].scale,
            share_ppm=line.share_ppm,
        )
        for one in table.classes
        for line in one.lines
    ]
    classes = [
        ClassRow(
            one.code,
            one.name,
            "" if one.authorised is None else format_amount(one.authorised, scale=one.scale),
            format_amount(table.of(one.code).outstanding, scale=one.scale),
        )
        for one in found
    ]
    return rows, classes


def imported_rows(whole: Package, history: History) -> list[Row]:
    """Holdings of a replayed history by kind, class and holder; largest first, equal ones by the holder's id."""
    people = {item.id: _name(item.body.get("name")) for item in whole.of("STAKEHOLDER")}
    names = {item.id: str(item.body.get("name")) for item in whole.of("STOCK_CLASS")}
    names |= {item.id: str(item.body.get("plan_name")) for item in whole.of("STOCK_PLAN")}
    found = []
    for kind in ("stock", "equity_compensation", "warrant", "convertible"):
        for (security, currency), holders in _grouped(history.held(kind), kind).items():
            ordered = sorted(holders.items(), key=lambda one: (-(one[1] or 0), one[0]))
            sizes = [size or 0 for _, size in ordered]
            shares = apportion(PPM, sizes) if sum(sizes) else [0] * len(sizes)
            for (holder, size), share in zip(ordered, shares, strict=True):
                found.append(
                    Row(
                        kind=kind,
                        security=security,
                        security_name=names.get(security, security),
                        holder=holder,
                        holder_name=people.get(holder, ""),
                        quantity="" if size is None else written(size),
                        units=size or 0,
                        scale=SCALE,
                        share_ppm=share,
                        currency=currency,
                    )
                )
    return found


def _grouped(held: Iterable[Holding], kind: str) -> dict[tuple[str, str], dict[str, int | None]]:
    """Class and currency -> holder -> what he has; the class of a convertible is its type, such as SAFE."""
    found: dict[tuple[str, str], dict[str, int | None]] = {}
    for one in held:
        security = one.class_id
        if kind == "warrant":
            security = "WARRANT"
        elif kind == "convertible":
            security = str(one.origin.body.get("convertible_type", ""))
        holders = found.setdefault((security, one.currency), {})
        before = holders.get(one.holder)
        holders[one.holder] = one.quantity if before is None else before + (one.quantity or 0)
    return dict(sorted(found.items()))


def _imported_classes(whole: Package, history: History) -> list[ClassRow]:
    return [
        ClassRow(
            item.id,
            str(item.body.get("name")),
            _number(history.authorised.get(item.id)),
            written(history.outstanding.get(item.id, 0)),
        )
        for item in whole.of("STOCK_CLASS")
    ]


def _pool(whole: Package, plan: str, pool: Pool) -> PoolRow:
    name = next(str(item.body.get("plan_name")) for item in whole.of("STOCK_PLAN") if item.id == plan)
    return PoolRow(plan, name, written(pool.reserved), written(pool.available))


def _number(size: int | None) -> str:
    return "" if size is None else written(size)


def _name(name: object) -> str:
    return str(name.get("legal_name", "")) if isinstance(name, dict) else ""
