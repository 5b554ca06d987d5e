"""The kinds of messages, and how one is written: ids only, so that a message that goes astray tells nothing."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from portal.domain.lifecycle import Lifecycle

ENDPOINT = Lifecycle(
    "endpoint",
    {
        "active": {"disable": "disabled", "remove": "removed"},
        "disabled": {"enable": "active", "remove": "removed"},
        "removed": {},
    },
)
DELIVERY = Lifecycle(
    "delivery",
    {
        "waiting": {"deliver": "delivered", "fail": "waiting", "give_up": "failed"},
        "delivered": {"replay": "waiting"},
        "failed": {"replay": "waiting"},
    },
)

# After each try that failed, how long until the next; about three days in all.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)

# Actions of the trail that are told outside. What is not named stays inside: matches of screening never leave.
FOR_ORGANISATIONS: Mapping[str, str] = MappingProxyType(
    {
        "offering.opened": "An offering was opened",
        "offering.closed": "An offering was closed",
        "offering.settled": "An offering was settled",
        "offering.cancelled": "An offering was cancelled",
        "offering.subscribed": "Somebody subscribed",
        "register.issued": "Securities were issued",
        "register.transferred": "Securities were transferred",
        "register.redeemed": "Securities were redeemed",
        "dividend.announced": "A dividend was announced",
        "dividend.approved": "A dividend was approved",
        "dividend.paid": "A dividend was paid",
        "approval.requested": "A second person is asked to approve",
        "approval.approved": "A second person approved",
        "approval.rejected": "A second person refused",
    }
)
FOR_INVESTORS: Mapping[str, str] = MappingProxyType(
    {
        "deposit.recorded": "A deposit was credited",
        "withdrawal.requested": "A withdrawal was asked for",
        "withdrawal.approved": "A withdrawal was approved",
        "withdrawal.paid": "A withdrawal was paid",
        "withdrawal.cancelled": "A withdrawal was taken back",
        "withdrawal.returned": "A withdrawal came back from the bank",
        "offering.subscribed": "You subscribed",
        "register.issued": "You received securities",
        "register.transferred": "Securities moved to or from you",
        "register.redeemed": "Securities of yours were redeemed",
        "subscriptions.order_placed": "You ordered index units",
        "subscriptions.order_cancelled": "An order of index units was taken back",
    }
)
TEST = "webhook.test"
_NAMING = ("investor", "owner", "source", "target", "holder")


def body_of(*, kind: str, at: datetime, data: Mapping[str, str]) -> str:
    """The exact text that is signed and sent: {"type", "timestamp", "data"}."""
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": stamp, "data": dict(data)}, separators=(",", ":"))


def concerns(owner: str, *, subject: str, actor_id: str, user_id: str, facts: Mapping[str, Any]) -> bool:
    """
    Whether an event is an investor's business: it is about him, names him, or he did it himself.

    owner  "investor:<uuid>"
    """
    bare = owner.removeprefix("investor:")
    named = {facts[name] for name in _NAMING if isinstance(facts.get(name), str)}
    return subject == owner or bool(named & {owner, bare}) or actor_id == user_id
