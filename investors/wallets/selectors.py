"""Reads of wallets and listed addresses."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Max

from investors.wallets.facts import AddressListFacts, ChallengeFacts, WalletFacts
from investors.wallets.models import Challenge, ListedAddress, Wallet
from portal.domain.errors import NotFound


class NoSuchWallet(NotFound):
    code = "no-such-wallet"


def wallets_of(investor_id: UUID) -> list[WalletFacts]:
    """Newest first, retired ones too."""
    found = Wallet.objects.filter(investor_id=investor_id).order_by("-proved_at", "pk")
    return [wallet_facts(one) for one in found]


def wallets(*, states: Iterable[str] = (), address: str = "", limit: int = 200) -> list[WalletFacts]:
    """Newest first, narrowed where asked; `address` matches its beginning in any case."""
    found = Wallet.objects.order_by("-proved_at", "pk")
    if states:
        found = found.filter(state__in=list(states))
    if address:
        found = found.filter(address__istartswith=address)
    return [wallet_facts(one) for one in found[:limit]]


def wallet(wallet_id: UUID, *, investor_id: UUID | None = None) -> WalletFacts:
    """raises  NoSuchWallet, also for another investor's where one is given"""
    found = Wallet.objects.filter(pk=wallet_id).first()
    if found is None or (investor_id is not None and found.investor_id != investor_id):
        raise NoSuchWallet("There is no wallet with this id.")
    return wallet_facts(found)


def blocked_count() -> int:
    return Wallet.objects.filter(state="blocked").count()


def proof_of(wallet_id: UUID) -> tuple[str, str]:
    """(message, signature): from these two alone anybody recovers the address."""
    found = Wallet.objects.filter(pk=wallet_id).values_list("message", "signature").first()
    if found is None:
        raise NoSuchWallet("There is no wallet with this id.")
    return found


def challenge(challenge_id: UUID, *, investor_id: UUID) -> ChallengeFacts:
    """raises  NoSuchWallet for what is not this investor's"""
    found = Challenge.objects.filter(pk=challenge_id, investor_id=investor_id).first()
    if found is None:
        raise NoSuchWallet("There is no message with this id to sign.")
    return challenge_facts(found)


def listing(address: str) -> str:
    """What names this address today: "OFAC SDN 12345"; "" where nothing does."""
    found = ListedAddress.objects.filter(key=listed_key(address), removed_on=None).order_by("pk").first()
    return "" if found is None else f"{found.source} {found.reference}"


def address_lists() -> list[AddressListFacts]:
    """The lists in force, by source."""
    rows = (
        ListedAddress.objects.filter(removed_on=None)
        .values("source")
        .annotate(date=Max("list_date"), n=Count("pk"))
        .order_by("source")
    )
    return [AddressListFacts(row["source"], row["date"], row["n"]) for row in rows]


def listed_key(address: str) -> str:
    """How an address is compared: what begins with 0x has no meaning in its capitals, others have."""
    return address.lower() if address[:2].lower() == "0x" else address


def wallet_facts(one: Wallet) -> WalletFacts:
    return WalletFacts(
        id=one.pk,
        investor_id=one.investor_id,
        address=one.address,
        chain_id=one.chain_id,
        label=one.label,
        state=one.state,
        listed=one.listed,
        proved_at=one.proved_at,
        retired_at=one.retired_at,
    )


def challenge_facts(one: Challenge) -> ChallengeFacts:
    return ChallengeFacts(one.pk, one.address, one.chain_id, one.message, one.expires_at)
