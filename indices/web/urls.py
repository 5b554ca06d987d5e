"""The investor's pages of this house."""

from django.urls import URLPattern, URLResolver, path

from indices.web import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("indices/", pages.indices, name="indices"),
    path("indices/orders/", pages.orders, name="index-orders"),
    path("indices/orders/<uuid:order_id>/cancel/", pages.cancel, name="index-order-cancel"),
    path("indices/<str:code>/", pages.index, name="index"),
    path("indices/<str:code>/backtest/", pages.backtest, name="index-backtest"),
    path("indices/<str:code>/buy/", pages.buy, name="index-buy"),
    path("indices/<str:code>/redeem/", pages.redeem, name="index-redeem"),
    path("indices/<str:code>/rebalances/<uuid:rebalance_id>/", pages.rebalance, name="index-rebalance"),
]
