"""An investor's own part: have everything exported, ask to close the account, take that back."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from investors.closure.facts import ClosureFacts, ExportFacts
from investors.closure.models import CLOSURE, EXPORT, Closure, DataExport
from investors.closure.ports import obstacles_of
from investors.closure.selectors import NoSuchClosure, NoSuchExport, closure_facts, export_facts
from investors.closure.snapshot import archive
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from investors.profiles.models import Investor
from portal.approvals import selectors as approvals
from portal.approvals import services as approving
from portal.audit.essences import essences
from portal.audit.services import record
from portal.documents import storage
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid
from portal.outbox.services import enqueue

MAKE = "investors.closure.make_export"
"""Outbox topic: make a data export that was asked for."""
GOOD_FOR = timedelta(days=7)
"""House policy: an export may be downloaded for a week; then its file is removed."""
_WISH = 2000


class AlreadyAsked(Conflict):
    code = "data-export-already-asked"


class ExportNotReady(Conflict):
    code = "data-export-not-ready"


class ExportDamaged(Conflict):
    code = "data-export-damaged"


class CannotCloseYet(Conflict):
    """Something is still held, owed or under way; `reasons` names each with its next step."""

    code = "cannot-close-yet"


class ClosureUnderWay(Conflict):
    code = "closure-under-way"


class AccountClosed(Conflict):
    code = "account-closed"


def ask_export(*, investor_id: UUID, actor: Actor, at: datetime) -> ExportFacts:
    """
    Have a ZIP of everything made; it is ready within minutes.

    raises  NoSuchInvestor, AccountClosed, AlreadyAsked while one is being made
    """
    with transaction.atomic():
        _open(investor_id)
        try:
            with transaction.atomic():
                made = DataExport.objects.create(investor_id=investor_id, asked_at=at)
        except IntegrityError as clash:
            if "data_export_asked_once" not in str(clash):
                raise
            raise AlreadyAsked(
                "An export was asked for already and is being made.", next_step="Look again in a minute."
            ) from clash
        enqueue(topic=MAKE, key=str(made.pk), payload={"export_id": str(made.pk)}, at=at)
        record(
            actor=actor,
            action="data_export.asked",
            subject=f"investor:{investor_id}",
            at=at,
            export=str(made.pk),
        )
    return export_facts(made)


def make_export(*, export_id: UUID, actor: Actor, at: datetime) -> ExportFacts:
    """Make what was asked for and seal it on the disk; a second call finds it made."""
    row = DataExport.objects.filter(pk=export_id).first()
    if row is None or row.state != "asked":
        return export_facts(_export(export_id))
    content = archive(profiles.investor(row.investor_id), actor=actor, at=at)
    key = storage.new_key()
    storage.write(key, content)
    with transaction.atomic():
        row = _export(export_id)
        if row.state != "asked":
            storage.discard(key)
            return export_facts(row)
        row.state = EXPORT.after(row.state, "make")
        row.ready_at, row.expires_at = at, at + GOOD_FOR
        row.size, row.sha256, row.storage_key = len(content), sha256_hex(content), key
        row.save()
        record(
            actor=actor,
            action="data_export.made",
            subject=f"investor:{row.investor_id}",
            at=at,
            export=str(row.pk),
            sha256=row.sha256,
            size=row.size,
        )
    return export_facts(row)


def download_export(*, export_id: UUID, investor_id: UUID, actor: Actor, at: datetime) -> bytes:
    """
    The ZIP, after telling the trail who got it. Front doors ask for a recent sign-in first.

    raises  NoSuchExport, ExportNotReady before and after its time, ExportDamaged
    """
    with transaction.atomic():
        row = _export(export_id, investor_id)
        if row.state != "ready" or row.expires_at is None or at >= row.expires_at:
            raise ExportNotReady(
                "This export is still being made."
                if row.state == "asked"
                else "The time of this export is over and its file is gone.",
                next_step="Look again in a minute." if row.state == "asked" else "Ask for a new one.",
            )
        try:
            content = storage.read(row.storage_key)
        except storage.StoredFileUnreadable as wrong:
            raise ExportDamaged(
                f"This export cannot be handed out: {wrong}.", next_step="Ask for a new one."
            ) from wrong
        DataExport.objects.filter(pk=row.pk).update(downloads=F("downloads") + 1)
        record(
            actor=actor,
            action="data_export.downloaded",
            subject=f"investor:{row.investor_id}",
            at=at,
            export=str(row.pk),
            sha256=row.sha256,
        )
    return content


def expire_export(*, export_id: UUID, actor: Actor, at: datetime) -> None:
    """Remove the file; what remains is that there was one. A second call does nothing."""
    with transaction.atomic():
        row = _export(export_id)
        if row.state != "ready":
            return
        key = row.storage_key
        row.state, row.storage_key = EXPORT.after(row.state, "expire"), ""
        row.save(update_fields=["state", "storage_key"])
        record(
            actor=actor,
            action="data_export.expired",
            subject=f"investor:{row.investor_id}",
            at=at,
            export=str(row.pk),
        )
        transaction.on_commit(lambda: storage.discard(key))


def drop_exports(*, investor_id: UUID, actor: Actor, at: datetime) -> None:
    """When an account closes: none of its exports is made any more, and those that were made go."""
    with transaction.atomic():
        found = DataExport.objects.filter(investor_id=investor_id, state__in=("asked", "ready"))
        for export_id in found.order_by("pk").values_list("pk", flat=True):
            row = _export(export_id)
            if row.state == "asked":
                row.state = EXPORT.after(row.state, "fail")
                row.save(update_fields=["state"])
                record(
                    actor=actor,
                    action="data_export.dropped",
                    subject=f"investor:{investor_id}",
                    reason="account closed",
                    at=at,
                    export=str(export_id),
                )
            expire_export(export_id=export_id, actor=actor, at=at)


def ask_to_close(*, investor_id: UUID, wish: str, actor: Actor, at: datetime) -> ClosureFacts:
    """
    Ask that the account be closed; two officers decide.

    wish    why, in the investor's words; may be empty
    raises  CannotCloseYet naming every obstacle with its next step, ClosureUnderWay, AccountClosed
    """
    said = wish.strip()
    if len(said) > _WISH:
        raise Invalid(f"At most {_WISH} characters; these are {len(said)}.", field="wish")
    with transaction.atomic():
        investor = _open(investor_id)
        if Closure.objects.filter(investor_id=investor_id, state__in=("asked", "proposed")).exists():
            raise ClosureUnderWay(
                "You have asked already and nobody has decided yet.",
                next_step="Wait for the decision, or take the request back.",
            )
        refuse_obstacles(investor)
        made = Closure.objects.create(investor_id=investor_id, wish=said, asked_at=at)
        record(
            actor=actor,
            action="closure.asked",
            subject=f"investor:{investor_id}",
            at=at,
            closure=str(made.pk),
            rows=essences(made),
        )
    return closure_facts(made)


def withdraw_closure(*, investor_id: UUID, actor: Actor, at: datetime) -> ClosureFacts:
    """
    Take the request back; an officer's proposal falls with it.

    raises  NoSuchClosure where none is under way
    """
    with transaction.atomic():
        _open(investor_id)
        row = (
            Closure.objects.select_for_update()
            .filter(investor_id=investor_id, state__in=("asked", "proposed"))
            .first()
        )
        if row is None:
            raise NoSuchClosure("You have not asked to close the account.")
        drop_proposal(row, at=at, note="The investor took the request back.")
        row.state, row.decided_at = CLOSURE.after(row.state, "withdraw"), at
        row.save(update_fields=["state", "decided_at"])
        record(
            actor=actor,
            action="closure.withdrawn",
            subject=f"investor:{investor_id}",
            at=at,
            closure=str(row.pk),
            rows=essences(row),
        )
    return closure_facts(row)


def refuse_obstacles(investor: InvestorFacts) -> None:
    """raises  CannotCloseYet"""
    found = obstacles_of(investor)
    if found:
        raise CannotCloseYet(
            "One thing keeps this account open."
            if len(found) == 1
            else f"{len(found)} things keep this account open.",
            reasons=[str(one) for one in found],
            next_step=found[0].next_step,
        )


def drop_proposal(row: Closure, *, at: datetime, note: str) -> None:
    """The first officer's question to a second one is withdrawn in his name, while it is open."""
    if row.approval_id is None:
        return
    asked = approvals.approval(row.approval_id)
    if asked.open:
        maker = Actor(kind="user", id=asked.maker.removeprefix("user:"), label=asked.maker_label)
        approving.withdraw(approval_id=asked.id, maker=maker, at=at, note=note)


def _open(investor_id: UUID) -> InvestorFacts:
    """The investor, locked; a closed one is refused."""
    row = Investor.objects.select_for_update(no_key=True).filter(pk=investor_id).first()
    if row is None:
        raise profiles.NoSuchInvestor("There is no investor with this id.")
    if row.closed_at is not None:
        raise AccountClosed(f"This account was closed on {row.closed_at:%d %b %Y}.")
    return profiles.investor_facts(row)


def _export(export_id: UUID, investor_id: UUID | None = None) -> DataExport:
    """Locked where a transaction is open."""
    rows = DataExport.objects.filter(pk=export_id)
    if transaction.get_connection().in_atomic_block:
        rows = rows.select_for_update()
    row = rows.first()
    if row is None or (investor_id is not None and row.investor_id != investor_id):
        raise NoSuchExport("There is no data export with this id.")
    return row
