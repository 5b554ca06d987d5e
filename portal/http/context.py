"""What every page may print: the place's name, its menus, the person's other doors, the log's last head."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.audit.selectors import latest_checkpoint
from portal.http import navigation

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


class Site:
    """Read lazily by the templates: a page that prints no menu asks for none."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.name = settings.SITE_NAME
        self.demo = settings.DEMO_MODE
        theme = request.COOKIES.get(THEME_COOKIE, "")
        self.theme = theme if theme in THEMES else ""

    def nav(self) -> list[navigation.Line]:
        return navigation.lines(self.request, navigation.INVESTOR)

    def tabs(self) -> list[navigation.Line]:
        """The phone's bar: the most used, and one for the rest."""
        short = [entry for entry in navigation.INVESTOR if entry.url_name in navigation.ON_PHONE]
        return navigation.lines(self.request, [*short, navigation.MORE])

    def doors(self) -> list[navigation.Line]:
        """The consoles that this person may enter."""
        return navigation.lines(self.request, navigation.DOORS)

    def account_links(self) -> list[navigation.Line]:
        return navigation.lines(self.request, navigation.ACCOUNT)

    def checkpoint(self) -> Any:
        return latest_checkpoint()


def site(request: HttpRequest) -> dict[str, Any]:
    """For TEMPLATES: `site`, and `console` inside of one."""
    found: dict[str, Any] = {"site": SimpleLazyObject(lambda: Site(request))}
    console = getattr(request, "console", None)
    if console is not None:
        found["console"] = console
    return found
