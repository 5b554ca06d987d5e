"""Pages about the portal itself: preferences, how figures are computed."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from portal.http import navigation
from portal.http.context import THEME_COOKIE, THEMES

A_YEAR = 365 * 24 * 3600


def more(request: HttpRequest) -> HttpResponse:
    """The rest of the menu, for the phone; colours and language, for everybody."""
    rest = [entry for entry in navigation.INVESTOR if entry.url_name not in navigation.ON_PHONE]
    signed_in = request.user.is_authenticated
    context = {
        "rest": navigation.lines(request, rest) if signed_in else [],
        "doors": navigation.lines(request, navigation.DOORS),
        "account": navigation.lines(request, [e for e in navigation.ACCOUNT if e.url_name != "more"]),
    }
    return render(request, "portal/more.html", context)


def figures(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/figures.html")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie; anything else follows the reader's system again."""
    wanted, following = request.POST.get("theme", ""), request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()}):
        following = "/"
    response = HttpResponseRedirect(following)
    if wanted in THEMES:
        response.set_cookie(
            THEME_COOKIE, wanted, max_age=A_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    else:
        response.delete_cookie(THEME_COOKIE)
    return response
