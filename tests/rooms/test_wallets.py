"""Wallets: proved once by a real signature, of one investor at a time, blocked as soon as a list names them."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from investors.profiles.models import Investor
from investors.wallets import decisions, selectors, services
from investors.wallets.facts import ListedInput
from investors.wallets.models import Challenge, Wallet
from investors.wallets.signing import BadSignature, signer
from portal.audit import selectors as audit
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from tests.factories import accounts
from tests.factories.investors import new_investor
from tests.factories.wallets import Key, proved

pytestmark = pytest.mark.django_db
ME = accounts.SETUP


@pytest.fixture
def investor(now):
    return new_investor(at=now)


def ask(investor, key, now, chain_id=1):
    return services.challenge(
        investor_id=investor.id, address=key.address, chain_id=chain_id, actor=ME, at=now
    )


def prove(investor, message, signature, now):
    return services.prove(investor_id=investor.id, message=message, signature=signature, actor=ME, at=now)


def list_(addresses, now, *, source="OFAC SDN", day=None):
    return decisions.list_addresses(
        source=source,
        list_date=day or now.date(),
        entries=[ListedInput(one, "ETH", f"SDN-{n}") for n, one in enumerate(addresses)],
        actor=ME,
        at=now,
    )


def actions(subject):
    return [one.action for one in reversed(audit.events(about=subject))]


def test_a_signature_over_the_message_makes_a_wallet_and_stays_as_its_proof(investor, now):
    key = Key()
    asked = ask(investor, key, now)
    made = prove(investor, asked.message, key.sign(asked.message), now)
    assert (made.address, made.state, made.chain) == (key.address, "active", "Ethereum")
    assert selectors.wallets_of(investor.id) == [made]
    message, signature = selectors.proof_of(made.id)
    assert signer(message, bytes.fromhex(signature[2:])) == key.address
    assert actions(f"wallet:{made.id}") == ["wallet.proved"]


def test_a_form_that_changed_the_line_ends_still_proves(investor, now):
    key = Key()
    asked = ask(investor, key, now)
    made = prove(investor, asked.message.replace("\n", "\r\n"), key.sign(asked.message), now)
    assert made.state == "active"


def test_a_nonce_is_good_once(investor, now):
    key = Key()
    asked = ask(investor, key, now)
    signed = key.sign(asked.message)
    made = prove(investor, asked.message, signed, now)
    services.retire(wallet_id=made.id, actor=ME, at=now)
    with pytest.raises(services.NonceUsed):
        prove(investor, asked.message, signed, now)
    assert [one.state for one in selectors.wallets_of(investor.id)] == ["retired"]


@pytest.mark.parametrize(("late", "good"), [(-1, True), (0, False), (1, False)])
def test_a_message_is_good_until_the_second_that_it_names(investor, now, late, good):
    key = Key()
    asked = ask(investor, key, now)
    at = asked.expires_at + timedelta(seconds=late)
    if good:
        assert prove(investor, asked.message, key.sign(asked.message), at).state == "active"
        return
    with pytest.raises(services.MessageExpired):
        prove(investor, asked.message, key.sign(asked.message), at)
    assert selectors.wallets_of(investor.id) == []
    assert Challenge.objects.get().used_at is None


def test_somebody_elses_nonce_is_unknown(investor, now):
    key, other = Key(), new_investor(at=now)
    asked = ask(other, key, now)
    with pytest.raises(services.WrongMessage, match="gave you no message"):
        prove(investor, asked.message, key.sign(asked.message), now)
    assert not Wallet.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Chain ID: 1\n", "Chain ID: 137\n", "The chain in this message is 137"),
        ("localhost:8000 wants", "evil.example wants", "The site in this message is evil.example"),
        ("URI: http", "URI: ftp", "The URI in this message"),
        ("costs nothing", "costs all", "The statement in this message"),
    ],
)
def test_a_message_changed_in_any_field_is_refused_though_the_signature_fits(investor, now, old, new, told):
    key = Key()
    changed = ask(investor, key, now).message.replace(old, new)
    with pytest.raises(services.WrongMessage) as refused:
        prove(investor, changed, key.sign(changed), now)
    assert told in refused.value.message
    assert not Wallet.objects.exists()


def test_a_longer_life_written_into_the_message_is_refused(investor, now):
    key = Key()
    asked = ask(investor, key, now)
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    later = asked.message.replace(
        asked.expires_at.strftime(stamp), (asked.expires_at + timedelta(days=1)).strftime(stamp)
    )
    with pytest.raises(services.WrongMessage, match="expiration"):
        prove(investor, later, key.sign(later), now)


def test_another_keys_signature_proves_nothing_and_the_nonce_stays_good(investor, now):
    key = Key()
    asked = ask(investor, key, now)
    with pytest.raises(services.WrongSigner):
        prove(investor, asked.message, Key().sign(asked.message), now)
    with pytest.raises(BadSignature):
        prove(investor, asked.message, "0xabc", now)
    assert not Wallet.objects.exists()
    assert prove(investor, asked.message, key.sign(asked.message), now).state == "active"


def test_an_unknown_chain_is_refused_before_anything_is_given_out(investor, now):
    with pytest.raises(Invalid, match="Chain 61 is not one of these"):
        ask(investor, Key(), now, chain_id=61)
    assert not Challenge.objects.exists()


def test_five_messages_wait_at_most_and_expired_ones_do_not_count(investor, now):
    for _ in range(services.MOST_OPEN):
        ask(investor, Key(), now)
    with pytest.raises(services.TooManyOpen):
        ask(investor, Key(), now)
    assert Challenge.objects.count() == services.MOST_OPEN
    ask(investor, Key(), now + services.LIFETIME)


def test_one_investor_has_several_wallets_and_one_address_one_investor(investor, now):
    shared, other = Key(), new_investor(at=now)
    proved(investor, at=now, key=shared)
    proved(investor, at=now)
    assert len(selectors.wallets_of(investor.id)) == 2
    with pytest.raises(services.AddressTaken, match="another investor"):
        ask(other, shared, now)
    with pytest.raises(services.AddressTaken, match="already"):
        ask(investor, shared, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.create(
            investor_id=other.id, address=shared.address, chain_id=1, message="", signature="", proved_at=now
        )


def test_a_retired_address_may_be_proved_by_somebody_else(investor, now):
    key, other = Key(), new_investor(at=now)
    first = proved(investor, at=now, key=key)
    services.retire(wallet_id=first.id, investor_id=investor.id, actor=ME, at=now)
    assert proved(other, at=now, key=key).state == "active"
    with pytest.raises(NotAllowedNow):
        services.retire(wallet_id=first.id, actor=ME, at=now)


def test_another_investors_wallet_is_not_found(investor, now):
    made = proved(investor, at=now)
    with pytest.raises(selectors.NoSuchWallet):
        services.retire(wallet_id=made.id, investor_id=new_investor(at=now).id, actor=ME, at=now)
    assert selectors.wallet(made.id).state == "active"


def test_a_closed_account_gains_no_wallet(investor, now):
    key = Key()
    asked = ask(investor, key, now)
    Investor.objects.filter(pk=investor.id).update(closed_at=now)
    with pytest.raises(services.InvestorClosed):
        prove(investor, asked.message, key.sign(asked.message), now)
    assert not Wallet.objects.exists()


def test_a_listed_address_is_kept_but_blocked(investor, now):
    key = Key()
    list_([key.address.lower()], now)
    made = proved(investor, at=now, key=key)
    assert (made.state, made.listed) == ("blocked", "OFAC SDN SDN-0")
    assert actions(f"wallet:{made.id}") == ["wallet.proved", "wallet.blocked"]
    with pytest.raises(NotAllowedNow):
        services.retire(wallet_id=made.id, actor=ME, at=now)


def test_a_new_list_blocks_wallets_in_use_and_only_a_later_list_lets_them_go(investor, now):
    key, bystander = Key(), proved(investor, at=now)
    made = proved(investor, at=now, key=key)
    done = list_([key.address, "bc1qexample"], now, day=now.date() - timedelta(days=2))
    assert (done.listed, done.added, done.removed, done.blocked) == (2, 2, 0, 1)
    assert selectors.wallet(made.id).state == "blocked"
    assert selectors.wallet(bystander.id).state == "active"
    with pytest.raises(services.StillListed):
        services.release(wallet_id=made.id, reason="Mistaken.", actor=ME, at=now)
    assert selectors.wallet(made.id).state == "blocked"
    done = list_(["bc1qexample"], now)
    assert (done.listed, done.added, done.removed, done.blocked) == (1, 0, 1, 0)
    assert services.release(wallet_id=made.id, reason="Delisted.", actor=ME, at=now).state == "active"


def test_sources_stand_beside_each_other(investor, now):
    key = Key()
    list_([key.address], now)
    list_(["0x" + "1" * 40], now, source="UK HMT")
    assert selectors.listing(key.address) == "OFAC SDN SDN-0"
    assert [(one.source, one.addresses) for one in selectors.address_lists()] == [
        ("OFAC SDN", 1),
        ("UK HMT", 1),
    ]


def test_bitcoin_addresses_keep_their_capitals(now):
    list_(["1BoatSLRHtKNngkdXEeobR76b53LETtpyT"], now)
    assert selectors.listing("1BoatSLRHtKNngkdXEeobR76b53LETtpyT") == "OFAC SDN SDN-0"
    assert selectors.listing("1boatslrhtknngkdxeeobr76b53lettpyt") == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "first line must name"),
        (b"address,currency\nx,ETH\n", "first line must name"),
        (b"address,currency,reference\n", "names no address"),
        (b"address,currency,reference\n0xab,ETH,\n", "Entry 1: the reference"),
        (b"address,currency,reference\n0xab,ETH,1\n,ETH,2\n", "Entry 2: the address"),
        (b"address,currency,reference\n0xa\x00b,ETH,1\n", ""),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_whole_changes_nothing(now, content, told):
    list_(["0x" + "1" * 40], now)
    with pytest.raises(decisions.BadAddressList) as refused:
        decisions.import_addresses(source="OFAC SDN", list_date=now.date(), content=content, actor=ME, at=now)
    assert told in refused.value.message
    assert selectors.address_lists()[0].addresses == 1


def test_an_older_or_future_list_is_refused(now):
    list_(["0x" + "1" * 40], now)
    with pytest.raises(decisions.OlderAddressList):
        list_(["0x" + "2" * 40], now, day=date(2020, 1, 1))
    with pytest.raises(Invalid, match="future"):
        list_(["0x" + "2" * 40], now, day=now.date() + timedelta(days=1))
    assert selectors.listing("0x" + "2" * 40) == ""
