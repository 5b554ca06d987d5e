"""What is asked of the trail: the fields of the explorer's search form, as the trail's selector takes them."""

from collections.abc import Callable
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest

from portal.audit import selectors as audit
from portal.audit.facts import EventFacts
from portal.http.consoles import compliance_console

INSTANT = "%Y-%m-%dT%H:%M"
FORMATS = (INSTANT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M")
DAY = "%Y-%m-%d"
LONGEST = 120


class InstantField(forms.Field):
    """A day or an instant, in UTC; `ends` takes a day as a whole: what comes back is the first instant after it."""

    def __init__(self, *, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(
            required=False, widget=forms.TextInput(attrs={"placeholder": "YYYY-MM-DD"}), **kwargs
        )
        self.ends = ends

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        for form in FORMATS:
            read = _read(text, form)
            if read is not None:
                return read
        day = _read(text, DAY)
        if day is None or day.year == MAXYEAR:
            raise forms.ValidationError(
                "This is a day such as 2026-11-23, or an instant in UTC such as 2026-11-23T09:41.",
                code="invalid",
            )
        return day + timedelta(days=1) if self.ends else day


def _read(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None


class SearchForm(forms.Form):
    """Every field narrows; an empty form finds everything, newest first."""

    text = forms.CharField(
        required=False,
        max_length=LONGEST,
        label="Any text",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Actor, subject, action or any text"}),
    )
    actor = forms.CharField(
        required=False,
        max_length=LONGEST,
        label="Actor",
        widget=forms.TextInput(attrs={"placeholder": "Name or id"}),
    )
    subject = forms.CharField(
        required=False,
        max_length=LONGEST,
        label="Subject",
        widget=forms.TextInput(attrs={"placeholder": "investor:…"}),
    )
    action = forms.CharField(
        required=False,
        max_length=LONGEST,
        label="Action",
        widget=forms.TextInput(attrs={"placeholder": "offering.closed"}),
    )
    since = InstantField(label="From")
    until = InstantField(label="To", ends=True)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in cleaned.items():
            if isinstance(value, str) and "\x00" in value:
                self.add_error(name, "This holds a NUL character, which no text here may hold.")
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since >= until:
            self.add_error("until", "The span ends before it begins.")
        return cleaned

    @property
    def asked(self) -> dict[str, Any]:
        """What was filled in, as keyword arguments of portal.audit.selectors.events."""
        return {name: value for name, value in self.cleaned_data.items() if value}


def form_of(request: HttpRequest) -> SearchForm:
    return SearchForm({name: request.GET.get(name, "") for name in SearchForm.base_fields})


def finder(request: HttpRequest, asked: dict[str, Any]) -> Callable[[int, int | None], list[EventFacts]]:
    """(limit, before_id) -> the events asked for that this person may see, newest first."""
    scope = compliance_console.scope(request)
    organisations = None if scope is None else sorted(scope)

    def find(limit: int, before_id: int | None = None) -> list[EventFacts]:
        return audit.events(**asked, organisations=organisations, limit=limit, before_id=before_id)

    return find


def spans(now: datetime) -> list[tuple[str, str]]:
    """(label, first day as text) of the spans offered by one click."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return [
        (label, (today - timedelta(days=days)).strftime(DAY))
        for label, days in (("Today", 0), ("7 days", 6), ("30 days", 29))
    ]
