"""The investor's pages of this house."""

from django.urls import URLPattern, URLResolver, path

from issuance.web import data_room, desk, dividends, offerings, securities

__all__ = ["desk"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("invest/", offerings.invest, name="invest"),
    path("invest/<uuid:offering_id>/", offerings.offering, name="offering"),
    path("invest/<uuid:offering_id>/subscribe/", offerings.subscribe, name="subscribe"),
    path("invest/<uuid:offering_id>/room/", data_room.room, name="data-room"),
    path("invest/<uuid:offering_id>/room/<uuid:paper_id>/", data_room.paper, name="data-room-paper"),
    path("subscriptions/", offerings.subscriptions, name="subscriptions"),
    path("subscriptions/<uuid:subscription_id>/withdraw/", offerings.withdraw, name="subscription-withdraw"),
    path("portfolio/securities/<uuid:security_id>/", securities.security, name="holding"),
    path("dividends/", dividends.received, name="dividends"),
    path("tokens/<str:identifier>/", securities.token, name="token"),
]
