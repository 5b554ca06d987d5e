"""OFAC's 50 percent rule: exact shares, several owners, chains of entities, circles."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from investors.domain.ownership import ImpossibleOwnership, Stake, blocked_by_ownership


def stakes(*lines):
    return [Stake(owner, owned, Fraction(share)) for owner, owned, share in lines]


def blocked(*lines, listed="X"):
    return blocked_by_ownership(stakes=stakes(*lines), listed=listed.split()).blocked


@pytest.mark.parametrize(
    ("share", "expected"),
    [("499999/1000000", ()), ("1/2", ("A",)), ("500001/1000000", ("A",)), ("1", ("A",))],
)
def test_one_listed_owner_at_the_limit(share, expected):
    assert blocked(("X", "A", share)) == expected


def test_shares_of_several_listed_owners_add_up():
    assert blocked(("X", "A", "1/4"), ("Y", "A", "1/4"), listed="X Y") == ("A",)
    assert blocked(("X", "A", "1/4"), ("Y", "A", "1/4"), listed="X") == ()


def test_thirds_are_exact():
    assert blocked(("X", "A", "1/6"), ("Y", "A", "1/3"), listed="X Y") == ("A",)


def test_ownership_runs_on_only_through_entities_that_are_blocked_themselves():
    # OFAC: X owns 50 % of A, A owns 50 % of B: B is blocked, though X's arithmetical part of it is 25 %.
    assert blocked(("X", "A", "1/2"), ("A", "B", "1/2")) == ("A", "B")
    # X owns 25 % of A and A all of B: neither is blocked.
    assert blocked(("X", "A", "1/4"), ("A", "B", "1")) == ()


def test_direct_and_indirect_shares_add_up():
    # X owns 50 % of A and 10 % of B; A owns 40 % of B.
    found = blocked_by_ownership(
        stakes=stakes(("X", "A", "1/2"), ("X", "B", "1/10"), ("A", "B", "2/5")), listed=["X"]
    )
    assert found.blocked == ("A", "B")
    assert found.shares["B"] == Fraction(1, 2)
    assert set(found.through["B"]) == {"X", "A"}
    # X owns 50 % of A and of B; A and B own 25 % of C each.
    assert blocked(("X", "A", "1/2"), ("X", "B", "1/2"), ("A", "C", "1/4"), ("B", "C", "1/4")) == (
        "A",
        "B",
        "C",
    )
    # X owns 50 % of A but 25 % of B; A and B own 25 % of C each: B does not count.
    assert blocked(("X", "A", "1/2"), ("X", "B", "1/4"), ("A", "C", "1/4"), ("B", "C", "1/4")) == ("A",)


def test_a_circle_ends_and_does_not_block_itself():
    circle = (("A", "B", "3/5"), ("B", "A", "3/5"))
    assert blocked(*circle) == ()
    assert blocked(*circle, ("X", "A", "2/5")) == ()
    assert blocked(*circle, ("X", "C", "1"), ("C", "A", "2/5")) == ("C",)
    assert blocked(("A", "A", "1/2"), ("X", "A", "1/2")) == ("A",)


@pytest.mark.parametrize("share", ["0", "-1/2", "1000001/1000000"])
def test_impossible_shares_are_refused(share):
    with pytest.raises(ImpossibleOwnership):
        blocked(("X", "A", share))


def test_more_than_the_whole_is_refused():
    with pytest.raises(ImpossibleOwnership, match="owners of A"):
        blocked(("X", "A", "3/5"), ("Y", "A", "3/5"))


graphs = st.lists(
    st.tuples(st.sampled_from("XABCDE"), st.sampled_from("ABCDE"), st.integers(1, 12)), max_size=14
)


@given(graphs)
def test_whatever_is_blocked_is_owned_to_the_half_by_what_is_listed_or_blocked(lines):
    told = stakes(*((owner, owned, Fraction(share, 60)) for owner, owned, share in lines))
    try:
        found = blocked_by_ownership(stakes=told, listed=["X"])
    except ImpossibleOwnership:
        return
    counting = {"X", *found.blocked}
    for entity in "ABCDE":
        held = sum(
            (
                one.share
                for one in told
                if one.owned == entity and one.owner in counting and one.owner != entity
            ),
            Fraction(),
        )
        assert (held >= Fraction(1, 2)) == (entity in found.blocked)
