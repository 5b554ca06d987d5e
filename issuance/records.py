"""What this house holds about an investor, for his data export; and what of it keeps his account open."""

from collections.abc import Iterable

from investors.closure.facts import Decided, Obstacle, Section
from investors.closure.ports import decisions, obstacle, section
from investors.profiles.facts import InvestorFacts
from issuance.certificates import selectors as certificates
from issuance.compliance import selectors as compliance
from issuance.corporate_actions import selectors as corporate_actions
from issuance.data_room import selectors as data_room
from issuance.offerings import selectors as offerings
from issuance.register import selectors as register
from portal.domain.money import told_amount

MOST = 100_000


@section
def holdings(investor: InvestorFacts) -> Section:
    held = register.holdings_of(investor.owner)
    data = [{"holding": one, "lots": register.lots_of(one.security_id, investor.owner)} for one in held]
    return Section("holdings", "Securities that you hold, with their lots", data)


@section
def subscriptions(investor: InvestorFacts) -> Section:
    found = offerings.subscriptions(investor=investor.owner, limit=MOST)
    return Section("subscriptions", "Your subscriptions to offerings and what became of them", found)


@section
def distributions(investor: InvestorFacts) -> Section:
    found = corporate_actions.entitlements(holder=investor.owner, limit=MOST)
    return Section("dividends", "What you were due of dividends, gross, withheld and net", found)


@section
def papers(investor: InvestorFacts) -> Section:
    found = certificates.certificates(holder=investor.owner, limit=MOST)
    return Section("certificates", "Certificates and signed agreements that were made for you", found)


@section
def data_rooms(investor: InvestorFacts) -> Section:
    found = data_room.accesses(investor=investor.owner, limit=MOST)
    return Section("data_rooms", "Papers of data rooms that you opened, and when", found)


@decisions
def rule_decisions(investor: InvestorFacts) -> Iterable[Decided]:
    """What the rules said of what he asked for, the newest hundred: a refusal with every reason and its source."""
    for one in compliance.decisions(holder=investor.owner, limit=100):
        failures = one.decision.failures
        yield Decided(
            one.decided_at,
            f"{one.security_code}: {one.kind.replace('_', ' ')}",
            "Allowed by the rules" if one.passed else "Refused by the rules",
            "ok" if one.passed else "bad",
            " ".join(found.message for found in failures),
            "; ".join(dict.fromkeys(found.source for found in failures if found.source)),
        )


@obstacle
def securities_held(investor: InvestorFacts) -> Iterable[Obstacle]:
    for one in register.holdings_of(investor.owner):
        yield Obstacle(
            f"You hold {told_amount(one.quantity, scale=one.scale)} {one.security_code}.",
            f"Transfer them, or ask {one.issuer_name} to redeem them.",
        )


@obstacle
def subscriptions_open(investor: InvestorFacts) -> Iterable[Obstacle]:
    for one in offerings.subscriptions(investor=investor.owner, states=("reserved", "allotted"), limit=MOST):
        yield Obstacle(
            f"Your subscription {one.number} to {one.offering_name} is {one.state}.",
            "Withdraw it while the offering is open, or wait until it settles.",
        )


@obstacle
def dividends_due(investor: InvestorFacts) -> Iterable[Obstacle]:
    for one in corporate_actions.entitlements(holder=investor.owner, paid=False):
        if one.state not in ("cancelled", "closed"):
            yield Obstacle(
                f"{told_amount(one.net_minor, scale=one.scale)} {one.currency} of {one.dividend_name} are not paid yet.",
                f"Wait for the payment on {one.payment_date.isoformat()}.",
            )
