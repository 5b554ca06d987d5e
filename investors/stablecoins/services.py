"""
Reading a chain for deposits: each Transfer to the house's address is taken once, into suspense, and credited when its
sender is a wallet that an investor has proved.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from investors.stablecoins.facts import CURRENCY, SCALE, Arrival, Token
from investors.stablecoins.models import TRANSFER, ChainCursor, StablecoinTransfer
from investors.stablecoins.node import Node
from investors.stablecoins.selectors import holder_of
from portal.audit.essences import essences
from portal.audit.services import record
from portal.domain.actors import Actor
from portal.domain.errors import Conflict
from portal.ledger import services as ledger
from portal.ledger.facts import Leg

BLOCKS_AT_ONCE = 2_000
"""Blocks read in one transaction; nodes refuse much larger ranges."""
LARGEST = 10**30


class WrongChain(Conflict):
    """The node is of another chain than the one set up."""

    code = "wrong-chain"


class ChainRewritten(Conflict):
    """The chain tells another block than the one that was read: deeper than the confirmations waited for."""

    code = "chain-rewritten"


@dataclass(frozen=True, slots=True)
class Read:
    """What one reading did. last: the last block read, None when there was nothing new."""

    last: int | None
    taken: int
    credited: int


def read_chain(*, node: Node, token: Token, actor: Actor, at: datetime) -> Read:
    """
    Take every transfer up to the last block with enough confirmations, in pieces, each one transaction; then credit
    whatever is held for a wallet that has been proved since. Doing it again does nothing.

    raises  NodeFailed, WrongChain, ChainRewritten; what was read before stays
    """
    if (told := node.chain_id()) != token.chain_id:
        raise WrongChain(f"The node is of chain {told}; this place takes deposits on chain {token.chain_id}.")
    last, taken, head = None, 0, node.head() - token.confirmations
    while (piece := _piece(node, token, head, actor, at)) is not None:
        last, taken = piece[0], taken + piece[1]
    return Read(last, taken, credit_held(actor=actor, at=at))


def credit_held(*, actor: Actor, at: datetime) -> int:
    """Credit what is held for wallets that are proved now; returns how many."""
    waiting = StablecoinTransfer.objects.filter(state="held").order_by("block", "log_index")
    return sum(_credit(key, actor=actor, at=at) for key in waiting.values_list("pk", flat=True))


def _piece(node: Node, token: Token, head: int, actor: Actor, at: datetime) -> tuple[int, int] | None:
    with transaction.atomic():
        cursor = _cursor(token)
        if cursor.block >= head:
            return None
        if cursor.block_hash and node.block(cursor.block).hash != cursor.block_hash:
            raise ChainRewritten(
                f"Block {cursor.block} of chain {token.chain_id} is another one than was read.",
                next_step="Compare the deposits since then with the chain before reading on, and wait for more confirmations.",
            )
        first, last = cursor.block + 1, min(cursor.block + BLOCKS_AT_ONCE, head)
        end = node.block(last)
        taken = sum(_take(one, token, actor, at) for one in node.arrivals(token, first, last))
        if node.block(last) != end:
            raise ChainRewritten(
                f"Block {last} changed while it was read.", next_step="It is read again by itself."
            )
        cursor.block, cursor.block_hash = last, end.hash
        cursor.save()
    return last, taken


def _cursor(token: Token) -> ChainCursor:
    key = {"chain_id": token.chain_id, "contract": token.contract, "receiver": token.receiver}
    ChainCursor.objects.get_or_create(**key, defaults={"block": token.first_block - 1, "block_hash": ""})
    return ChainCursor.objects.select_for_update().get(**key)


def _take(one: Arrival, token: Token, actor: Actor, at: datetime) -> int:
    known = StablecoinTransfer.objects.filter(
        chain_id=token.chain_id, transaction=one.transaction, log_index=one.log_index
    )
    if known.exists():
        return 0
    if one.amount > LARGEST:
        raise Conflict(f"Transfer {one.transaction} moves {one.amount}, more than any that the ledger takes.")
    row = StablecoinTransfer.objects.create(
        id=uuid.uuid4(),
        chain_id=token.chain_id,
        contract=token.contract,
        transaction=one.transaction,
        log_index=one.log_index,
        block=one.block.number,
        block_hash=one.block.hash,
        sender=one.sender,
        amount=one.amount,
        state="held" if one.amount else "empty",
        seen_at=at,
    )
    if one.amount:
        _move(row, ("outside", "bank"), ("house", "suspense"), "seen", actor, at)
    _tell(row, "stablecoin.seen", actor, at)
    return 1


def _credit(transfer_id: UUID, *, actor: Actor, at: datetime) -> bool:
    with transaction.atomic():
        row = StablecoinTransfer.objects.select_for_update().get(pk=transfer_id)
        investor_id = holder_of(row.sender)
        if row.state != "held" or investor_id is None:
            return False
        row.state, row.investor_id, row.credited_at = TRANSFER.after(row.state, "credit"), investor_id, at
        row.save(update_fields=["state", "investor_id", "credited_at"])
        _move(row, ("house", "suspense"), (f"investor:{investor_id}", "cash"), "credited", actor, at)
        _tell(row, "stablecoin.credited", actor, at)
    return True


def _move(
    row: StablecoinTransfer,
    source: tuple[str, str],
    target: tuple[str, str],
    what: str,
    actor: Actor,
    at: datetime,
) -> None:
    money = ledger.define_instrument(
        code=CURRENCY, kind="cash", scale=SCALE, name="USD Coin", actor=actor, at=at
    )
    giver, taker = (
        ledger.open_account(owner=owner, instrument_id=money.id, purpose=purpose)
        for owner, purpose in (source, target)
    )
    amount = int(row.amount)
    ledger.post(
        key=f"stablecoin:{row.pk}:{what}",
        kind="funding.stablecoin",
        reference=f"stablecoin_transfer:{row.pk}",
        legs=[Leg(giver, -amount), Leg(taker, amount)],
        actor=actor,
        at=at,
    )


def _tell(row: StablecoinTransfer, action: str, actor: Actor, at: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject=f"investor:{row.investor_id}" if row.investor_id else f"stablecoin_transfer:{row.pk}",
        at=at,
        transfer=str(row.pk),
        chain=row.chain_id,
        transaction=row.transaction,
        log_index=row.log_index,
        amount=str(int(row.amount)),
        rows=essences(row),
    )
