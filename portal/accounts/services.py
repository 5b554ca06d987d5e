"""Writes: people, organisations, memberships, sessions. One public function is one transaction."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction

from portal.accounts import selectors
from portal.accounts.facts import MembershipFacts, OrganisationFacts, UserFacts
from portal.accounts.models import Attempts, Membership, Organisation, User
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.canonical import sha256_hex
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.roles import OrganisationKind, Role

NAME_LENGTH = 200
WINDOW = timedelta(minutes=10)
PER_ACCOUNT = 10
PER_ADDRESS = 100


class EmailTaken(Conflict):
    code = "email-taken"


class RoleDoesNotFit(Invalid):
    code = "role-does-not-fit"


class RoleAlreadyHeld(Conflict):
    code = "role-already-held"


class HouseExists(Conflict):
    code = "house-exists"


class AlreadyEnded(Conflict):
    code = "already-ended"


class NoSuchMembership(NotFound):
    code = "no-such-membership"


class NoSuchSession(NotFound):
    code = "no-such-session"


class RolesHeld(Conflict):
    """A person with a role is not erased: somebody ends the role first."""

    code = "roles-held"


class TooManyAttempts(Refused):
    code = "too-many-attempts"
    status = 429


def register_user(
    *,
    email: str,
    name: str = "",
    password: str | None = None,
    verified: bool = True,
    actor: Actor,
    at: datetime,
) -> UserFacts:
    """
    Create a person who can sign in; without a password only by passkey, reset or demonstration sign-in.

    verified  the address is known to be theirs (invited by an operator, made by the demo command)
    raises    Invalid for an address that is none, EmailTaken
    """
    address = _email(email)
    known_as = _name(name, field="name", required=False)
    with transaction.atomic():
        if User.objects.filter(email__iexact=address).exists():
            raise EmailTaken(f"Somebody is registered as {address} already.", field="email")
        person = User(email=address, name=known_as, created_at=at)
        person.set_password(password)
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError as clash:
            raise EmailTaken(f"Somebody is registered as {address} already.", field="email") from clash
        EmailAddress.objects.create(user=person, email=address, verified=verified, primary=True)
        record(
            actor=actor, action="account.registered", subject=f"user:{person.pk}", at=at, verified=verified
        )
    return selectors.user(person.pk)


def register_machine(*, name: str, actor: Actor, at: datetime) -> UUID:
    """
    Create a user for a program: no password and no address that anybody reads, so that nobody signs in as it.

    returns  its id; rights come from a role that the caller grants
    """
    known_as = _name(name, field="name", required=True)
    with transaction.atomic():
        machine = User(name=known_as, created_at=at)
        # .invalid belongs to nobody (RFC 2606); without an EmailAddress no reset is ever sent.
        machine.email = f"{machine.pk}@machine.invalid"
        machine.set_unusable_password()
        machine.save()
        record(actor=actor, action="account.machine_registered", subject=f"user:{machine.pk}", at=at)
    return machine.pk


def lock_person(*, user_id: UUID) -> None:
    """
    Hold this person's row until the transaction ends: whoever counts what a person has checks before he writes.

    raises  NoSuchPerson
    """
    if User.objects.select_for_update().filter(pk=user_id, is_active=True).first() is None:
        raise selectors.NoSuchPerson("There is no person with this id.", field="user")


def create_organisation(
    *, kind: OrganisationKind | str, name: str, actor: Actor, at: datetime
) -> OrganisationFacts:
    """
    Create the house (once) or an issuer's organisation.

    raises  Invalid, HouseExists
    """
    known_as = _name(name, field="name", required=True)
    if str(kind) not in set(OrganisationKind):
        raise Invalid(f"An organisation is a house or an issuer, not {str(kind)[:40]!r}.", field="kind")
    with transaction.atomic():
        made = Organisation(kind=str(kind), name=known_as, created_at=at)
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError as clash:
            raise HouseExists("The house exists already; a portal has one.", field="kind") from clash
        record(
            actor=actor,
            action="account.organisation_created",
            subject=f"organisation:{made.pk}",
            organisation=made.pk,
            at=at,
            kind=str(kind),
        )
    return selectors.organisation(made.pk)


def grant_role(
    *, user_id: UUID, organisation_id: UUID, role: Role, actor: Actor, at: datetime, reason: str = ""
) -> MembershipFacts:
    """
    Give a person a role in an organisation.

    raises  NoSuchPerson, NoSuchOrganisation, RoleDoesNotFit (an issuer has issuer roles, the house has its own,
            the investor's is granted by nobody), RoleAlreadyHeld
    """
    with transaction.atomic():
        person = User.objects.select_for_update().filter(pk=user_id).first()
        if person is None:
            raise selectors.NoSuchPerson("There is no person with this id.", field="user")
        place = selectors.organisation(organisation_id)
        if role.organisation_kind is not place.kind:
            raise RoleDoesNotFit(
                f"{role.label.capitalize()} is no role of {place.name}, which is "
                f"{'the house' if place.kind is OrganisationKind.HOUSE else 'an issuer'}.",
                field="role",
                next_step=_roles_of(place.kind),
            )
        if Membership.objects.filter(
            user=person, organisation_id=organisation_id, role=role.value, ended_at=None
        ).exists():
            raise RoleAlreadyHeld(f"This person is {role.label} of {place.name} already.", field="role")
        made = Membership.objects.create(
            user=person, organisation_id=organisation_id, role=role.value, created_at=at
        )
        record(
            actor=actor,
            action="account.role_granted",
            subject=f"user:{person.pk}",
            organisation=organisation_id,
            reason=reason,
            at=at,
            membership=str(made.pk),
            role=role.value,
        )
    return selectors.membership_facts(made)


def end_membership(*, membership_id: UUID, actor: Actor, at: datetime, reason: str = "") -> MembershipFacts:
    """
    End a role now, and every session of its holder with it.

    raises  NoSuchMembership, AlreadyEnded
    """
    with transaction.atomic():
        held = Membership.objects.select_for_update().filter(pk=membership_id).first()
        if held is None:
            raise NoSuchMembership("There is no membership with this id.")
        if held.ended_at is not None:
            raise AlreadyEnded(f"This membership ended on {held.ended_at:%d %b %Y} already.")
        held.ended_at = at
        held.save(update_fields=["ended_at"])
        ended = _end_sessions(held.user_id)
        record(
            actor=actor,
            action="account.role_ended",
            subject=f"user:{held.user_id}",
            organisation=held.organisation_id,
            reason=reason,
            at=at,
            membership=str(held.pk),
            role=held.role,
            sessions_ended=ended,
        )
    return selectors.membership_facts(held)


def set_active(*, user_id: UUID, active: bool, actor: Actor, at: datetime, reason: str = "") -> UserFacts:
    """
    Close a person's account, or open it again. Closing ends every session.

    raises  NoSuchPerson
    """
    with transaction.atomic():
        person = User.objects.select_for_update().filter(pk=user_id).first()
        if person is None:
            raise selectors.NoSuchPerson("There is no person with this id.")
        if person.is_active != active:
            person.is_active = active
            person.save(update_fields=["is_active"])
            if not active:
                _end_sessions(user_id)
            action = "account.opened" if active else "account.closed"
            record(actor=actor, action=action, subject=f"user:{user_id}", reason=reason, at=at)
    return selectors.user(user_id)


def erase_person(*, user_id: UUID, actor: Actor, at: datetime, reason: str = "") -> None:
    """
    Forget how this person signs in and is reached: address, name, password, second factors, sessions. The row and its
    id stay, for the records that speak of it; nobody signs in as it again.

    raises  NoSuchPerson, RolesHeld
    """
    with transaction.atomic():
        person = User.objects.select_for_update().filter(pk=user_id).first()
        if person is None:
            raise selectors.NoSuchPerson("There is no person with this id.")
        if Membership.objects.filter(user_id=user_id, ended_at=None).exists():
            raise RolesHeld(
                "This person acts for an organisation.", next_step="Have the role ended by an operator first."
            )
        _end_sessions(user_id)
        person.refresh_from_db()
        EmailAddress.objects.filter(user_id=user_id).delete()
        Authenticator.objects.filter(user_id=user_id).delete()
        # .invalid belongs to nobody (RFC 2606), and the id keeps the address unique.
        person.email, person.name, person.is_active = f"{user_id}@erased.invalid", "", False
        person.set_unusable_password()
        person.save()
        record(actor=actor, action="account.erased", subject=f"user:{user_id}", reason=reason, at=at)


def revoke_session(*, user_id: UUID, session_id: int, actor: Actor, at: datetime) -> None:
    """
    Sign one browser of this person out.

    raises  NoSuchSession, also for somebody else's
    """
    with transaction.atomic():
        found = UserSession.objects.select_for_update().filter(pk=session_id, user_id=user_id).first()
        if found is None:
            raise NoSuchSession("There is no such session.")
        found.end()
        record(actor=actor, action="account.session_revoked", subject=f"user:{user_id}", at=at)


def revoke_all_sessions(*, user_id: UUID, actor: Actor, at: datetime, reason: str = "") -> int:
    """Sign this person out everywhere; returns how many listed sessions that ended."""
    with transaction.atomic():
        ended = _end_sessions(user_id)
        record(
            actor=actor,
            action="account.sessions_revoked",
            subject=f"user:{user_id}",
            reason=reason,
            at=at,
            sessions_ended=ended,
        )
    return ended


def note(*, event: str, user_id: UUID | None, actor: Actor, at: datetime, **facts: Any) -> None:
    """
    Tell the trail of what happened around signing in: signed_in, sign_in_failed, totp_activated, ...

    user_id  None where the address belongs to nobody
    """
    with transaction.atomic():
        subject = f"user:{user_id}" if user_id else "user:unknown"
        record(actor=actor, action=f"account.{event}", subject=subject, at=at, **facts)


def count_attempt(*, bucket: str, limit: int, window: timedelta, at: datetime) -> int:
    """
    Count one more attempt, in one statement: parallel requests cannot both be the last that is allowed.
    Call it outside a transaction, so that the count stays whatever becomes of the attempt.

    bucket   what is counted, such as "sign-in|address|203.0.113.9"; stored as a hash
    returns  attempts in this window so far, this one among them
    raises   TooManyAttempts beyond `limit`
    """
    seconds = int(window.total_seconds())
    start = datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, tz=UTC)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [sha256_hex(bucket.encode()), start])
        count: int = cursor.fetchone()[0]
    if count == 1:
        Attempts.objects.filter(window_start__lt=at - 2 * window - timedelta(days=1)).delete()
    if count > limit:
        minutes = -(-int((start + window - at).total_seconds()) // 60)
        raise TooManyAttempts(
            f"Too many attempts: {limit} in {seconds // 60} minutes are possible. Nothing was checked.",
            next_step=f"Wait {max(minutes, 1)} minutes and try again.",
        )
    return count


def count_try(*, kind: str, account: str, address: str, at: datetime) -> None:
    """
    One more try of this kind (sign-in, code, key, reset) for an account, from an address.

    raises  TooManyAttempts beyond PER_ACCOUNT or PER_ADDRESS in WINDOW
    """
    count_attempt(bucket=f"{kind}|address|{address}", limit=PER_ADDRESS, window=WINDOW, at=at)
    count_attempt(bucket=_account_bucket(kind, account), limit=PER_ACCOUNT, window=WINDOW, at=at)


def forget_tries(*, kind: str, account: str) -> None:
    """Start the account's count anew, after a success; the address's goes on."""
    Attempts.objects.filter(bucket=sha256_hex(_account_bucket(kind, account).encode())).delete()


def _account_bucket(kind: str, account: str) -> str:
    return f"{kind}|account|{account.strip().lower()}"


_COUNT = """
INSERT INTO portal_attempts (bucket, window_start, count) VALUES (%s, %s, 1)
ON CONFLICT (bucket, window_start) DO UPDATE SET count = portal_attempts.count + 1 RETURNING count
"""


def _end_sessions(user_id: UUID) -> int:
    """The raised epoch ends them all, in the same commit as the reason; the listed ones are removed as well."""
    person = User.objects.select_for_update().get(pk=user_id)
    person.session_epoch += 1
    person.save(update_fields=["session_epoch"])
    listed = list(UserSession.objects.select_for_update().filter(user_id=user_id).order_by("pk"))
    for one in listed:
        one.end()
    return len(listed)


def _email(text: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError as wrong:
        raise Invalid("This is not an e-mail address.", field="email") from wrong
    if len(address) > 254:
        raise Invalid("An e-mail address has at most 254 characters.", field="email")
    return address


def _name(text: str, *, field: str, required: bool) -> str:
    name = " ".join(text.split())
    if required and not name:
        raise Invalid("The name is missing.", field=field)
    if len(name) > NAME_LENGTH:
        raise Invalid(f"A name has at most {NAME_LENGTH} characters; this one has {len(name)}.", field=field)
    if any(not letter.isprintable() for letter in name):
        raise Invalid("The name has characters that cannot be printed.", field=field)
    return name


def _roles_of(kind: OrganisationKind) -> str:
    fitting = ", ".join(role.label for role in Role if role.organisation_kind is kind)
    return f"Its roles are: {fitting}."
