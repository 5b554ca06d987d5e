"""Pages by cursor: "what comes after this one", which stays right while rows are added."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from rest_framework.request import Request

from portal.domain.errors import Invalid

Row = TypeVar("Row")
DEFAULT_SIZE = 50
MOST = 200


class BadCursor(Invalid):
    code = "bad-cursor"


class BadLimit(Invalid):
    code = "bad-limit"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """rows (at most limit); next_href and first_href are "" where there is nothing there."""

    rows: Sequence[Row]
    next_href: str = ""
    first_href: str = ""
    next_cursor: str = ""


def encode(last_id: int) -> str:
    return base64.urlsafe_b64encode(f"b{last_id}".encode()).decode().rstrip("=")


def decode(cursor: str) -> int | None:
    """
    The id of the last row already shown.

    raises  BadCursor for anything that `encode` did not make
    """
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode(
            "ascii"
        )
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    digits = text[1:]
    if not (text.startswith("b") and digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise _bad_cursor()
    return int(digits)


def limit_of(request: HttpRequest | Request) -> int:
    """How many rows are asked for; raises BadLimit outside 1 to 200."""
    text = request.GET.get("limit", "")
    if not text:
        return DEFAULT_SIZE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST):
        raise BadLimit(f"limit is a whole number from 1 to {MOST}.", field="limit")
    return int(text)


def page(
    request: HttpRequest | Request,
    fetch: Callable[[int, int | None], Sequence[Row]],
    *,
    id_of: Callable[[Row], int],
) -> Page[Row]:
    """
    One page of rows, newest first.

    fetch  (limit, before_id) -> at most limit rows with ids below before_id, descending
    """
    before, limit = decode(request.GET.get("after", "")), limit_of(request)
    rows = list(fetch(limit + 1, before))
    more, shown = len(rows) > limit, rows[:limit]
    cursor = encode(id_of(shown[-1])) if more else ""
    return Page(
        rows=shown,
        next_href=_href(request, cursor) if more else "",
        first_href=_href(request, "") if before is not None else "",
        next_cursor=cursor,
    )


def link_header(page: Page[Row]) -> dict[str, str]:
    """The header Link (RFC 8288) to the next page, relative to this address; none at the end."""
    return {"Link": f'<{page.next_href}>; rel="next"'} if page.next_href else {}


def _href(request: Any, cursor: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if cursor:
        query["after"] = cursor
    return f"{request.path}?{query.urlencode()}" if query else str(request.path)


def _bad_cursor() -> BadCursor:
    return BadCursor(
        "The place to continue from (after) is not one that was given out here.",
        field="after",
        next_step="Start again without it.",
    )
