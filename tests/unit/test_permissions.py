"""The permission table, walked whole: every action, for everybody, at home and abroad."""

from uuid import UUID

import pytest

from portal.accounts import permissions
from portal.accounts.facts import Principal
from portal.accounts.permissions import PERMISSIONS, allowed, possible, refusal
from portal.domain.roles import GRANTABLE, HOUSE_ROLES, OrganisationKind, Role

HOUSE, OURS, THEIRS = UUID(int=1), UUID(int=2), UUID(int=3)
ME, SOMEBODY = UUID(int=10), UUID(int=11)

VISITOR = Principal()
INVESTOR = Principal(user_id=ME, investor=True)


def holding(role: Role) -> Principal:
    house = role.organisation_kind is OrganisationKind.HOUSE
    return Principal(user_id=ME, roles=frozenset({(role, HOUSE if house else OURS)}), investor=not house)


EVERYBODY = {"visitor": VISITOR, "investor": INVESTOR, **{role.value: holding(role) for role in GRANTABLE}}

# In the best case: the principal's own issuer, his own thing, asked for by somebody else, published.
# And not even then: what only the owner may do is tested below.
IN_THE_BEST_CASE = {
    "visitor": "",
    "investor": """
        profile.edit profile.view kyc.submit accreditation.submit bank_account.add cash.fund cash.withdraw
        offering.browse vote.cast subscription.request subscription.withdraw subscription.view portfolio.view index.browse
        index.subscribe index.redeem document.upload document.view
        wallet.prove wallet.retire data_export.ask closure.ask
        access_token.make webhook.manage
    """,
    "issuer_viewer": """
        profile.edit profile.view kyc.submit accreditation.submit bank_account.add cash.fund cash.withdraw
        offering.browse vote.cast subscription.request subscription.withdraw subscription.view portfolio.view index.browse
        index.subscribe index.redeem document.upload document.view
        wallet.prove wallet.retire data_export.ask closure.ask
        access_token.make webhook.manage
        issuer.view asset.view security.view offering.view cap_table.view dividend.view voting.view console.enter approval.view
        member.view
    """,
    "issuer_admin": """
        profile.edit profile.view kyc.submit accreditation.submit bank_account.add cash.fund cash.withdraw
        offering.browse vote.cast subscription.request subscription.withdraw subscription.view portfolio.view index.browse
        index.subscribe index.redeem document.upload document.view
        wallet.prove wallet.retire data_export.ask closure.ask
        access_token.make webhook.manage
        issuer.view asset.view security.view offering.view cap_table.view dividend.view voting.view console.enter approval.view
        member.view
        issuer.onboard issuer.edit asset.tokenize security.define offering.draft offering.open offering.close
        dividend.declare dividend.approve voting.prepare voting.certify member.grant member.end
        machine_client.manage
    """,
    "compliance_officer": """
        offering.browse index.browse profile.view subscription.view portfolio.view issuer.view asset.view
        security.view offering.view cap_table.view dividend.view voting.view dividend.approve voting.certify work_queue.view investor.view
        kyc.view kyc.decide accreditation.view accreditation.decide issuer.review audit.view audit.export audit.verify
        deposit.view ledger.view jobs.view outbox.view index.approve index.view console.enter compliance.enter
        approval.view document.upload document.view member.view
        personal_data.open screening.view screening.import screening.decide withdrawal.view withdrawal.approve
        bank_account.view bank_account.verify suspense.decide
        access_token.make wallet.view wallet.release address_list.import closure.view closure.decide closure.approve
        saved_search.view
    """,
    "operator": """
        offering.browse index.browse subscription.view issuer.onboard issuer.view asset.view security.view
        offering.view cap_table.view dividend.view voting.view audit.verify deposit.record deposit.view ledger.view jobs.view
        outbox.view outbox.retry price.import index.define index.rebalance index.approve index.view console.enter
        compliance.enter approval.view document.upload document.view member.view member.grant member.end
        screening.view screening.import withdrawal.view withdrawal.approve withdrawal.pay suspense.decide
        access_token.make wallet.view address_list.import
        saved_search.view
    """,
    "auditor": """
        offering.browse index.browse profile.view subscription.view portfolio.view issuer.view asset.view
        security.view offering.view cap_table.view dividend.view voting.view work_queue.view investor.view kyc.view
        accreditation.view audit.view audit.export audit.verify deposit.view ledger.view jobs.view outbox.view
        index.view console.enter compliance.enter approval.view document.view member.view
        screening.view withdrawal.view wallet.view closure.view
        bank_account.view
        saved_search.view
    """,
}
ABOUT_HIMSELF = {
    "bank_account.verify",
    "kyc.decide",
    "accreditation.decide",
    "screening.decide",
    "personal_data.open",
    "wallet.release",
    "closure.decide",
    "member.grant",
    "member.end",
}
BY_A_SECOND_PERSON = {
    "closure.approve",
    "dividend.approve",
    "voting.certify",
    "index.approve",
    "withdrawal.approve",
    "withdrawal.pay",
    "suspense.decide",
}


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_role_may_do_exactly_this(who):
    principal = EVERYBODY[who]
    may = {
        action
        for action in PERMISSIONS
        if allowed(
            principal,
            action,
            organisation=OURS,
            owners=[SOMEBODY] if action in ABOUT_HIMSELF else [ME],
            maker=SOMEBODY,
            published=True,
        )
    }
    assert may == set(IN_THE_BEST_CASE[who].split())


