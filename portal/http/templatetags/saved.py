"""Saved searches of a list, on the list."""

from typing import Any

from django import template

from portal.http.saved_searches import filter_of, shown

register = template.Library()


@register.inclusion_tag("components/saved_searches.html", takes_context=True)
def saved_searches(context: dict[str, Any], page: str) -> dict[str, Any]:
    """page: a key of portal.http.saved_searches.PAGES."""
    request = context["request"]
    current = filter_of(request.META.get("QUERY_STRING", ""))
    own = shown(request, page)
    known = any(one.query == current for one, _, _ in own)
    return {"own": own, "page": page, "current": current, "known": known, "request": request,
            "csrf_token": context.get("csrf_token")}  # fmt: skip
