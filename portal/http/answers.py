"""What answers of the API carry beside their body: how many requests are left, and an entity tag for reads."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from portal.accounts.sessions import token_of
from portal.domain.canonical import sha256_hex

PREFIX = "/api/"


class ApiAnswers:
    """
    RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers), ETag with If-None-Match (RFC 9110, 13.1.2).

    The tag is of the bytes: it saves sending them, not finding them. A program with a token may keep an answer and must
    ask again each time; browsers and shared caches keep nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(PREFIX):
            return response
        response = _tagged(request, response)
        rate = getattr(request, "api_rate", None)
        if rate is not None:
            limit, left, seconds = rate
            response.headers["RateLimit-Policy"] = f'"default";q={limit};w=60'
            response.headers["RateLimit"] = f'"default";r={left};t={seconds}'
        return response


def _tagged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with its tag, or 304 where the client has it already."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.streaming:
        return response
    patch_vary_headers(response, ["Authorization", "Cookie", "Accept"])
    if token_of(request):
        response.headers.setdefault("Cache-Control", "private, no-cache")
    tag = f'"{sha256_hex(response.content)[:32]}"'
    response.headers["ETag"] = tag
    told = get_conditional_response(request, etag=tag, response=response)
    return response if told is None else told
