"""OAuth 2 for machines: client credentials for a token of a quarter of an hour (RFC 6749, 4.4)."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.access import services
from portal.accounts.sessions import address_of
from portal.domain.errors import Refused

GRANT = "client_credentials"


class AskSerializer(serializers.Serializer[Any]):
    grant_type = serializers.ChoiceField(choices=[GRANT])
    scope = serializers.CharField(
        required=False, max_length=600, help_text="Some of the client's scopes, with spaces between."
    )
    client_id = serializers.CharField(
        required=False, max_length=100, help_text="Here, or better by HTTP Basic."
    )
    client_secret = serializers.CharField(required=False, max_length=200)


class GrantedSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")
    scope = serializers.CharField()


class Token(APIView):
    """Errors are those of RFC 6749, 5.2, since that is what OAuth clients read."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    parser_classes = [FormParser]

    @extend_schema(
        request={"application/x-www-form-urlencoded": AskSerializer},
        responses=GrantedSerializer,
        tags=["Portal"],
        summary="A machine's token by client credentials",
    )
    def post(self, request: Request) -> Response:
        if request.data.get("grant_type") != GRANT:
            return _refused(400, "unsupported_grant_type", f"grant_type must be {GRANT}.")
        shown = _client(request)
        if shown is None:
            return _refused(401, "invalid_client", "Send client id and secret by HTTP Basic, or in the form.")
        try:
            made = services.grant_bearer(
                client_id=shown[0],
                secret=shown[1],
                scopes=str(request.data.get("scope", "")).split(),
                address=address_of(request),
                at=timezone.now(),
            )
        except services.ClientRefused as refused:
            return _refused(401, "invalid_client", refused.message)
        except services.BadScope as refused:
            return _refused(400, "invalid_scope", refused.message)
        except Refused as refused:
            return _refused(refused.status, "temporarily_unavailable", refused.message)
        told = {
            "access_token": made.token,
            "token_type": "Bearer",
            "expires_in": made.seconds,
            "scope": " ".join(made.scopes),
        }
        return Response(GrantedSerializer(told).data, headers={"Cache-Control": "no-store"})


def _client(request: Request) -> tuple[str, str] | None:
    """Id and secret as they were sent; None where there are none that can be read."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, colon, secret = base64.b64decode(value, validate=True).decode("ascii").partition(":")
        except (binascii.Error, ValueError):
            return None
        return (unquote_plus(name), unquote_plus(secret)) if colon and "\x00" not in name else None
    name, secret = str(request.data.get("client_id", "")), str(request.data.get("client_secret", ""))
    return (name, secret) if name and secret and "\x00" not in name else None


def _refused(status: int, error: str, told: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="api"'
    return Response({"error": error, "error_description": told}, status=status, headers=headers)
