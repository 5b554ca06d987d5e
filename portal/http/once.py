"""
Doing it once. The API sends an Idempotency-Key; a page's form carries a one-time key. Both live in the
transaction of the effect: a refusal rolls the key back with everything else, so that a corrected request may
use it again.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils import encoders

from portal.domain.canonical import sha256_hex
from portal.domain.errors import Invalid
from portal.idempotency import services

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
FORM_FIELD = "form_key"
_KEY = re.compile(r"[\x21-\x7e]{8,200}", re.ASCII)
_NOT_BODY = {"csrfmiddlewaretoken", FORM_FIELD}

Page = TypeVar("Page", bound=Callable[..., HttpResponse])


class KeyMissing(Invalid):
    """An unsafe request must say which one it is."""

    code = "idempotency-key-missing"
    status = 400


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """
    For an unsafe method of an API view: the same key and body answer as the first time and do nothing again.

    raises  KeyMissing (400), KeyReused (422), KeyUnderWay (409)
    """

    @wraps(method)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not _KEY.fullmatch(key):
            raise KeyMissing(
                f"{HEADER} is missing or not 8 to 200 visible ASCII characters.",
                field=HEADER,
                next_step="Send a new random key, such as a UUID, with each new request, and the same one to retry.",
            )
        scope = _scope(request, f"{request.method} {request.path}")
        body = json.dumps(request.data, sort_keys=True, cls=encoders.JSONEncoder)
        with transaction.atomic():
            stored = services.claim(
                scope=scope, key=key, request_hash=sha256_hex(body.encode()), at=timezone.now()
            )
            if stored is not None:
                return Response(stored.response, status=stored.status, headers={REPLAYED: "true"})
            response = method(view, request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
                return response
            plain = json.loads(json.dumps(response.data, cls=encoders.JSONEncoder))
            services.complete(scope=scope, key=key, status=response.status_code, response=plain)
        return response

    once.idempotency_key = True  # type: ignore[attr-defined]
    return once


def once(view: Page) -> Page:
    """
    For a page with a form (components/form.html carries the key): a double click, a reload or a second send
    after going back leads to where the first one led.

    Only an answer that redirects counts as done, or one that shows what is shown once (`shown_once`); a form that is
    shown again with its errors keeps its key.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.POST.get(FORM_FIELD, "") if request.method == "POST" else ""
        if not _KEY.fullmatch(key):
            return view(request, *args, **kwargs)
        scope = _scope(request, f"form {request.path}")
        with transaction.atomic():
            stored = services.claim(scope=scope, key=key, request_hash=_form_hash(request), at=timezone.now())
            if stored is not None:
                messages.info(request, _("This was done already; it was not done twice."))
                return HttpResponseRedirect(str(stored.response["location"]))
            response = view(request, *args, **kwargs)
            leads_to = getattr(response, "leads_to", response.headers.get("Location", ""))
            if leads_to and response.status_code < 400:
                services.complete(scope=scope, key=key, status=302, response={"location": leads_to})
            else:
                transaction.set_rollback(True)
        return response

    return guarded  # type: ignore[return-value]


def shown_once(response: HttpResponse, *, leads_to: str) -> HttpResponse:
    """A page with something that is not kept, such as a new secret: the form sent again leads to `leads_to` instead."""
    response.leads_to = leads_to  # type: ignore[attr-defined]
    return response


def _scope(request: HttpRequest | Request, what: str) -> str:
    """Whose key it is and for what; long addresses are told by their hash."""
    who = str(request.user.pk) if request.user.is_authenticated else "anonymous"
    return f"{who} {what}" if len(what) <= 150 else f"{who} {sha256_hex(what.encode())}"


def _form_hash(request: HttpRequest) -> str:
    fields: Iterable[tuple[str, list[str]]] = sorted(request.POST.lists())
    told = [[name, values] for name, values in fields if name not in _NOT_BODY]
    for name, uploads in sorted(request.FILES.lists()):
        told.append([name, [f"{upload.name} {upload.size}" for upload in uploads]])
    return sha256_hex(json.dumps(told).encode())
