"""`manage.py verify`: re-derives ledger, projections and log; says exactly what differs; exit 1 when anything does."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from issuance.corporate_actions.verify import verify_distributions
from issuance.register.verify import verify_register
from portal.audit import selectors as audit
from portal.audit.verify import verify_log
from portal.documents.verify import mismatches
from portal.ledger.verify import verify_ledger


def verify_documents() -> list[str]:
    """One sentence per stored file that is gone or is not what was recorded."""
    return [f"document {wrong.document_id}: {wrong.problem}." for wrong in mismatches()]


PARTS = (
    ("ledger: trial balance, balances, reservations, postings against the trail", verify_ledger),
    ("transparency log: every event, leaf, node and checkpoint", verify_log),
    ("register: holdings, lots, holders of record and their counts against the ledger", verify_register),
    ("offerings and dividends: reservations, entitlements, pots against the ledger", verify_distributions),
    ("documents: stored bytes against their hashes", verify_documents),
)


class Command(BaseCommand):
    help = "Verifies the ledger, its projections, the transparency log and the stored documents."

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
