"""Where the identity provider sends its results."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from investors.domain.signed_messages import verified
from investors.kyc import checks
from portal.domain.errors import Invalid, NotFound

LARGEST_MESSAGE = 64 * 1024


class NotConfigured(NotFound):
    """Nobody is expected to send anything here."""

    code = "no-identity-provider"


class MessageTooLarge(Invalid):
    code = "webhook-too-large"
    status = 413


class Messages(APIView):
    """The signature is the only proof of who sends: no session counts here, and no form token is asked for."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        if not settings.IDENTITY_PROVIDER_URL:
            raise NotConfigured("There is nothing at this address.")
        message = verified(
            headers=request.headers,
            body=_bounded_body(request),
            secrets=settings.IDENTITY_PROVIDER_SECRET,
            at=timezone.now(),
        )
        return Response({"status": checks.receive(message=message, at=timezone.now())})


def _bounded_body(request: Request) -> bytes:
    """What was sent, read no further than one byte past the limit."""
    sent: bytes = request.stream.read(LARGEST_MESSAGE + 1) if request.stream is not None else b""
    if len(sent) > LARGEST_MESSAGE:
        raise MessageTooLarge(f"The message is larger than {LARGEST_MESSAGE} bytes.", field="body")
    return sent
