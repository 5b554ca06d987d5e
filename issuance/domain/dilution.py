"""What a round does to those who are there: price with an option pool, SAFEs, anti-dilution. Exact rationals."""

from collections.abc import Sequence
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


def full_ratchet_price(*, conversion_price: Fraction, new_price: Fraction) -> Fraction:
    """The conversion price after a cheaper round by full ratchet: the new price, never above the old."""
    if conversion_price <= 0 or new_price <= 0:
        raise ImpossibleRound("Prices are above zero.")
    return min(conversion_price, new_price)


@dataclass(frozen=True, slots=True)
class Safe:
    """
    A SAFE that converts in a priced round.

    investment  in the unit of the money, > 0
    cap         valuation cap, None without one
    discount    of the round's price, 0 <= discount < 1
    post_money  whether the cap counts the SAFEs themselves (the form since 2018)
    """

    investment: int
    cap: int | None = None
    discount: Fraction = Fraction(0)
    post_money: bool = True


@dataclass(frozen=True, slots=True)
class ProForma:
    """
    A round with converting SAFEs.

    price        of one new share
    safe_shares  what each SAFE converts into, in their order
    pool_shares  issued into the option pool before the money comes in
    new_shares   issued to the investor
    total        fully diluted after the round
    """

    price: Fraction
    safe_shares: tuple[Fraction, ...]
    pool_shares: Fraction
    new_shares: Fraction
    total: Fraction


def pro_forma(
    *,
    pre_money: int,
    investment: int,
    shares: int,
    safes: Sequence[Safe] = (),
    pool_share: Fraction = Fraction(0),
) -> ProForma:
    """
    Price a round in which SAFEs convert and the option pool is made before the money comes in.

    pre_money   counts shares, SAFEs as converted, and the new pool
    shares      outstanding and promised before, without SAFEs and the new pool, > 0
    pool_share  new pool of the fully diluted shares afterwards
    returns     exact; every SAFE converts at its cap or at its discount, whichever gives it more
    raises      ImpossibleRound when SAFEs, pool and investor would have everything
    source      Y Combinator, Post-money SAFE and Pre-money SAFE; Venture Hacks, The Option Pool Shuffle
    """
    if pre_money <= 0 or investment <= 0 or shares <= 0 or pool_share < 0:
        raise ImpossibleRound("Valuation, investment and shares have to be above zero.")
    for safe in safes:
        if safe.investment <= 0 or not 0 <= safe.discount < 1 or (safe.cap is not None and safe.cap <= 0):
            raise ImpossibleRound("A SAFE has an investment, a cap above zero and a discount below one.")
    rest = 1 - pool_share * Fraction(pre_money + investment, pre_money)
    if rest <= 0:
        raise ImpossibleRound("Pool and investor together would have everything.", field="pool_share")
    converted = _convert(safes, shares, pre_money * rest)
    before_pool = shares + sum(converted, Fraction(0))
    before_money = before_pool / rest
    price = pre_money / before_money
    new = investment / price
    return ProForma(price, tuple(converted), before_money - before_pool, new, before_money + new)


def _convert(safes: Sequence[Safe], shares: int, value: Fraction) -> list[Fraction]:
    """
    Shares of each SAFE. Of the capitalization with all SAFEs, a discount and a post-money cap give a fixed
    part, a pre-money cap a fixed number; the part that a pre-money SAFE prefers is found by trying again.
    """
    parts = [
        max(
            safe.investment / ((1 - safe.discount) * value),
            Fraction(safe.investment, safe.cap) if safe.cap and safe.post_money else Fraction(0),
        )
        for safe in safes
    ]
    fixed = [
        Fraction(safe.investment * shares, safe.cap) if safe.cap and not safe.post_money else Fraction(0)
        for safe in safes
    ]
    at_cap = [bool(number) for number in fixed]
    while True:
        own = sum((part for part, cap in zip(parts, at_cap, strict=True) if not cap), Fraction(0))
        if own >= 1:
            raise ImpossibleRound("The SAFEs would have everything.", field="safes")
        whole = (shares + sum((one for one, cap in zip(fixed, at_cap, strict=True) if cap), Fraction(0))) / (
            1 - own
        )
        better = [
            cap and number >= part * whole for cap, number, part in zip(at_cap, fixed, parts, strict=True)
        ]
        if better == at_cap:
            return [
                number if cap else part * whole
                for cap, number, part in zip(at_cap, fixed, parts, strict=True)
            ]
        at_cap = better
