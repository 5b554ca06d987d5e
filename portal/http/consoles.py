"""
The issuer console and the compliance console: two sites of Django's own admin. Lists, search and filters are the
framework's; rights come from the permission table alone; what is a record cannot be edited.

A house adds pages and lists in its `console` folder and imports them from its admin.py:

    @issuer_console.page("offerings/<uuid:offering_id>/", name="offering", action="offering.view")
    def offering(request, offering_id): ...

    @issuer_console.page("offerings/", name="offerings", label="Offerings", group="Raise", icon="flag",
                         action="offering.view", count=open_offerings)
    def offerings(request): ...

    class MovementAdmin(RecordAdmin):
        view_action = "cap_table.view"
        nav = Nav("Movements", group="Run", icon="swap")
    issuer_console.register(Movement, MovementAdmin)
"""

from collections.abc import Callable
from functools import cached_property, wraps
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path
from django.views.i18n import JavaScriptCatalog

from portal.accounts import permissions
from portal.domain.roles import HOUSE_ROLES, ISSUER_ROLES
from portal.http.authorization import possible, principal
from portal.http.navigation import Count, Entry, Line, lines

View = Callable[..., HttpResponse]


class Group:
    def __init__(self, label: str, items: list[Line]) -> None:
        self.label, self.items = label, items


class Sidebar:
    """What console.html prints around a page; menus are computed when the page is."""

    def __init__(self, site: "Console", request: HttpRequest) -> None:
        self.site, self.request = site, request
        self.label = site.label
        self.name = site.name

    @property
    def home(self) -> str:
        return self.site.home

    @cached_property
    def scope(self) -> frozenset[UUID] | None:
        """Console.scope for this request."""
        return self.site.scope(self.request)

    @cached_property
    def groups(self) -> list[Group]:
        entries = self.site.entries()
        found = lines(self.request, entries, counted=True)
        return [Group(label, list(items)) for label, items in groupby(found, key=lambda line: line.group)]

    @cached_property
    def role(self) -> str:
        """The person's roles in words."""
        held = {role.label for role, _ in principal(self.request).roles}
        return ", ".join(sorted(held)).capitalize()


class Console(AdminSite):
    """
    One console.

    enter   the action of the permission table that opens the door
    groups  the order of the sidebar's headings; those not named come last
    """

    enable_nav_sidebar = False
    index_template = "admin/index.html"

    def __init__(self, *, name: str, label: str, enter: str, home: str, groups: tuple[str, ...]) -> None:
        super().__init__(name=name)
        self.label = self.site_header = self.site_title = label
        self.enter, self.home, self.group_order = enter, home, groups
        self._pages: list[tuple[str, View, str]] = []
        self._entries: list[Entry] = []

    # --- who may come in

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated) and possible(request, self.enter)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign-in is the portal's; whoever is signed in and may not enter is told so."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or self.home)
        if not self.has_permission(request):
            raise permissions.refusal(principal(request), self.enter)
        return HttpResponseRedirect(self.home)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise permissions.refusal(principal(request), self.enter)
            request.console = Sidebar(self, request)  # type: ignore[attr-defined]
            request.current_app = self.name  # type: ignore[attr-defined]
            return inner(request, *args, **kwargs)

        return inside

    # --- pages of our own

    def page(
        self,
        route: str,
        *,
        name: str,
        action: str,
        label: str = "",
        group: str = "",
        icon: str = "doc",
        order: int = 50,
        count: Count | None = None,
    ) -> Callable[[View], View]:
        """
        Add a page at `route` under this console, as "<console>:<name>".

        action  who may open it at all; a page about one thing also asks `require` with that thing's facts
        label   gives it a line in the sidebar, under the heading `group`
        """

        def add(view: View) -> View:
            @wraps(view)
            def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if not possible(request, action):
                    raise permissions.refusal(principal(request), action)
                return view(request, *args, **kwargs)

            self._pages.append((route, guarded, name))
            if label:
                self.entry(
                    label,
                    f"{self.name}:{name}",
                    group=group,
                    icon=icon,
                    order=order,
                    action=action,
                    count=count,
                )
            return guarded

        return add

    def entry(
        self,
        label: str,
        url_name: str,
        *,
        group: str = "",
        icon: str = "doc",
        order: int = 50,
        action: str = "",
        count: Count | None = None,
    ) -> None:
        """A line of the sidebar that leads to a page made elsewhere."""
        self._entries.append(Entry(label, url_name, icon, action, group, order, count))

    def entries(self) -> list[Entry]:
        listed = [
            Entry(
                admin.nav.label,
                f"{self.name}:{model._meta.app_label}_{model._meta.model_name}_changelist",
                admin.nav.icon,
                admin.view_action,
                admin.nav.group,
                admin.nav.order,
            )
            for model, admin in self._registry.items()
            if getattr(admin, "nav", None)
        ]
        order = {label: place for place, label in enumerate(("", *self.group_order))}
        return sorted(
            [*self._entries, *listed], key=lambda e: (order.get(e.group, 99), e.group, e.order, e.label)
        )

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our pages first; of the framework's own only what is wanted here: no password form, no free redirect."""
        unwanted = {"password_change", "password_change_done", "view_on_site", "logout", "jsi18n", "app_list"}
        inherited = [url for url in super().get_urls() if getattr(url, "name", None) not in unwanted]
        own: list[URLPattern | URLResolver] = [
            path(route, self.admin_view(view), name=name) for route, view, name in self._pages
        ]
        words = JavaScriptCatalog.as_view(packages=["django.contrib.admin"])
        return [*own, path("jsi18n/", self.admin_view(words, cacheable=True), name="jsi18n"), *inherited]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The framework's own menu: nothing, since the sidebar stands in its place."""
        return []

    def scope(self, request: HttpRequest) -> frozenset[UUID] | None:
        """Organisations whose data this person may see: None for all (the house's people), else his issuers."""
        who = principal(request)
        return None if who.holds(*HOUSE_ROLES) else who.organisations(*ISSUER_ROLES)


issuer_console = Console(
    name="console",
    label="Issuer console",
    enter="console.enter",
    home="/console/",
    groups=("Raise", "Run", "Company", "Operate"),
)
compliance_console = Console(
    name="compliance",
    label="Compliance",
    enter="compliance.enter",
    home="/compliance/",
    groups=("Evidence", "Rules", "Control", "Operate"),
)
