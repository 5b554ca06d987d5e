"""Writes: keys are made, revoked and shown. A secret is told once, kept as a hash, and compared in constant time."""

import hmac
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Q

from portal.access.facts import Bearer, ClientFacts, Granted, NewClient, NewToken, TokenFacts
from portal.access.models import AccessToken, MachineClient
from portal.access.selectors import FOR_MACHINES, SCOPES, client_facts, token_facts
from portal.accounts import services as accounts
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.roles import Role

LONGEST_DAYS = 366
MOST_TOKENS = 20
BEARER_SECONDS = 900
USED_EVERY = timedelta(seconds=60)
REFUSALS, REFUSALS_WINDOW = 60, timedelta(minutes=10)
_SALT = "portal.access.bearer"
_PERSONAL = re.compile(r"pat_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY = sha256_hex(b"no such key")


class NoSuchToken(NotFound):
    code = "no-such-token"


class NoSuchClient(NotFound):
    code = "no-such-client"


class TooManyTokens(Conflict):
    code = "too-many-tokens"


class BadScope(Invalid):
    code = "bad-scope"


class BadExpiry(Invalid):
    code = "bad-expiry"


class TokenRefused(Refused):
    """Unknown, expired or revoked: told alike, so that nobody learns which ids exist."""

    code = "invalid-token"
    status = 401


class ClientRefused(Refused):
    """Unknown, revoked or with another secret: told alike."""

    code = "invalid-client"
    status = 401


def make_token(
    *, user_id: UUID, name: str, scopes: Iterable[str], days: int, actor: Actor, at: datetime
) -> NewToken:
    """
    Make a personal token, good for `days` days. The caller has asked for a recent sign-in.

    raises  Invalid, BadScope, BadExpiry, TooManyTokens
    """
    known_as, asked = _named(name), _scopes(scopes, SCOPES)
    if not 1 <= days <= LONGEST_DAYS:
        raise BadExpiry(f"A token lasts 1 to {LONGEST_DAYS} days, not {days}.", field="days")
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    with transaction.atomic():
        accounts.lock_person(user_id=user_id)
        live = AccessToken.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=at).count()
        if live >= MOST_TOKENS:
            raise TooManyTokens(
                f"You have {live} tokens in force, and {MOST_TOKENS} are possible.",
                next_step="Revoke one that you do not use.",
            )
        made = AccessToken.objects.create(
            public_id=public_id,
            secret_sha256=sha256_hex(secret.encode()),
            user_id=user_id,
            name=known_as,
            scopes=asked,
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
        _tell("token_made", made, actor, at, scopes=asked, days=days)
    return NewToken(token_facts(made), f"pat_{public_id}_{secret}")


def revoke_token(*, token_id: UUID, user_id: UUID, actor: Actor, at: datetime) -> TokenFacts:
    """
    End a token now. Again does nothing.

    raises  NoSuchToken, also for somebody else's
    """
    with transaction.atomic():
        found = AccessToken.objects.select_for_update().filter(pk=token_id, user_id=user_id).first()
        if found is None:
            raise NoSuchToken("There is no such token.")
        if found.revoked_at is None:
            found.revoked_at = at
            found.save(update_fields=["revoked_at"])
            _tell("token_revoked", found, actor, at)
    return token_facts(found)


def make_client(
    *, organisation_id: UUID, name: str, scopes: Iterable[str], actor: Actor, at: datetime
) -> NewClient:
    """
    Give an organisation's program its id and secret. The caller has asked for a recent sign-in.

    raises  Invalid, BadScope, NoSuchOrganisation, RoleDoesNotFit (the house has no machines)
    """
    known_as, asked = _named(name), _scopes(scopes, FOR_MACHINES)
    client_id, secret = f"mc_{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    with transaction.atomic():
        user_id = accounts.register_machine(name=known_as, actor=actor, at=at)
        held = accounts.grant_role(
            user_id=user_id, organisation_id=organisation_id, role=Role.ISSUER_VIEWER, actor=actor, at=at
        )
        made = MachineClient.objects.create(
            client_id=client_id,
            secret_sha256=sha256_hex(secret.encode()),
            organisation_id=organisation_id,
            user_id=user_id,
            membership_id=held.id,
            name=known_as,
            scopes=asked,
            created_at=at,
        )
        _tell("client_made", made, actor, at, scopes=asked)
    return NewClient(client_facts(made), secret)


def revoke_client(*, client_id: UUID, organisation_id: UUID, actor: Actor, at: datetime) -> ClientFacts:
    """
    End a machine now, with its role and every bearer token that it has. Again does nothing.

    raises  NoSuchClient, also for another organisation's
    """
    with transaction.atomic():
        found = (
            MachineClient.objects.select_for_update()
            .filter(pk=client_id, organisation_id=organisation_id)
            .first()
        )
        if found is None:
            raise NoSuchClient("There is no such client.")
        if found.revoked_at is None:
            found.revoked_at = at
            found.save(update_fields=["revoked_at"])
            # Where an operator has ended the role before, the key ends all the same.
            with suppress(accounts.AlreadyEnded):
                accounts.end_membership(membership_id=found.membership_id, actor=actor, at=at)
            accounts.set_active(user_id=found.user_id, active=False, actor=actor, at=at)
            _tell("client_revoked", found, actor, at)
    return client_facts(found)


def grant_bearer(
    *, client_id: str, secret: str, scopes: Iterable[str], address: str, at: datetime
) -> Granted:
    """
    A machine shows its secret and gets a bearer token for BEARER_SECONDS (RFC 6749, 4.4).

    scopes  some of the client's; all when none is named
    raises  ClientRefused, BadScope, TooManyAttempts
    """
    found = MachineClient.objects.filter(client_id=client_id, user__is_active=True, revoked_at=None).first()
    kept = found.secret_sha256 if found else _NOBODY
    if not hmac.compare_digest(kept, sha256_hex(secret.encode())) or found is None:
        _count_refusal("client", client_id if found else "", address, at)
        raise ClientRefused(
            "There is no such client, or this is not its secret.",
            next_step="See the client's page in the console.",
        )
    asked = _scopes(list(scopes) or found.scopes, found.scopes)
    body = {"c": found.client_id, "s": asked, "e": int(at.timestamp()) + BEARER_SECONDS}
    return Granted("mct_" + signing.dumps(body, salt=_SALT), BEARER_SECONDS, tuple(asked))


def authenticate(*, token: str, address: str, at: datetime) -> Bearer:
    """
    Whom a token speaks for; notes once a minute that it is used.

    raises  TokenRefused, TooManyAttempts beyond REFUSALS from one address
    """
    bearer, public_id = _machine(token, at) if token.startswith("mct_") else _personal(token, at)
    if bearer is None:
        _count_refusal("token", public_id, address, at)
        raise TokenRefused(
            "The token is unknown, expired or revoked.", next_step="Make a new one under Access to the API."
        )
    return bearer


def _personal(token: str, at: datetime) -> tuple[Bearer | None, str]:
    shape = _PERSONAL.fullmatch(token)
    public_id, secret = shape.groups() if shape else ("", "")
    found = AccessToken.objects.select_related("user").filter(public_id=public_id).first()
    kept = found.secret_sha256 if found else _NOBODY
    fits = hmac.compare_digest(kept, sha256_hex(secret.encode()))
    if found is None or not fits or found.revoked_at or found.expires_at <= at or not found.user.is_active:
        return None, found.public_id if found else ""
    _note_use(AccessToken, found.pk, at)
    return Bearer(found.user_id, found.public_id, frozenset(found.scopes), machine=False), public_id


def _machine(token: str, at: datetime) -> tuple[Bearer | None, str]:
    try:
        body = signing.loads(token.removeprefix("mct_"), salt=_SALT)
    except signing.BadSignature:
        return None, ""
    found = MachineClient.objects.filter(client_id=body["c"], revoked_at=None, user__is_active=True).first()
    if found is None or body["e"] <= at.timestamp():
        return None, str(body["c"])
    _note_use(MachineClient, found.pk, at)
    scopes = frozenset(body["s"]) & frozenset(found.scopes)
    return Bearer(found.user_id, found.client_id, scopes, machine=True), found.client_id


def _note_use(model: Any, pk: UUID, at: datetime) -> None:
    stale = Q(last_used_at=None) | Q(last_used_at__lt=at - USED_EVERY)
    model.objects.filter(stale, pk=pk).update(last_used_at=at)


def _count_refusal(kind: str, public_id: str, address: str, at: datetime) -> None:
    """The first refusal from an address in a window is told to the trail; too many end in TooManyAttempts."""
    count = accounts.count_attempt(
        bucket=f"api-{kind}|address|{address}", limit=REFUSALS, window=REFUSALS_WINDOW, at=at
    )
    if count == 1:
        with transaction.atomic():
            record(
                actor=Actor(kind="user", id="anonymous", origin=address),
                action=f"access.{kind}_refused",
                subject=f"access_{kind}:{public_id or 'unknown'}",
                at=at,
            )


def _tell(event: str, row: AccessToken | MachineClient, actor: Actor, at: datetime, **facts: Any) -> None:
    machine = isinstance(row, MachineClient)
    record(
        actor=actor,
        action=f"access.{event}",
        subject=f"{'machine_client' if machine else 'access_token'}:{row.pk}",
        organisation=row.organisation_id if isinstance(row, MachineClient) else None,
        at=at,
        public_id=row.client_id if isinstance(row, MachineClient) else row.public_id,
        rows=essences(row),
        **facts,
    )


def _named(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 60 or not name.isprintable():
        raise Invalid("A name has 1 to 60 printable characters.", field="name")
    return name


def _scopes(asked: Iterable[str], possible: Iterable[str]) -> list[str]:
    wanted, open_to = sorted(set(asked)), set(possible)
    if not wanted:
        raise BadScope("Choose at least one scope.", field="scopes")
    wrong = [one for one in wanted if one not in open_to]
    if wrong:
        raise BadScope(
            f"This scope cannot be given here: {wrong[0][:40]}.",
            field="scopes",
            next_step=f"Possible are: {', '.join(sorted(open_to))}.",
        )
    return wanted
