"""Reads of stablecoin deposits, and what this place has set up for them."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from investors.stablecoins.facts import Token, TransferFacts
from investors.stablecoins.models import ChainCursor, StablecoinTransfer
from investors.wallets.models import Wallet
from investors.wallets.selectors import listing

NOBODY = "No investor has proved this wallet yet; it is credited by itself when one does."


def token() -> Token | None:
    """What is set up; None where this place takes no stablecoin."""
    given = settings.STABLECOIN
    if not given["url"]:
        return None
    return Token(
        chain_id=given["chain_id"],
        contract=given["contract"].lower(),
        receiver=given["receiver"].lower(),
        confirmations=given["confirmations"],
        first_block=given["first_block"],
    )


def transfers(*, investor_id: UUID | None = None, state: str = "", limit: int = 200) -> list[TransferFacts]:
    """Newest first."""
    rows: QuerySet[StablecoinTransfer] = StablecoinTransfer.objects.order_by(
        "-seen_at", "-block", "-log_index"
    )
    if investor_id is not None:
        rows = rows.filter(investor_id=investor_id)
    if state:
        rows = rows.filter(state=state)
    return [transfer_facts(row) for row in rows[:limit]]


def read_to() -> int | None:
    """The last block that was read of what is set up; None before the first reading."""
    wanted = token()
    if wanted is None:
        return None
    rows = ChainCursor.objects.filter(
        chain_id=wanted.chain_id, contract=wanted.contract, receiver=wanted.receiver
    )
    return rows.values_list("block", flat=True).first()


def held_count() -> int:
    return StablecoinTransfer.objects.filter(state="held").count()


def transfer_facts(row: StablecoinTransfer) -> TransferFacts:
    return TransferFacts(
        id=row.pk,
        transaction=row.transaction,
        sender=row.sender,
        amount=int(row.amount),
        state=row.state,
        why=why_held(row.sender) if row.state == "held" else "",
        investor_id=row.investor_id,
        seen_at=row.seen_at,
        credited_at=row.credited_at,
    )


def why_held(sender: str) -> str:
    """Why money of this address cannot be credited now; "" where it can."""
    if listed := listing(sender):
        return f"The sending address is named by {listed}; compliance decides."
    states = set(
        Wallet.objects.filter(address__iexact=sender).exclude(state="retired").values_list("state", flat=True)
    )
    if "active" in states:
        return ""
    return "The sending wallet is blocked; compliance decides." if states else NOBODY


def holder_of(sender: str) -> UUID | None:
    """The investor whose active wallet this address is; None while money of it must be held."""
    if why_held(sender):
        return None
    return Wallet.objects.get(address__iexact=sender, state="active").investor_id
