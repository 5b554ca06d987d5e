"""
Deposits in a stablecoin: read from a chain over real sockets, taken once, held until the sender is known, never lost
to a node that fails or a chain that is rewritten.
"""

import json
import shutil
import subprocess
import time
import urllib.request
from datetime import timedelta

import pytest

from investors.stablecoins import selectors, services
from investors.stablecoins.facts import Token
from investors.stablecoins.models import ChainCursor, StablecoinTransfer
from investors.stablecoins.node import TRANSFER_TOPIC, HttpNode, NodeFailed
from investors.wallets.decisions import list_addresses
from investors.wallets.facts import ListedInput
from portal.audit import selectors as audit
from portal.audit.verify import verify_rows
from portal.domain.errors import Conflict
from portal.ledger import selectors as ledger
from portal.ledger.verify import verify_ledger
from tests.factories import accounts, wallets
from tests.factories.investors import approved_investor
from tests.factories.keys import Key
from tests.processes import Program, free_port

pytestmark = pytest.mark.django_db

CHAIN_ID = 31337
COIN, HOUSE = "0x" + "c0" * 20, "0x" + "aa" * 20
TOKEN = Token(chain_id=CHAIN_ID, contract=COIN, receiver=HOUSE, confirmations=2, first_block=0)


def post(url, path, **told):
    request = urllib.request.Request(
        f"{url}{path}", data=json.dumps(told).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["result"]


def speaks(url):
    try:
        return post(url, "/", jsonrpc="2.0", id=1, method="eth_chainId", params=[])
    except OSError:
        return False


class StandIn:
    def __init__(self, url):
        self.url, self.node = url, HttpNode(url)

    def mine(self, *logs):
        return post(self.url, "/mine", logs=list(logs))

    def sent(self, sender, amount, *, coin=COIN, to=HOUSE):
        return {"address": coin, "sender": sender, "receiver": to, "amount": str(amount)}

    def bury(self, blocks=2):
        for _ in range(blocks):
            self.mine()


@pytest.fixture
def chain(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = Program(
        "chain",
        ["-m", "tests.chain", str(port), str(CHAIN_ID)],
        folder=tmp_path,
        ready=lambda _: speaks(url),
        extra={},
    )
    program.start()
    yield StandIn(url)
    program.kill()


def read(chain, now, token=TOKEN):
    return services.read_chain(node=chain.node, token=token, actor=accounts.SETUP, at=now)


def money(owner, purpose):
    found = [
        one.posted for one in ledger.balances(owner=owner, purpose=purpose) if one.instrument_code == "USDC"
    ]
    return sum(found)


def test_a_transfer_from_a_proved_wallet_is_credited_once(chain, now):
    ada, key = approved_investor(at=now), Key()
    wallets.proved(ada.investor, at=now, key=key)
    chain.mine(chain.sent(key.address, 1_234_567), chain.sent(key.address, 1))
    assert read(chain, now).taken == 0
    chain.bury()
    done = read(chain, now)
    assert (done.taken, done.credited) == (2, 2)
    for _ in range(2):
        chain.bury()
        assert read(chain, now).taken == 0
    assert money(ada.owner, "cash") == 1_234_568
    assert (money("outside", "bank"), money("house", "suspense")) == (-1_234_568, 0)
    assert [one.amount for one in selectors.transfers(investor_id=ada.id)] == [1, 1_234_567]
    assert len(audit.events(action="stablecoin.credited")) == 2
    assert verify_ledger() + verify_rows("investors") == []


def test_what_nobody_proved_is_held_and_credited_when_somebody_does(chain, now):
    key = Key()
    chain.mine(chain.sent(key.address, 5_000_000))
    chain.bury()
    assert read(chain, now) == services.Read(1, 1, 0)
    (held,) = selectors.transfers(state="held")
    assert "No investor has proved this wallet yet" in held.why
    assert money("house", "suspense") == 5_000_000
    ben = approved_investor(at=now)
    wallets.proved(ben.investor, at=now, key=key)
    assert read(chain, now).credited == 1
    assert (money(ben.owner, "cash"), money("house", "suspense")) == (5_000_000, 0)


def test_a_listed_sender_is_held_and_so_is_a_retired_wallet(chain, now):
    listed, retired = Key(), Key()
    cy = approved_investor(at=now)
    made = wallets.proved(cy.investor, at=now, key=retired)
    wallets.services.retire(wallet_id=made.id, investor_id=cy.id, actor=cy.actor, at=now)
    list_addresses(
        source="Example list",
        list_date=now.date(),
        entries=[ListedInput(listed.address, "ETH", "X-1")],
        actor=accounts.SETUP,
        at=now,
    )
    chain.mine(chain.sent(listed.address, 7), chain.sent(retired.address, 8))
    chain.bury()
    assert read(chain, now).credited == 0
    assert {one.amount: one.why.split(";")[0][:40] for one in selectors.transfers(state="held")} == {
        7: "The sending address is named by Example ",
        8: "No investor has proved this wallet yet",
    }
    assert money(cy.owner, "cash") == 0


def test_other_coins_other_receivers_and_nothing_are_no_deposits(chain, now):
    key = Key()
    chain.mine(
        chain.sent(key.address, 5, coin="0x" + "bb" * 20),
        chain.sent(key.address, 6, to="0x" + "dd" * 20),
        chain.sent(key.address, 0),
    )
    chain.bury()
    assert read(chain, now).taken == 1
    assert [(one.amount, one.state) for one in selectors.transfers()] == [(0, "empty")]
    assert money("outside", "bank") == 0


@pytest.mark.parametrize("mode", ["busy", "nonsense", "huge", "unasked", "removed"])
def test_a_node_that_fails_takes_nothing_and_is_read_again(chain, now, mode):
    key = Key()
    chain.mine(chain.sent(key.address, 5), chain.sent(key.address, 6, to="0x" + "dd" * 20))
    chain.bury()
    post(chain.url, "/behave", mode=mode)
    with pytest.raises(NodeFailed):
        read(chain, now)
    assert not StablecoinTransfer.objects.exists()
    assert [one.block for one in ChainCursor.objects.all()] in ([], [-1])
    post(chain.url, "/behave", mode="well")
    assert read(chain, now).taken == 1


def test_a_node_that_is_gone_is_told_in_a_sentence(now):
    gone = HttpNode(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NodeFailed, match="did not answer eth_chainId"):
        services.read_chain(node=gone, token=TOKEN, actor=accounts.SETUP, at=now)


def test_the_wrong_chain_is_not_read(chain, now):
    other = Token(1, COIN, HOUSE, 2, 0)
    with pytest.raises(services.WrongChain, match="chain 31337; this place takes deposits on chain 1"):
        read(chain, now, other)
    assert not ChainCursor.objects.exists()


def test_a_chain_rewritten_below_what_was_read_stops_the_reading(chain, now):
    key = Key()
    number = chain.mine(chain.sent(key.address, 5))
    chain.bury()
    read(chain, now)
    post(chain.url, "/rewrite", **{"from": number})
    chain.bury(3)
    before = list(ChainCursor.objects.values_list("block", flat=True))
    with pytest.raises(services.ChainRewritten, match="another one than was read"):
        read(chain, now)
    assert list(ChainCursor.objects.values_list("block", flat=True)) == before
    assert StablecoinTransfer.objects.count() == 1


def test_an_amount_beyond_the_ledger_stops_the_reading_and_drops_nothing(chain, now):
    chain.mine(chain.sent(Key().address, 2**255))
    chain.bury()
    with pytest.raises(Conflict, match="more than any that the ledger takes"):
        read(chain, now)
    assert not StablecoinTransfer.objects.exists()


def test_a_long_chain_is_read_in_pieces(chain, now, monkeypatch):
    monkeypatch.setattr(services, "BLOCKS_AT_ONCE", 3)
    for amount in range(1, 9):
        chain.mine(chain.sent(Key().address, amount))
    chain.bury()
    assert read(chain, now) == services.Read(8, 8, 0)
    assert sorted(one.amount for one in selectors.transfers()) == list(range(1, 9))


# --- a real EVM, where there is one

GANACHE = shutil.which("ganache")
# A contract whose every call emits Transfer(caller, first argument, second argument): what USDC's transfer() emits.
RUNTIME = (
    "602435600052" "600435" "33" f"7f{TRANSFER_TOPIC[2:]}" "60206000a3" "600160005260206000f3"
)  # fmt: skip
CREATION = "603a80600b6000396000f3" + RUNTIME


@pytest.mark.skipif(
    GANACHE is None, reason="no ganache here: deposits are shown against the stand-in chain only"
)
def test_a_transfer_in_a_real_evm_is_credited(now, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    evm = subprocess.Popen(
        [str(GANACHE), "--server.port", str(port), "--chain.chainId", str(CHAIN_ID), "--wallet.accountKeysPath",
         str(tmp_path / "keys.json")],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not speaks(url):
            assert time.monotonic() < deadline, "the EVM did not start"
            time.sleep(0.2)

        def ask(method, *parameters):
            return post(url, "/", jsonrpc="2.0", id=1, method=method, params=list(parameters))

        keys = json.loads((tmp_path / "keys.json").read_text())["private_keys"]
        sender, secret = next(iter(keys.items()))
        key = Key(int(secret, 16))
        assert key.address.lower() == sender.lower()
        made = ask("eth_sendTransaction", {"from": sender, "data": "0x" + CREATION, "gas": hex(500_000)})
        coin = ask("eth_getTransactionReceipt", made)["contractAddress"].lower()
        call = "0xa9059cbb" + HOUSE[2:].rjust(64, "0") + f"{2_500_000:064x}"
        ask("eth_sendTransaction", {"from": sender, "to": coin, "data": call, "gas": hex(200_000)})
        for _ in range(2):
            ask("evm_mine")
        ada = approved_investor(at=now)
        wallets.proved(ada.investor, at=now, key=key)
        token = Token(CHAIN_ID, coin, HOUSE, 2, 0)
        done = services.read_chain(
            node=HttpNode(url), token=token, actor=accounts.SETUP, at=now + timedelta(0)
        )
        assert (done.taken, done.credited) == (1, 1)
        assert money(ada.owner, "cash") == 2_500_000
    finally:
        evm.kill()
        evm.wait()
