"""Encryption at rest: what was sealed opens only with its key, in its place, unchanged."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.sealing import BadKey, CannotUnseal, Keyring

OLD = "2025:" + base64.b64encode(b"o" * 32).decode()
NEW = "2026:" + base64.b64encode(b"n" * 32).decode()


@given(text=st.text(), context=st.text())
def test_what_is_sealed_opens_again(text, context):
    ring = Keyring.parse([NEW])
    sealed = ring.seal(text, context=context)
    assert ring.unseal(sealed, context=context) == text
    assert sealed.isascii()


@given(content=st.binary(max_size=2000))
def test_files_open_again_too(content):
    ring = Keyring.parse([NEW])
    assert ring.unseal_bytes(ring.seal_bytes(content, context="d"), context="d") == content


def test_the_newest_key_seals_and_every_key_opens():
    before = Keyring.parse([OLD]).seal("secret", context="c")
    rotated = Keyring.parse([NEW, OLD])
    assert rotated.unseal(before, context="c") == "secret"
    assert rotated.seal("secret", context="c").startswith("s1.2026.")
    assert not rotated.is_current(before)
    assert rotated.is_current(rotated.seal("secret", context="c"))


def test_without_its_key_it_stays_shut():
    sealed = Keyring.parse([OLD]).seal("secret", context="c")
    with pytest.raises(CannotUnseal, match="not among the keys"):
        Keyring.parse([NEW]).unseal(sealed, context="c")


def test_moved_to_another_place_it_stays_shut():
    ring = Keyring.parse([NEW])
    with pytest.raises(CannotUnseal):
        ring.unseal(ring.seal("secret", context="profile.tax_id:1"), context="profile.tax_id:2")


@given(place=st.integers(min_value=0, max_value=39))
def test_one_changed_byte_is_noticed(place):
    ring = Keyring.parse([NEW])
    sealed = bytearray(ring.seal_bytes(b"twelve bytes", context="c"))
    body = len(b"s1.2026.")
    sealed[body + place % (len(sealed) - body)] ^= 1
    with pytest.raises(CannotUnseal):
        ring.unseal_bytes(bytes(sealed), context="c")


@pytest.mark.parametrize(
    "text", ["", "plain", "s1", "s1.2026", "s1.2026.", "s1.2026.!!!", "s1.2026.AAAA", "s1.ü.AAAA"]
)
def test_what_was_never_sealed_is_refused(text):
    with pytest.raises(CannotUnseal):
        Keyring.parse([NEW]).unseal(text, context="c")


def test_the_same_value_is_never_sealed_alike_twice():
    ring = Keyring.parse([NEW])
    assert len({ring.seal("same", context="c") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "no key"),
        (["nocolon"], "not base64|has 0 bytes"),
        (["a:###"], "not base64"),
        (["a:" + base64.b64encode(b"short").decode()], "has 5 bytes"),
        ([NEW, NEW], "an id of its own"),
        (["a b:" + NEW.split(":")[1]], "an id of its own"),
    ],
)
def test_malformed_keys_are_named_without_showing_them(lines, says):
    with pytest.raises(BadKey, match=says) as refused:
        Keyring.parse(lines)
    assert NEW.split(":")[1] not in str(refused.value)


def test_a_ring_does_not_print_its_keys():
    assert "nnnn" not in repr(Keyring.parse([NEW]))
