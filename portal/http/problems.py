"""
Problem details for the API (RFC 9457): every refusal with all its reasons, and never a trace of the inside.

    {"type": "/problems/invalid", "title": "Amount is zero; …", "status": 422, "code": "invalid",
     "field": "amount", "errors": [{"field": "amount", "message": "…"}], …}
"""

import logging
import secrets
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.utils import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from portal.domain.decision import Decision
from portal.domain.errors import Refused

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("portal.api")


def problem(status: int, code: str, title: str, **members: Any) -> dict[str, Any]:
    """The members that every problem has, and those of `members` that say something."""
    told = {"type": f"/problems/{code}", "title": title, "status": status, "code": code}
    return told | {name: value for name, value in members.items() if value not in (None, "", [], ())}


def of_refusal(refused: Refused) -> dict[str, Any]:
    """A refusal with its field, next step, source, reasons, and every finding of the decision behind it."""
    decision = getattr(refused, "decision", None)
    findings = decision.as_dict()["findings"] if isinstance(decision, Decision) else []
    return problem(
        refused.status,
        refused.code,
        refused.message,
        field=refused.field,
        errors=[{"field": refused.field, "message": refused.message}] if refused.field else [],
        next_step=refused.next_step,
        source=refused.source,
        reasons=list(refused.reasons),
        findings=findings,
    )


def unexpected(reference: str) -> dict[str, Any]:
    return problem(
        500,
        "unexpected",
        "This could not be answered. Nothing was changed.",
        next_step=f"Tell the operator this reference: {reference}.",
        reference=reference,
    )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """For REST_FRAMEWORK["EXCEPTION_HANDLER"]: every exception of an API view as a problem."""
    set_rollback()
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        told = of_refusal(error)
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="api", error="invalid_token"'
    elif isinstance(error, exceptions.ValidationError):
        told = _of_validation(error)
    elif isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        told = problem(401, "not-signed-in", "Sign in first.", detail=str(error.detail))
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    elif isinstance(error, exceptions.Throttled):
        told = problem(429, "throttled", "Too many requests.", next_step=_wait(error.wait))
        headers["Retry-After"] = str(int(error.wait or 1) or 1)
    elif isinstance(error, Http404 | exceptions.NotFound):
        told = problem(404, "not-found", "There is nothing at this address, or nothing that you may see.")
    elif isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        told = problem(403, "not-allowed", "You may not do this.", detail=str(error))
    elif isinstance(error, exceptions.APIException):
        told = problem(error.status_code, str(error.default_code).replace("_", "-"), str(error.detail))
        headers.update({"Allow": _allow(context)} if error.status_code == 405 else {})
    elif isinstance(error, OperationalError):
        log.warning("The database did not answer in time", exc_info=error)
        told = problem(
            503,
            "busy",
            "The database did not answer in time. Nothing was changed.",
            next_step="Send it again.",
        )
        headers["Retry-After"] = "5"
    else:
        reference = secrets.token_hex(4)
        log.error("Unexpected, reference %s", reference, exc_info=error)
        told = unexpected(reference)
    return Response(told, status=told["status"], headers=headers, content_type=MEDIA_TYPE)


def _of_validation(error: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(_lines(error.detail, ""))
    first = errors[0] if errors else {"field": "", "message": "The request is not valid."}
    return problem(422, "invalid", first["message"], field=first["field"], errors=errors)


def _lines(detail: Any, field: str) -> Iterator[dict[str, str]]:
    """Nested DRF errors as one list; the field's path is joined by points."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _lines(inner, ".".join(part for part in (field, own) if part))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _lines(inner, f"{field}.{index}" if isinstance(inner, dict) and inner else field)
    else:
        yield {"field": field, "message": str(detail)}


def _wait(seconds: float | None) -> str:
    return f"Wait {int(seconds)} seconds." if seconds else "Wait a moment."


def _allow(context: dict[str, Any]) -> str:
    view = context.get("view")
    return ", ".join(getattr(view, "allowed_methods", []))
