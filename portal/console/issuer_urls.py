from django.urls import URLPattern, URLResolver, path

from portal.console import discovery
from portal.http.consoles import issuer_console

discovery.load()
urlpatterns: list[URLPattern | URLResolver] = [path("", issuer_console.urls)]
