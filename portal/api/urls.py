"""/api/v1/: the root, its description, and what each house adds in <house>/api/urls.py."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from portal.api import books, oauth, root

urlpatterns: list[URLPattern | URLResolver] = [
    path("", root.Root.as_view(), name="api-root"),
    path("openapi.yaml", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="api/docs.html"),
        name="api-docs",
    ),
    path("oauth/token", oauth.Token.as_view(), name="api-oauth-token"),
    path("me", root.Me.as_view(), name="api-me"),
    path("accounts", books.Accounts.as_view(), name="api-accounts"),
    path("accounts/<str:account>/entries", books.Entries.as_view(), name="api-entries"),
    path("", include("investors.api.urls")),
    path("", include("issuance.api.urls")),
    path("", include("indices.api.urls")),
    path("<path:rest>", root.Nowhere.as_view(), name="api-nowhere"),
]
