"""Events of the log, and the pages of the audit explorer that show them."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.test import Client

from portal.audit import services
from portal.domain.actors import Actor

EXPLORER = "/compliance/audit/"
EXPORT = "/compliance/audit/export/"
LOG = "/compliance/audit/log/"
OFFICER = Actor("user", "17", "Ines Okafor", "192.0.2.7", "s-1")
CASE = f"case:{uuid4()}"


def record(
    now: datetime,
    *,
    subject: str = CASE,
    action: str = "kyc.approved",
    actor: Actor = OFFICER,
    **more: object,
) -> UUID:
    """One event, waiting for its place in the log."""
    with transaction.atomic():
        return services.record(actor=actor, action=action, subject=subject, at=now, **more)  # type: ignore[arg-type]


def page(client: Client, url: str = EXPLORER, **query: object) -> str:
    """The text of a page that has to answer 200."""
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()
