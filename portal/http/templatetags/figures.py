"""
Figures in templates. Built in: no {% load %} is needed.

    {% money 128490710 "USD" %}            $1,284,907.10, cents one shade lighter, zero grey
    {% money 5230 "USD" sign=True %}       +$52.30 in the colour of a gain
    {% quantity 15992699 scale=6 unit="units" %}
    {% percent 2.4063 digits=2 %}          {% percent ppm=228000 digits=1 %}
    {% change -0.18 %}                     a fall, with its mark and its sign
    {{ at|moment }}  {{ day|day }}  {{ at|clock }}  {{ count|grouped }}
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.http import formats
from portal.http.told import title_of

register = template.Library()
NOTHING = SafeString('<span class="mut">–</span>')


def _tone(value: Decimal | int | float) -> str:
    return "up" if value > 0 else "down" if value < 0 else "zero"


@register.simple_tag
def money(
    value: int | None, currency: str, scale: int = 2, cents: bool = True, sign: bool = False
) -> SafeString:
    """
    value   smallest units; None prints a dash
    cents   False leaves the decimals away, for axes and headlines
    sign    True prints a gain with + and colours it
    """
    if value is None:
        return NOTHING
    whole, small, after = formats.money_parts(value, currency=currency, scale=scale)
    tone = "amount zero" if not value else f"amount {_tone(value)}" if sign else "amount"
    plus = "+" if sign and value > 0 else ""
    fraction = format_html('<span class="cents">{}</span>', small) if cents and small else ""
    return format_html('<span class="{}">{}{}{}{}</span>', tone, plus, whole, fraction, after)


@register.simple_tag
def quantity(value: int | None, scale: int = 0, unit: str = "") -> SafeString:
    """Smallest units with all digits of the instrument; None prints a dash."""
    if value is None:
        return NOTHING
    text = formats.quantity(value, scale=scale)
    tail = format_html(' <span class="unit">{}</span>', unit) if unit else ""
    return format_html('<span class="amount{}">{}{}</span>', "" if value else " zero", text, tail)


@register.simple_tag
def percent(
    value: Decimal | int | float | None = None, digits: int = 2, ppm: int | None = None
) -> SafeString:
    """A percentage, or a share in millionths by `ppm`."""
    if ppm is not None:
        value = formats.ppm_as_percent(ppm)
    if value is None or isinstance(value, str):
        return NOTHING
    return format_html('<span class="amount">{}</span>', formats.percent(value, digits=digits))


@register.simple_tag
def change(value: Decimal | int | float | None = None, digits: int = 2, ppm: int | None = None) -> SafeString:
    """A rise or fall in percent: mark, sign and colour say the same; no change has neither."""
    if ppm is not None:
        value = formats.ppm_as_percent(ppm)
    if value is None or value == "":
        return NOTHING
    text = formats.percent(abs(Decimal(value)), digits=digits)
    if not any(digit in text for digit in "123456789"):
        return format_html('<span class="mut">{}</span>', text)
    mark, sign = ("▲", "+") if value > 0 else ("▼", formats.MINUS)
    return format_html(
        '<span class="{}"><span aria-hidden="true">{}</span> {}{}</span>', _tone(value), mark, sign, text
    )


@register.filter
def moment(value: datetime | None) -> SafeString:
    """23 Nov 2026, 09:41 UTC, in a <time>."""
    if not value:
        return NOTHING
    return format_html(
        '<time datetime="{}">{}</time>', value.astimezone(UTC).isoformat(), formats.moment(value)
    )


@register.filter
def day(value: date | None) -> SafeString:
    """23 Nov 2026, in a <time>."""
    if not value:
        return NOTHING
    at = value.astimezone(UTC).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), formats.day(at))


@register.filter
def clock(value: datetime | None) -> SafeString:
    """09:41, in a <time> that carries the whole instant."""
    if not value:
        return NOTHING
    at = value.astimezone(UTC)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), f"{at:%H:%M}")


@register.filter
def grouped(value: object) -> str:
    """A count with the locale's separators."""
    return formats.grouped(str(value)) if value not in (None, "") else ""


@register.filter
def plain(value: object) -> str:
    """A code such as not_applicable as words."""
    return str(value).replace("_", " ")


@register.filter
def sentence(value: object) -> str:
    """The same, as the beginning of a sentence; the codes of some rules are written with hyphens."""
    text = plain(value)
    if " " not in text:
        text = text.replace("-", " ")
    beginning, _space, rest = text.partition(" ")
    if beginning == "kyc":
        return f"KYC {rest}".strip()
    return text[:1].upper() + text[1:]


@register.filter
def initials(value: object) -> str:
    return formats.initials(str(value))


@register.filter
def short_hash(value: str) -> str:
    """First and last digits of a hash; print the whole of it somewhere on the page too."""
    text = str(value)
    return text if len(text) <= 14 else f"{text[:8]}…{text[-6:]}"


@register.filter
def short_subject(value: str) -> str:
    """ "rebalance:000e5ddb-…" is "rebalance 000e5ddb": which one, beside others of its kind."""
    kind, _, number = str(value).partition(":")
    return f"{kind.replace('_', ' ')} {number[:8]}"


@register.filter
def counted(value: int, nouns: str) -> str:
    """{{ n|counted:"holder,holders" }}: the number with its noun; none at zero."""
    one, many = nouns.split(",")
    if not value:
        return f"{_('no')} {many}"
    return f"{formats.grouped(str(value))} {one if value == 1 else many}"


@register.filter
def told(kind: str) -> str:
    """A posting's kind or an event's action in a reader's words."""
    return title_of(kind)
