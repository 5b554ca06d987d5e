"""Making securities and moving them through their lifecycle."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from issuance.assets.models import Asset
from issuance.assets.selectors import NoSuchAsset
from issuance.assets.services import tokenize
from issuance.domain.identifiers import check_isin
from issuance.securities.facts import SecurityFacts
from issuance.securities.models import LIFECYCLE, Security
from issuance.securities.selectors import NoSuchSecurity, security_facts
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.ledger.services import define_instrument

_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}-[A-Z0-9]{1,11}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
MAX_AUTHORISED = 10**30


class CodeTaken(Conflict):
    """Another security has this code."""

    code = "code-taken"


def create(
    *,
    asset_id: UUID,
    code: str,
    name: str,
    kind: str,
    scale: int,
    authorised: int | None,
    par_minor: int | None = None,
    currency: str = "USD",
    isin: str = "",
    reporting: bool = False,
    actor: Actor,
    at: datetime,
) -> SecurityFacts:
    """
    Divide an asset under these terms: makes the token, its identifier and the ledger's instrument. It begins as
    a draft; nothing of it can be issued before it is active.

    code        two parts such as "HARBOR-B", 2 to 12 capitals and digits, then 1 to 11; never a currency's
    scale       decimals of one unit, 0 to 18
    authorised  smallest units; None is unlimited
    par_minor   minor units of `currency`
    reporting   the issuer reports to the SEC: Rule 144's shorter holding period
    raises      Invalid naming the field, NotAnIdentifier, NoSuchAsset, IssuerNotApproved, CodeTaken, TokenExists
    """
    _check(code, name, kind, scale, authorised, par_minor, currency)
    number = check_isin(isin) if isin else ""
    with transaction.atomic():
        asset = _divisible(asset_id, code)
        terms: dict[str, Any] = {
            "authorised": None if authorised is None else str(authorised),
            "code": code,
            "currency": currency,
            "isin": number,
            "kind": kind,
            "name": name,
            "par_minor": None if par_minor is None else str(par_minor),
            "scale": scale,
        }
        token = tokenize(asset_id=asset_id, terms=terms, actor=actor, at=at)
        instrument = define_instrument(code=code, kind="security", scale=scale, name=name, actor=actor, at=at)
        row = _insert(
            Security(
                issuer_id=asset.issuer_id,
                asset=asset,
                token_id=token.id,
                code=code,
                name=name,
                kind=kind,
                isin=number,
                scale=scale,
                authorised=authorised,
                par_minor=par_minor,
                currency=currency,
                reporting=reporting,
                instrument_id=instrument.id,
                created_at=at,
            )
        )
        record(
            actor=actor,
            action="security.created",
            subject=f"security:{row.pk}",
            organisation=row.issuer_id,
            at=at,
            token=token.identifier,
            **terms,
        )
    return security_facts(row)


def _divisible(asset_id: UUID, code: str) -> Asset:
    asset = Asset.objects.filter(pk=asset_id).first()
    if asset is None:
        raise NoSuchAsset("There is no asset with this id.")
    if Security.objects.filter(code=code).exists():
        raise CodeTaken(f"A security {code} exists already.", field="code")
    return asset


def _insert(row: Security) -> Security:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as clash:
        raise CodeTaken(f"A security {row.code} exists already.", field="code") from clash
    return row


def move(*, security_id: UUID, event: str, reason: str = "", actor: Actor, at: datetime) -> SecurityFacts:
    """
    Move a security through its lifecycle.

    event   activate | pause | resume | retire | withdraw
    raises  NoSuchSecurity, NotAllowedNow
    """
    with transaction.atomic():
        row = (
            Security.objects.select_for_update(of=("self",))
            .select_related("issuer", "token")
            .filter(pk=security_id)
            .first()
        )
        if row is None:
            raise NoSuchSecurity("There is no security with this id.")
        before = row.state
        row.state = LIFECYCLE.after(before, event)
        row.save(update_fields=["state"])
        record(
            actor=actor,
            action=f"security.{row.state}",
            subject=f"security:{row.pk}",
            organisation=row.issuer_id,
            reason=reason,
            before={"state": before},
            after={"state": row.state},
            at=at,
        )
    return security_facts(row)


def activate(*, security_id: UUID, actor: Actor, at: datetime) -> SecurityFacts:
    """Make a draft active: from now on it can be offered and issued. Raises as `move`."""
    return move(security_id=security_id, event="activate", actor=actor, at=at)


def _check(
    code: str, name: str, kind: str, scale: int, authorised: int | None, par_minor: int | None, currency: str
) -> None:
    if not _CODE.fullmatch(code):
        raise Invalid(
            "A code has two parts of capitals and digits joined by a hyphen, such as HARBOR-B.", field="code"
        )
    if not name.strip() or len(name) > 200:
        raise Invalid("The name has 1 to 200 characters.", field="name")
    if kind not in Security.Kind.values:
        raise Invalid(f"{kind[:30]!r} is no kind of security.", field="kind")
    if not 0 <= scale <= 18:
        raise Invalid(f"The scale is {scale}; it goes from 0 to 18 decimals.", field="scale")
    if authorised is not None and not 0 < authorised <= MAX_AUTHORISED:
        raise Invalid(
            "The authorised number has to be above zero and have at most 30 digits.", field="authorised"
        )
    if par_minor is not None and not 0 <= par_minor <= MAX_AUTHORISED:
        raise Invalid("The par value cannot be negative.", field="par")
    if not _CURRENCY.fullmatch(currency):
        raise Invalid("A currency is three capitals such as USD.", field="currency")
