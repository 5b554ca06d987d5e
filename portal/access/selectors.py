"""Reads: which keys there are, and the scopes a key may have."""

from uuid import UUID

from portal.access.facts import ClientFacts, TokenFacts
from portal.access.models import AccessToken, MachineClient

SCOPES = {
    "read:profile": "Who you are, your identity check and accreditation",
    "read:books": "Accounts, balances and entries",
    "read:funding": "Deposits, bank accounts and withdrawals",
    "write:funding": "Record deposits; take withdrawals back",
    "read:offerings": "Offerings",
    "read:data-room": "Papers of data rooms",
    "read:subscriptions": "Subscriptions",
    "write:subscriptions": "Subscribe, and take subscriptions back",
    "read:holdings": "Holdings",
    "read:cap-table": "Cap tables",
    "read:indices": "Indices, their levels and rebalances",
    "read:index-orders": "Orders for index units",
    "write:index-orders": "Order index units, and take orders back",
}
"""What a key may be given. A scope never allows what the permission table does not: it only takes away."""

FOR_MACHINES = ("read:books", "read:offerings", "read:subscriptions", "read:cap-table", "read:indices")
"""A machine is a viewer of its organisation, and no investor."""


def tokens(*, user_id: UUID) -> list[TokenFacts]:
    """Every token this person has made, newest first."""
    return [token_facts(one) for one in AccessToken.objects.filter(user_id=user_id).order_by("-created_at")]


def clients(*, organisation_id: UUID) -> list[ClientFacts]:
    """Every machine of this organisation, newest first."""
    found = MachineClient.objects.filter(organisation_id=organisation_id).order_by("-created_at")
    return [client_facts(one) for one in found]


def token_facts(one: AccessToken) -> TokenFacts:
    return TokenFacts(
        id=one.pk,
        public_id=one.public_id,
        user_id=one.user_id,
        name=one.name,
        scopes=tuple(one.scopes),
        created_at=one.created_at,
        expires_at=one.expires_at,
        last_used_at=one.last_used_at,
        revoked_at=one.revoked_at,
    )


def client_facts(one: MachineClient) -> ClientFacts:
    return ClientFacts(
        id=one.pk,
        client_id=one.client_id,
        organisation_id=one.organisation_id,
        user_id=one.user_id,
        name=one.name,
        scopes=tuple(one.scopes),
        created_at=one.created_at,
        last_used_at=one.last_used_at,
        revoked_at=one.revoked_at,
    )
