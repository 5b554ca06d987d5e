"""What this house adds to /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from issuance.api import data_room, holdings, offerings

urlpatterns: list[URLPattern | URLResolver] = [
    path("offerings", offerings.Offerings.as_view(), name="api-offerings"),
    path("offerings/<uuid:offering_id>", offerings.Offering.as_view(), name="api-offering"),
    path("offerings/<uuid:offering_id>/data-room", data_room.DataRoom.as_view(), name="api-data-room"),
    path(
        "offerings/<uuid:offering_id>/data-room/<uuid:paper_id>",
        data_room.DataRoomPaper.as_view(),
        name="api-data-room-paper",
    ),
    path("subscriptions", offerings.Subscriptions.as_view(), name="api-subscriptions"),
    path("subscriptions/<uuid:subscription_id>", offerings.Subscription.as_view(), name="api-subscription"),
    path("holdings", holdings.Holdings.as_view(), name="api-holdings"),
    path("issuers/<uuid:issuer_id>/cap-table", holdings.CapTable.as_view(), name="api-cap-table"),
]
