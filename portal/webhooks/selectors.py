"""Reads: endpoints of an owner, and their deliveries with every try."""

from uuid import UUID

from portal.domain.errors import NotFound
from portal.webhooks.facts import AttemptFacts, DeliveryFacts, EndpointFacts
from portal.webhooks.models import Delivery, Endpoint


class NoSuchEndpoint(NotFound):
    code = "no-such-endpoint"


def endpoints(*, owner: str) -> list[EndpointFacts]:
    """Those not removed, oldest first."""
    found = Endpoint.objects.filter(owner=owner).exclude(state="removed").order_by("created_at")
    return [endpoint_facts(one) for one in found]


def endpoint(endpoint_id: UUID, *, owner: str) -> EndpointFacts:
    """raises  NoSuchEndpoint, also for somebody else's"""
    found = Endpoint.objects.filter(pk=endpoint_id, owner=owner).exclude(state="removed").first()
    if found is None:
        raise NoSuchEndpoint("There is no such endpoint.")
    return endpoint_facts(found)


def deliveries(*, endpoint_id: UUID, limit: int = 50) -> list[DeliveryFacts]:
    """Newest first, each with its tries in order."""
    found = Delivery.objects.filter(endpoint_id=endpoint_id).prefetch_related("attempts")
    return [delivery_facts(one) for one in found.order_by("-created_at", "-pk")[:limit]]


def endpoint_facts(one: Endpoint) -> EndpointFacts:
    return EndpointFacts(
        id=one.pk,
        owner=one.owner,
        organisation_id=one.organisation_id,
        url=one.url,
        types=tuple(one.types),
        state=one.state,
        reason=one.reason,
        created_at=one.created_at,
        previous_until=one.previous_until,
    )


def delivery_facts(one: Delivery) -> DeliveryFacts:
    tried = sorted(one.attempts.all(), key=lambda attempt: attempt.number)
    return DeliveryFacts(
        id=one.pk,
        message_id=message_id(one.pk),
        type=one.type,
        subject=one.subject,
        state=one.state,
        created_at=one.created_at,
        delivered_at=one.delivered_at,
        next_at=one.next_at,
        attempts=tuple(
            AttemptFacts(done.number, done.at, done.status, done.error, done.milliseconds) for done in tried
        ),
    )


def message_id(delivery_id: UUID) -> str:
    """What `webhook-id` says: the same for every try of a message."""
    return f"msg_{delivery_id.hex}"
