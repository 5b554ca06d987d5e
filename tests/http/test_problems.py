"""Refusals as problem+json and as pages: all that is known, and never a trace of the inside."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.utils import OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from portal.domain.decision import Decision, Finding, Outcome
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.http import problems


class TransferRefused(Refused):
    code = "transfer-refused"

    def __init__(self) -> None:
        super().__init__(
            "Transfer refused: would make 2,000 holders of record; this security allows 1,999.",
            field="quantity",
            next_step="Transfer to somebody who holds it already.",
            source="15 U.S.C. 78l(g)(1)(A)",
            reasons=["Would make 2,000 holders; 1,999 are allowed.", "The lot is locked until 12 May 2027."],
        )
        self.decision = Decision.of(
            [
                Finding(
                    "holder_count",
                    Outcome.FAILED,
                    "Would make 2,000 holders.",
                    "15 U.S.C. 78l(g)(1)(A)",
                    limit=1999,
                    used=1999,
                ),
                Finding("identity", Outcome.PASSED, "Identity verified.", "Claim: identity"),
            ],
            rule_set="506(c)",
            version=7,
        )


class Plain(Refused):
    """Two reasons and no decision."""

    code = "plain"


def raising(error: Exception) -> Any:
    class View(APIView):
        permission_classes = [AllowAny]
        authentication_classes: list[Any] = []

        def get(self, request: Request) -> Response:
            raise error

        post = get

    return View.as_view()


def answer_to(error: Exception) -> tuple[int, dict[str, Any], Any]:
    response = raising(error)(APIRequestFactory().get("/api/v1/x")).render()
    assert response["Content-Type"] == problems.MEDIA_TYPE
    return response.status_code, json.loads(response.content), response


def test_a_refusal_carries_field_reasons_source_next_step_and_every_finding() -> None:
    status, body, _ = answer_to(TransferRefused())
    assert status == 422
    assert body["type"] == "/problems/transfer-refused"
    assert body["title"].startswith("Transfer refused: would make 2,000 holders")
    assert body["status"] == 422
    assert body["code"] == "transfer-refused"
    assert body["field"] == "quantity"
    assert body["next_step"] == "Transfer to somebody who holds it already."
    assert body["source"] == "15 U.S.C. 78l(g)(1)(A)"
    assert len(body["reasons"]) == 2
    assert [finding["outcome"] for finding in body["findings"]] == ["failed", "passed"]
    assert body["findings"][0]["limit"] == "1999"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid("No.", field="x"), 422, "invalid"),
        (NotFound("None."), 404, "not-found"),
        (Conflict("Now."), 409, "conflict"),
        (Http404(), 404, "not-found"),
        (exceptions.NotAuthenticated(), 401, "not-signed-in"),
        (exceptions.PermissionDenied(), 403, "not-allowed"),
        (exceptions.ParseError("broken"), 400, "parse-error"),
        (exceptions.MethodNotAllowed("GET"), 405, "method-not-allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported-media-type"),
        (exceptions.Throttled(wait=7), 429, "throttled"),
        (OperationalError("canceling statement due to lock timeout"), 503, "busy"),
        (RuntimeError("secret: dsn=postgres://portal:hunter2@db"), 500, "unexpected"),
        (KeyError("password"), 500, "unexpected"),
    ],
)
def test_every_exception_becomes_a_problem_without_its_inside(
    error: Exception, status: int, code: str
) -> None:
    found, body, response = answer_to(error)
    assert found == body["status"] == status
    assert body["code"] == code
    assert {"type", "title"} <= set(body)
    text = json.dumps(body)
    for inside in ("hunter2", "Traceback", "RuntimeError", "KeyError", "lock timeout"):
        assert inside not in text
    if status in (429, 503):
        assert int(response["Retry-After"]) > 0


def test_validation_errors_name_each_field_by_its_path() -> None:
    error = exceptions.ValidationError(
        {"amount": ["Not a number."], "lines": [{}, {"price": ["Too high."]}], "non_field_errors": ["No."]}
    )
    status, body, _ = answer_to(error)
    assert status == 422
    assert body["errors"] == [
        {"field": "amount", "message": "Not a number."},
        {"field": "lines.1.price", "message": "Too high."},
        {"field": "", "message": "No."},
    ]


class Echo(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    class Body(serializers.Serializer[Any]):
        name = serializers.CharField()

    def post(self, request: Request) -> Response:
        body = self.Body(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "Ada"}', 200),
        (b"{", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": Infinity}', 400),
        (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": "a\\u0000b"}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b'{"na\\u0000me": "a"}', 400),
        (b'["name"]', 422),
        (b'"name"', 422),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b"\xff\xfe", 400),
        (b"1" * 5000, 400),
        (b"", 422),
        (b"null", 422),
    ],
)
def test_json_that_is_broken_or_ambiguous_is_refused_before_a_view_sees_it(body: bytes, status: int) -> None:
    response = Echo.as_view()(
        APIRequestFactory().post("/api/v1/x", body, content_type="application/json")
    ).render()
    assert response.status_code == status, response.content
    if status != 200:
        assert json.loads(response.content)["status"] == status


def refused_page(request: Any) -> HttpResponse:
    raise TransferRefused


def plain_page(request: Any) -> HttpResponse:
    raise Plain(
        "Nine <b>things</b> are wrong.",
        reasons=["The first <i>thing</i>.", "The second."],
        next_step="Mend both.",
        source="Rule 9",
    )


def broken_page(request: Any) -> HttpResponse:
    raise RuntimeError("secret: hunter2")


def busy_page(request: Any) -> HttpResponse:
    raise OperationalError("canceling statement due to statement timeout")


urlpatterns = [
    path("refused/", refused_page),
    path("plain/", plain_page),
    path("broken/", broken_page),
    path("busy/", busy_page),
    path("", include("portal.urls")),
]
handler400 = "portal.http.views.bad_request"
handler403 = "portal.http.views.forbidden"
handler404 = "portal.http.views.not_found"
handler500 = "portal.http.views.failed"


@pytest.mark.django_db
@pytest.mark.urls(__name__)
class TestPages:
    def test_a_refused_page_renders_all_findings(self, client: Client) -> None:
        answer = client.get("/refused/")
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "would make 2,000 holders of record" in text
        assert "Would make 2,000 holders." in text
        assert "Identity verified." in text
        assert "15 U.S.C. 78l(g)(1)(A)" in text
        assert "1,999" in text

    def test_a_refusal_without_a_decision_renders_all_reasons_escaped(self, client: Client) -> None:
        text = client.get("/plain/").content.decode()
        assert "Nine &lt;b&gt;things&lt;/b&gt; are wrong." in text
        assert "The first &lt;i&gt;thing&lt;/i&gt;." in text
        assert "The second." in text
        assert "Mend both." in text
        assert "Rule 9" in text
        assert "Nothing was changed." in text

    def test_htmx_gets_the_fragment_alone(self, client: Client) -> None:
        answer = client.get("/plain/", headers={"HX-Request": "true"})
        assert answer.status_code == 422
        assert "<html" not in answer.content.decode()
        assert "The second." in answer.content.decode()

    def test_an_unexpected_error_tells_a_reference_and_nothing_else(self) -> None:
        client = Client(raise_request_exception=False)
        answer = client.get("/broken/")
        text = answer.content.decode()
        assert answer.status_code == 500
        assert "hunter2" not in text
        assert "RuntimeError" not in text
        assert "reference" in text
        assert "Content-Security-Policy" in answer.headers

    def test_a_busy_database_is_told_as_such(self, client: Client) -> None:
        answer = client.get("/busy/")
        assert answer.status_code == 503
        assert answer["Retry-After"] == "5"
        assert "Nothing was changed" in answer.content.decode()

    def test_an_unknown_page_is_a_page_and_an_unknown_resource_a_problem(self, client: Client) -> None:
        page = client.get("/no/such/page/")
        assert page.status_code == 404
        assert "There is nothing at this address" in page.content.decode()
        for method in ("get", "post", "put", "delete"):
            resource = getattr(client, method)("/api/v1/no/such/thing")
            assert resource.status_code == 404
            assert resource["Content-Type"] == problems.MEDIA_TYPE
            assert resource.json()["code"] == "no-such-resource"


def test_an_unexpected_error_under_the_api_is_a_problem() -> None:
    request = RequestFactory().get("/api/v1/x")
    request.user = AnonymousUser()
    from_handler = problems.unexpected("abcd1234")
    assert from_handler["status"] == 500
    assert from_handler["reference"] == "abcd1234"
