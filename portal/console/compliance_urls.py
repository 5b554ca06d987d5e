from django.urls import URLPattern, URLResolver, path

from portal.console import approvals, compliance, operations
from portal.http.consoles import compliance_console

__all__ = ["approvals", "compliance", "operations", "urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [path("", compliance_console.urls)]
