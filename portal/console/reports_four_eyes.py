"""Four eyes and separate duties: who asked and who signed, and whatever one person did on both sides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.accounts import selectors as accounts
from portal.approvals import selectors as approvals
from portal.approvals.facts import ApprovalFacts
from portal.audit import selectors as audit
from portal.audit.facts import EventFacts
from portal.domain.roles import HOUSE_ROLES, Role

MOST = 2000
# What was made, and what a second person does with it. Of one subject they are to be two people's.
DUTIES = (
    ("withdrawal.requested", "withdrawal.approved"),
    ("withdrawal.requested", "withdrawal.paid"),
    ("suspense.proposed", "suspense.decided"),
    ("closure.proposed", "closure.approved"),
    ("kyc.proposed", "kyc.approved"),
    ("rebalances.proposed", "rebalances.approved"),
    ("dividend.declared", "dividend.approved"),
    ("bank_account.added", "bank_account.verified"),
)


@dataclass(frozen=True, slots=True)
class Duty:
    """A pair of the table with how often it was kept in the span, and the events where it was not."""

    made: str
    checked: str
    kept: int
    broken: tuple[EventFacts, ...]


@dataclass(frozen=True, slots=True)
class FourEyes:
    """
    signed      requests that a second person decided in the span, newest first
    same        of those, the ones that maker and checker are one person of: the database admits none
    duties      the same out of the trail, which does not rest on the table of requests
    own_grants  roles that somebody gave himself
    several     people who hold more than one role in the house, with the roles
    """

    signed: list[ApprovalFacts]
    same: list[ApprovalFacts]
    duties: list[Duty]
    own_grants: list[EventFacts]
    several: list[tuple[str, list[str]]]
    more: bool

    @property
    def exceptions(self) -> int:
        return len(self.same) + len(self.own_grants) + sum(len(one.broken) for one in self.duties)


def four_eyes(*, since: datetime, until: datetime) -> FourEyes:
    """Everything of the span, in the same number of queries however much it is; at most MOST of each are read."""
    signed = approvals.decided(since=since, until=until, limit=MOST + 1)
    checks = audit.events(
        actions=sorted({checked for _, checked in DUTIES}), since=since, until=until, limit=MOST + 1
    )
    grants = audit.events(actions=["account.role_granted"], since=since, until=until, limit=MOST)
    return FourEyes(
        signed=signed[:MOST],
        same=[one for one in signed if one.maker == one.checker],
        duties=duties(checks[:MOST], _made(checks[:MOST])),
        own_grants=[one for one in grants if one.subject == f"user:{one.actor_id}"],
        several=_several(),
        more=max(len(signed), len(checks)) > MOST,
    )


def duties(checks: Sequence[EventFacts], made: Sequence[EventFacts]) -> list[Duty]:
    """
    Each pair of DUTIES: kept where the newest making before the check is another person's. What a worker made or
    checked has no person on that side.
    """
    by_subject: dict[tuple[str, str], list[EventFacts]] = defaultdict(list)
    for one in made:
        by_subject[one.action, one.subject].append(one)
    result = []
    for making, checking in DUTIES:
        kept, broken = 0, []
        for check in (one for one in checks if one.action == checking):
            before = [one for one in by_subject[making, check.subject] if one.id < check.id]
            if not before:
                continue
            newest = max(before, key=lambda one: one.id)
            same = newest.actor_kind == check.actor_kind == "user" and newest.actor_id == check.actor_id
            kept += not same
            if same:
                broken.append(check)
        result.append(Duty(making, checking, kept, tuple(broken)))
    return result


def _made(checks: Sequence[EventFacts]) -> list[EventFacts]:
    return audit.events(
        actions=sorted({made for made, _ in DUTIES}),
        abouts=sorted({one.subject for one in checks}),
        limit=2 * MOST,
    )


def _several() -> list[tuple[str, list[str]]]:
    try:
        house = accounts.house()
    except accounts.NoSuchOrganisation:
        return []
    held: dict[UUID, list[str]] = defaultdict(list)
    for one in accounts.memberships(organisation_id=house.id):
        if one.role in HOUSE_ROLES:
            held[one.user_id].append(Role(one.role).label)
    people = accounts.users([key for key, roles in held.items() if len(roles) > 1])
    return sorted((one.name or one.email, sorted(held[key])) for key, one in people.items())
