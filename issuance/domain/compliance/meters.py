"""Limit meters: how much of each limit of a security is used, and what one more would make."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from issuance.domain.compliance.calendar import add_months
from issuance.domain.compliance.exemptions import NonAccreditedBuyers, RaisedLimit
from issuance.domain.compliance.facts import SecurityState
from issuance.domain.compliance.holders import BeneficialOwners, CountryHolders
from issuance.domain.compliance.limits import HolderLimit, Supply
from issuance.domain.compliance.rule import Rule
from portal.domain.money import told_amount


@dataclass(frozen=True, slots=True)
class Meter:
    """
    One limit: used and limit in its own unit (limit None: unlimited), and the forecast as a sentence.

    scale  decimals of the unit: 0 for holders, the security's for units, 2 for money
    full   nothing is left
    """

    title: str
    used: int
    limit: int | None
    source: str
    forecast: str
    scale: int = 0

    @property
    def full(self) -> bool:
        return self.limit is not None and self.used >= self.limit


def meters(rules: Iterable[Rule], state: SecurityState, *, on: date) -> list[Meter]:
    """A meter for every limit among the rules that is counted over the security or its issuer, in the rules' order."""
    return [meter for rule in rules for meter in _of(rule, state, on)]


def _of(rule: Rule, state: SecurityState, on: date) -> list[Meter]:
    counted = state.counted
    if isinstance(rule, HolderLimit):
        both = (
            ("Holders of record", counted.holders, rule.holders),
            ("Of them not accredited", counted.non_accredited, rule.non_accredited),
        )
        return [_places(title, used, limit, rule) for title, used, limit in both if limit is not None]
    if isinstance(rule, BeneficialOwners):
        weights = {line.partition("=")[0]: int(line.partition("=")[2]) for line in rule.look_through}
        hidden = sum(weights.get(holder, 1) - 1 for holder in state.present)
        found = [_places("Beneficial owners", counted.holders + hidden, rule.owners, rule)]
        if rule.capital_minor is not None:
            raised = sum(one.amount for one in state.raised)
            found.append(_money("Raised by the fund", raised, rule.capital_minor, rule))
        return found
    if isinstance(rule, CountryHolders):
        countries = rule.countries or tuple(sorted(counted.by_country))
        return [
            _places(
                f"Holders in {country or 'an unknown country'}",
                counted.by_country.get(country, 0),
                rule.holders,
                rule,
            )
            for country in countries
        ]
    if isinstance(rule, NonAccreditedBuyers):
        window = timedelta(days=rule.days)
        buyers = {one.holder for one in state.purchases if one.exemption == "506(b)" and one.on + window > on}
        return [_places(f"Purchasers not accredited, {rule.days} days", len(buyers), rule.limit, rule)]
    if isinstance(rule, RaisedLimit):
        raised = sum(
            one.amount
            for one in state.raised
            if one.exemption == rule.exemption and add_months(one.on, rule.months) > on
        )
        return [_money(f"Raised under {rule.exemption}, {rule.months} months", raised, rule.minor, rule)]
    if isinstance(rule, Supply) and state.authorised is not None:
        used, left = state.issued + state.pending, state.authorised - state.issued - state.pending
        told = f"{told_amount(max(left, 0), scale=state.scale)} can still be issued."
        return [Meter("Outstanding or subscribed", used, state.authorised, rule.source, told, state.scale)]
    return []


def _places(title: str, used: int, limit: int, rule: Rule) -> Meter:
    if used >= limit:
        told = "No place is left: one more would be refused."
    elif used + 1 == limit:
        told = f"One more would make {used + 1:,} of {limit:,}: it is the last place."
    else:
        told = f"One more would make {used + 1:,} of {limit:,}."
    return Meter(title, used, limit, rule.source, told)


def _money(title: str, used: int, limit: int, rule: Rule) -> Meter:
    told = f"{told_amount(max(limit - used, 0), scale=2)} can still be raised."
    return Meter(title, used, limit, rule.source, told, 2)
