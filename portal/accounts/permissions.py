"""
Who may do what: one table, action -> any of these -> all of these. It is the only place where roles meet
actions; front doors ask it, and nothing asks about roles beside it.

A predicate sees who asks (Principal) and what about (Facts); a fact that was not given never helps anybody.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from portal.accounts.facts import Principal
from portal.domain.errors import NotAllowed, NotFound, Refused
from portal.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What an action is about.

    organisation  whose: the issuer's organisation, where there is one
    owners        user ids of the persons it belongs to
    maker         who asked for it, as text ("user:<uuid>"), where a second person decides
    published     meant for every signed-in person
    """

    organisation: UUID | None = None
    owners: frozenset[UUID] = frozenset()
    maker: str = ""
    published: bool = False


@dataclass(frozen=True, slots=True)
class Predicate:
    """
    says   in words, for whoever reads the table
    true   does it hold for this principal and these facts?
    could  might it hold for this principal, of some other object?
    hides  where it is false, the object is none of the principal's business: a refusal must not tell that it exists
    """

    says: str
    true: Callable[[Principal, Facts], bool]
    could: Callable[[Principal], bool]
    hides: bool = False


def house(*roles: Role) -> Predicate:
    def holds(principal: Principal) -> bool:
        return principal.holds(*roles)

    return Predicate(_one_of(roles), lambda principal, _: holds(principal), holds)


def issuer(*roles: Role) -> Predicate:
    def here(principal: Principal, facts: Facts) -> bool:
        return facts.organisation is not None and principal.holds_in(facts.organisation, *roles)

    return Predicate(
        f"{_one_of(roles)} of this issuer", here, lambda principal: principal.holds(*roles), True
    )


def _one_of(roles: Collection[Role]) -> str:
    return " or ".join(role.label for role in roles)


PERSON = Predicate(
    "signed in", lambda principal, _: principal.signed_in, lambda principal: principal.signed_in
)
INVESTOR = Predicate(
    "an investor", lambda principal, _: principal.investor, lambda principal: principal.investor
)
OWN = Predicate(
    "his own",
    lambda principal, facts: principal.user_id is not None and principal.user_id in facts.owners,
    lambda principal: principal.signed_in,
    hides=True,
)
NOT_OWN = Predicate(
    "not his own",
    lambda principal, facts: principal.user_id not in facts.owners,
    lambda principal: True,
)
NOT_MAKER = Predicate(
    "asked for by somebody else",
    lambda principal, facts: bool(facts.maker) and facts.maker != f"user:{principal.user_id}",
    lambda principal: True,
)
PUBLISHED = Predicate("published", lambda _, facts: facts.published, lambda principal: True, hides=True)

ADMIN = issuer(Role.ISSUER_ADMIN)
STAFF = issuer(Role.ISSUER_ADMIN, Role.ISSUER_VIEWER)
OFFICER = house(Role.COMPLIANCE_OFFICER)
OPERATOR = house(Role.OPERATOR)
CONTROL = house(Role.COMPLIANCE_OFFICER, Role.AUDITOR)
READERS = house(Role.COMPLIANCE_OFFICER, Role.OPERATOR, Role.AUDITOR)

Requirement = tuple[tuple[Predicate, ...], ...]

