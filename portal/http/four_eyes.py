"""
Where a second person decides. An approval is decided on a page; a house that has a better one for its kind of
approval (with the figures beside the buttons) says so here, and lists and tasks lead there.

    @four_eyes.page_of("dividend.approve")
    def distribution_page(approval: ApprovalFacts) -> str: ...
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from portal.approvals.facts import ApprovalFacts
from portal.http.authorization import allowed, possible

PageOf = Callable[[ApprovalFacts], str]
_PAGES: dict[str, PageOf] = {}


def page_of(action: str) -> Callable[[PageOf], PageOf]:
    """Register the address of the page where approvals of this action are decided."""

    def add(page: PageOf) -> PageOf:
        _PAGES[action] = page
        return page

    return add


def href_of(request: HttpRequest, approval: ApprovalFacts) -> str:
    """The page where it is decided: the house's own, or the general one of the console that one is in."""
    page = _PAGES.get(approval.action)
    if page:
        return page(approval)
    console = getattr(request, "console", None)
    return reverse(f"{console.name if console else 'compliance'}:approval", args=[approval.id])


TITLES = {"kyc.approve": "Approve the KYC case", "index.approve": "Approve the rebalance of an index"}


def title_of(action: str) -> str:
    """ "dividend.approve" is "Approve the dividend"."""
    if action in TITLES:
        return TITLES[action]
    noun, _, verb = action.partition(".")
    return f"{verb or 'decide'} the {noun}".replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Bar:
    """What components/four_eyes.html prints: names for `maker_name`, and whether this person may decide."""

    approval: ApprovalFacts
    may_decide: bool
    why_not: str

    @property
    def maker_name(self) -> str:
        return self.approval.maker_label or self.approval.maker

    @property
    def checker_name(self) -> str:
        return self.approval.checker_label or self.approval.checker

    @property
    def made_at(self) -> Any:
        return self.approval.requested_at

    @property
    def decided_at(self) -> Any:
        return self.approval.decided_at

    @property
    def state(self) -> str:
        return self.approval.state


def bar(request: HttpRequest, approval: ApprovalFacts) -> Bar:
    """For a page: {% include "components/four_eyes.html" with approval=bar may_decide=bar.may_decide why_not=bar.why_not %}."""
    own = approval.maker == f"user:{request.user.pk}"
    may = may_decide(request, approval)
    if own:
        why = "You asked for this, so somebody else must decide it."
    elif not may:
        why = "Your role does not decide this."
    else:
        why = ""
    return Bar(approval, may, why)


def may_decide(request: HttpRequest, approval: ApprovalFacts) -> bool:
    """The permission table's answer; an action that it does not know is decided by nobody here."""
    try:
        return approval.open and allowed(
            request, approval.action, organisation=approval.organisation, maker=approval.maker
        )
    except KeyError:
        return False


def may_ever(request: HttpRequest, approval: ApprovalFacts) -> bool:
    try:
        return possible(request, approval.action)
    except KeyError:
        return False


def facts_of(approval: ApprovalFacts) -> list[tuple[str, str]]:
    """What was asked, as lines: nested facts are printed as JSON."""
    told = json.loads(approval.facts)
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in told.items()]
