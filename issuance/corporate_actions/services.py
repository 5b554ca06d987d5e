"""
Dividends: declared, announced, entitled from the ledger as of the record instant, approved by a second person,
then paid by workers (payout.py).
"""

from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from issuance.corporate_actions.entitlement import freeze
from issuance.corporate_actions.facts import DividendFacts, NewDividend
from issuance.corporate_actions.models import LIFECYCLE, Dividend, TaxForm
from issuance.corporate_actions.payout import CHUNK, START, locked, pot_account, told
from issuance.corporate_actions.selectors import dividend_facts
from issuance.domain.dividends import Rounding, pot_for
from issuance.securities.models import Security
from issuance.securities.selectors import NoSuchSecurity, security
from portal.approvals import services as approvals
from portal.approvals.selectors import approval
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict, Invalid
from portal.ledger import selectors as ledger
from portal.ledger.facts import Leg
from portal.ledger.services import open_account, post
from portal.outbox.services import enqueue

ACTION = "dividend.approve"
MOST = 10**17


class RecordDateInFuture(Conflict):
    """Entitlements are taken from the register as it stood at the record instant, so not before it."""

    code = "record-date-in-future"


class NobodyToPay(Conflict):
    """Nobody held any at the record instant."""

    code = "nobody-to-pay"


class NotRequested(Conflict):
    """Nobody has asked for the approval yet."""

    code = "approval-not-requested"


def declare(*, terms: NewDividend, actor: Actor, at: datetime) -> DividendFacts:
    """
    Draft a cash dividend.

    raises  Invalid naming the field, NoSuchSecurity
    """
    _check(terms)
    with transaction.atomic():
        found = Security.objects.select_related("issuer").filter(pk=terms.security_id).first()
        if found is None:
            raise NoSuchSecurity("There is no security with this id.")
        per_unit = terms.per_unit
        row = Dividend.objects.create(
            security=found,
            name=terms.name.strip(),
            currency=found.currency,
            basis="pot" if per_unit is None else "per_unit",
            rounding=terms.rounding if per_unit is None else Rounding.DOWN.value,
            pot_minor=terms.pot_minor,
            per_unit_numerator=None if per_unit is None else per_unit.numerator,
            per_unit_denominator=None if per_unit is None else per_unit.denominator,
            ex_date=terms.ex_date,
            record_date=terms.record_date,
            record_at=terms.record_at,
            payment_date=terms.payment_date,
            created_at=at,
            created_by=str(actor),
        )
        told(
            row,
            "dividend.declared",
            actor,
            at,
            basis=row.basis,
            pot_minor=None if row.pot_minor is None else str(row.pot_minor),
            per_unit=None if per_unit is None else str(per_unit),
            record_at=row.record_at.isoformat(),
            payment_date=row.payment_date.isoformat(),
        )
    return dividend_facts(row)


def announce(*, dividend_id: UUID, actor: Actor, at: datetime) -> DividendFacts:
    """Announce a draft: its terms are fixed from now on. Raises NoSuchDividend, NotAllowedNow."""
    with transaction.atomic():
        row = locked(dividend_id)
        row.state, row.announced_at = LIFECYCLE.after(row.state, "announce"), at
        row.save(update_fields=["state", "announced_at"])
        told(row, "dividend.announced", actor, at)
    return dividend_facts(row)


def entitle(*, dividend_id: UUID, actor: Actor, at: datetime) -> DividendFacts:
    """
    Freeze what each holder of record is due, from the ledger as of the record instant: gross, withheld, net.

    raises  NoSuchDividend, NotAllowedNow, RecordDateInFuture, NobodyToPay, StandingChanged
    """
    with transaction.atomic():
        row = locked(dividend_id)
        state = LIFECYCLE.after(row.state, "entitle")
        if at < row.record_at:
            raise RecordDateInFuture(
                f"The record date ends on {row.record_at.astimezone(UTC):%d %b %Y, %H:%M} UTC.",
                field="record_date",
                next_step="Come back after it: who sells before then is not entitled.",
            )
        dues = freeze(row, instrument_id=security(row.security_id).instrument_id, chunk=CHUNK)
        if not dues.holders:
            raise NobodyToPay("Nobody held any of this security at the record date.", field="record_date")
        row.state, row.entitled_at = state, at
        row.pot_minor, row.holders = _pot(row, dues.quantity), dues.holders
        row.gross_minor, row.withheld_minor = dues.gross, dues.withheld
        row.net_minor, row.residue_minor = dues.net, row.pot_minor - dues.gross
        row.entitlements_sha256 = dues.sha256
        row.save()
        told(
            row,
            "dividend.entitled",
            actor,
            at,
            holders=row.holders,
            **_figures(row),
        )
    return dividend_facts(row)


def request_approval(*, dividend_id: UUID, actor: Actor, at: datetime) -> UUID:
    """
    Ask a second person to approve the payout, with all its figures.

    returns  the approval's id
    raises   NoSuchDividend, NotAllowedNow, AlreadyRequested
    """
    with transaction.atomic():
        row = locked(dividend_id)
        LIFECYCLE.after(row.state, "approve")
        row.approval_id = approvals.request_approval(
            action=ACTION,
            subject=f"dividend:{row.pk}",
            organisation=row.security.issuer_id,
            maker=actor,
            facts={"holders": row.holders, **_figures(row)},
            at=at,
        )
        row.save(update_fields=["approval_id"])
    return row.approval_id


