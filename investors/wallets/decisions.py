"""
Addresses that sanctions lists name. Whoever imports a list calls `list_addresses` with its "Digital Currency
Address" entries: the whole of one source at a time. Wallets that it names are blocked in the same transaction.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from investors.wallets.facts import Imported, ListedInput
from investors.wallets.models import WALLET, ListedAddress, Wallet
from investors.wallets.selectors import listed_key
from investors.wallets.services import lists_stand_still
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid

_COLUMNS = {"address", "currency", "reference"}
_MOST = 200_000


class BadAddressList(Invalid):
    """The file cannot be read whole; nothing of it was imported."""

    code = "bad-address-list"


class OlderAddressList(Conflict):
    code = "older-address-list"


def list_addresses(
    *, source: str, list_date: date, entries: Iterable[ListedInput], actor: Actor, at: datetime
) -> Imported:
    """
    Put the addresses of one source in force, all of them: what the new list leaves out is no longer listed.

    list_date  the publisher's; the same or a later one than that in force
    raises     BadAddressList, OlderAddressList, Invalid naming the field
    """
    name = " ".join(source.split())
    if not name or len(name) > 80:
        raise Invalid("Name the list's source in at most 80 characters, such as OFAC SDN.", field="source")
    if list_date > at.date():
        raise Invalid(f"The list's date {list_date.isoformat()} lies in the future.", field="list_date")
    wanted = {listed_key(one.address): one for one in _checked(entries)}
    with transaction.atomic():
        lists_stand_still(changing=True)
        inforce = ListedAddress.objects.filter(source=name, removed_on=None)
        newest = inforce.aggregate(newest=Max("list_date"))["newest"]
        if newest is not None and list_date < newest:
            raise OlderAddressList(
                f"The list of {newest.isoformat()} is in force; this one is of {list_date.isoformat()}.",
                field="list_date",
            )
        known = dict(inforce.values_list("key", "pk"))
        gone = [pk for key, pk in known.items() if key not in wanted]
        ListedAddress.objects.filter(pk__in=gone).update(removed_on=list_date)
        new = [
            ListedAddress(
                source=name,
                key=key,
                address=one.address,
                currency=one.currency,
                reference=one.reference,
                list_date=list_date,
                listed_at=at,
            )
            for key, one in wanted.items()
            if key not in known
        ]
        ListedAddress.objects.bulk_create(new, batch_size=2000)
        inforce.update(list_date=list_date)
        blocked = _block(name, {one.key: one.reference for one in new}, actor, at)
        record(
            actor=actor,
            action="wallet.addresses_listed",
            subject="house:address-lists",
            at=at,
            source=name,
            list_date=list_date.isoformat(),
            listed=len(wanted),
            added=len(new),
            removed=len(gone),
            blocked=blocked,
        )
    return Imported(len(wanted), len(new), len(gone), blocked)


def import_addresses(*, source: str, list_date: date, content: bytes, actor: Actor, at: datetime) -> Imported:
    """
    As `list_addresses`, of a CSV file: UTF-8, columns address, currency, reference.

    raises  BadAddressList with the line
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadAddressList(
            f"The file is not UTF-8: byte {wrong.start} is none of it.", field="file"
        ) from wrong
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not {name.strip().lower() for name in reader.fieldnames or ()} >= _COLUMNS:
            raise BadAddressList(
                "The first line must name the columns address, currency and reference.", field="file"
            )
        rows = [
            {
                (key or "").strip().lower(): value if isinstance(value, str) else ""
                for key, value in row.items()
            }
            for row in reader
        ]
    except csv.Error as wrong:
        raise BadAddressList(f"Line {reader.line_num} cannot be read: {wrong}.", field="file") from wrong
    entries = [
        ListedInput(row["address"].strip(), row["currency"].strip(), row["reference"].strip()) for row in rows
    ]
    return list_addresses(source=source, list_date=list_date, entries=entries, actor=actor, at=at)


def _checked(entries: Iterable[ListedInput]) -> list[ListedInput]:
    found = list(entries)
    if not found:
        raise BadAddressList("The list names no address; nothing was changed.", field="file")
    if len(found) > _MOST:
        raise BadAddressList(f"The list has {len(found)} addresses; at most {_MOST} are read.", field="file")
    for number, one in enumerate(found, start=1):
        for what, text, most in (
            ("address", one.address, 120),
            ("currency", one.currency, 12),
            ("reference", one.reference, 80),
        ):
            if not text or len(text) > most or not text.isprintable():
                raise BadAddressList(
                    f"Entry {number}: the {what} is missing, unreadable or longer than {most} characters.",
                    field="file",
                )
    return found


def _block(source: str, references: dict[str, str], actor: Actor, at: datetime) -> int:
    """Block the wallets that the new entries name, in pk order."""
    # Addresses are stored with capitals; the key of each is compared, and only wallets in use count.
    in_use = Wallet.objects.filter(state="active").values_list("pk", "address")
    found = [pk for pk, address in in_use.iterator() if listed_key(address) in references]
    named = list(Wallet.objects.select_for_update().filter(pk__in=found, state="active").order_by("pk"))
    for row in named:
        row.state = WALLET.after(row.state, "block")
        row.listed = f"{source} {references[listed_key(row.address)]}"
        row.save(update_fields=["state", "listed"])
        record(
            actor=actor,
            action="wallet.blocked",
            subject=f"wallet:{row.pk}",
            at=at,
            investor=str(row.investor_id),
            address=row.address,
            listed=row.listed,
            rows=essences(row),
        )
    return len(named)
