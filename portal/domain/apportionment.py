"""The only division of money and quantities in the product."""

from collections.abc import Sequence

from portal.domain.errors import Invalid


class NothingToApportionOver(Invalid):
    """Every weight is zero and the total is not: there is nobody to give it to."""

    code = "nothing-to-apportion-over"


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """
    Split `total` over `weights` by the largest-remainder (Hamilton) method.

    total    smallest units, >= 0
    weights  (n,) integers >= 0, in a stable order: equal remainders go to the earlier weight
    returns  (n,) integers, sum(parts) == total, |part - exact share| < 1
    raises   NothingToApportionOver when every weight is zero and total is not;
             Invalid when the total or a weight is negative
    source   Balinski & Young, Fair Representation (2001)
    """
    if total < 0:
        raise Invalid(f"The amount to split is {total}; it cannot be negative.", field="total")
    if any(weight < 0 for weight in weights):
        raise Invalid("A weight is negative; shares of a whole cannot be.", field="weights")
    base = sum(weights)
    if base == 0:
        if total:
            raise NothingToApportionOver(
                f"{total} cannot be split: every weight is zero.",
                next_step="Name at least one holder with a positive quantity.",
            )
        return [0] * len(weights)
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(total * weight, base)
        parts.append(part)
        remainders.append(remainder)
    left = total - sum(parts)
    if left:
        for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[:left]:
            parts[index] += 1
    return parts
