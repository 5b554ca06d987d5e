"""Writes of wallets: ask for a signature, take it as proof, let go of an address."""

import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from investors.domain.sign_in_message import CHAINS, SignInMessage, parsed
from investors.profiles import selectors as profiles
from investors.profiles.models import Investor
from investors.wallets.facts import ChallengeFacts, WalletFacts
from investors.wallets.models import WALLET, Challenge, Wallet
from investors.wallets.selectors import NoSuchWallet, challenge_facts, listing, wallet_facts
from investors.wallets.signing import checksum_address, parsed_signature, signer
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid

LIFETIME = timedelta(minutes=10)
MOST_OPEN = 5
"""House policy: a message is good for ten minutes, and five wait at most."""
STATEMENT = "Show that this address is yours. This costs nothing and moves nothing."
_LABEL = 60


class WrongSigner(Invalid):
    """The signature is somebody else's, or over another text."""

    code = "wrong-signer"


class WrongMessage(Invalid):
    """A sign-in message, but not one that this portal gave to this investor."""

    code = "wrong-sign-in-message"


class NonceUsed(Conflict):
    code = "nonce-used"


class MessageExpired(Conflict):
    code = "sign-in-message-expired"


class AddressTaken(Conflict):
    """One address belongs to one investor at a time."""

    code = "address-taken"


class TooManyOpen(Conflict):
    code = "too-many-open-messages"


class InvestorClosed(Conflict):
    code = "investor-closed"


class StillListed(Conflict):
    code = "address-still-listed"


class ReasonMissing(Invalid):
    code = "reason-missing"


def challenge(
    *, investor_id: UUID, address: str, chain_id: int, actor: Actor, at: datetime
) -> ChallengeFacts:
    """
    A message to sign, good once and for LIFETIME.

    raises  BadAddress, Invalid for a chain that is not in CHAINS, AddressTaken, TooManyOpen, InvestorClosed
    """
    if chain_id not in CHAINS:
        known = ", ".join(f"{name} ({number})" for number, name in CHAINS.items())
        raise Invalid(f"Chain {chain_id} is not one of these: {known}.", field="chain_id")
    proper, issued = checksum_address(address), at.replace(microsecond=0)
    asked = SignInMessage(
        domain=urlsplit(settings.SITE_URL).netloc,
        address=proper,
        statement=STATEMENT,
        uri=f"{settings.SITE_URL}/wallets/",
        chain_id=chain_id,
        nonce=secrets.token_hex(16),
        issued_at=issued,
        expires_at=issued + LIFETIME,
    )
    with transaction.atomic():
        _open_investor(investor_id)
        _refuse_taken(proper, investor_id)
        waiting = Challenge.objects.filter(investor_id=investor_id, used_at=None, expires_at__gt=at).count()
        if waiting >= MOST_OPEN:
            raise TooManyOpen(
                f"{waiting} messages wait to be signed; more are not given out.",
                next_step="Sign one of them, or wait ten minutes.",
            )
        made = Challenge.objects.create(
            investor_id=investor_id,
            nonce=asked.nonce,
            address=proper,
            chain_id=chain_id,
            message=asked.text(),
            issued_at=issued,
            expires_at=asked.expires_at,
        )
        record(
            actor=actor,
            action="wallet.proof_asked",
            subject=f"investor:{investor_id}",
            at=at,
            address=proper,
            chain_id=chain_id,
        )
    return challenge_facts(made)


def prove(
    *, investor_id: UUID, message: str, signature: str, actor: Actor, at: datetime, label: str = ""
) -> WalletFacts:
    """
    Take a signed message as proof. An address that a list names is kept too, blocked, for an officer to see.

    raises  NotASignInMessage, BadSignature, WrongMessage, NonceUsed, MessageExpired, WrongSigner, AddressTaken,
            InvestorClosed; the nonce is then as good as before
    """
    said, raw, name = parsed(message), parsed_signature(signature), _label(label)
    with transaction.atomic():
        lists_stand_still()
        _open_investor(investor_id)
        asked = (
            Challenge.objects.select_for_update().filter(investor_id=investor_id, nonce=said.nonce).first()
        )
        text = _checked(said, asked, at)
        found = signer(text, raw)
        if found != said.address:
            raise WrongSigner(
                f"This was signed by {found} and should have been by {said.address}, or another text was signed.",
                field="signature",
                next_step="Choose this address in the wallet and sign the message as it is shown.",
            )
        assert asked is not None
        asked.used_at = at
        asked.save(update_fields=["used_at"])
        return _keep(asked, "0x" + raw.hex(), name, actor, at)


def retire(
    *, wallet_id: UUID, actor: Actor, at: datetime, investor_id: UUID | None = None, reason: str = ""
) -> WalletFacts:
    """
    Let go of an address; it may then be proved anew, by anybody. A blocked one stays until an officer releases it.

    raises  NoSuchWallet, NotAllowedNow
    """
    with transaction.atomic():
        row = _locked(wallet_id, investor_id)
        row.state = WALLET.after(row.state, "retire")
        row.retired_at = at
        row.save(update_fields=["state", "retired_at"])
        record(
            actor=actor,
            action="wallet.retired",
            subject=f"wallet:{row.pk}",
            reason=reason,
            at=at,
            investor=str(row.investor_id),
            address=row.address,
            rows=essences(row),
        )
    return wallet_facts(row)


