"""What a line of a bank statement belongs to: reads only, in order of how sure each is."""

from datetime import datetime

from portal.funding import ports, selectors
from portal.funding.formats.references import code_of, codes_in, references_in
from portal.funding.models import (
    LINE,
    Deposit,
    LineMatter,
    PaymentFile,
    PaymentItem,
    StatementLine,
    Withdrawal,
)


def reference_of(line: StatementLine) -> str:
    """The bank's reference; where it gives none, one made of what the line is known by."""
    return line.bank_reference if len(line.bank_reference) >= 3 else f"LINE-{line.fingerprint[:24]}"


def unused_reference(line: StatementLine) -> str:
    """A bank reference that no deposit has: banks give one to all transactions of a batch."""
    wanted = "".join(one if one.isascii() else "?" for one in reference_of(line))
    if not Deposit.objects.filter(bank_reference=wanted).exists():
        return wanted
    return f"{wanted[:60]}/{line.fingerprint[:12]}"


def owner_of(line: StatementLine, *, at: datetime) -> tuple[str, str]:
    """Whose the money is, or ""; and why, as a sentence."""
    given = selectors.cash_references(references_in(line.text, line.end_to_end))
    if not given:
        return "", "Its text holds no reference of a cash account."
    if len({owner for owner, _ in given.values()}) > 1:
        return "", "Its text holds references of several owners."
    fitting = [reference for reference, (_, currency) in given.items() if currency == line.currency]
    if not fitting:
        reference, (_, currency) = next(iter(given.items()))
        return "", f"Its reference {reference} is of an account in {currency}."
    owner = given[fitting[0]][0]
    told = ports.standings_of([owner], at=at).get(owner)
    if told is not None and told.closed:
        return "", f"Its reference {fitting[0]} is of an account that was closed."
    return owner, f"By reference {fitting[0]}."


def deposit_by_hand(line: StatementLine) -> Deposit | None:
    """A deposit of this payment that an operator entered before its statement came."""
    if not line.bank_reference:
        return None
    found = Deposit.objects.filter(
        bank_reference=line.bank_reference, currency=line.currency, amount_minor=line.amount_minor
    ).first()
    if found is None or LineMatter.objects.filter(deposit_id=found.pk).exists():
        return None
    return found


def paid_by_hand(line: StatementLine) -> Withdrawal | None:
    """A withdrawal that an operator recorded as paid before its statement came."""
    if not line.bank_reference:
        return None
    found = Withdrawal.objects.filter(
        state="paid",
        bank_reference=line.bank_reference,
        currency=line.currency,
        amount_minor=-line.amount_minor,
    ).first()
    if found is None or LineMatter.objects.filter(withdrawal_id=found.pk).exists():
        return None
    return found


def payment_of(line: StatementLine) -> Withdrawal | None:
    """The one withdrawal that was sent under a code in this line."""
    codes = codes_in(line.end_to_end, line.text, line.bank_reference)
    found = list(
        PaymentItem.objects.filter(end_to_end__in=codes, file__currency=line.currency).select_related(
            "withdrawal"
        )[:2]
    )
    return found[0].withdrawal if len(found) == 1 else None


def file_of(line: StatementLine) -> tuple[PaymentFile | None, list[Withdrawal]]:
    """The payment file whose code is in this line, and what of it is still under way."""
    codes = codes_in(line.end_to_end, line.text, line.bank_reference)
    file = PaymentFile.objects.filter(code__in=codes, currency=line.currency).first()
    if file is None:
        return None, []
    return file, list(Withdrawal.objects.filter(payment__file=file, state="sent").order_by("pk"))


def return_of(line: StatementLine) -> LineMatter | None:
    """Money in suspense that two people have decided to send back, under a code in this line."""
    codes = codes_in(line.end_to_end, line.text, line.bank_reference)
    if not any(code.startswith("R") for code in codes):
        return None
    waiting = (
        LineMatter.objects.select_for_update(of=("self",))
        .filter(state="returning", line__currency=line.currency)
        .select_related("line")
        .order_by("pk")
    )
    return next((one for one in waiting if code_of("R", one.pk) in codes), None)


def move(matter: LineMatter, event: str) -> None:
    """The next state by the table. raises  NotAllowedNow"""
    matter.state = LINE.after(matter.state, event)
