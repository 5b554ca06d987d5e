"""What others see of funding, and the currencies it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from portal.domain.currencies import exponent


@dataclass(frozen=True, slots=True)
class Currency:
    """
    An ISO 4217 currency with its exponent.

    four_eyes_above  a withdrawal of more smallest units than this needs a second person. House policy.
    """

    code: str
    name: str
    scale: int
    four_eyes_above: int


CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {
        one.code: one
        for one in (
            Currency("USD", "US dollar", exponent("USD"), 10_000_00),
            Currency("EUR", "Euro", exponent("EUR"), 10_000_00),
            Currency("GBP", "Pound sterling", exponent("GBP"), 10_000_00),
        )
    }
)


@dataclass(frozen=True, slots=True)
class DepositFacts:
    """A credited deposit. replayed: it had been recorded before, and nothing was posted now."""

    id: UUID
    owner: str
    currency: str
    scale: int
    amount_minor: int
    bank_reference: str
    transaction_id: UUID
    at: datetime
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawalFacts:
    """A withdrawal with what a page may show of its destination."""

    id: UUID
    owner: str
    currency: str
    scale: int
    amount_minor: int
    destination_shown: str
    state: str
    approval_id: UUID | None
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
    reason: str
    bank_reference: str
    transaction_id: UUID | None
    bank_account_id: UUID | None = None

    @property
    def state_label(self) -> str:
        return self.state.replace("_", " ")

    @property
    def may_cancel(self) -> bool:
        return self.state in ("awaiting_approval", "approved")


@dataclass(frozen=True, slots=True)
class Destination:
    """
    A checked bank account in its compact form, and what a page may show of it.

    kind  iban | us
    """

    account: str
    shown: str
    kind: str = "iban"


@dataclass(frozen=True, slots=True)
class CashFacts:
    """One cash account: posted, set aside, free; smallest units."""

    account_id: int
    currency: str
    scale: int
    posted: int
    reserved: int

    @property
    def available(self) -> int:
        return self.posted - self.reserved


@dataclass(frozen=True, slots=True)
class HouseAccount:
    """
    A bank account of the house, as the settings name it: where investors send a currency's money.

    identifier  IBAN in compact form, or US routing number, slash, account number; as a statement tells it
    company_id  of the ACH originator: ten digits
    """

    currency: str
    holder: str
    bank: str
    identifier: str
    bic: str = ""
    company_id: str = ""

    @property
    def is_us(self) -> bool:
        return "/" in self.identifier

    @property
    def shown(self) -> str:
        """In groups of four, as it stands on paper."""
        if self.is_us:
            routing, _, number = self.identifier.partition("/")
            return f"{routing} / {number}"
        return " ".join(self.identifier[at : at + 4] for at in range(0, len(self.identifier), 4))


@dataclass(frozen=True, slots=True)
class LineInput:
    """
    One booking as a statement file tells it.

    amount_minor  smallest units; above zero for money in, below for money out
    """

    amount_minor: int
    booked_on: date
    valued_on: date
    bank_reference: str = ""
    end_to_end: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatementInput:
    """
    One statement as a file tells it.

    account           as the bank writes it
    opening, closing  booked balances in smallest units; None where the format tells none
    not_booked        entries left out because they are only announced
    """

    account: str
    currency: str
    reference: str
    first_on: date
    last_on: date
    opening_minor: int | None
    closing_minor: int | None
    lines: tuple[LineInput, ...]
    not_booked: int = 0


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """
    How a bank's CSV is to be read.

    amount       column of signed amounts; or credit and debit, a column each, without sign
    day_format   as strptime takes it
    decimal      the decimal sign, "." or ","; the other one may part thousands
    opening, closing  balances that the operator has read off the statement, in smallest units; None for none
    """

    account: str
    currency: str
    booked_on: str
    amount: str = ""
    credit: str = ""
    debit: str = ""
    text: str = ""
    bank_reference: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    day_format: str = "%Y-%m-%d"
    decimal: str = "."
    delimiter: str = ","
    opening_minor: int | None = None
    closing_minor: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One payment of a file out, with its destination opened: account as in Destination."""

    end_to_end: str
    name: str
    account: str
    organisation: bool
    amount_minor: int
