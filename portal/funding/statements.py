"""
Bank statements: read, kept line by line, each line matched once. Importing and posting are one transaction, so a
file is in the books whole or not at all.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from portal.audit.services import record
from portal.documents.services import store
from portal.domain.actors import Actor
from portal.domain.canonical import canonical_json, sha256_hex
from portal.domain.errors import Conflict, Invalid
from portal.domain.media import MediaType, clean_filename
from portal.domain.money import told_amount
from portal.funding import matching, payments, selectors
from portal.funding.facts import CURRENCIES, ColumnMapping, HouseAccount, LineInput, StatementInput
from portal.funding.formats.plain import account_of
from portal.funding.formats.reader import read
from portal.funding.models import LineMatter, Statement, StatementFile, StatementLine
from portal.funding.services import one_at_a_time, record_deposit
from portal.ledger import selectors as ledger_facts
from portal.ledger import services as ledger
from portal.ledger.facts import Leg


class AlreadyImported(Conflict):
    """The very same file came in before."""

    code = "statement-already-imported"


class UnknownAccount(Invalid):
    """The statement is of an account that is not the house's, or in a currency that the account does not have."""

    code = "statement-of-unknown-account"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: lines new to the books, and of those how many were matched or wait for a person."""

    file_id: UUID
    format: str
    statements: int
    lines_new: int
    lines_known: int
    matched: int
    suspense: int
    unexplained: int


def import_statement(
    *, content: bytes, filename: str, actor: Actor, at: datetime, mapping: ColumnMapping | None = None
) -> Imported:
    """
    Take in a statement file: camt.053, MT940, or CSV with a mapping.

    A credit whose text holds the reference of a cash account is credited there; a debit that names a payment of ours
    completes it; other credits go to suspense, other debits wait to be explained. Lines known from another file are
    counted and left alone.

    raises  UnreadableStatement, AlreadyImported, UnknownAccount
    """
    digest = sha256_hex(content)
    format_name, found = read(content, mapping=mapping)
    accounts = [_house_account(one) for one in found]
    with transaction.atomic():
        one_at_a_time("statement import")
        _refuse_known(digest)
        file = _keep_file(content, filename, format_name, digest, actor, at)
        matters: Counter[str] = Counter()
        known = 0
        for statement, account in zip(found, accounts, strict=True):
            kept, lines = _keep_statement(statement, account, file, at)
            known += kept.lines_seen - kept.lines_new
            # Debits first: a payment that came back on the same day had left before.
            for line in sorted(lines, key=lambda one: (one.amount_minor > 0, one.position)):
                matters[_match(line, actor=actor, at=at)] += 1
        record(
            actor=actor,
            action="statement.imported",
            subject=f"statement_file:{file.pk}",
            at=at,
            sha256=digest,
            format=format_name,
            statements=len(found),
            lines_known=known,
            outcomes={name: matters[name] for name in sorted(matters)},
        )
    waiting = matters["suspense"] + matters["unexplained"]
    return Imported(
        file_id=file.pk,
        format=format_name,
        statements=len(found),
        lines_new=sum(matters.values()),
        lines_known=known,
        matched=sum(matters.values()) - waiting,
        suspense=matters["suspense"],
        unexplained=matters["unexplained"],
    )


def _house_account(statement: StatementInput) -> HouseAccount:
    told = account_of(statement.account)
    for one in selectors.house_accounts().values():
        identifier = account_of(one.identifier)
        alone = identifier.partition("/")[2]
        if told in {identifier, identifier.replace("/", ""), identifier + one.currency} or told == alone:
            if statement.currency != one.currency:
                raise UnknownAccount(
                    f"The statement of {one.shown} is in {statement.currency[:3]}; this account is in {one.currency}.",
                    field="file",
                    next_step="Nothing was imported.",
                )
            return one
    raise UnknownAccount(
        f"The account ending in {told[-4:]} is none of the house's.",
        field="file",
        next_step="Nothing was imported. The house's accounts are named in HOUSE_BANK_ACCOUNTS.",
    )


def _refuse_known(digest: str) -> None:
    known = StatementFile.objects.filter(sha256=digest).first()
    if known is not None:
        raise AlreadyImported(
            f"This very file was imported on {known.at:%d %b %Y at %H:%M} UTC by {known.imported_label}.",
            field="file",
            next_step="Nothing was imported again.",
        )


def _keep_file(
    content: bytes, filename: str, format_name: str, digest: str, actor: Actor, at: datetime
) -> StatementFile:
    """Banks name MT940 files as they like: kept as text, under a name that says so."""
    stem = clean_filename(filename, field="file").rpartition(".")[0][:120]
    ending = {"camt.053": "xml", "CSV": "csv"}.get(format_name, "txt")
    kept = store(
        owner="house",
        kind="bank_statement",
        filename=f"{stem.replace('.', '-')}.{ending}",
        content=content,
        accepted={MediaType.XML, MediaType.TEXT, MediaType.CSV},
        field="file",
        actor=actor,
        at=at,
    )
    return StatementFile.objects.create(
        sha256=digest,
        document_id=kept.id,
        format=format_name,
        filename=kept.filename,
        imported_by=str(actor),
        imported_label=actor.label,
        at=at,
    )


def _keep_statement(
    statement: StatementInput, account: HouseAccount, file: StatementFile, at: datetime
) -> tuple[Statement, list[StatementLine]]:
    prints = list(_fingerprints(statement, account))
    known = set(StatementLine.objects.filter(fingerprint__in=prints).values_list("fingerprint", flat=True))
    fresh = [
        (place, line, fingerprint)
        for place, (line, fingerprint) in enumerate(zip(statement.lines, prints, strict=True), 1)
        if fingerprint not in known
    ]
    kept = Statement.objects.create(
        file=file,
        account=account.identifier,
        currency=account.currency,
        reference=statement.reference,
        first_on=statement.first_on,
        last_on=statement.last_on,
        opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor,
        lines_seen=len(statement.lines),
        lines_new=len(fresh),
        at=at,
    )
    rows = [
        StatementLine(
            id=uuid4(),
            statement=kept,
            position=place,
            fingerprint=fingerprint,
            sha256=sha256_hex(_told(line)),
            currency=account.currency,
            amount_minor=line.amount_minor,
            booked_on=line.booked_on,
            valued_on=line.valued_on,
            bank_reference=line.bank_reference,
            end_to_end=line.end_to_end,
            counterparty=line.counterparty,
            counterparty_account=account_of(line.counterparty_account),
            text=line.text,
        )
        for place, line, fingerprint in fresh
    ]
    return kept, StatementLine.objects.bulk_create(rows)


def _fingerprints(statement: StatementInput, account: HouseAccount) -> Iterator[str]:
    """
    What a line is known by in whatever file it comes. With a bank's reference the text does not count, since two
    formats tell it differently; of several alike in one file each is a line of its own.
    """
    seen: Counter[bytes] = Counter()
    for line in statement.lines:
        told = [account.identifier, line.booked_on.isoformat(), str(line.amount_minor), line.bank_reference]
        if not line.bank_reference:
            told += [line.end_to_end, line.counterparty, line.counterparty_account, line.text]
        body = canonical_json(told)
        seen[body] += 1
        yield sha256_hex(body + str(seen[body]).encode())


def _told(line: LineInput) -> bytes:
    return canonical_json(
        [
            str(line.amount_minor),
            line.booked_on.isoformat(),
            line.valued_on.isoformat(),
            line.bank_reference,
            line.end_to_end,
            line.counterparty,
            line.counterparty_account,
            line.text,
        ]
    )


def _match(line: StatementLine, *, actor: Actor, at: datetime) -> str:
    """Decide and post one line; returns the state it has then."""
    matter = LineMatter(line=line, at=at)
    if line.amount_minor > 0:
        _credit(line, matter, actor=actor, at=at)
    else:
        _debit(line, matter, actor=actor, at=at)
    matter.save(force_insert=True)
    return matter.state


def _credit(line: StatementLine, matter: LineMatter, *, actor: Actor, at: datetime) -> None:
    back = matching.payment_of(line)
    if back is not None and (back.state, back.amount_minor) == ("paid", line.amount_minor):
        matter.state, matter.withdrawal_id, matter.owner = "credited", back.pk, back.owner
        matter.why = "A payment of ours came back."
        matter.transaction_id = payments.bring_back(
            withdrawal_id=back.pk, line_id=line.pk, actor=actor, at=at
        )
        return
    by_hand = matching.deposit_by_hand(line)
    if by_hand is not None:
        matter.state, matter.deposit_id, matter.owner = "credited", by_hand.pk, by_hand.owner
        matter.why, matter.transaction_id = "Entered by hand before.", by_hand.transaction_id
        return
    owner, matter.why = matching.owner_of(line, at=at)
    if not owner:
        _to_suspense(line, matter, actor=actor, at=at)
        return
    made = record_deposit(
        key=f"statement:{line.fingerprint}",
        owner=owner,
        currency=line.currency,
        amount_minor=line.amount_minor,
        bank_reference=matching.unused_reference(line),
        actor=actor,
        at=at,
    )
    matter.state, matter.owner = "credited", owner
    matter.deposit_id, matter.transaction_id = made.id, made.transaction_id


def _to_suspense(line: StatementLine, matter: LineMatter, *, actor: Actor, at: datetime) -> None:
    one = CURRENCIES[line.currency]
    instrument = ledger.define_instrument(
        code=one.code, kind="cash", scale=one.scale, name=one.name, actor=actor, at=at
    )
    bank = ledger.open_account(owner="outside", instrument_id=instrument.id, purpose="bank")
    suspense = ledger.open_account(owner="house", instrument_id=instrument.id, purpose="suspense")
    posted = ledger.post(
        key=f"statement_line:{line.pk}",
        kind="funding.suspense",
        reference=f"statement_line:{line.pk}",
        legs=[Leg(bank, -line.amount_minor), Leg(suspense, line.amount_minor)],
        actor=actor,
        at=at,
    )
    matter.state, matter.transaction_id = "suspense", posted.transaction_id


def _debit(line: StatementLine, matter: LineMatter, *, actor: Actor, at: datetime) -> None:
    amount = -line.amount_minor
    reference = matching.reference_of(line)
    recorded = matching.paid_by_hand(line)
    sent = matching.payment_of(line)
    file, batch = matching.file_of(line)
    leaving = matching.return_of(line)
    matter.state = "settled"
    if recorded is not None:
        matter.withdrawal_id, matter.why = recorded.pk, "Recorded as paid by hand before."
        matter.transaction_id = recorded.transaction_id
    elif sent is not None and (sent.state, sent.amount_minor) == ("sent", amount):
        payments.pay_by_line(
            withdrawal_id=sent.pk, line_id=line.pk, bank_reference=reference, actor=actor, at=at
        )
        matter.withdrawal_id, matter.why = sent.pk, "The payment we had sent."
    elif file is not None and batch and sum(one.amount_minor for one in batch) == amount:
        for one in batch:
            payments.pay_by_line(
                withdrawal_id=one.pk, line_id=line.pk, bank_reference=reference, actor=actor, at=at
            )
        matter.payment_file_id, matter.why = file.pk, f"All {len(batch)} payments of file {file.code}."
    elif leaving is not None and leaving.line.amount_minor == amount:
        matter.transaction_id = _leave(leaving, line, actor=actor, at=at)
        matter.why = "Money of unknown owner, sent back."
    else:
        matter.state, matter.why = "unexplained", _why_not(line, sent is not None or file is not None)


def _leave(leaving: LineMatter, line: StatementLine, *, actor: Actor, at: datetime) -> UUID:
    """What is returned to its sender leaves suspense when the bank has paid it out."""
    instrument = ledger_facts.instrument(line.currency)
    bank = ledger.open_account(owner="outside", instrument_id=instrument.id, purpose="bank")
    suspense = ledger.open_account(owner="house", instrument_id=instrument.id, purpose="suspense")
    amount = leaving.line.amount_minor
    posted = ledger.post(
        key=f"statement_line:{leaving.pk}:returned",
        kind="funding.suspense_returned",
        reference=f"statement_line:{leaving.pk}",
        legs=[Leg(suspense, -amount), Leg(bank, amount)],
        actor=actor,
        at=at,
    )
    matching.move(leaving, "leave")
    leaving.ended_transaction_id = posted.transaction_id
    leaving.save(update_fields=["state", "ended_transaction_id"])
    record(actor=actor, action="suspense.returned", subject=f"statement_line:{leaving.pk}", at=at)
    return posted.transaction_id


def _why_not(line: StatementLine, named: bool) -> str:
    told = told_amount(-line.amount_minor, scale=CURRENCIES[line.currency].scale)
    if named:
        return f"It names a payment of ours, but {told} {line.currency} is not what is open of it."
    return "It names no payment of ours."
