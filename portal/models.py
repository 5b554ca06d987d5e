"""Models of this house, collected from its rooms so that Django finds them."""

from portal.access.models import AccessToken, MachineClient
from portal.accounts.models import Attempts, Membership, Organisation, User
from portal.approvals.models import Approval
from portal.audit.models import Checkpoint, Event, Leaf, Node, Unsequenced
from portal.documents.models import Document
from portal.funding.models import (
    CashReference,
    Deposit,
    LineMatter,
    PaymentFile,
    PaymentItem,
    Statement,
    StatementFile,
    StatementLine,
    Withdrawal,
)
from portal.idempotency.models import Key
from portal.ledger.models import (
    Account,
    Balance,
    Entry,
    Instrument,
    Purpose,
    Reservation,
    ReservationEnd,
    Transaction,
)
from portal.outbox.models import Message
from portal.saved_searches.models import SavedSearch
from portal.webhooks.models import Attempt, Delivery, Endpoint, Progress

__all__ = [
    "AccessToken",
    "Account",
    "Approval",
    "Attempt",
    "Attempts",
    "Balance",
    "CashReference",
    "Checkpoint",
    "Delivery",
    "Deposit",
    "Document",
    "Endpoint",
    "Entry",
    "Event",
    "Instrument",
    "Key",
    "Leaf",
    "LineMatter",
    "MachineClient",
    "Membership",
    "Message",
    "Node",
    "Organisation",
    "PaymentFile",
    "PaymentItem",
    "Progress",
    "Purpose",
    "Reservation",
    "ReservationEnd",
    "SavedSearch",
    "Statement",
    "StatementFile",
    "StatementLine",
    "Transaction",
    "Unsequenced",
    "User",
    "Withdrawal",
]
