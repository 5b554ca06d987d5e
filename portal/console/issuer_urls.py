from django.urls import URLPattern, URLResolver, path

from portal.console import issuer
from portal.http.consoles import issuer_console

__all__ = ["issuer", "urlpatterns"]

urlpatterns: list[URLPattern | URLResolver] = [path("", issuer_console.urls)]
