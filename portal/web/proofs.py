"""One transaction with its entries, its place in the transparency log, and the bundle that proves it offline."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from portal.audit import selectors as audit
from portal.audit.facts import EventFacts
from portal.domain.errors import NotFound
from portal.http.authorization import allowed
from portal.http.told import title_of
from portal.ledger import selectors as ledger
from portal.ledger.facts import EntryFacts
from portal.web.owners import owner_of

MOST_SHOWN = 200


class NoSuchTransaction(NotFound):
    code = "no-such-transaction"


class NoCheckpoint(NotFound):
    code = "no-checkpoint"


@login_required
def proof(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    entries = _visible(request, transaction_id)
    event = audit.event(entries[0].event_id)
    head = audit.latest_checkpoint()
    place, path = event.leaf_index, None
    if place is not None and head is not None and place < head.size:
        path = [step.hex() for step in audit.inclusion(place, head.size)]
    context = {
        "title": title_of(entries[0].kind),
        "transaction_id": transaction_id,
        "entries": entries,
        "first": entries[0],
        "event": event,
        "head": head,
        "sealed": path is not None,
        "path": path or [],
        "root": head.root.hex() if head else "",
        "record_href": reverse("compliance:audit-record", args=[event.event_id])
        if allowed(request, "audit.view")
        else "",
    }
    return render(request, "portal/proof.html", context)


@login_required
def bundle(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """What `python -m portal.audit.verifier` checks without us."""
    event: EventFacts = audit.event(_visible(request, transaction_id)[0].event_id)
    response = JsonResponse(audit.bundle([event.event_id]), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="proof-{transaction_id}.json"'
    return response


def checkpoint(request: HttpRequest) -> HttpResponse:
    """The log's last heads, for anybody who wants to remember one."""
    head = audit.latest_checkpoint()
    context = {
        "head": head,
        "root": head.root.hex() if head else "",
        "waiting": audit.waiting(),
        "earlier": [(one, one.root.hex()) for one in audit.checkpoints(limit=10)],
    }
    return render(request, "portal/checkpoint.html", context)


def checkpoint_note(request: HttpRequest) -> HttpResponse:
    """The signed note itself, as text (C2SP tlog-checkpoint)."""
    head = audit.latest_checkpoint()
    if head is None:
        raise NoCheckpoint(
            "The log has no checkpoint yet.", next_step="The first is signed with the first entry."
        )
    return HttpResponse(head.note, content_type="text/plain; charset=utf-8")


def _visible(request: HttpRequest, transaction_id: UUID) -> list[EntryFacts]:
    """
    The entries that this person may see: his own, or all of them where he may read the ledger.

    raises  NoSuchTransaction for an unknown id and for somebody else's alike
    """
    if allowed(request, "ledger.view"):
        entries = ledger.entries(transaction_id=transaction_id, limit=MOST_SHOWN)
    else:
        owner = owner_of(request)
        entries = (
            ledger.entries(transaction_id=transaction_id, owner=owner, limit=MOST_SHOWN) if owner else []
        )
    if not entries:
        raise NoSuchTransaction("There is no transaction with this id, or none that you may see.")
    return entries
