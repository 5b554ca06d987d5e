"""Reads of statements: what waits, what was sent, and why the bank's balance is not the ledger's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, Sum

from portal.domain.errors import NotFound
from portal.funding.facts import CURRENCIES
from portal.funding.models import (
    Deposit,
    LineMatter,
    PaymentFile,
    Statement,
    StatementFile,
    StatementLine,
    Withdrawal,
)
from portal.ledger import selectors as ledger

WAITING = ("suspense", "proposed", "return_proposed", "returning", "unexplained")


class NoSuchPaymentFile(NotFound):
    code = "no-such-payment-file"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A credited transfer with its sender opened, for comparing him with an account's holder."""

    line_id: UUID
    booked_on: date
    account: str
    sender: str


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line and what became of it. text and counterparty are personal data: for those who match money only."""

    id: UUID
    currency: str
    scale: int
    amount_minor: int
    booked_on: date
    bank_reference: str
    text: str
    counterparty: str
    state: str
    why: str
    reason: str
    owner: str
    proposed_owner: str
    proposed_by: str
    approval_id: UUID | None
    at: datetime

    @property
    def state_label(self) -> str:
        return self.state.replace("_", " ")


@dataclass(frozen=True, slots=True)
class PaymentFileFacts:
    """A payment file and how many of its payments are still under way."""

    id: UUID
    code: str
    format: str
    currency: str
    scale: int
    count: int
    total_minor: int
    execute_on: date
    document_id: UUID
    sha256: str
    made_label: str
    at: datetime
    sent: int
    returned: int

    @property
    def state(self) -> str:
        if self.sent:
            return "sent"
        return "returned" if self.returned == self.count else "settled"


@dataclass(frozen=True, slots=True)
class Explained:
    """One part of the difference between bank and ledger, in smallest units."""

    what: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """
    One currency: the bank's closing balance by the last statement against what the ledger says is at the bank.

    parts  what explains bank_minor - ledger_minor; rest_minor is what nothing explains
    """

    currency: str
    scale: int
    as_of: date | None
    bank_minor: int | None
    ledger_minor: int
    suspense_minor: int
    parts: tuple[Explained, ...]
    rest_minor: int

    @property
    def agrees(self) -> bool:
        return self.rest_minor == 0


def transfers_to(owner: str) -> list[Transfer]:
    """Credited transfers of an owner, oldest first."""
    found = StatementLine.objects.filter(
        amount_minor__gt=0, matter__owner=owner, matter__state__in=("credited", "assigned")
    ).order_by("booked_on", "pk")
    return [
        Transfer(one.pk, one.booked_on, one.counterparty_account, one.counterparty)
        for one in found
        if one.counterparty_account
    ]


def owners_credited(file_id: UUID) -> set[str]:
    """Whose accounts the lines of a file were credited to."""
    found = LineMatter.objects.filter(line__statement__file_id=file_id, state="credited")
    return set(found.values_list("owner", flat=True)) - {""}


def lines(*, states: Iterable[str] = WAITING, limit: int = 200) -> list[LineFacts]:
    """Lines in these states, oldest first."""
    found = LineMatter.objects.filter(state__in=list(states)).select_related("line").order_by("at", "line_id")
    return [_line(one) for one in found[:limit]]


def line(line_id: UUID) -> LineFacts | None:
    """One line, or None."""
    found = LineMatter.objects.select_related("line").filter(pk=line_id).first()
    return None if found is None else _line(found)


def waiting_count() -> int:
    return LineMatter.objects.filter(state__in=WAITING).count()


def statements(*, limit: int = 100) -> list[Statement]:
    """The newest statements with their files."""
    return list(Statement.objects.select_related("file").order_by("-at", "-last_on", "pk")[:limit])


def statement_files(ids: Iterable[UUID]) -> list[StatementFile]:
    return list(StatementFile.objects.filter(pk__in=list(ids)))


def payment_files(*, limit: int = 100) -> list[PaymentFileFacts]:
    """Newest first."""
    return [_file(one) for one in PaymentFile.objects.order_by("-at", "pk")[:limit]]


def payment_file(file_id: UUID) -> PaymentFileFacts:
    """raises  NoSuchPaymentFile"""
    found = PaymentFile.objects.filter(pk=file_id).first()
    if found is None:
        raise NoSuchPaymentFile("There is no payment file with this id.")
    return _file(found)


def reconciled() -> list[Reconciled]:
    """Every currency, in order."""
    return [_reconcile(code) for code in CURRENCIES]


def _reconcile(currency: str) -> Reconciled:
    with_balance = Statement.objects.filter(currency=currency, closing_minor__isnull=False)
    last = with_balance.order_by("-last_on", "-first_on", "-at").first()
    first = with_balance.order_by("first_on", "last_on", "at").first()
    bank = suspense = 0
    instrument = ledger.instruments(kind="cash")
    for one in instrument:
        if one.code == currency:
            found = ledger.balances(instrument_id=one.id)
            bank = -sum(b.posted for b in found if b.purpose == "bank")
            suspense = sum(b.posted for b in found if b.purpose == "suspense")
    parts: list[Explained] = []
    if first is not None:
        parts.append(Explained("At the bank before the first statement", first.opening_minor or 0))
        parts += _parts(currency)
    rest = 0 if last is None else (last.closing_minor or 0) - bank - sum(p.amount_minor for p in parts)
    return Reconciled(
        currency=currency,
        scale=CURRENCIES[currency].scale,
        as_of=None if last is None else last.last_on,
        bank_minor=None if last is None else last.closing_minor,
        ledger_minor=bank,
        suspense_minor=suspense,
        parts=tuple(part for part in parts if part.amount_minor),
        rest_minor=rest,
    )


def _parts(currency: str) -> list[Explained]:
    """What stands at the bank and not in the ledger, then the other way round."""
    matters = LineMatter.objects.filter(line__currency=currency)
    unexplained = _sum(matters.filter(state="unexplained"), "line__amount_minor")
    outside = _sum(
        matters.filter(state="settled", withdrawal_id=None, payment_file_id=None, transaction_id=None),
        "line__amount_minor",
    )
    on_statement = matters.exclude(deposit_id=None).values("deposit_id")
    deposits = _sum(Deposit.objects.filter(currency=currency).exclude(pk__in=on_statement), "amount_minor")
    paid = matters.exclude(withdrawal_id=None).values("withdrawal_id")
    files = matters.exclude(payment_file_id=None).values("payment_file_id")
    withdrawn = _sum(
        Withdrawal.objects.filter(currency=currency)
        .exclude(transaction_id=None)
        .exclude(Q(pk__in=paid) | Q(payment__file_id__in=files)),
        "amount_minor",
    )
    return [
        Explained("Money out that nobody has explained yet", unexplained),
        Explained("Money out that was none of the investors' (charges and the like)", outside),
        Explained("Deposits entered by hand that stand on no statement", -deposits),
        Explained("Withdrawals recorded as paid by hand that stand on no statement", withdrawn),
    ]


def _sum(rows, column: str) -> int:  # type: ignore[no-untyped-def]
    return int(rows.aggregate(total=Sum(column))["total"] or 0)


def _line(one: LineMatter) -> LineFacts:
    return LineFacts(
        id=one.pk,
        currency=one.line.currency,
        scale=CURRENCIES[one.line.currency].scale,
        amount_minor=one.line.amount_minor,
        booked_on=one.line.booked_on,
        bank_reference=one.line.bank_reference,
        text=one.line.text,
        counterparty=one.line.counterparty,
        state=one.state,
        why=one.why,
        reason=one.reason,
        owner=one.owner,
        proposed_owner=one.proposed_owner,
        proposed_by=one.proposed_by,
        approval_id=one.approval_id,
        at=one.at,
    )


def _file(one: PaymentFile) -> PaymentFileFacts:
    states = list(Withdrawal.objects.filter(payment__file=one).values_list("state", flat=True))
    return PaymentFileFacts(
        id=one.pk,
        code=one.code,
        format=one.format,
        currency=one.currency,
        scale=CURRENCIES[one.currency].scale,
        count=one.count,
        total_minor=one.total_minor,
        execute_on=one.execute_on,
        document_id=one.document_id,
        sha256=one.sha256,
        made_label=one.made_label,
        at=one.at,
        sent=states.count("sent"),
        returned=states.count("returned"),
    )
