"""Everything held about me, once; and the end of an account, by two officers, with what the law keeps."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate

from investors.closure import decisions, ports, selectors, services, tasks
from investors.closure.models import Closure, DataExport
from investors.closure.snapshot import plain
from investors.profiles import selectors as profiles
from investors.wallets import selectors as wallets
from portal.accounts.models import User
from portal.approvals import selectors as approvals
from portal.approvals import services as approving
from portal.audit import selectors as audit
from portal.audit.sequencer import seal_all
from portal.audit.verifier import verify
from portal.documents import storage
from portal.documents.selectors import documents_of
from portal.domain.canonical import sha256_hex
from portal.domain.errors import NotAllowed
from portal.domain.lifecycle import NotAllowedNow
from portal.domain.roles import Role
from portal.funding import reconciliation, statements, suspense
from portal.funding import selectors as funding_facts
from portal.funding import services as funding
from portal.funding.guards import OwnerClosed
from portal.outbox.models import Message
from tests.factories import accounts
from tests.factories.bank_files import Booking, camt
from tests.factories.investors import approved_investor, fund, new_investor
from tests.factories.wallets import proved

pytestmark = pytest.mark.django_db
ME = accounts.SETUP
WHY = "Nothing is left on it."


@pytest.fixture
def officers():
    return [accounts.actor(accounts.member(Role.COMPLIANCE_OFFICER)) for _ in range(2)]


def exported(investor, now):
    asked = services.ask_export(investor_id=investor.id, actor=ME, at=now)
    return services.make_export(export_id=asked.id, actor=ME, at=now)


def opened(export, now):
    content = services.download_export(export_id=export.id, investor_id=export.investor_id, actor=ME, at=now)
    return zipfile.ZipFile(io.BytesIO(content)), content


def part(bundle, name):
    return json.loads(bundle.read(f"data/{name}.json"))


def ask(investor, now):
    return services.ask_to_close(investor_id=investor.id, wish="I am done.", actor=ME, at=now)


def closed(investor, officers, now):
    asked = ask(investor, now)
    decisions.propose(closure_id=asked.id, reason=WHY, actor=officers[0], at=now)
    return decisions.approve(closure_id=asked.id, actor=officers[1], at=now)


def actions(subject):
    return [one.action for one in reversed(audit.events(about=subject, limit=500))]


def test_every_house_hands_in_its_part():
    houses = {collect.__module__ for collect in ports.sections()}
    assert houses == {"investors.records", "issuance.records", "indices.records"}


def test_an_export_holds_every_part_and_every_document(now):
    made = approved_investor(at=now, cash={"USD": 123_456}, legal_name="Ada Quillfeather")
    wallet = proved(made.investor, at=now)
    seal_all(at=now)
    export = exported(made, now)
    bundle, content = opened(export, now)
    assert (export.state, export.sha256, export.size) == ("ready", sha256_hex(content), len(content))
    assert part(bundle, "profile")["profile"]["legal_name"] == "Ada Quillfeather"
    assert [one["posted"] for one in part(bundle, "money")["cash"]] == [123_456]
    assert len(part(bundle, "money")["deposits"]) == 1
    assert part(bundle, "wallets")[0]["address"] == wallet.address
    assert part(bundle, "identity_checks")[0]["case"]["state"] == "approved"
    assert part(bundle, "accreditation")[0]["basis"] == "501(a)(5)"
    assert len(part(bundle, "screenings")) == 1
    assert sum(int(one["amount"]) for one in part(bundle, "ledger")) == 123_456
    for name in ("holdings", "subscriptions", "dividends", "index_orders", "index_units"):
        assert part(bundle, name) == []
    for paper in documents_of(made.owner):
        stored = bundle.read(f"documents/{paper.id}-{paper.filename}")
        assert sha256_hex(stored) == paper.sha256
    told = json.loads(bundle.read("contents.json"))["files"]
    assert {one["file"] for one in told} | {"contents.json"} == set(bundle.namelist())
    assert all(sha256_hex(bundle.read(one["file"])) == one["sha256"] for one in told)


def test_the_events_of_an_export_verify_without_the_portal(now):
    made = approved_investor(at=now)
    seal_all(at=now)
    bundle, _ = opened(exported(made, now), now)
    trail = part(bundle, "audit_trail")
    assert verify(trail["bundle"])
    told = {one["event"]["action"] for one in trail["bundle"]["entries"]}
    assert {"investor.opened", "kyc.approved"} <= told
    assert not [one for one in told if one.startswith("screening.")]


def test_nothing_of_another_investor_is_in_it(now):
    made, other = approved_investor(at=now, cash={"USD": 5}), approved_investor(at=now, cash={"USD": 7})
    bundle, _ = opened(exported(made, now), now)
    everything = "".join(bundle.read(name).decode("latin-1") for name in bundle.namelist())
    assert str(other.id) not in everything
    assert other.investor.reference not in everything


def test_an_export_is_asked_for_once_at_a_time_and_made_by_the_queue(now):
    investor = new_investor(at=now)
    asked = services.ask_export(investor_id=investor.id, actor=ME, at=now)
    assert Message.objects.get(topic=services.MAKE).payload == {"export_id": str(asked.id)}
    with pytest.raises(services.AlreadyAsked):
        services.ask_export(investor_id=investor.id, actor=ME, at=now)
    with pytest.raises(services.ExportNotReady, match="still being made"):
        services.download_export(export_id=asked.id, investor_id=investor.id, actor=ME, at=now)
    first = services.make_export(export_id=asked.id, actor=ME, at=now)
    assert services.make_export(export_id=asked.id, actor=ME, at=now) == first
    assert actions(investor.owner).count("data_export.made") == 1


@pytest.mark.parametrize(("late", "there"), [(-1, True), (0, False), (1, False)])
def test_an_export_may_be_downloaded_for_a_week(now, late, there):
    export = exported(new_investor(at=now), now)
    at = export.expires_at + timedelta(seconds=late)
    if there:
        opened(export, at)
        assert selectors.export(export.id, investor_id=export.investor_id).downloads == 1
        return
    with pytest.raises(services.ExportNotReady, match="time of this export is over"):
        opened(export, at)
    assert selectors.expired(at=at) == [export.id]


def test_an_expired_exports_file_is_removed(now, django_capture_on_commit_callbacks):
    export = exported(new_investor(at=now), now)
    key = DataExport.objects.get(pk=export.id).storage_key
    with django_capture_on_commit_callbacks(execute=True):
        services.expire_export(export_id=export.id, actor=ME, at=now)
        services.expire_export(export_id=export.id, actor=ME, at=now)
    with pytest.raises(storage.StoredFileUnreadable):
        storage.read(key)
    assert DataExport.objects.get(pk=export.id).state == "expired"


def test_each_download_is_told_and_another_investors_is_not_found(now):
    export = exported(new_investor(at=now), now)
    with pytest.raises(selectors.NoSuchExport):
        services.download_export(export_id=export.id, investor_id=new_investor(at=now).id, actor=ME, at=now)
    opened(export, now)
    assert actions(f"investor:{export.investor_id}")[-1] == "data_export.downloaded"


def test_numbers_that_a_double_cannot_hold_become_text():
    assert plain([2**53 - 1, 2**53, -(2**60), True]) == [2**53 - 1, str(2**53), str(-(2**60)), True]


def test_an_account_with_cash_does_not_close_and_each_obstacle_is_named(now):
    made = approved_investor(at=now, cash={"USD": 123_456})
    with pytest.raises(services.CannotCloseYet) as refused:
        ask(made, now)
    assert refused.value.reasons == ("1,234.56 USD are on your cash account. Have them paid out first.",)
    assert not Closure.objects.exists()
    assert "closure.asked" not in actions(made.owner)


def test_somebody_with_a_role_ends_the_role_first(now):
    admin = accounts.member(Role.ISSUER_ADMIN)
    investor = new_investor(at=now, user=admin)
    with pytest.raises(services.CannotCloseYet) as refused:
        ask(investor, now)
    assert refused.value.reasons[0].startswith("You act for an organisation here.")


def test_two_officers_close_an_account_and_only_what_the_law_keeps_stays(now, officers):
    made = approved_investor(at=now, legal_name="Ada Quillfeather", expected_minor=500)
    wallet = proved(made.investor, at=now)
    done = closed(made, officers, now)
    assert (done.state, done.retained_until) == ("approved", max(done.kept.values()))
    assert set(done.kept) == {"identity", "transactions", "account"}
    after = profiles.investor(made.id)
    assert (after.closed_at, after.expected_minor) == (now, 0)
    assert profiles.names_to_screen(made.id)[0].name == "Ada Quillfeather"
    person = User.objects.get(pk=made.user.id)
    assert (person.email, person.name, person.is_active) == (f"{person.pk}@erased.invalid", "", False)
    assert not person.has_usable_password()
    assert wallets.wallet(wallet.id).state == "retired"
    assert actions(made.owner)[-3:] == ["closure.asked", "closure.proposed", "closure.approved"]
    assert made.claims(now.date()).missing
    assert authenticate(None, email=made.user.email, password=accounts.PASSWORD) is None


def test_the_officer_who_proposed_cannot_approve(now, officers):
    asked = ask(new_investor(at=now), now)
    decisions.propose(closure_id=asked.id, reason=WHY, actor=officers[0], at=now)
    with pytest.raises(NotAllowed):
        decisions.approve(closure_id=asked.id, actor=officers[0], at=now)
    assert selectors.closure(asked.id).state == "proposed"
    assert profiles.investor(asked.investor_id).closed_at is None


def test_one_officer_alone_cannot_close(now, officers):
    asked = ask(new_investor(at=now), now)
    with pytest.raises(NotAllowedNow):
        decisions.approve(closure_id=asked.id, actor=officers[1], at=now)
    assert selectors.closure(asked.id).state == "asked"


def test_money_that_came_in_meanwhile_stops_the_second_officer_too(now, officers):
    made = approved_investor(at=now)
    asked = ask(made, now)
    decisions.propose(closure_id=asked.id, reason=WHY, actor=officers[0], at=now)
    fund(made.investor, amount_minor=5, at=now)
    with pytest.raises(services.CannotCloseYet):
        decisions.approve(closure_id=asked.id, actor=officers[1], at=now)
    after = selectors.closure(asked.id)
    assert after.state == "proposed"
    assert approvals.approval(after.approval_id).open
    assert User.objects.get(pk=made.user.id).is_active


def test_a_refusal_names_its_reason_and_leaves_everything(now, officers):
    made = approved_investor(at=now)
    asked = ask(made, now)
    with pytest.raises(decisions.ReasonMissing):
        decisions.refuse(closure_id=asked.id, reason=" ", actor=officers[0], at=now)
    decisions.propose(closure_id=asked.id, reason=WHY, actor=officers[0], at=now)
    done = decisions.refuse(closure_id=asked.id, reason="A tax form is missing.", actor=officers[1], at=now)
    assert (done.state, done.reason) == ("refused", "A tax form is missing.")
    assert approvals.approval(done.approval_id).state == "withdrawn"
    assert User.objects.get(pk=made.user.id).email == made.user.email
    assert ask(made, now).state == "asked"


def test_an_approval_given_elsewhere_counts_and_a_rejected_one_does_not(now, officers):
    asked = ask(new_investor(at=now), now)
    row = decisions.propose(closure_id=asked.id, reason=WHY, actor=officers[0], at=now)
    approving.reject(approval_id=row.approval_id, checker=officers[1], at=now)
    with pytest.raises(decisions.NotApproved):
        decisions.approve(closure_id=asked.id, actor=officers[1], at=now)
    assert selectors.closure(asked.id).state == "proposed"


def test_a_request_is_taken_back_with_what_an_officer_proposed(now, officers):
    investor = new_investor(at=now)
    asked = ask(investor, now)
    with pytest.raises(services.ClosureUnderWay):
        ask(investor, now)
    row = decisions.propose(closure_id=asked.id, reason=WHY, actor=officers[0], at=now)
    services.withdraw_closure(investor_id=investor.id, actor=ME, at=now)
    assert selectors.closure(asked.id).state == "withdrawn"
    assert approvals.approval(row.approval_id).state == "withdrawn"
    with pytest.raises(selectors.NoSuchClosure):
        services.withdraw_closure(investor_id=investor.id, actor=ME, at=now)


def test_an_export_asked_for_before_the_closing_is_not_made_after_it(now, officers):
    investor = new_investor(at=now)
    export = services.ask_export(investor_id=investor.id, actor=ME, at=now)
    closed(investor, officers, now)
    assert services.make_export(export_id=export.id, actor=ME, at=now).state == "failed"
    assert DataExport.objects.get(pk=export.id).storage_key == ""
    assert "data_export.dropped" in actions(investor.owner)


def test_money_for_a_closed_account_goes_to_suspense_and_is_credited_by_nobody(now, officers):
    investor = new_investor(at=now)
    funding.open_cash_account(owner=investor.owner, currency="EUR", actor=ME, at=now)
    reference = funding_facts.reference(owner=investor.owner, currency="EUR")
    closed(investor, officers, now)
    content = camt([Booking("5.00", reference)], opening="0.00", closing="5.00")
    done = statements.import_statement(content=content, filename="s.xml", actor=ME, at=now)
    (line,) = reconciliation.lines()
    assert (done.suspense, line.why) == (1, f"Its reference {reference} is of an account that was closed.")
    with pytest.raises(OwnerClosed, match="was closed on"):
        suspense.propose_owner(line_id=line.id, owner=investor.owner, reason="It is his.", actor=ME, at=now)
    with pytest.raises(OwnerClosed, match="was closed on"):
        fund(investor, currency="EUR", amount_minor=100, at=now)
    assert funding_facts.deposits(owner=investor.owner) == []
    assert [one.posted for one in funding_facts.cash(owner=investor.owner)] == [0]


def test_a_closed_account_asks_for_nothing_more(now, officers):
    investor = new_investor(at=now)
    closed(investor, officers, now)
    with pytest.raises(services.AccountClosed):
        ask(investor, now)
    with pytest.raises(services.AccountClosed):
        services.ask_export(investor_id=investor.id, actor=ME, at=now)


def test_what_may_be_erased_is_listed_the_day_after_and_told_once(now, officers, monkeypatch):
    done = closed(new_investor(at=now), officers, now)
    last = done.retained_until
    assert selectors.erasable(on=last) == []
    assert [one.id for one in selectors.erasable(on=last + timedelta(days=1))] == [done.id]
    later = now.replace(year=last.year, month=last.month, day=last.day) + timedelta(days=1)
    monkeypatch.setattr(tasks.timezone, "now", lambda: later)
    assert tasks.sweep() == {"exports_removed": 0, "erasable": 1, "told": 1}
    assert tasks.sweep() == {"exports_removed": 0, "erasable": 1, "told": 0}
