"""What this house and the ground floor hold about an investor, for his data export; and what keeps his account open."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from investors.accreditation import selectors as accreditation
from investors.bank_accounts import selectors as bank_accounts
from investors.closure import selectors as closure
from investors.closure.facts import Decided, Obstacle, Section
from investors.closure.ports import decisions, decisions_of, obstacle, section
from investors.kyc import selectors as kyc
from investors.profiles import selectors as profiles
from investors.profiles.facts import InvestorFacts
from investors.screening.models import Hit, Screening
from investors.wallets import selectors as wallets
from portal.accounts import selectors as accounts
from portal.audit import selectors as audit
from portal.documents.selectors import documents_of
from portal.domain.money import told_amount
from portal.funding import selectors as funding
from portal.funding.ports import Standing, standing
from portal.ledger import selectors as ledger

MOST = 100_000
_NOT_TOLD = ("screening.", "kyc.awaiting_second")


@section
def profile(investor: InvestorFacts) -> Section:
    opened = (
        asdict(profiles.own_data(investor_id=investor.id, user_id=investor.user_id))
        if investor.user_id
        else {}
    )
    people = {one.subject: one for one in profiles.names_to_screen(investor.id)}
    related = [
        {**asdict(one), "masked_name": None, "name": known.name, "born": known.born}
        for one in profiles.related_persons(investor.id)
        if (known := people.get(f"related_person:{one.id}"))
    ]
    data = {
        "profile": {**asdict(investor), **opened},
        "related_persons": related,
        "changes": profiles.revisions(investor.id),
    }
    return Section("profile", "Who you are, who stands behind you, and every change of it", data)


@section
def sign_in(investor: InvestorFacts) -> Section:
    if investor.user_id is None:
        return Section("sign_in", "Nobody signs in for this investor", {})
    data = {"person": accounts.user(investor.user_id), "sessions": accounts.sessions(investor.user_id)}
    return Section("sign_in", "How you sign in, and where you are signed in now", data)


@section
def identity_checks(investor: InvestorFacts) -> Section:
    cases = [
        {
            "case": _without(case, "risk", "officer_id", "decided_by"),
            "papers": kyc.papers(case.id),
            "steps": _steps(case),
        }
        for case in kyc.cases_of(investor.id)
    ]
    return Section("identity_checks", "Cases with their papers, steps and messages", cases)


@section
def determinations(investor: InvestorFacts) -> Section:
    return Section(
        "accreditation",
        "Determinations of accreditation with their evidence",
        accreditation.determinations(investor.id),
    )


@section
def screenings(investor: InvestorFacts) -> Section:
    """When and against which lists; what was found and reported is not told (31 CFR 1023.320(e))."""
    found = Screening.objects.filter(investor_id=investor.id).select_related("list").order_by("-at", "pk")
    data = [
        {"at": one.at, "list": one.list.source, "list_date": one.list.list_date, "names_compared": one.names}
        for one in found[:MOST]
    ]
    about = (
        "When your names were compared with which lists. Whether a report was made may not be told: "
        "31 CFR 1023.320(e)"
    )
    return Section("screenings", about, data)


@section
def own_wallets(investor: InvestorFacts) -> Section:
    data = [
        {**asdict(one), "proof": dict(zip(("message", "signature"), wallets.proof_of(one.id), strict=True))}
        for one in wallets.wallets_of(investor.id)
    ]
    return Section("wallets", "Addresses that you proved, with message and signature", data)


@section
def money(investor: InvestorFacts) -> Section:
    data = {
        "cash": funding.cash(owner=investor.owner),
        "bank_accounts": bank_accounts.bank_accounts(investor_id=investor.id, limit=MOST),
        "deposits": funding.deposits(owner=investor.owner, limit=MOST),
        "withdrawals": funding.withdrawals(owner=investor.owner, limit=MOST),
    }
    return Section("money", "Cash, bank accounts, deposits and withdrawals", data)


@section
def ledger_entries(investor: InvestorFacts) -> Section:
    return Section(
        "ledger",
        "Every line of your accounts in the ledger, newest first",
        ledger.entries(owner=investor.owner, limit=MOST),
    )


@section
def documents(investor: InvestorFacts) -> Section:
    return Section("documents", "Your documents; the files lie beside this", documents_of(investor.owner))


@section
def decided(investor: InvestorFacts) -> Section:
    return Section("decisions", "What was decided about you, newest first", decisions_of(investor))


@section
def trail(investor: InvestorFacts) -> Section:
    """Events about the investor, each with its place in the signed log."""
    subjects = [investor.owner]
    subjects += [f"kyc_case:{one.id}" for one in kyc.cases_of(investor.id)]
    subjects += [f"wallet:{one.id}" for one in wallets.wallets_of(investor.id)]
    subjects += [f"withdrawal:{one.id}" for one in funding.withdrawals(owner=investor.owner, limit=MOST)]
    if investor.user_id is not None:
        subjects.append(f"user:{investor.user_id}")
    found = {one.event_id: one for about in subjects for one in audit.events(about=about, limit=5000)}
    if investor.user_id is not None:
        found |= {one.event_id: one for one in audit.events(actor=str(investor.user_id), limit=20_000)}
    told = sorted(
        (one for one in found.values() if not one.action.startswith(_NOT_TOLD)), key=lambda one: one.id
    )
    head = audit.latest_checkpoint()
    placed = [
        one.event_id
        for one in told
        if head is not None and one.leaf_index is not None and one.leaf_index < head.size
    ]
    waiting = {one.event_id for one in told} - set(placed)
    data = {
        "bundle": audit.bundle(placed) if placed else None,
        "without_a_place_yet": [audit.event_fields(one) for one in told if one.event_id in waiting],
    }
    about = "Events about you with the proof of each; `bundle` is what the stand-alone verifier reads"
    return Section("audit_trail", about, data)


@decisions
def identity_decisions(investor: InvestorFacts) -> Iterable[Decided]:
    for one in kyc.cases_of(investor.id):
        if one.decided_at is not None:
            good = one.state in ("approved", "expired", "superseded")
            yield Decided(
                one.decided_at,
                "Identity check",
                one.state_label.capitalize(),
                "ok" if one.state == "approved" else "" if good else "bad",
                "" if good else one.decision_reason,
                href="onboarding",
            )


@decisions
def accreditation_decisions(investor: InvestorFacts) -> Iterable[Decided]:
    for one in accreditation.determinations(investor.id):
        yield Decided(
            one.decided_at,
            f"Accreditation, {one.basis}",
            "Accredited" if one.accredited else "Not accredited",
            "ok" if one.accredited else "bad",
            one.reason,
            f"17 CFR 230.{one.basis}" if one.basis.startswith("501") else one.basis,
            "accreditation",
        )
        if one.revoked_at is not None:
            yield Decided(
                one.revoked_at,
                f"Accreditation, {one.basis}",
                "Revoked",
                "bad",
                one.revocation_reason,
                href="accreditation",
            )


@decisions
def withdrawal_decisions(investor: InvestorFacts) -> Iterable[Decided]:
    for one in funding.withdrawals(owner=investor.owner, states=("rejected",)):
        if one.ended_at is not None:
            what = f"Withdrawal of {told_amount(one.amount_minor, scale=one.scale)} {one.currency}"
            yield Decided(one.ended_at, what, "Refused", "bad", one.reason, href="cash-withdraw")


@decisions
def closure_decisions(investor: InvestorFacts) -> Iterable[Decided]:
    one = closure.closure_of(investor.id)
    if one is not None and one.decided_at is not None and one.state == "refused":
        yield Decided(one.decided_at, "Closing the account", "Refused", "bad", one.reason, href="your-data")


@standing
def standings(owners: Collection[str], at: datetime) -> Mapping[str, Standing]:
    """No money leaves while a list names its owner or may; none is credited to a closed account."""
    ids = [UUID(one.partition(":")[2]) for one in owners if one.startswith("investor:")]
    people = profiles.investors_by_id(ids)
    claims = accreditation.claims_of_many(people, on=at.date())
    return {
        one.owner: Standing(
            f"No money of {one.reference} leaves: a review by compliance has not ended."
            if claims[key].blocked
            else "",
            f"The account of {one.reference} was closed on {one.closed_at:%d %b %Y}."
            if one.closed_at
            else "",
        )
        for key, one in people.items()
        if claims[key].blocked or one.closed_at
    }


@obstacle
def cash_left(investor: InvestorFacts) -> Iterable[Obstacle]:
    for one in funding.cash(owner=investor.owner):
        if one.posted:
            yield Obstacle(
                f"{told_amount(one.posted, scale=one.scale)} {one.currency} are on your cash account.",
                "Have them paid out first.",
            )


@obstacle
def withdrawals_open(investor: InvestorFacts) -> Iterable[Obstacle]:
    found = funding.withdrawals(owner=investor.owner, states=("awaiting_approval", "approved", "sent"))
    if found:
        yield Obstacle(
            f"{len(found)} withdrawal{'s are' if len(found) > 1 else ' is'} not paid yet.",
            "Wait until it is paid, or take it back.",
        )


@obstacle
def reviews_open(investor: InvestorFacts) -> Iterable[Obstacle]:
    """A blocked account is not closed: blocked property is reported and kept (31 CFR 501.603)."""
    blocked = any(one.state == "blocked" for one in wallets.wallets_of(investor.id))
    if blocked or Hit.objects.filter(investor_id=investor.id).exclude(state="cleared").exists():
        yield Obstacle(
            "A review by compliance is under way.", "Wait for it to end; compliance answers questions."
        )


@obstacle
def roles_held(investor: InvestorFacts) -> Iterable[Obstacle]:
    if investor.user_id is not None and accounts.memberships(user_id=investor.user_id):
        yield Obstacle("You act for an organisation here.", "Have that role ended by an operator first.")


def _steps(case: Any) -> list[dict[str, Any]]:
    """As the investor's own page tells them: what staff wrote to each other is left out."""
    return [
        {"at": one.at, "step": one.title, "text": one.text if one.event in _TO_THE_INVESTOR else ""}
        for one in kyc.steps(case.id)
    ]


_TO_THE_INVESTOR = {"request_information", "answer", "message", "reject", "submit"}


def _without(facts: Any, *names: str) -> dict[str, Any]:
    return {name: value for name, value in asdict(facts).items() if name not in names}
