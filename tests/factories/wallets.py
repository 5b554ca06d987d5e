"""Wallets for tests: real keys, real signatures."""

from datetime import datetime
from itertools import count

from eth_account import Account
from eth_account.messages import encode_defunct

from investors.profiles.facts import InvestorFacts
from investors.wallets import services
from investors.wallets.facts import WalletFacts
from portal.domain.actors import Actor

_number = count(1)


class Key:
    """A wallet's key; the same number is the same key."""

    def __init__(self, number: int | None = None) -> None:
        self.account = Account.from_key((number or 10_000 + next(_number)).to_bytes(32, "big"))
        self.address: str = self.account.address

    def sign(self, message: str) -> str:
        return "0x" + self.account.sign_message(encode_defunct(text=message)).signature.hex()


def proved(investor: InvestorFacts, *, at: datetime, key: Key | None = None) -> WalletFacts:
    """A wallet that this investor proved."""
    key = key or Key()
    me = Actor(kind="user", id=str(investor.user_id), label="Investor")
    asked = services.challenge(investor_id=investor.id, address=key.address, chain_id=1, actor=me, at=at)
    return services.prove(
        investor_id=investor.id, message=asked.message, signature=key.sign(asked.message), actor=me, at=at
    )
