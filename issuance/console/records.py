"""
The register and the decisions as lists: searched, filtered, exported, changed by nobody. They are read through the
framework's collection of models; nothing but the register writes a movement.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from issuance.console.scope import names
from issuance.console.wording import named
from issuance.models import DecisionRecord, Movement
from portal.domain.money import format_amount
from portal.http import exports
from portal.http.consoles import compliance_console, issuer_console
from portal.http.records import Nav, RecordAdmin


class HolderAdmin(RecordAdmin):
    """
    A list that names holders by their reference, the page's in one query. Files keep the whole id, since programs
    read them.

    holder_fields  column of the list: field of the row
    """

    holder_fields: dict[str, str] = {}

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        found = super().get_changelist_instance(request)
        rows = found.result_list = list(found.result_list)
        known = names({getattr(row, field) for row in rows for field in self.holder_fields.values()})
        for row in rows:
            row.known = known
        return found

    def _cell(self, name: Any, row: Model) -> exports.Cell:
        if name in self.holder_fields:
            return str(getattr(row, self.holder_fields[name]))
        return super()._cell(name, row)


class MovementAdmin(HolderAdmin):
    """The journal of all registers."""

    view_action = "cap_table.view"
    nav = Nav("Register", group="Run", icon="book", order=40)
    organisation_field = "security__issuer_id"
    list_display = (
        "number",
        "security_code",
        "kind",
        "giver",
        "receiver",
        "units",
        "effective_at",
        "decision_page",
    )
    list_display_links = None
    holder_fields = {"giver": "source", "receiver": "target"}
    list_filter = ("kind",)
    search_fields = ("source", "target", "security__code", "reason")
    list_select_related = ("security",)
    ordering = ("-effective_at", "-number")

    @admin.display(description="security", ordering="security__code")
    def security_code(self, row: Movement) -> str:
        return str(row.security.code)

    @admin.display(description="source", ordering="source")
    def giver(self, row: Movement) -> SafeString | str:
        return named(row.source, _known(row))

    @admin.display(description="target", ordering="target")
    def receiver(self, row: Movement) -> SafeString | str:
        return named(row.target, _known(row))

    @admin.display(description="quantity", ordering="quantity")
    def units(self, row: Movement) -> str:
        return "" if row.quantity is None else format_amount(row.quantity, scale=row.security.scale)

    @admin.display(description="decision")
    def decision_page(self, row: Movement) -> SafeString | str:
        return _decision_link(self.admin_site.name, row.decision_id, "passed") if row.decision_id else ""


class DecisionAdmin(HolderAdmin):
    """Every answer of the rules, to what was allowed and to what was refused."""

    view_action = "security.view"
    nav = Nav("Decisions", group="Rules", icon="check", order=10)
    organisation_field = "security__issuer_id"
    list_display = (
        "decided_at",
        "security_code",
        "kind",
        "whose",
        "verdict",
        "failed_rules",
        "rules_version",
    )
    list_display_links = None
    holder_fields = {"whose": "holder"}
    list_filter = ("passed", "kind")
    search_fields = ("holder", "subject", "security__code")
    list_select_related = ("security", "rule_set")
    ordering = ("-decided_at",)

    @admin.display(description="security", ordering="security__code")
    def security_code(self, row: DecisionRecord) -> str:
        return str(row.security.code)

    @admin.display(description="holder", ordering="holder")
    def whose(self, row: DecisionRecord) -> SafeString | str:
        return named(row.holder, _known(row))

    @admin.display(description="verdict", ordering="passed")
    def verdict(self, row: DecisionRecord) -> SafeString:
        return _decision_link(self.admin_site.name, row.pk, "passed" if row.passed else "refused")

    @admin.display(description="rules that failed")
    def failed_rules(self, row: DecisionRecord) -> str:
        failed = [one["rule"].replace("_", " ") for one in row.findings if one["outcome"] == "failed"]
        return ", ".join(failed)

    @admin.display(description="rules version")
    def rules_version(self, row: DecisionRecord) -> int:
        return int(row.rule_set.version)


def _known(row: Model) -> dict[str, str]:
    """References of the page's holders; none outside a list."""
    known: dict[str, str] = getattr(row, "known", {})
    return known


def _decision_link(site: str, decision_id: Any, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"{site}:decision", args=[decision_id]), text)


for _console in (issuer_console, compliance_console):
    _console.register(Movement, MovementAdmin)
    _console.register(DecisionRecord, DecisionAdmin)
