"""Wallets for tests: real keys, real signatures."""

from datetime import datetime

from investors.profiles.facts import InvestorFacts
from investors.wallets import services
from investors.wallets.facts import WalletFacts
from portal.domain.actors import Actor
from tests.factories.keys import Key


def proved(investor: InvestorFacts, *, at: datetime, key: Key | None = None) -> WalletFacts:
    """A wallet that this investor proved."""
    key = key or Key()
    me = Actor(kind="user", id=str(investor.user_id), label="Investor")
    asked = services.challenge(investor_id=investor.id, address=key.address, chain_id=1, actor=me, at=at)
    return services.prove(
        investor_id=investor.id, message=asked.message, signature=key.sign(asked.message), actor=me, at=at
    )
