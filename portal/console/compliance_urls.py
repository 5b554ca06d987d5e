from django.urls import URLPattern, URLResolver, path

from portal.console import discovery
from portal.http.consoles import compliance_console

discovery.load()
urlpatterns: list[URLPattern | URLResolver] = [path("", compliance_console.urls)]
