"""Identifiers: check digits that catch a mistyped character, and a token identifier that anyone can recompute."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.domain.identifiers import (
    Difference,
    NotAnIdentifier,
    check_isin,
    check_lei,
    check_vin,
    differences,
    token_identifier,
    token_record,
)

VIN = "1M8GDM9AXKP042788"
ASSET = {"kind": "vehicle", "name": "Motorcoach", "record": {"vin": VIN}}
HASH = hashlib.sha256(b"title").hexdigest()
OTHER = hashlib.sha256(b"appraisal").hexdigest()
TERMS = {"authorised": "1000", "scale": 0}


def test_a_valid_vin_comes_back_in_its_written_form():
    assert check_vin(" 1m8gdm9axkp042788 ") == VIN
    assert check_vin("11111111111111111") == "1" * 17


@pytest.mark.parametrize(
    ("vin", "said"),
    [
        ("1M8GDM9A1KP042788", "check digit (ninth character) is 1; these characters give X"),
        ("1M8GDM9AXKP04278", "17 characters; this one has 16"),
        ("1M8GDM9AXKP04278O", "never I, O or Q"),
        ("1M8GDM9AXKP04278٣", "only digits and capital letters"),
    ],
)
def test_a_wrong_vin_is_refused_with_the_place_where_it_breaks(vin, said):
    with pytest.raises(NotAnIdentifier) as refused:
        check_vin(vin)
    assert said in refused.value.message
    assert refused.value.field == "vin"


@given(st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_exactly_one_of_the_eleven_check_digits_passes(characters):
    passed = []
    for digit in "0123456789X":
        try:
            passed.append(check_vin(characters[:8] + digit + characters[9:])[8])
        except NotAnIdentifier:
            continue
    assert len(passed) == 1


def test_lei_and_isin_are_checked_by_their_digits():
    assert check_lei("5493001kjtiigc8y1r12") == "5493001KJTIIGC8Y1R12"
    assert check_isin("us0378331005") == "US0378331005"
    with pytest.raises(NotAnIdentifier, match="do not agree"):
        check_lei("5493001KJTIIGC8Y1R13")
    with pytest.raises(NotAnIdentifier, match="20 characters"):
        check_lei("5493001KJTIIGC8Y1R1")
    with pytest.raises(NotAnIdentifier, match="do not agree"):
        check_isin("US0378331006")


def test_the_token_identifier_is_the_sha256_of_the_canonical_json():
    text = (
        '{"asset":{"kind":"vehicle","name":"Motorcoach","record":{"vin":"' + VIN + '"}},'
        '"documents":["' + '","'.join(sorted([HASH, OTHER])) + '"],"terms":{"authorised":"1000","scale":0}}'
    )
    assert token_identifier(ASSET, [HASH, OTHER], TERMS) == hashlib.sha256(text.encode()).hexdigest()


def test_the_order_of_documents_and_keys_does_not_matter():
    turned = dict(reversed(ASSET.items()))
    assert token_identifier(ASSET, [HASH, OTHER], TERMS) == token_identifier(turned, [OTHER, HASH], TERMS)


def test_a_document_that_is_no_hash_is_refused():
    with pytest.raises(NotAnIdentifier, match="64 lower-case"):
        token_identifier(ASSET, [HASH.upper()], TERMS)


def test_differences_name_what_changed_path_by_path():
    before = token_record(ASSET, [HASH], TERMS)
    after = token_record({**ASSET, "record": {"vin": "1" * 17, "colour": "red"}}, [OTHER], {"scale": 0})
    assert differences(before, after) == [
        Difference("asset.record.colour", None, "red"),
        Difference("asset.record.vin", VIN, "1" * 17),
        Difference("documents", HASH, None),
        Difference("documents", None, OTHER),
        Difference("terms.authorised", "1000", None),
    ]


json_records = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.recursive(
        st.text(max_size=3) | st.booleans() | st.none() | st.integers(-9, 9), st.lists, max_leaves=4
    ),
    max_size=4,
)


@given(json_records, json_records)
def test_two_records_have_differences_exactly_when_their_identifiers_differ(one, other):
    same = token_identifier(one, [], {}) == token_identifier(other, [], {})
    assert (differences(one, other) == []) is same
