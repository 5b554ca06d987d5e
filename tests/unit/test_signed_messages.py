"""Signed messages: who sent it, when, unchanged; and what a result must look like."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from investors.domain.identity_checks import CHECK, UnreadableResult, read_result
from investors.domain.signed_messages import (
    TOLERANCE,
    BadSecret,
    Forged,
    Unsigned,
    checked_secrets,
    verified,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


def headers(body: str, *, at=NOW, secret=SECRET, message_id="msg_1"):
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign(message_id, at, body),
    }


def take(body: str, given, *, at=NOW, secrets=(SECRET,)):
    return verified(headers=given, body=body.encode(), secrets=secrets, at=at)


@given(body=st.text())
def test_what_was_signed_is_taken_as_it_was_sent(body):
    message = take(body, headers(body))
    assert (message.id, message.sent_at, message.text) == ("msg_1", NOW, body)


@given(body=st.binary(max_size=64))
def test_whatever_bytes_come_without_the_secret_are_refused_by_name(body):
    with pytest.raises((Forged, Unsigned)):
        verified(headers=headers("{}"), body=body + b"x", secrets=[SECRET], at=NOW)


def test_another_secret_another_body_another_id_or_time_fits_no_signature():
    good = headers("{}")
    for body, told in (
        ("{}", headers("{}", secret=OTHER)),
        ("{ }", good),
        ("{}", good | {"Webhook-Id": "msg_2"}),
        ("{}", good | {"Webhook-Timestamp": str(int(NOW.timestamp()) + 1)}),
        ("{}", good | {"Webhook-Signature": "v1,AAAA v2,zzz v1,***"}),
    ):
        with pytest.raises(Forged):
            take(body, told)


@pytest.mark.parametrize("seconds", ["0", "99999999999", "999999999999", "9" * 40])
def test_a_time_beyond_every_calendar_is_refused_like_any_other(seconds):
    with pytest.raises(Unsigned) as refused:
        take("{}", headers("{}") | {"Webhook-Timestamp": seconds})
    assert refused.value.field == "webhook-timestamp"


def test_while_a_secret_is_being_changed_both_count():
    assert take("{}", headers("{}", secret=OTHER), secrets=[SECRET, OTHER]).id == "msg_1"
    both = headers("{}")["Webhook-Signature"] + " " + headers("{}", secret=OTHER)["Webhook-Signature"]
    assert take("{}", headers("{}") | {"Webhook-Signature": both}, secrets=[OTHER]).id == "msg_1"


@pytest.mark.parametrize("off", [TOLERANCE, -TOLERANCE])
def test_five_minutes_off_are_accepted_and_a_second_more_is_not(off):
    signed = headers("{}", at=NOW)
    assert take("{}", signed, at=NOW + off).sent_at == NOW
    with pytest.raises(Unsigned, match="301 seconds off"):
        take("{}", signed, at=NOW + off + timedelta(seconds=1 if off > timedelta(0) else -1))


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
@pytest.mark.parametrize("value", [None, "", "é", "x" * 3000])
def test_a_header_that_is_missing_or_malformed_is_named(name, value):
    told = headers("{}")
    if value is None:
        del told[name]
    else:
        told[name] = value
    with pytest.raises((Unsigned, Forged)) as refused:
        take("{}", told)
    assert refused.value.field == name.lower()
    assert refused.value.status in (400, 401)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64!", SECRET + "x"])
def test_a_secret_that_is_none_is_refused_without_being_told(secret):
    with pytest.raises(BadSecret) as refused:
        checked_secrets([secret])
    assert not secret or secret not in str(refused.value)


def result(**data):
    told = {"check_id": str(uuid4()), "reference": "IDP-1", "outcome": "clear", **data}
    return json.dumps({"type": "identity_check.completed", "data": told})


def test_a_result_is_read_whole():
    read = read_result(
        result(
            outcome="consider",
            document_expires_on="2030-12-31",
            findings=[{"code": "document", "outcome": "failed", "detail": "Blurred"}],
        )
    )
    assert (read.event, read.outcome, read.expires_on.year) == ("complete", "consider", 2030)
    assert [(one.code, one.outcome, one.detail) for one in read.findings] == [
        ("document", "failed", "Blurred")
    ]


def test_other_kinds_of_message_are_nobodys_business():
    assert read_result(json.dumps({"type": "account.renamed", "data": None})).event == ""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "body"),
        ("[" * 100_000, "body"),
        ("[]", "type"),
        ('{"type": 1}', "type"),
        ('{"type": "identity_check.completed", "data": []}', "data"),
        (result(check_id="x"), "data.check_id"),
        (result(check_id=7), "data.check_id"),
        (result(reference=""), "data.reference"),
        (result(outcome="perfect"), "data.outcome"),
        (result(outcome=["clear"]), "data.outcome"),
        (result(findings={}), "data.findings"),
        (result(findings=[{}] * 51), "data.findings"),
        (result(findings=["x"]), "data.findings.0"),
        (result(findings=[{"code": "a\u0000", "outcome": "clear"}]), "data.code"),
        (result(document_expires_on="2030-02-30"), "data.document_expires_on"),
        (result(document_expires_on=5), "data.document_expires_on"),
    ],
)
def test_a_result_of_another_form_is_refused_at_its_field(text, field):
    with pytest.raises(UnreadableResult) as refused:
        read_result(text)
    assert refused.value.field == field


def test_a_check_ends_once():
    assert all(CHECK.transitions[state] == {} for state in ("completed", "canceled", "refused"))
