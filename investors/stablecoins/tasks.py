"""Beat's part in stablecoin deposits."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from investors.stablecoins.node import HttpNode
from investors.stablecoins.selectors import token
from investors.stablecoins.services import read_chain
from portal.domain.actors import Actor


@shared_task(name="investors.stablecoins.read")
def read() -> str:
    """Read on where the last reading stopped; without a node set up there is nothing to do."""
    wanted = token()
    if wanted is None:
        return "not set up"
    node = HttpNode(settings.STABLECOIN["url"])
    done = read_chain(node=node, token=wanted, actor=Actor.worker("stablecoins"), at=timezone.now())
    return f"{done.taken} taken, {done.credited} credited"
