"""What a round does to those who are there: price with an option pool, SAFEs, anti-dilution. Exact rationals."""

from dataclasses import dataclass
from fractions import Fraction

from portal.domain.errors import Invalid


class ImpossibleRound(Invalid):
    """The terms of a round leave nothing for those who are there."""

    code = "impossible-round"


@dataclass(frozen=True, slots=True)
class Round:
    """
    A priced round.

    price                of one new share, in the unit of the money
    new_shares           issued to the investor
    pool_shares          issued into the option pool before the money comes in
    effective_pre_money  what those who are there are really valued at: price times their shares
    """

    price: Fraction
    new_shares: Fraction
    pool_shares: Fraction
    effective_pre_money: Fraction


def pool_shuffle(*, pre_money: int, investment: int, shares: int, pool_share: Fraction) -> Round:
    """
    Price a round whose option pool, a share of everything afterwards, is made before the money comes in.

    pre_money, investment  in one unit of money, > 0
    shares                 outstanding before, without the new pool, > 0
    pool_share             of the fully diluted shares after the round, 0 <= pool_share
    raises                 ImpossibleRound when pool and investor together would have everything
    source                 Venture Hacks, The Option Pool Shuffle
    """
    if pre_money <= 0 or investment <= 0 or shares <= 0 or pool_share < 0:
        raise ImpossibleRound("Valuation, investment and shares have to be above zero.")
    investor = Fraction(investment, pre_money + investment)
    rest = 1 - investor - pool_share
    if rest <= 0:
        raise ImpossibleRound("Pool and investor together would have everything.", field="pool_share")
    total = shares / rest
    price = Fraction(pre_money) / (shares + total * pool_share)
    return Round(price, total * investor, total * pool_share, price * shares)


def post_money_safe(investment: int, post_money_cap: int) -> Fraction:
    """
    The share of the company that a post-money SAFE converts into, before the priced round's new money.

    raises  ImpossibleRound unless 0 < investment < cap
    source  Y Combinator, Post-money SAFE
    """
    if not 0 < investment < post_money_cap:
        raise ImpossibleRound("A SAFE's investment lies between nothing and its cap.", field="investment")
    return Fraction(investment, post_money_cap)


def weighted_average_price(
    *, conversion_price: Fraction, outstanding: int, new_money: Fraction, new_shares: int
) -> Fraction:
    """
    The conversion price after a cheaper round, by broad-based weighted average: CP2 = CP1 (A + B) / (A + C).

    outstanding  A: common deemed outstanding before the round
    new_money    B = new_money / CP1 shares would have been issued at the old price
    new_shares   C: actually issued
    returns      never above `conversion_price`
    source       NVCA model charter, 4.4.4
    """
    if conversion_price <= 0 or outstanding < 0 or new_shares <= 0 or new_money < 0:
        raise ImpossibleRound("Prices and numbers of a round cannot be negative.")
    issued_at_old = new_money / conversion_price
    adjusted = conversion_price * (outstanding + issued_at_old) / (outstanding + new_shares)
    return min(adjusted, conversion_price)
