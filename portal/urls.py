"""Every door, in one place."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("portal.accounts.urls")),
    path("documents/", include("portal.documents.urls")),
    path("console/", include("portal.console.issuer_urls")),
    path("compliance/", include("portal.console.compliance_urls")),
    path("api/v1/", include("portal.api.urls")),
    path("", include("portal.web.urls")),
]
handler400 = "portal.http.views.bad_request"
handler403 = "portal.http.views.forbidden"
handler404 = "portal.http.views.not_found"
handler500 = "portal.http.views.failed"
