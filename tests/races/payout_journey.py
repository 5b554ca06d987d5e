"""Rounds of a dividend to a crowd, paid by workers that are killed meanwhile: what is prepared and what has to hold."""

from uuid import UUID

from django.db import connection
from django.utils import timezone

from issuance.corporate_actions import selectors, services
from issuance.corporate_actions.verify import verify_distributions
from portal.audit.verify import verify_log
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from tests.factories.crowd import Crowd, approved, crowd, declared
from tests.factories.issuance import WORKER
from tests.races.patience import lasting

# Holders whose postings are not exactly one of exactly their net.
_WRONGLY_PAID = """
SELECT count(*) FROM issuance_entitlement e LEFT JOIN (
  SELECT a.owner, count(*) AS times, sum(x.amount) AS paid FROM ledger_transaction t
  JOIN ledger_entry x ON x.transaction_id = t.id JOIN ledger_account a ON a.id = x.account_id
  WHERE t.reference = %s AND a.purpose = 'cash' AND a.owner LIKE 'investor:%%' GROUP BY a.owner) p ON p.owner = e.holder
WHERE e.dividend_id = %s
  AND (coalesce(p.times, 0), coalesce(p.paid, 0)) IS DISTINCT FROM ((e.net_minor > 0)::int, e.net_minor)
"""


def prepare(holders: int) -> Crowd:
    return crowd(holders, at=timezone.now())


def begin(of: Crowd, number: int) -> UUID:
    """A dividend of an odd pot, approved and due: workers begin by themselves."""
    pot = 11 * sum(of.quantities.values()) + 7 * number + 1
    made = declared(of, pot=pot, name=f"Round {number}", at=timezone.now())
    services.entitle(dividend_id=made, actor=WORKER, at=timezone.now())
    return approved(of, made, at=timezone.now()).id


def is_paid(dividend_id: UUID) -> bool:
    return lasting(lambda: selectors.dividend(dividend_id).state == "paid")


def wrong(dividend_id: UUID) -> list[str]:
    """Everything that is not as it has to be after a round, as sentences."""
    return lasting(lambda: _payees(dividend_id) + verify_distributions() + verify_ledger() + verify_log())


def _payees(dividend_id: UUID) -> list[str]:
    reference, found = f"dividend:{dividend_id}", []
    with connection.cursor() as cursor:
        cursor.execute(_WRONGLY_PAID, [reference, dividend_id])
        if count := cursor.fetchone()[0]:
            found.append(f"{count} holders were not paid once and exactly")
    paid = selectors.dividend(dividend_id)
    if sum(filter(None, (paid.net_minor, paid.withheld_minor, paid.residue_minor))) != paid.pot_minor:
        found.append("net, withheld and residue are not the pot")
    pots = ledger.balances(owner="house", instrument_id=ledger.instrument("USD").id, purpose="payout")
    return found + [f"{one.subject} still holds {one.posted}" for one in pots if one.posted]
