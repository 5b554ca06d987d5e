"""The cap table, pure over movements: every prefix of every history conserves the shares."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.cap_table import Move, Position, RegisterBroken, cap_table, replay

DAY = datetime(2026, 1, 1, tzinfo=UTC)
HOLDERS = ("ann", "bob", "cat")


def test_shares_of_a_class_sum_to_a_million_exactly():
    table = cap_table([Position("A", "ann", 1), Position("A", "bob", 1), Position("A", "cat", 1)])
    assert [(line.holder, line.quantity, line.share_ppm) for line in table.of("A").lines] == [
        ("ann", 1, 333_334),
        ("bob", 1, 333_333),
        ("cat", 1, 333_333),
    ]
    assert table.of("A").outstanding == 3
    assert table.of("B").lines == ()


def test_classes_stand_in_order_and_the_largest_holder_first():
    table = cap_table([Position("B", "ann", 5), Position("A", "bob", 1), Position("A", "ann", 9)])
    assert [one.security for one in table.classes] == ["A", "B"]
    assert [line.holder for line in table.of("A").lines] == ["ann", "bob"]
    assert table.holdings() == {"A": {"ann": 9, "bob": 1}, "B": {"ann": 5}}


def test_nobody_gives_what_he_does_not_have():
    moves = [Move(DAY, "A", "", "ann", 5), Move(DAY, "A", "ann", "bob", 6)]
    with pytest.raises(RegisterBroken, match="holds 5 of A; 6 cannot leave"):
        replay(moves)


@st.composite
def histories(draw):
    """A history that a register would allow, with each movement a day after the one before."""
    moves, held = [], dict.fromkeys(HOLDERS, 0)
    for day in range(draw(st.integers(1, 25))):
        source = draw(st.sampled_from(["", *(h for h in HOLDERS if held[h])]))
        target = draw(st.sampled_from([h for h in (*HOLDERS, "") if h != source and (h or source)]))
        quantity = draw(st.integers(1, held[source] if source else 10**9))
        for holder, sign in ((source, -1), (target, 1)):
            if holder:
                held[holder] += sign * quantity
        moves.append(Move(DAY + timedelta(days=day), "A", source, target, quantity))
    return moves


@given(histories())
def test_holdings_sum_to_what_is_issued_at_every_prefix(moves):
    for length in range(len(moves) + 1):
        prefix = moves[:length]
        issued = sum(m.quantity for m in prefix if not m.source) - sum(
            m.quantity for m in prefix if not m.target
        )
        table = cap_table(replay(prefix)).of("A")
        assert sum(line.quantity for line in table.lines) == table.outstanding == issued
        assert sum(line.share_ppm for line in table.lines) == (1_000_000 if issued else 0)


@given(histories(), st.integers(-1, 25))
def test_as_of_an_instant_equals_the_replay_of_what_happened_until_then(moves, days):
    until = DAY + timedelta(days=days)
    assert replay(moves, until=until) == replay([move for move in moves if move.at <= until])
