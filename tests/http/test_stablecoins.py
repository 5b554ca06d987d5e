"""Stablecoin deposits on the pages: where to send, what came, and why something is held."""

import pytest
from django.urls import reverse

from investors.stablecoins import selectors, services
from investors.stablecoins.facts import Arrival, Block
from portal.domain.roles import Role
from tests.factories import accounts, wallets
from tests.factories.investors import approved_investor
from tests.factories.keys import Key

pytestmark = pytest.mark.django_db

SET_UP = {
    "url": "https://node.example",
    "chain_id": 1,
    "contract": "0x" + "C0" * 20,
    "receiver": "0x" + "aA" * 20,
    "confirmations": 64,
    "first_block": 0,
}


class Told:
    """A chain that has told of these arrivals."""

    def __init__(self, *arrivals):
        self.made = list(arrivals)

    def chain_id(self):
        return 1

    def head(self):
        return 100

    def block(self, number):
        return Block(number, "0x" + f"{number:064x}")

    def arrivals(self, token, first, last):
        return [one for one in self.made if first <= one.block.number <= last]


def arrived(sender, amount, index=0):
    return Arrival(Block(5, "0x" + "5" * 64), "0x" + "7" * 64, index, sender.lower(), amount)


def test_without_a_node_no_page_speaks_of_it(client):
    accounts.sign_in(client, approved_investor().user)
    assert "USD Coin" not in client.get(reverse("cash-deposit")).content.decode()
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert "No node is set up" in client.get(reverse("compliance:stablecoins")).content.decode()


def test_the_investor_reads_where_to_send_from_which_wallet_and_what_came(client, settings, now):
    settings.STABLECOIN = SET_UP
    ada, key = approved_investor(at=now), Key()
    accounts.sign_in(client, ada.user)
    assert "Prove a wallet first" in client.get(reverse("cash-deposit")).content.decode()
    wallets.proved(ada.investor, at=now, key=key)
    page = client.get(reverse("cash-deposit")).content.decode()
    assert "0x" + "aa" * 20 in page
    assert key.address in page
    stranger = Key()
    told = Told(arrived(key.address, 12_345_678), arrived(stranger.address, 5, 1))
    services.read_chain(node=told, token=selectors.token(), actor=accounts.SETUP, at=now)
    for name in ("cash-deposit", "cash"):
        assert ".345678" in client.get(reverse(name)).content.decode()
    accounts.sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    listed = client.get(reverse("compliance:stablecoins")).content.decode()
    assert "One transfer is held in suspense" in listed
    assert "No investor has proved this wallet yet" in listed
    assert ada.investor.reference in listed


@pytest.mark.parametrize(
    ("role", "status"), [(Role.AUDITOR, 200), (Role.ISSUER_ADMIN, 403), (Role.INVESTOR, 403)]
)
def test_who_may_see_them(client, role, status):
    accounts.sign_in(client, accounts.member(role))
    assert client.get(reverse("compliance:stablecoins")).status_code == status