def release(*, wallet_id: UUID, reason: str, actor: Actor, at: datetime) -> WalletFacts:
    """
    Free a blocked address, once no list names it any more.

    raises  NoSuchWallet, ReasonMissing, StillListed, NotAllowedNow
    """
    if len(reason.strip()) < 4:
        raise ReasonMissing("Say why the address is free again.", field="reason")
    with transaction.atomic():
        lists_stand_still()
        row = _locked(wallet_id)
        after = WALLET.after(row.state, "release")
        named = listing(row.address)
        if named:
            raise StillListed(
                f"{row.address} is still listed: {named}.",
                next_step="Import the list that leaves it out first.",
                source="31 CFR 501.603",
            )
        row.state, row.listed = after, ""
        row.save(update_fields=["state", "listed"])
        record(
            actor=actor,
            action="wallet.released",
            subject=f"wallet:{row.pk}",
            reason=reason.strip(),
            at=at,
            investor=str(row.investor_id),
            address=row.address,
            rows=essences(row),
        )
    return wallet_facts(row)


def lists_stand_still(*, changing: bool = False) -> None:
    """Until this transaction ends no list of addresses changes; `changing` is for the one that changes them."""
    lock = "pg_advisory_xact_lock" if changing else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended('address lists', 0))")


def _checked(said: SignInMessage, asked: Challenge | None, at: datetime) -> str:
    """The text that was given out, when what came back says the same in every field."""
    if asked is None:
        raise WrongMessage(
            "This portal gave you no message with this nonce.",
            field="message",
            next_step="Ask for a new message and sign that.",
        )
    given = parsed(asked.message)
    for field, what in (
        ("domain", "site"),
        ("uri", "URI"),
        ("chain_id", "chain"),
        ("address", "address"),
        ("statement", "statement"),
        ("issued_at", "time of issue"),
        ("expires_at", "expiration"),
    ):
        if getattr(said, field) != getattr(given, field):
            raise WrongMessage(
                f"The {what} in this message is {getattr(said, field)} and was given out as {getattr(given, field)}.",
                field="message",
                next_step="Sign the message exactly as the page shows it.",
            )
    if asked.used_at is not None:
        raise NonceUsed(
            f"This message was used on {asked.used_at:%d %b %Y, %H:%M} UTC; each is good once.",
            field="message",
            next_step="Ask for a new message.",
        )
    if at >= asked.expires_at:
        raise MessageExpired(
            f"This message was good until {asked.expires_at:%d %b %Y, %H:%M} UTC.",
            field="message",
            next_step="Ask for a new message.",
        )
    return asked.message


def _keep(asked: Challenge, signature: str, label: str, actor: Actor, at: datetime) -> WalletFacts:
    _refuse_taken(asked.address, asked.investor_id)
    named = listing(asked.address)
    row = Wallet(
        investor_id=asked.investor_id,
        address=asked.address,
        chain_id=asked.chain_id,
        label=label,
        message=asked.message,
        signature=signature,
        state="blocked" if named else "active",
        listed=named,
        proved_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as clash:
        if "wallet_of_one_investor" not in str(clash):
            raise
        raise _taken() from clash
    told: dict[str, Any] = {
        "investor": str(row.investor_id),
        "address": row.address,
        "chain_id": row.chain_id,
        "rows": essences(row),
    }
    record(actor=actor, action="wallet.proved", subject=f"wallet:{row.pk}", at=at, **told)
    if named:
        record(actor=actor, action="wallet.blocked", subject=f"wallet:{row.pk}", at=at, listed=named, **told)
    return wallet_facts(row)


def _open_investor(investor_id: UUID) -> None:
    """The investor's row is locked, so that a closing account gains no wallet meanwhile."""
    row = Investor.objects.select_for_update(no_key=True).filter(pk=investor_id).first()
    if row is None:
        raise profiles.NoSuchInvestor("There is no investor with this id.")
    if row.closed_at is not None:
        raise InvestorClosed(f"This account was closed on {row.closed_at:%d %b %Y}.")


def _refuse_taken(address: str, investor_id: UUID) -> None:
    holder = (
        Wallet.objects.filter(address=address)
        .exclude(state="retired")
        .values_list("investor_id", flat=True)
        .first()
    )
    if holder == investor_id:
        raise AddressTaken("You have proved this address already; nothing was changed.", field="address")
    if holder is not None:
        raise _taken()


def _taken() -> AddressTaken:
    return AddressTaken(
        "This address is in use by another investor; one address belongs to one investor at a time.",
        field="address",
        next_step="Use another address, or let the other account retire this one first.",
    )


def _locked(wallet_id: UUID, investor_id: UUID | None = None) -> Wallet:
    row = Wallet.objects.select_for_update().filter(pk=wallet_id).first()
    if row is None or (investor_id is not None and row.investor_id != investor_id):
        raise NoSuchWallet("There is no wallet with this id.")
    return row


def _label(text: str) -> str:
    cleaned = " ".join(text.split())
    if len(cleaned) > _LABEL or any(unicodedata.category(one) == "Cc" for one in cleaned):
        raise Invalid(f"A label has at most {_LABEL} printable characters.", field="label")
    return cleaned
