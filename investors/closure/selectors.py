"""Reads of data exports and of the closing of accounts."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from investors.closure.facts import ClosureFacts, ExportFacts
from investors.closure.models import Closure, DataExport
from portal.domain.errors import NotFound


class NoSuchExport(NotFound):
    code = "no-such-data-export"


class NoSuchClosure(NotFound):
    code = "no-such-closure"


def exports_of(investor_id: UUID, *, limit: int = 10) -> list[ExportFacts]:
    """Newest first."""
    found = DataExport.objects.filter(investor_id=investor_id).order_by("-asked_at", "pk")
    return [export_facts(one) for one in found[:limit]]


def export(export_id: UUID, *, investor_id: UUID) -> ExportFacts:
    """raises  NoSuchExport, also for another investor's"""
    found = DataExport.objects.filter(pk=export_id, investor_id=investor_id).first()
    if found is None:
        raise NoSuchExport("There is no data export with this id.")
    return export_facts(found)


def expired(*, at: datetime) -> list[UUID]:
    """Exports whose time is over, their files still there."""
    return list(
        DataExport.objects.filter(state="ready", expires_at__lte=at)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def closure(closure_id: UUID) -> ClosureFacts:
    """raises  NoSuchClosure"""
    found = Closure.objects.filter(pk=closure_id).first()
    if found is None:
        raise NoSuchClosure("There is no request to close with this id.")
    return closure_facts(found)


def closure_of(investor_id: UUID) -> ClosureFacts | None:
    """The newest request of this investor."""
    found = Closure.objects.filter(investor_id=investor_id).order_by("-asked_at", "pk").first()
    return None if found is None else closure_facts(found)


def closures(*, states: Iterable[str] = (), limit: int = 200) -> list[ClosureFacts]:
    """Oldest first, narrowed where asked."""
    found = Closure.objects.order_by("asked_at", "pk")
    if states:
        found = found.filter(state__in=list(states))
    return [closure_facts(one) for one in found[:limit]]


def erasable(*, on: date) -> list[ClosureFacts]:
    """Closed accounts of which nothing need be kept any more, oldest first."""
    found = Closure.objects.filter(state="approved", retained_until__lt=on)
    return [closure_facts(one) for one in found.order_by("retained_until", "pk")]


def export_facts(one: DataExport) -> ExportFacts:
    return ExportFacts(
        id=one.pk,
        investor_id=one.investor_id,
        state=one.state,
        asked_at=one.asked_at,
        ready_at=one.ready_at,
        expires_at=one.expires_at,
        size=one.size,
        sha256=one.sha256,
        downloads=one.downloads,
    )


def closure_facts(one: Closure) -> ClosureFacts:
    return ClosureFacts(
        id=one.pk,
        investor_id=one.investor_id,
        state=one.state,
        wish=one.wish,
        asked_at=one.asked_at,
        decided_at=one.decided_at,
        reason=one.reason,
        approval_id=one.approval_id,
        kept={name: date.fromisoformat(day) for name, day in one.kept.items()},
        erased=tuple(one.erased),
        retained_until=one.retained_until,
    )
