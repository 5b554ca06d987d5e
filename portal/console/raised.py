"""How the raises of some issuers go, and what is due next: the figures of the issuer's dashboard."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from issuance.corporate_actions.selectors import dividends
from issuance.offerings import selectors as raising
from issuance.register.selectors import holdings
from issuance.securities.selectors import securities
from portal.http.templatetags.figures import grouped, money

RAISED = ("open", "closed", "settled")
DUE = ("announced", "entitled", "approved", "paying")


@dataclass(frozen=True, slots=True)
class Coming:
    """One thing with a day: an offering that closes, a dividend that is paid."""

    day: date
    title: str
    text: str
    href: str
    icon: str


def raise_of(issuer_ids: Collection[UUID] | None) -> list[dict[str, SafeString | str]]:
    """Raised, reserved and holders, as components/stats.html prints them; None is every issuer."""
    found = raising.offerings(states=RAISED, issuer_ids=issuer_ids)
    if not found:
        return []
    progress = raising.progress(found)
    paid: dict[str, int] = {}
    reserved: dict[str, int] = {}
    for one in found:
        paid[one.currency] = paid.get(one.currency, 0) + progress[one.id].paid_minor
        reserved[one.currency] = reserved.get(one.currency, 0) + progress[one.id].reserved_minor
    holders = {holder for security in securities(issuer_ids=issuer_ids) for holder in holdings(security)}
    stats: list[dict[str, SafeString | str]] = []
    for currency in sorted(paid):
        stats.append(
            {"label": _("Raised"), "value": money(paid[currency], currency), "sub": _("paid and issued")}
        )
        stats.append(
            {
                "label": _("Reserved"),
                "value": money(reserved[currency], currency),
                "sub": _("subscribed, not paid yet"),
            }
        )
    stats.append({"label": _("Holders of record"), "value": grouped(len(holders)), "sub": _("right now")})
    return stats


def coming(issuer_ids: Collection[UUID] | None, *, on: date) -> list[Coming]:
    """Open offerings by the day they close, and dividends by the day they are paid; the next one first."""
    closing = [
        Coming(
            one.closes_at.date(),
            one.name,
            _("%(issuer)s: closes") % {"issuer": one.issuer_name},
            reverse("console:offering", args=[one.id]),
            "flag",
        )
        for one in raising.offerings(states=("open",), issuer_ids=issuer_ids)
        if one.closes_at.date() >= on
    ]
    paying = [
        Coming(
            one.payment_date,
            one.name,
            _("%(issuer)s: dividend, paid once it is approved") % {"issuer": one.issuer_name}
            if one.state in ("announced", "entitled")
            else _("%(issuer)s: dividend, paid") % {"issuer": one.issuer_name},
            reverse("console:dividend", args=[one.id]),
            "cash",
        )
        for one in dividends(issuer_ids=issuer_ids, states=DUE)
    ]
    return sorted([*closing, *paying], key=lambda one: (one.day, one.title))
