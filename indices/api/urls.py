from django.urls import URLPattern, URLResolver, path

from indices.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("indices", views.Indices.as_view(), name="api-indices"),
    path("indices/<str:code>", views.Index.as_view(), name="api-index"),
    path("indices/<str:code>/levels", views.Levels.as_view(), name="api-index-levels"),
    path("indices/<str:code>/rebalances", views.Rebalances.as_view(), name="api-index-rebalances"),
    path(
        "indices/<str:code>/rebalances/<uuid:rebalance_id>",
        views.Rebalance.as_view(),
        name="api-index-rebalance",
    ),
    path("index-orders", views.Orders.as_view(), name="api-index-orders"),
    path("index-orders/<uuid:order_id>", views.Order.as_view(), name="api-index-order"),
    path(
        "index-orders/<uuid:order_id>/cancellation",
        views.Cancellation.as_view(),
        name="api-index-order-cancel",
    ),
]
