"""
Small components in templates. Built in: no {% load %} is needed. The large ones are includes in
templates/components; /styleguide/ shows all of them.

    {% icon "cash" %}
    {% pill "Open" "ok" %}                        tones: ok wait bad info, or none
    {% pill state=subscription.state %}           the tone follows from the state's name
    {% proof transaction_id entry=1284906 %}      entry None: not in the log yet
    {% meter used=164 limit=1999 next=38 label="164 of 1,999 holders" %}
"""

import secrets

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.http import formats
from portal.http.charts import Marks, meter_marks

register = template.Library()

# What a state's name says about how it stands. A state that is not here has no tone.
TONES = {
    "ok": "approved accepted active allotted passed paid settled verified open live issued closed_funded succeeded "
    "completed complete delivered registered cleared valid current onboarded",
    "wait": "pending submitted draft_review requested reserved under_review in_review proposed scheduled waiting "
    "declared processing awaiting_approval awaiting_payment escrowed queued announced expiring",
    "bad": "refused rejected failed cancelled withdrawn expired frozen suspended dead revoked terminated locked",
    "info": "announced_dates published effective new running paying calculated",
}
_TONE_OF = {state: tone for tone, states in TONES.items() for state in states.split()}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A drawing from static/icons.svg; it is never the only bearer of a meaning."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', extra, static("icons.svg"), name
    )


@register.simple_tag
def pill(text: str = "", tone: str = "", state: str = "") -> SafeString:
    """A status: word and shape carry it, colour only repeats it."""
    if state:
        key = str(state).lower()
        tone = tone or _TONE_OF.get(key, "")
        text = text or key.replace("_", " ").capitalize()
    return format_html('<span class="pill {}">{}</span>', tone, text)


@register.simple_tag
def proof(
    transaction_id: object = None, entry: int | None = None, state: str = "", href: str = ""
) -> SafeString:
    """
    The shield that leads to a record and its inclusion proof.

    transaction_id  the record; its page is /proof/<id>/
    entry           its place in the transparency log; None while it waits for one
    state           "broken" where a check failed
    """
    if not transaction_id and not href:
        return SafeString('<span class="mut">–</span>')
    href = href or reverse("proof", args=[transaction_id])
    if state == "broken":
        tone, text, label = "broken", _("Check failed"), _("Proof: a check failed")
    elif entry is None:
        tone, text, label = "waiting", _("Record"), _("Record and proof")
    else:
        number = formats.grouped(str(entry))
        tone, text, label = "", f"#{number}", _("Proof: log entry %(number)s") % {"number": number}
    return format_html(
        '<a class="proof {}" href="{}" aria-label="{}">{}{}</a>', tone, href, label, icon("shield"), text
    )


@register.simple_tag
def meter(
    used: int,
    limit: int | None,
    next: int = 0,
    label: str = "",
    mark: int | None = None,
    tall: bool = False,
    goal: bool = False,
) -> SafeString:
    """
    Used, pending and limit as a bar. The caller prints the same three as text beside it.

    limit  None is "unlimited": no bar is drawn
    mark   a value to point at, such as the minimum of an offering
    goal   the limit is hoped for, so that a full bar is no warning
    """
    if limit is None or limit <= 0:
        return SafeString("")
    marks: Marks = meter_marks(used=used, following=next, limit=limit, mark=mark, goal=goal)
    return format_html(
        '<svg class="meter{}" role="img" aria-label="{}">{}</svg>', " tall" if tall else "", label, marks
    )


@register.simple_tag
def form_key() -> SafeString:
    """A one-time key, so that a double click, a reload or the back button does nothing twice (portal.http.once)."""
    return format_html('<input type="hidden" name="form_key" value="{}">', secrets.token_urlsafe(16))
