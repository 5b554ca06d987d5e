"""The API's front page, and who one is to it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from investors.profiles.selectors import investor_of_user
from portal.accounts.selectors import memberships
from portal.domain.errors import NotFound


class NoSuchResource(NotFound):
    code = "no-such-resource"


class RootSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.URLField()
    documentation = serializers.URLField()
    me = serializers.URLField()
    accounts = serializers.URLField()


class Root(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses=RootSerializer, tags=["Portal"], summary="Where to go from here")
    def get(self, request: Request) -> Response:
        names = {
            "description": "api-schema",
            "documentation": "api-docs",
            "me": "api-me",
            "accounts": "api-accounts",
        }
        return Response(
            {"name": "Portal API"} | {key: reverse(name, request=request) for key, name in names.items()}
        )


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    organisation = serializers.UUIDField()
    organisation_name = serializers.CharField()


class MeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    investor = serializers.UUIDField(
        allow_null=True, help_text="Id of the investor's profile, where there is one."
    )
    roles = RoleSerializer(many=True)


class Me(APIView):
    @extend_schema(responses=MeSerializer, tags=["Portal"], summary="Who I am here, and in which roles")
    def get(self, request: Request) -> Response:
        investor = investor_of_user(request.user.pk)
        told = {
            "id": request.user.pk,
            "email": request.user.email,
            "name": request.user.name,
            "investor": investor.id if investor else None,
            "roles": [
                {
                    "role": str(one.role),
                    "organisation": one.organisation_id,
                    "organisation_name": one.organisation_name,
                }
                for one in memberships(user_id=request.user.pk)
            ],
        }
        return Response(MeSerializer(told).data)


@extend_schema(exclude=True)
class Nowhere(APIView):
    """Whatever is not there is answered as a problem, whatever the method."""

    permission_classes = [AllowAny]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("rest", None)
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NoSuchResource(
            "There is nothing at this address, or nothing that you may see.", next_step="See /api/v1/docs/."
        )
