"""
The transparency log for witnesses: no sign-in, no personal data. A witness keeps a signed head and asks, whenever
it sees a newer one, for the proof that the newer log begins with the older (C2SP tlog-witness works this way).
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from portal.audit import selectors as audit
from portal.audit import signing
from portal.domain.errors import Invalid, NotFound, Refused
from portal.http import problems


class BadSize(Invalid):
    """A size of the log is a whole number from 1 to its present size."""

    code = "bad-log-size"


class NoHead(NotFound):
    code = "no-checkpoint"


def as_problem(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Programs ask here: a refusal is a problem document, not a page."""

    @wraps(view)
    def told(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Refused as refused:
            return JsonResponse(
                problems.of_refusal(refused), status=refused.status, content_type=problems.MEDIA_TYPE
            )

    return told


@require_safe
@as_problem
def consistency(request: HttpRequest) -> HttpResponse:
    """
    /log/consistency?from=N&to=M: the proof that the log of N leaves is a prefix of the log of M; without `to`, of
    the last signed head. Hashes are hex, in the order of RFC 9162, 2.1.4.

    raises  BadSize, NoHead
    """
    head = audit.latest_checkpoint()
    if head is None:
        raise NoHead("The log has no checkpoint yet.", next_step="The first is signed with the first entry.")
    old = _size(request.GET.get("from", ""), "from", head.size)
    new = _size(request.GET.get("to") or str(head.size), "to", head.size)
    if old > new:
        raise BadSize(f"from ({old}) is larger than to ({new}): a log only grows.", field="from")
    signed = audit.checkpoint(new)
    return JsonResponse(
        {
            "from": old,
            "to": new,
            "consistency": [step.hex() for step in audit.consistency(old, new)],
            "checkpoint": signed.note if signed else "",
        }
    )


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The log's public key in C2SP's verifier form: compare it with the one that you were given elsewhere."""
    return HttpResponse(signing.verifier_key() + "\n", content_type="text/plain; charset=utf-8")


def _size(text: str, field: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and 1 <= int(text) <= most):
        raise BadSize(
            f"{field} is a whole number from 1 to {most}, the present size of the log.",
            field=field,
            next_step="The present head is at /log/checkpoint.",
        )
    return int(text)
