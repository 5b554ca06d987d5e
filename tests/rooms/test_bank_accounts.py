"""Bank accounts of investors: nobody is paid at an account that nobody has looked at."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from investors.bank_accounts import selectors, services
from investors.bank_accounts.models import BankAccount
from investors.domain.holder_names import compare
from portal.domain.errors import Invalid
from portal.domain.lifecycle import NotAllowedNow
from portal.funding import selectors as funding
from portal.funding import services as services_of_funding
from portal.funding import statements
from tests.factories import accounts
from tests.factories.bank_files import Booking, camt
from tests.factories.investors import bank_account, fund, new_investor, pdf

pytestmark = pytest.mark.django_db
IBAN = "DE89370400440532013000"
HOURS = timedelta(hours=72)


def add(investor, *, now, account=IBAN, holder="Ada Quillfeather"):
    return services.add_bank_account(
        investor_id=investor.id, account=account, holder=holder, actor=accounts.SETUP, at=now
    )


def verify(made, *, now):
    return services.verify_by_evidence(
        bank_account_id=made.id, filename="letter.pdf", content=pdf("letter"), reason="It names him.",
        actor=accounts.SETUP, at=now,
    )  # fmt: skip


def withdraw(investor, made, *, now, amount=100):
    return services.withdraw(
        key=f"w{amount}", investor_id=investor.id, currency="EUR", amount_minor=amount, bank_account_id=made.id,
        actor=accounts.SETUP, at=now,
    )  # fmt: skip


@pytest.fixture
def investor(now):
    made = new_investor(at=now, legal_name="Ada Quillfeather", country="DE")
    fund(made, currency="EUR", amount_minor=10_000, at=now)
    return made


@pytest.mark.parametrize(
    ("ours", "theirs", "match"),
    [
        ("Ada Quillfeather", "QUILLFEATHER, ADA", "same"),
        ("Ada Quillfeather", "Ms. Ada Quillfeather", "same"),
        ("José Müller", "Jose Muller", "same"),
        ("Ada Maria Quillfeather", "A. Quillfeather", "close"),
        ("Ada Quillfeather", "Ada M Quillfeather", "close"),
        ("Fjord Holdings Limited", "Fjord Holdings Ltd", "same"),
        ("Ada Quillfeather", "Bertil Quillfeather", "different"),
        ("Ada Quillfeather", "A Q", "different"),
        ("Ada Quillfeather", "", "different"),
        ("Дмитрий Иванов", "Dmitrij Ivanov", "different"),
        ("李雷", "李雷", "same"),
    ],
)
def test_holders_names_are_compared(ours, theirs, match):
    assert compare(ours, theirs) == match


def test_an_account_lies_sealed_and_is_shown_masked(investor, now):
    made = add(investor, now=now)
    assert (made.shown, made.state, made.name_match) == ("DE89 ••• 3000", "added", "same")
    with connection.cursor() as cursor:
        cursor.execute("SELECT account, holder FROM investors_bankaccount")
        told = " ".join(cursor.fetchone())
    assert IBAN not in told
    assert "Ada" not in told


def test_money_goes_only_to_a_verified_account_after_its_cooling_off(investor, now):
    added = now - HOURS + timedelta(seconds=1)
    made = add(investor, now=added)
    with pytest.raises(services.NotVerified, match="has not been verified yet") as refused:
        withdraw(investor, made, now=now)
    assert "The earliest payment is on" in refused.value.next_step
    verify(made, now=now)
    with pytest.raises(services.CoolingOff, match="after 72 hours") as refused:
        withdraw(investor, made, now=now)
    usable = added + HOURS
    assert refused.value.next_step == f"Ask again from {usable:%d %b %Y at %H:%M} UTC."
    assert funding.withdrawals(owner=investor.owner) == []
    assert funding.cash(owner=investor.owner)[0].available == 10_000


def test_at_the_end_of_the_cooling_off_money_goes(investor, now):
    made = verify(add(investor, now=now - HOURS), now=now)
    asked = withdraw(investor, made, now=now)
    assert (asked.state, asked.destination_shown, asked.bank_account_id) == (
        "approved",
        "DE89 ••• 3000",
        made.id,
    )


def test_somebody_elses_account_is_not_found(investor, now):
    other = bank_account(new_investor(at=now), at=now)
    with pytest.raises(selectors.NoSuchBankAccount):
        withdraw(investor, other, now=now)
    with pytest.raises(selectors.NoSuchBankAccount):
        services.retire(bank_account_id=other.id, investor_id=investor.id, actor=accounts.SETUP, at=now)
    assert selectors.bank_account(other.id).state == "verified"


def test_a_retired_account_gets_nothing_and_may_be_added_again(investor, now):
    made = bank_account(investor, at=now)
    asked = withdraw(investor, made, now=now)
    with pytest.raises(services.MoneyUnderWay, match="1 withdrawals"):
        services.retire(bank_account_id=made.id, investor_id=investor.id, actor=accounts.SETUP, at=now)
    from_owner = {"owner": investor.owner, "actor": accounts.SETUP, "at": now}
    services_of_funding.cancel_withdrawal(withdrawal_id=asked.id, **from_owner)
    services.retire(bank_account_id=made.id, investor_id=investor.id, actor=accounts.SETUP, at=now)
    with pytest.raises(services.NotVerified, match="is retired"):
        withdraw(investor, made, now=now, amount=2)
    again = add(investor, now=now)
    assert (again.state, again.usable_from) == ("added", now + HOURS)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"account": "DE00"}, "account"),
        ({"account": "021000022/1234567890"}, "account"),
        ({"holder": "  "}, "holder"),
        ({"holder": "x" * 141}, "holder"),
        ({"holder": "Ada\u202equill"}, "holder"),
    ],
)
def test_a_bad_account_names_its_field_and_is_not_kept(investor, now, given, field):
    with pytest.raises(Invalid) as refused:
        add(investor, now=now, **given)
    assert refused.value.field == field
    assert not BankAccount.objects.exists()


def test_the_same_account_is_added_once(investor, now):
    add(investor, now=now)
    with pytest.raises(services.AccountKnown):
        add(investor, now=now, account="de89 3704 0044 0532 0130 00")
    assert BankAccount.objects.count() == 1


def test_an_account_is_verified_once_and_a_refused_one_never(investor, now):
    made = verify(add(investor, now=now), now=now)
    with pytest.raises(NotAllowedNow):
        verify(made, now=now)
    other = add(investor, now=now, account="011401533/123456789")
    services.refuse(bank_account_id=other.id, reason="Another's letter.", actor=accounts.SETUP, at=now)
    with pytest.raises(NotAllowedNow):
        verify(other, now=now)
    assert selectors.bank_account(other.id).state == "refused"


@pytest.mark.parametrize(
    ("sender", "account", "state"),
    [
        ("QUILLFEATHER ADA", IBAN, "verified"),
        ("Somebody Else", IBAN, "added"),
        ("Ada Quillfeather", "GB33BUKB20201555555555", "added"),
    ],
)
def test_the_first_transfer_from_it_verifies_an_account(investor, now, sender, account, state):
    made = add(investor, now=now)
    reference = funding.reference(owner=investor.owner, currency="EUR")
    done = statements.import_statement(
        content=camt([Booking("1.00", reference, name=sender, account=account)], closing="1.00"),
        filename="s.xml",
        actor=accounts.SETUP,
        at=now,
    )
    services.verify_by_transfers(file_id=done.file_id, actor=accounts.SETUP, at=now)
    assert selectors.bank_account(made.id).state == state
    if state == "added":
        with pytest.raises(services.NoSuchTransfer):
            services.verify_by_transfer(bank_account_id=made.id, actor=accounts.SETUP, at=now)


def test_no_other_door_asks_for_a_withdrawal():
    """What is above funding asks through this room, so that no account goes unlooked at."""
    root = Path(__file__).resolve().parent.parent.parent
    asking = set()
    for house in ("portal", "investors", "issuance", "indices"):
        for path in (root / house).rglob("*.py"):
            names = {
                node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
            }
            if "request_withdrawal" in names:
                asking.add(path.relative_to(root).as_posix())
    assert asking == {"investors/bank_accounts/services.py"}