def approve(*, dividend_id: UUID, actor: Actor, at: datetime, note: str = "") -> DividendFacts:
    """
    Approve as the second person: the pot moves from the issuer's cash into the payout account, workers pay when
    the payment date has come. Where a second person approved the request elsewhere, this carries it out.

    raises  NoSuchDividend, NotAllowedNow, NotRequested, MakerCannotCheck, AlreadyDecided, InsufficientBalance
    """
    with transaction.atomic():
        row = locked(dividend_id)
        state = LIFECYCLE.after(row.state, "approve")
        if row.approval_id is None:
            raise NotRequested("Nobody has asked for this approval.", next_step="Request it first.")
        if approval(row.approval_id).state != "approved":
            approvals.approve(approval_id=row.approval_id, checker=actor, at=at, note=note)
        assert row.pot_minor is not None
        issuer = open_account(
            owner=f"issuer:{row.security.issuer_id}",
            instrument_id=ledger.instrument(row.currency).id,
            purpose="cash",
        )
        post(
            key=f"dividend:{row.pk}:pot",
            kind="dividend.funded",
            reference=f"dividend:{row.pk}",
            legs=[Leg(issuer, -row.pot_minor), Leg(pot_account(row), row.pot_minor)],
            actor=actor,
            at=at,
        )
        row.state, row.approved_at = state, at
        row.save(update_fields=["state", "approved_at"])
        enqueue(
            topic=START,
            key=str(row.pk),
            payload={"dividend_id": str(row.pk)},
            at=at,
            available_at=max(at, datetime.combine(row.payment_date, datetime.min.time(), UTC)),
        )
        told(row, "dividend.approved", actor, at, approval=str(row.approval_id), **_figures(row))
    return dividend_facts(row)


def cancel(*, dividend_id: UUID, reason: str, actor: Actor, at: datetime) -> DividendFacts:
    """
    Cancel a dividend before it is approved. An open request for approval is rejected by its own rules, not here.

    raises  NoSuchDividend, NotAllowedNow, Invalid without a reason
    """
    if not reason.strip():
        raise Invalid("Write why; the holders read it.", field="reason")
    with transaction.atomic():
        row = locked(dividend_id)
        row.state = LIFECYCLE.after(row.state, "cancel")
        row.save(update_fields=["state"])
        told(row, "dividend.cancelled", actor, at, reason=reason.strip())
    return dividend_facts(row)


def close(*, dividend_id: UUID, actor: Actor, at: datetime) -> DividendFacts:
    """Close a paid dividend. Raises NoSuchDividend, NotAllowedNow."""
    with transaction.atomic():
        row = locked(dividend_id)
        row.state = LIFECYCLE.after(row.state, "close")
        row.save(update_fields=["state"])
        told(row, "dividend.closed", actor, at)
    return dividend_facts(row)


def file_tax_form(
    *,
    holder: str,
    form: str,
    residence: str,
    tin_on_file: bool,
    treaty_claimed: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """
    Keep a payee's tax form; the newest counts from the next entitlement on.

    form       w9 | w8
    residence  country of tax residence, ISO 3166-1 alpha-2
    raises     Invalid naming the field
    """
    if form not in TaxForm.Form.values:
        raise Invalid(f"{form[:10]!r} is no tax form on record.", field="form")
    if len(residence) != 2 or not residence.isascii() or not residence.isupper():
        raise Invalid("The country of tax residence is two capitals such as US.", field="residence")
    if form == "w9" and treaty_claimed:
        raise Invalid("A United States person claims no treaty.", field="treaty_claimed")
    with transaction.atomic():
        row = TaxForm.objects.create(
            holder=holder,
            form=form,
            residence=residence,
            tin_on_file=tin_on_file,
            treaty_claimed=treaty_claimed,
            filed_by=str(actor),
            filed_at=at,
        )
        record(
            actor=actor,
            action="tax_form.filed",
            subject=f"tax_form:{row.pk}",
            at=at,
            holder=holder,
            form=form,
            treaty_claimed=treaty_claimed,
        )


def _check(terms: NewDividend) -> None:
    if not terms.name.strip() or len(terms.name) > 200:
        raise Invalid("The name has 1 to 200 characters.", field="name")
    if (terms.pot_minor is None) == (terms.per_unit is None):
        raise Invalid("Give either a sum or an amount for each unit.", field="pot")
    if terms.pot_minor is not None and not 0 < terms.pot_minor <= MOST:
        raise Invalid(
            "The sum has to be above zero and have at most 15 digits before the point.", field="pot"
        )
    if terms.per_unit is not None and not 0 < terms.per_unit <= MOST:
        raise Invalid("The amount for each unit has to be above zero.", field="per_unit")
    if terms.rounding not in Dividend.Rounding.values:
        raise Invalid(f"{terms.rounding[:20]!r} is no way to round.", field="rounding")
    if terms.record_at.tzinfo is None:
        raise Invalid("The record instant is told with its zone.", field="record_date")
    if terms.payment_date < terms.record_date:
        raise Invalid("The payment date lies before the record date.", field="payment_date")
    if terms.ex_date is not None and terms.ex_date > terms.record_date:
        raise Invalid("The ex-date lies after the record date.", field="ex_date")


def _pot(row: Dividend, quantity: int) -> int:
    """What the issuer pays in: the sum declared, or what the amount for each unit takes at the most."""
    if row.basis == Dividend.Basis.POT:
        return row.pot_minor
    per_unit = Fraction(row.per_unit_numerator, row.per_unit_denominator)
    return pot_for(per_unit, quantity, scale=row.security.scale)


def _figures(row: Dividend) -> dict[str, str]:
    return {
        "dividend": str(row.pk),
        "security": row.security.code,
        "currency": row.currency,
        "pot_minor": str(row.pot_minor),
        "gross_minor": str(row.gross_minor),
        "withheld_minor": str(row.withheld_minor),
        "net_minor": str(row.net_minor),
        "residue_minor": str(row.residue_minor),
        "payment_date": row.payment_date.isoformat(),
        "entitlements_sha256": row.entitlements_sha256,
    }
