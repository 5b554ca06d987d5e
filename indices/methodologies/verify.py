"""Rules as data: each version's document gives its fingerprint, and units of an index are its own instrument."""

from collections.abc import Iterator

from indices.methodologies.models import MethodologyVersion
from portal.audit.verify import named, run
from portal.domain.canonical import fingerprint

_UNITS = """
SELECT x.id, x.code FROM indices_index x LEFT JOIN ledger_instrument i ON i.id = x.unit_instrument_id
  AND i.code = 'unit:' || x.code AND i.kind = 'index_unit'
WHERE (x.state = 'draft') <> (i.id IS NULL) ORDER BY x.code
"""

CHECKS = ((_UNITS, "indices_index {0} ({1}): its units are not its own instrument in the ledger"),)


def verify_methodologies() -> list[str]:
    """Everything that differs, as sentences; empty when all agrees."""
    return [*run(CHECKS), *named(_documents())]


def _documents() -> Iterator[str]:
    for row in MethodologyVersion.objects.order_by("index_id", "number"):
        if fingerprint(row.document) != row.fingerprint:
            yield f"indices_methodologyversion {row.pk} (version {row.number}): its rules do not give its fingerprint."
