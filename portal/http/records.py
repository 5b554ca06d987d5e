"""ModelAdmins for the consoles: lists of records that can be read, searched, filtered and exported, not edited."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from portal.domain.errors import NotFound, Refused
from portal.http import exports
from portal.http.authorization import possible, require

MOST_EXPORTED = 50_000
EXPORT_PARAMETER = "export"


class NoSuchRecord(NotFound):
    code = "no-such-record"


@dataclass(frozen=True, slots=True)
class Nav:
    """The list's line in the sidebar."""

    label: str
    group: str = ""
    icon: str = "doc"
    order: int = 50


class RecordAdmin(ModelAdmin):
    """
    A table of record: seen by whom the permission table lets see it, changed by nobody.

    view_action  the action that opens it
    scoped       narrows the rows to what this person may see; the default lets the house's people see all and
                 an issuer's people their own, by `organisation_field`
    """

    view_action = ""
    nav: Nav | None = None
    organisation_field = ""
    actions: Sequence[Any] | None = None
    list_per_page = 50
    show_full_result_count = False
    list_display_links: Sequence[str] | None

    def scoped(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        organisations = self.admin_site.scope(request)  # type: ignore[attr-defined]
        if organisations is None:
            return rows
        if not self.organisation_field:
            return rows.none()
        return rows.filter(**{f"{self.organisation_field}__in": organisations})

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.scoped(request, super().get_queryset(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.view_action) and possible(request, self.view_action)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise NoSuchRecord(
            "The history of a record is in the audit trail.", next_step="Open the audit explorer."
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The framework's list; with ?export=csv the rows it would show, on all pages, as a file."""
        kind = request.GET.get(EXPORT_PARAMETER, "")
        if kind:
            query = request.GET.copy()
            query.pop(EXPORT_PARAMETER)
            request.GET = query  # type: ignore[assignment]
            if not self.has_view_permission(request):
                require(request, self.view_action)
            return self.export(request, kind)
        files = [
            (word, self._export_href(request, kind)) for word, kind in (("CSV", "csv"), ("XLSX", "xlsx"))
        ]
        return super().changelist_view(request, {"exports": files, **(extra_context or {})})

    def _export_href(self, request: HttpRequest, kind: str) -> str:
        query = request.GET.copy()
        query.pop("p", None)
        query[EXPORT_PARAMETER] = kind
        return f"?{query.urlencode()}"

    def export(self, request: HttpRequest, kind: str) -> HttpResponse:
        """At most MOST_EXPORTED rows, in the list's order, with the list's columns."""
        names = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        rows = self.get_changelist_instance(request).get_queryset(request)[:MOST_EXPORTED]
        return exports.download(
            kind,
            name=str(self.model._meta.verbose_name_plural),
            head=[str(label_for_field(name, self.model, self)) for name in names],
            rows=([self._cell(name, row) for name in names] for row in rows),
        )

    def _cell(self, name: Any, row: Model) -> exports.Cell:
        _, _, value = lookup_field(name, row, self)
        if isinstance(value, SafeString):
            return strip_tags(value).strip()
        return value if isinstance(value, exports.CELL_TYPES) else str(value)


class ServiceAdmin(RecordAdmin):
    """A list whose actions call services. Nothing is saved by the framework itself."""

    actions: Sequence[Any] | None = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only those whose action of the permission table this person may take."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return {
            name: entry
            for name, entry in found.items()
            if possible(request, getattr(entry[0], "permission_action", self.view_action))
        }


def service_action(*, description: str, action: str, done: str) -> Callable[..., Any]:
    """
    Turn a function of one row into an admin action: it runs for each chosen row, each in its own service's
    transaction; what was refused is told with its reason and leaves the others alone.

    done  "{count} approved."
    """

    def decorate(run: Callable[[Any, HttpRequest, Any], None]) -> Callable[..., None]:
        @wraps(run)
        def act(admin: RecordAdmin, request: HttpRequest, rows: Iterable[Any]) -> None:
            count = 0
            for row in rows:
                try:
                    run(admin, request, row)
                    count += 1
                except Refused as refused:
                    messages.error(request, f"{row}: {refused.message} {refused.next_step}".strip())
            if count:
                messages.success(request, done.format(count=count))

        act.short_description = description  # type: ignore[attr-defined]
        act.permission_action = action  # type: ignore[attr-defined]
        return act

    return decorate
