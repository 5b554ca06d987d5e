"""Pages of wallets: proved without any script, blocked ones before an officer, nothing of anybody else's."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from investors.wallets import selectors
from investors.wallets.models import Challenge, Wallet
from portal.audit import selectors as audit
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import Shown, sign_in
from tests.factories.investors import new_investor
from tests.factories.wallets import Key, proved

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return accounts.person()


@pytest.fixture
def investor(person):
    return new_investor(user=person)


@pytest.fixture
def own(client, person, investor):
    return sign_in(client, person)


def asked(client, key, chain=1):
    answer = client.post(reverse("wallets"), {"address": key.address, "chain_id": chain})
    assert answer.status_code == 302
    return answer["Location"], Challenge.objects.order_by("-issued_at").first()


def test_a_message_is_asked_for_signed_elsewhere_and_pasted(own, investor):
    key = Key()
    page, challenge = asked(own, key)
    told = own.get(page).content.decode()
    assert "wants you to sign in with your Ethereum account" in told
    assert key.address in told
    form = {
        "message": challenge.message.replace("\n", "\r\n"),
        "signature": key.sign(challenge.message),
        "label": "Ledger",
    }
    answer = own.post(page, form, follow=True)
    assert "Proved." in answer.content.decode()
    (wallet,) = selectors.wallets_of(investor.id)
    assert (wallet.address, wallet.label, wallet.state) == (key.address, "Ledger", "active")
    (event,) = audit.events(about=f"wallet:{wallet.id}")
    assert (event.action, event.actor_id) == ("wallet.proved", str(investor.user_id))
    own.post(reverse("wallet-retire", args=[wallet.id]))
    assert selectors.wallet(wallet.id).state == "retired"


@pytest.mark.parametrize(
    ("address", "chain", "told"),
    [
        ("0x12", 1, "40 hexadecimal digits"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", 1, "a character is mistyped"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", 61, "not one of the available choices"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "1e3", "not one of the available choices"),
        ("", 1, "required"),
    ],
)
def test_a_wrong_address_or_chain_is_told_at_its_field(own, address, chain, told):
    answer = own.post(reverse("wallets"), {"address": address, "chain_id": chain})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Challenge.objects.exists()


@pytest.mark.parametrize("signature", ["", "0x", "nonsense", "0x" + "0" * 130, "0x" + "f" * 130])
def test_a_malformed_signature_is_told_and_the_message_stays_good(own, signature):
    key = Key()
    page, challenge = asked(own, key)
    answer = own.post(page, {"message": challenge.message, "signature": signature})
    assert answer.status_code == 422
    assert not Wallet.objects.exists()
    signed = key.sign(challenge.message)
    assert own.post(page, {"message": challenge.message, "signature": signed}).status_code == 302


def test_somebody_elses_message_and_wallet_are_not_found(own, now):
    other = new_investor(at=now)
    key, wallet = Key(), proved(other, at=now)
    stranger = sign_in(Client(), accounts.person())
    assert stranger.get(reverse("wallets"))["Location"] == reverse("profile")
    there = Challenge.objects.get(investor_id=other.id).pk
    assert own.get(reverse("wallet-sign", args=[there])).status_code == 404
    assert own.post(reverse("wallet-retire", args=[wallet.id])).status_code == 404
    assert own.post(reverse("wallet-retire", args=[uuid4()])).status_code == 404
    page, _challenge = asked(own, key)
    theirs = Challenge.objects.get(investor_id=other.id).message
    answer = own.post(page, {"message": theirs, "signature": key.sign(theirs)})
    assert "gave you no message with this nonce" in answer.content.decode()
    assert selectors.wallet(wallet.id).state == "active"


def test_proving_and_retiring_ask_who_is_there(client, now):
    person = accounts.person(password=accounts.PASSWORD)
    investor = new_investor(user=person, at=now)
    wallet = proved(investor, at=now)
    sign_in(client, person, Shown.password, at=timezone.now() - timedelta(minutes=11))
    page, _challenge = asked(client, Key())
    assert client.get(page)["Location"].startswith("/accounts/reauthenticate/")
    retired = client.post(reverse("wallet-retire", args=[wallet.id]))
    assert retired["Location"].startswith("/accounts/reauthenticate/")
    assert selectors.wallet(wallet.id).state == "active"


def import_(client, content, day, source="OFAC SDN"):
    file = SimpleUploadedFile("addresses.csv", content, content_type="text/csv")
    return client.post(
        reverse("compliance:address-list-import"),
        {"source": source, "list_date": day.isoformat(), "file": file},
    )


def test_an_imported_address_blocks_its_wallet_and_an_officer_releases_it_later(investor, now):
    key, desk = Key(), sign_in(Client(), accounts.member(Role.COMPLIANCE_OFFICER))
    wallet = proved(investor, at=now, key=key)
    listed = f"address,currency,reference\n{key.address},ETH,SDN-77\n".encode()
    assert import_(desk, listed, now.date()).status_code == 302
    told = desk.get(reverse("compliance:wallets")).content.decode()
    assert "One wallet is blocked" in told
    assert "SDN-77" in told
    assert investor.reference in desk.get(reverse("compliance:index")).content.decode()
    release = reverse("compliance:wallet-release", args=[wallet.id])
    assert "still listed" in desk.post(release, {"reason": "A mistake."}).content.decode()
    assert selectors.wallet(wallet.id).state == "blocked"
    import_(desk, b"address,currency,reference\nbc1qother,XBT,SDN-78\n", now.date())
    assert desk.post(release, {"reason": "Taken off the list."}).status_code == 302
    assert selectors.wallet(wallet.id).state == "active"


def test_a_bad_file_is_told_and_changes_nothing(now):
    desk = sign_in(Client(), accounts.member(Role.OPERATOR))
    answer = import_(desk, b"name\nx\n", now.date())
    assert answer.status_code == 422
    assert "columns address, currency and reference" in answer.content.decode()
    assert selectors.address_lists() == []


@pytest.mark.parametrize(
    ("role", "see", "change"),
    [
        (Role.COMPLIANCE_OFFICER, 200, 302),
        (Role.OPERATOR, 200, 302),
        (Role.AUDITOR, 200, 403),
        (Role.ISSUER_ADMIN, 403, 403),
        (Role.INVESTOR, 403, 403),
    ],
)
def test_who_sees_wallets_and_who_imports_lists(role, see, change, now):
    client = sign_in(Client(), accounts.member(role))
    assert client.get(reverse("compliance:wallets")).status_code == see
    made = import_(client, b"address,currency,reference\n0xabc,ETH,1\n", now.date())
    assert made.status_code == change


def test_only_an_officer_releases(investor, now):
    wallet = proved(investor, at=now)
    for role in (Role.OPERATOR, Role.AUDITOR):
        client = sign_in(Client(), accounts.member(role))
        there = reverse("compliance:wallet-release", args=[wallet.id])
        assert client.post(there, {"reason": "Because."}).status_code == 403
