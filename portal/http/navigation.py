"""What stands in a door's menu. A line whose page does not exist yet, or that a person may not open, is left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from portal.http.authorization import possible

Count = Callable[[HttpRequest], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One line of a menu.

    url_name  of the page it leads to
    action    of the permission table; "" for everybody
    count     how many wait there
    """

    label: str
    url_name: str
    icon: str
    action: str = ""
    group: str = ""
    order: int = 50
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as this request sees it."""

    label: str
    href: str
    icon: str
    current: bool = False
    count: int = 0
    group: str = ""


INVESTOR = (
    Entry("Home", "home", "home"),
    Entry("Invest", "invest", "invest", action="offering.browse"),
    Entry("Portfolio", "portfolio", "portfolio"),
    Entry("Indices", "indices", "index", action="index.browse"),
    Entry("Votes", "votes", "vote", action="vote.cast"),
    Entry("Cash", "cash", "cash"),
    Entry("Documents", "documents", "doc"),
    Entry("Activity", "activity", "clock"),
)
ON_PHONE = ("home", "invest", "portfolio", "indices")
MORE = Entry("More", "more", "more")

DOORS = (
    Entry("Issuer console", "console:index", "building", action="console.enter"),
    Entry("Compliance", "compliance:index", "shield", action="compliance.enter"),
)
ACCOUNT = (
    Entry("Profile", "profile", "person", action="profile.edit"),
    Entry("Wallets", "wallets", "key", action="wallet.prove"),
    Entry("Your data", "your-data", "book", action="data_export.ask"),
    Entry("Access to the API", "api-access", "key", action="access_token.make"),
    Entry("Webhooks", "webhooks", "globe", action="webhook.manage"),
    Entry("Sign-in and factors", "mfa_index", "lock"),
    Entry("Where you are signed in", "usersessions_list", "globe"),
    Entry("Preferences", "more", "theme"),
)


def lines(request: HttpRequest, entries: Sequence[Entry], *, counted: bool = False) -> list[Line]:
    """The entries that exist and that this person may open; the longest fitting address is the current one."""
    found = []
    for entry in entries:
        href = href_of(entry.url_name)
        if href and (not entry.action or possible(request, entry.action)):
            count = entry.count(request) if counted and entry.count else 0
            found.append(Line(entry.label, href, entry.icon, False, count, entry.group))
    here = [line.href for line in found if _covers(line.href, request.path, root=found[0].href)]
    current = max(here, key=len, default="")
    return [replace(line, current=True) if line.href == current else line for line in found]


def href_of(url_name: str) -> str:
    """The page's address; "" where no such page exists."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _covers(href: str, path: str, *, root: str) -> bool:
    return path == href if href == root else path.startswith(href)
