"""`manage.py verify`: re-derives ledger, projections and log; says exactly what differs; exit 1 when anything does."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indices.levels.verify import verify_levels
from indices.methodologies.verify import verify_methodologies
from indices.prices.verify import verify_prices
from indices.rebalances.verify import verify_rebalances
from indices.subscriptions.verify import verify_subscriptions
from investors.accreditation.verify import verify_accreditation
from investors.kyc.verify import verify_cases
from investors.profiles.verify import verify_profiles
from investors.screening.verify import verify_screening
from issuance.corporate_actions.verify import verify_distributions
from issuance.register.verify import verify_register
from issuance.voting.verify import verify_voting
from portal.approvals.verify import verify_approvals
from portal.audit import selectors as audit
from portal.audit.verify import verify_log, verify_rows
from portal.documents.verify import mismatches
from portal.funding.verify import verify_funding
from portal.ledger.verify import verify_ledger


def verify_documents() -> list[str]:
    """One sentence per stored file that is gone or is not what was recorded."""
    return [f"document {wrong.document_id}: {wrong.problem}." for wrong in mismatches()]


def verify_money() -> list[str]:
    """Deposits and withdrawals against trail, ledger and approvals."""
    return [*verify_rows("portal"), *verify_funding()]


def verify_investors() -> list[str]:
    """Profiles, screening, KYC and accreditation against the trail and each other."""
    return [
        *verify_rows("investors"), *verify_profiles(), *verify_screening(), *verify_cases(), *verify_accreditation(),
    ]  # fmt: skip


def verify_papers() -> list[str]:
    """Certificates, data rooms and who opened what, against the trail."""
    return verify_rows("issuance")


def verify_indices() -> list[str]:
    """Prices, rules, rebalances, levels and orders against the trail, the ledger and each other."""
    return [
        *verify_rows("indices"), *verify_prices(), *verify_methodologies(), *verify_rebalances(), *verify_levels(),
        *verify_subscriptions(),
    ]  # fmt: skip


PARTS = (
    ("ledger: trial balance, balances, reservations, postings against the trail", verify_ledger),
    ("transparency log: every event, leaf, node and checkpoint", verify_log),
    ("approvals: who asked and who decided against the trail", verify_approvals),
    ("money: deposits and withdrawals against trail and ledger", verify_money),
    ("investors: profiles, screening, KYC and accreditation against the trail", verify_investors),
    ("register: holdings, lots, holders of record and their counts against the ledger", verify_register),
    ("offerings and dividends: reservations, entitlements, pots against the ledger", verify_distributions),
    ("papers: certificates, data rooms and who opened what, against the trail", verify_papers),
    ("votes: power against the ledger, ballots against the trail, results counted again", verify_voting),
    ("indices: prices, baskets, levels, orders and units against trail and ledger", verify_indices),
    ("documents: stored bytes against their hashes", verify_documents),
)


class Command(BaseCommand):
    help = "Verifies the ledger, the transparency log, and every record of the houses against both."

    def handle(self, *args: Any, **options: Any) -> None:
        differences: list[str] = []
        for name, check in PARTS:
            started = time.monotonic()
            found = check()
            state = "ok" if not found else f"{len(found)} difference{'s' if len(found) > 1 else ''}"
            self.stdout.write(f"{name} … {state} ({time.monotonic() - started:.1f} s)")
            differences.extend(found)
        for difference in differences:
            self.stderr.write(difference)
        head = audit.latest_checkpoint()
        self.stdout.write(
            f"Log: {head.size if head else 0} entries, {audit.waiting()} waiting for their place."
        )
        if differences:
            raise CommandError(f"{len(differences)} differences. Nothing was changed.", returncode=1)
        self.stdout.write("Everything agrees.")