PERMISSIONS: dict[str, Requirement] = {
    # --- an investor, for himself
    "profile.edit": ((INVESTOR, OWN),),
    "profile.view": ((INVESTOR, OWN), (CONTROL,)),
    "kyc.submit": ((INVESTOR,),),
    "accreditation.submit": ((INVESTOR,),),
    "bank_account.add": ((INVESTOR,),),
    "wallet.prove": ((INVESTOR,),),
    "wallet.retire": ((INVESTOR, OWN),),
    "data_export.ask": ((INVESTOR, OWN),),
    "closure.ask": ((INVESTOR, OWN),),
    "cash.fund": ((INVESTOR,),),
    "cash.withdraw": ((INVESTOR,),),
    "offering.browse": ((PERSON,),),
    "subscription.request": ((INVESTOR,),),
    "subscription.withdraw": ((INVESTOR, OWN),),
    "subscription.view": ((INVESTOR, OWN), (STAFF,), (READERS,)),
    "portfolio.view": ((INVESTOR, OWN), (CONTROL,)),
    "vote.cast": ((INVESTOR,),),
    "index.browse": ((PERSON,),),
    "index.subscribe": ((INVESTOR,),),
    "index.redeem": ((INVESTOR,),),
    # --- an issuer's people, for their issuer
    "issuer.onboard": ((OPERATOR,), (ADMIN,)),
    "issuer.view": ((STAFF,), (READERS,)),
    "issuer.edit": ((ADMIN,),),
    "asset.tokenize": ((ADMIN,),),
    "asset.view": ((STAFF,), (READERS,)),
    "security.define": ((ADMIN,),),
    "security.view": ((STAFF,), (READERS,)),
    "offering.draft": ((ADMIN,),),
    "offering.open": ((ADMIN,),),
    "offering.close": ((ADMIN,),),
    "offering.view": ((STAFF,), (READERS,)),
    "cap_table.view": ((STAFF,), (READERS,)),
    "dividend.declare": ((ADMIN,),),
    "dividend.approve": ((ADMIN, NOT_MAKER), (OFFICER, NOT_MAKER)),
    "dividend.view": ((STAFF,), (READERS,)),
    "voting.prepare": ((ADMIN,),),
    "voting.certify": ((ADMIN, NOT_MAKER), (OFFICER, NOT_MAKER)),
    "voting.view": ((STAFF,), (READERS,)),
    # --- compliance officers
    "work_queue.view": ((CONTROL,),),
    "investor.view": ((CONTROL,),),
    "kyc.view": ((CONTROL,),),
    "kyc.decide": ((OFFICER, NOT_OWN),),
    "personal_data.open": ((OFFICER, NOT_OWN),),
    "screening.view": ((READERS,),),
    "screening.import": ((OPERATOR,), (OFFICER,)),
    "screening.decide": ((OFFICER, NOT_OWN),),
    "accreditation.view": ((CONTROL,),),
    "accreditation.decide": ((OFFICER, NOT_OWN),),
    "wallet.view": ((READERS,),),
    "wallet.release": ((OFFICER, NOT_OWN),),
    "address_list.import": ((OPERATOR,), (OFFICER,)),
    "closure.view": ((CONTROL,),),
    "closure.decide": ((OFFICER, NOT_OWN),),
    "closure.approve": ((OFFICER, NOT_MAKER),),
    "bank_account.view": ((CONTROL,),),
    "bank_account.verify": ((OFFICER, NOT_OWN),),
    "issuer.review": ((OFFICER,),),
    "saved_search.view": ((READERS,),),
    "audit.view": ((CONTROL,),),
    "audit.export": ((CONTROL,),),
    "audit.verify": ((READERS,),),
    # --- operators
    "deposit.record": ((OPERATOR,),),
    "deposit.view": ((READERS,),),
    "suspense.decide": ((OPERATOR, NOT_MAKER), (OFFICER, NOT_MAKER)),
    "withdrawal.view": ((READERS,),),
    "withdrawal.approve": ((OPERATOR, NOT_MAKER), (OFFICER, NOT_MAKER)),
    "withdrawal.pay": ((OPERATOR, NOT_MAKER),),
    "ledger.view": ((READERS,),),
    "jobs.view": ((READERS,),),
    "outbox.view": ((READERS,),),
    "outbox.retry": ((OPERATOR,),),
    "price.import": ((OPERATOR,),),
    "index.define": ((OPERATOR,),),
    "index.rebalance": ((OPERATOR,),),
    "index.approve": ((OPERATOR, NOT_MAKER), (OFFICER, NOT_MAKER)),
    "index.view": ((READERS,),),
    # --- programs
    "access_token.make": ((INVESTOR,), (OFFICER,), (OPERATOR,)),
    "machine_client.manage": ((ADMIN,),),
    "webhook.manage": ((INVESTOR, OWN), (ADMIN,)),
    # --- what several have in common
    "console.enter": ((STAFF,), (READERS,)),
    "compliance.enter": ((READERS,),),
    "approval.view": ((STAFF,), (READERS,)),
    "document.upload": ((INVESTOR,), (ADMIN,), (OFFICER,), (OPERATOR,)),
    "document.view": ((PERSON, OWN), (PERSON, PUBLISHED), (STAFF,), (CONTROL,)),
    "member.view": ((STAFF,), (READERS,)),
    "member.grant": ((OPERATOR, NOT_OWN), (ADMIN, NOT_OWN)),
    "member.end": ((OPERATOR, NOT_OWN), (ADMIN, NOT_OWN)),
}


class MayNot(NotAllowed):
    """The permission table has no line that would allow it."""

    code = "may-not"


class NothingHere(NotFound):
    """It exists for others, or not at all: the two are told alike."""

    code = "nothing-here"


def facts_of(
    *,
    organisation: UUID | str | None = None,
    owners: Collection[UUID | str] = (),
    maker: UUID | str = "",
    published: bool = False,
) -> Facts:
    """Facts from ids as they come: uuids or their text; a bare uuid as maker is a user's."""
    return Facts(
        organisation=None if organisation is None else UUID(str(organisation)),
        owners=frozenset(UUID(str(owner)) for owner in owners),
        maker=f"user:{maker}" if isinstance(maker, UUID) else maker,
        published=published,
    )


def allowed(
    principal: Principal,
    action: str,
    *,
    organisation: UUID | str | None = None,
    owners: Collection[UUID | str] = (),
    maker: UUID | str = "",
    published: bool = False,
) -> bool:
    """
    May this principal do this?

    raises  KeyError for an action that the table does not know
    """
    facts = facts_of(organisation=organisation, owners=owners, maker=maker, published=published)
    return any(all(one.true(principal, facts) for one in line) for line in PERMISSIONS[action])


def possible(principal: Principal, action: str) -> bool:
    """Might this principal do this to something? For menus, and to tell "not you" from "not this one"."""
    return any(all(one.could(principal) for one in line) for line in PERMISSIONS[action])


def refusal(
    principal: Principal,
    action: str,
    *,
    organisation: UUID | str | None = None,
    owners: Collection[UUID | str] = (),
    maker: UUID | str = "",
    published: bool = False,
) -> Refused:
    """
    What to raise when `allowed` said no: MayNot (403) where it is the principal who does not suit, NothingHere
    (404) where he may do this to other things, so that ids cannot be guessed.
    """
    facts = facts_of(organisation=organisation, owners=owners, maker=maker, published=published)
    lines = [line for line in PERMISSIONS[action] if all(one.could(principal) for one in line)]
    for line in lines:
        if all(one.true(principal, facts) for one in line if one.hides):
            unmet = " and ".join(one.says for one in line if not one.true(principal, facts))
            return MayNot(
                f"You may not do this: it must be {unmet}.", next_step="A second person has to do it."
            )
    if lines:
        return NothingHere("There is nothing here with this id, or nothing that you may see.")
    needed = "; or ".join(" and ".join(one.says for one in line) for line in PERMISSIONS[action])
    return MayNot(f"You may not do this ({action}).", next_step=f"It takes somebody who is: {needed}.")