def test_a_visitor_may_do_nothing_at_all():
    assert not [action for action in PERMISSIONS if possible(VISITOR, action)]


@pytest.mark.parametrize("role", [Role.ISSUER_ADMIN, Role.ISSUER_VIEWER])
def test_an_issuers_people_may_do_nothing_at_another_issuer(role):
    stranger = Principal(user_id=ME, roles=frozenset({(role, OURS)}), investor=False)
    there = {
        action
        for action in PERMISSIONS
        if allowed(stranger, action, organisation=THEIRS, owners=[SOMEBODY], maker=SOMEBODY)
    }
    assert there == {"offering.browse", "index.browse"}


def test_without_the_facts_nothing_that_needs_them_is_allowed():
    admin = holding(Role.ISSUER_ADMIN)
    assert not allowed(admin, "cap_table.view")
    assert not allowed(admin, "dividend.approve", organisation=OURS)
    assert not allowed(INVESTOR, "portfolio.view")
    assert not allowed(INVESTOR, "document.view")


def test_the_auditor_changes_nothing():
    reading = ("view", "export", "verify", "browse", "enter")
    auditor = holding(Role.AUDITOR)
    assert {action.split(".")[1] for action in PERMISSIONS if possible(auditor, action)} <= set(reading)


@pytest.mark.parametrize("role", HOUSE_ROLES)
def test_nobody_of_the_house_invests(role):
    for action in ("subscription.request", "cash.fund", "index.subscribe", "kyc.submit"):
        assert not possible(holding(role), action)


@pytest.mark.parametrize(
    ("predicate", "actions"),
    [(permissions.NOT_OWN, ABOUT_HIMSELF), (permissions.NOT_MAKER, BY_A_SECOND_PERSON)],
    ids=["not his own", "a second person"],
)
def test_what_takes_another_takes_another_in_every_line(predicate, actions):
    assert {
        action for action, lines in PERMISSIONS.items() if any(predicate in line for line in lines)
    } == actions
    assert all(predicate in line for action in actions for line in PERMISSIONS[action])


@pytest.mark.parametrize("action", sorted(BY_A_SECOND_PERSON))
def test_who_asked_never_decides(action):
    for principal in EVERYBODY.values():
        assert not allowed(principal, action, organisation=OURS, maker=ME)
        assert not allowed(principal, action, organisation=OURS, maker=f"user:{ME}")


@pytest.mark.parametrize("action", sorted(ABOUT_HIMSELF))
def test_nobody_decides_about_himself(action):
    for principal in EVERYBODY.values():
        assert not allowed(principal, action, organisation=OURS, owners=[ME])


def test_ids_may_come_as_text():
    assert allowed(holding(Role.ISSUER_ADMIN), "cap_table.view", organisation=str(OURS))
    assert allowed(INVESTOR, "portfolio.view", owners=[str(ME)])


def test_somebody_elses_thing_is_not_found_and_a_missing_role_is_forbidden():
    admin = holding(Role.ISSUER_ADMIN)
    assert isinstance(refusal(admin, "cap_table.view", organisation=THEIRS), permissions.NothingHere)
    assert isinstance(refusal(INVESTOR, "portfolio.view", owners=[SOMEBODY]), permissions.NothingHere)
    assert isinstance(refusal(INVESTOR, "document.view", owners=[SOMEBODY]), permissions.NothingHere)
    assert isinstance(refusal(INVESTOR, "kyc.decide"), permissions.MayNot)
    assert "compliance officer" in refusal(INVESTOR, "kyc.decide").next_step


def test_the_maker_is_told_that_it_takes_another():
    told = refusal(holding(Role.ISSUER_ADMIN), "dividend.approve", organisation=OURS, maker=ME)
    assert isinstance(told, permissions.MayNot)
    assert "asked for by somebody else" in told.message


def test_an_unknown_action_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        allowed(INVESTOR, "universe.rule")
