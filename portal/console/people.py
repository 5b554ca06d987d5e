"""Lists of who acts for whom, and of what two people signed."""

from django.contrib.admin import display
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.accounts.models import Membership, Organisation
from portal.approvals.models import Approval
from portal.http import four_eyes
from portal.http.consoles import compliance_console, issuer_console
from portal.http.records import Nav, RecordAdmin
from portal.http.templatetags.figures import moment, short_subject
from portal.http.templatetags.parts import pill


class MembershipAdmin(RecordAdmin):
    view_action = "member.view"
    organisation_field = "organisation_id"
    list_display = ("person", "address", "role_label", "organisation", "since", "state")
    list_filter = ("role",)
    search_fields = ("user__name", "user__email", "organisation__name")
    list_select_related = ("user", "organisation")
    ordering = ("organisation__name", "created_at")

    @display(description="person", ordering="user__name")
    def person(self, row: Membership) -> str:
        return str(row.user)

    @display(description="address")
    def address(self, row: Membership) -> str:
        return row.user.email

    @display(description="role", ordering="role")
    def role_label(self, row: Membership) -> str:
        return row.get_role_display().capitalize()

    @display(description="since", ordering="created_at")
    def since(self, row: Membership) -> SafeString:
        return moment(row.created_at)

    @display(description="state")
    def state(self, row: Membership) -> SafeString:
        return pill("Ended") if row.ended_at else pill("In force", "ok")


class TeamAdmin(MembershipAdmin):
    """An issuer's own people."""

    nav = Nav("Team", group="Company", icon="people", order=10)


class AccessAdmin(MembershipAdmin):
    nav = Nav("Access", group="Control", icon="key", order=30)


class OrganisationAdmin(RecordAdmin):
    view_action = "issuer.view"
    organisation_field = "id"
    nav = Nav("Organisations", group="Control", icon="building", order=40)
    list_display = ("name", "kind", "since")
    list_filter = ("kind",)
    search_fields = ("name",)
    ordering = ("name",)

    @display(description="since", ordering="created_at")
    def since(self, row: Organisation) -> SafeString:
        return moment(row.created_at)


class ApprovalAdmin(RecordAdmin):
    """All that was ever asked, with who asked and who decided."""

    view_action = "approval.view"
    organisation_field = "organisation_id"
    nav: Nav | None = Nav("Signed by two", group="Control", icon="check", order=20)
    list_display = ("what", "about", "asked_by", "decided_by", "stands", "asked")
    list_display_links = None
    list_filter = ("state", "action")
    search_fields = ("subject", "action", "maker_label", "checker_label")
    ordering = ("-requested_at",)

    @display(description="what", ordering="action")
    def what(self, row: Approval) -> SafeString:
        href = reverse(f"{self.admin_site.name}:approval", args=[row.pk])
        return format_html('<a href="{}">{}</a>', href, four_eyes.title_of(row.action))

    @display(description="about", ordering="subject")
    def about(self, row: Approval) -> SafeString:
        return _cut(row.subject)

    @display(description="asked by")
    def asked_by(self, row: Approval) -> str:
        return row.maker_label or _cut(row.maker)

    @display(description="decided by")
    def decided_by(self, row: Approval) -> str:
        return row.checker_label or (_cut(row.checker) if row.checker else "–")

    @display(description="state", ordering="state")
    def stands(self, row: Approval) -> SafeString:
        return pill(state=row.state)

    @display(description="asked", ordering="requested_at")
    def asked(self, row: Approval) -> SafeString:
        return moment(row.requested_at)


def _cut(identity: str) -> SafeString:
    """An id short enough for a column; the whole of it is the title."""
    return format_html('<span title="{}">{}</span>', identity, short_subject(identity))


class OwnApprovalAdmin(ApprovalAdmin):
    nav = Nav("Signed by two", group="Company", icon="check", order=20)


issuer_console.register(Membership, TeamAdmin)
issuer_console.register(Approval, OwnApprovalAdmin)
compliance_console.register(Membership, AccessAdmin)
compliance_console.register(Organisation, OrganisationAdmin)
compliance_console.register(Approval, ApprovalAdmin)
