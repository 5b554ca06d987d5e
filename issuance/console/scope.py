"""Whose things a console page may show: the person's own issuers, or all for the house's people."""

from collections.abc import Collection
from uuid import UUID

from django.http import HttpRequest

from investors.profiles.selectors import investor_of_user, references
from issuance.issuers.facts import IssuerFacts
from issuance.issuers.selectors import NoSuchIssuer, issuers
from issuance.securities.facts import SecurityFacts
from issuance.securities.selectors import securities
from portal.accounts.selectors import users
from portal.http.authorization import allowed


def scope(request: HttpRequest) -> Collection[UUID] | None:
    """Ids of the issuers that this person may see; None for all."""
    found: Collection[UUID] | None = request.console.scope  # type: ignore[attr-defined]
    return found


def own_issuers(request: HttpRequest) -> list[IssuerFacts]:
    return issuers(ids=scope(request))


def chosen_issuer(request: HttpRequest) -> IssuerFacts | None:
    """
    The issuer that the page is about: the one asked for by ?issuer=, else the first; None where there is none.

    raises  NoSuchIssuer for one that this person may not see
    """
    own, asked = own_issuers(request), request.GET.get("issuer", "")
    if not asked:
        return own[0] if own else None
    for one in own:
        if str(one.id) == asked:
            return one
    raise NoSuchIssuer("There is no issuer with this id.", field="issuer")


def securities_for(request: HttpRequest, action: str) -> list[SecurityFacts]:
    """Securities of the issuers for which this person may do this."""
    own = [one.id for one in own_issuers(request) if allowed(request, action, organisation=one.id)]
    return securities(issuer_ids=own)


def names(holders: Collection[str]) -> dict[str, str]:
    """What stands for holders on a page: the investor's reference, never a name."""
    numbers = {
        holder: UUID(holder.removeprefix("investor:")) for holder in holders if holder.startswith("investor:")
    }
    known = references(numbers.values())
    return {holder: known.get(numbers[holder], holder) if holder in numbers else holder for holder in holders}


def actor_named(actor: str) -> dict[str, str]:
    """What stands for "user:<uuid>": an investor's reference, never his name; of others the name."""
    kind, _, number = actor.partition(":")
    if kind != "user":
        return {}
    investor = investor_of_user(UUID(number))
    if investor is not None:
        return {actor: investor.reference}
    found = users([UUID(number)]).get(UUID(number))
    return {actor: found.name} if found and found.name else {}
