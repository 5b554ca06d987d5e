"""The data room of an offering over REST."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from investors.profiles.selectors import investor_of_user
from issuance.data_room import selectors, services
from issuance.offerings.selectors import NoSuchOffering
from issuance.offerings.selectors import offering as offering_of
from portal.http.actors import actor_of
from portal.http.authorization import require


class RoomPaperSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    filename = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    added_at = serializers.DateTimeField()


class RoomMissingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    what = serializers.CharField()
    how_to_get_it = serializers.CharField()


class RoomSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="How many papers there are, whether or not you may see them.")
    papers = RoomPaperSerializer(many=True, help_text="Empty while something is missing.")
    missing = RoomMissingSerializer(
        many=True, help_text="What keeps you out; empty when you may see the papers."
    )


class DataRoom(APIView):
    @extend_schema(
        responses=RoomSerializer,
        tags=["Offerings"],
        summary="Papers of an offering, or what is missing to see them",
    )
    def get(self, request: Request, offering_id: UUID) -> Response:
        require(request, "offering.browse")  # type: ignore[arg-type]
        one, investor = offering_of(offering_id), investor_of_user(request.user.pk)
        if one.state not in selectors.SHOWN:
            raise NoSuchOffering("There is no offering with this id.")
        if investor is None:
            missing: list[Any] = [NO_PROFILE]
        else:
            missing = list(selectors.missing(one, investor.id, at=timezone.now()))
        told = {
            "number": selectors.number_of_papers(one.id),
            "papers": [] if missing else selectors.papers(one.id),
            "missing": missing,
        }
        return Response(RoomSerializer(told).data)


class DataRoomPaper(APIView):
    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        tags=["Offerings"],
        summary="One paper of a data room, as a file",
        description="That you opened it is kept, and the issuer sees it.",
    )
    def get(self, request: Request, offering_id: UUID, paper_id: UUID) -> HttpResponse:
        require(request, "offering.browse")  # type: ignore[arg-type]
        investor = investor_of_user(request.user.pk)
        if investor is None:
            raise selectors.NoSuchPaper("There is no paper with this id in this data room.")
        opened = services.open_paper(
            offering_id=offering_id,
            paper_id=paper_id,
            investor_id=investor.id,
            actor=actor_of(request),  # type: ignore[arg-type]
            at=timezone.now(),
        )
        return HttpResponse(
            opened.content,
            content_type=opened.paper.media_type,
            headers={
                "Content-Disposition": "attachment",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )


NO_PROFILE = {
    "code": "no-investor",
    "what": "You have no investor profile yet.",
    "how_to_get_it": "Begin with your profile.",
}
