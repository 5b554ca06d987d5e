"""Every event that the portal records has a sentence for its reader."""

import re
from pathlib import Path

import pytest

from portal.http.sentences import EVENTS
from portal.http.templatetags.figures import sentence, short_subject
from portal.http.told import title_of

ROOT = Path(__file__).parents[2]
RECORDED = re.compile(r'\baction="([a-z_]+\.[a-z_]+)"')
PLACES = [
    path
    for house in ("portal", "investors", "issuance", "indices")
    for path in sorted((ROOT / house).rglob("services.py"))
]


@pytest.mark.parametrize("path", PLACES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_action_that_a_service_records_has_a_sentence(path):
    recorded = {action for action in RECORDED.findall(path.read_text()) if action.endswith(("ed", "done"))}
    assert recorded <= set(EVENTS)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("kyc.approved", "KYC approved"),
        ("dividend.announced", "Dividend announced"),
        ("ledger.reserved", "Amount reserved"),
        ("register.issue", "Securities issued"),
        ("dividend.paid", "Dividend paid"),
        ("parade.held_up", "Parade held up"),
    ],
)
def test_a_code_is_told_as_a_sentence(code, title):
    assert title_of(code) == title


def test_no_sentence_shows_a_code():
    assert [title for title in EVENTS.values() if "_" in title or "." in title] == []


@pytest.mark.parametrize(
    ("code", "printed"), [("kyc_source_of_funds", "KYC source of funds"), ("accreditation", "Accreditation")]
)
def test_a_kind_of_paper_begins_a_sentence(code, printed):
    assert sentence(code) == printed


def test_a_subject_is_told_apart_without_its_whole_id():
    assert short_subject("kyc_case:36c0281a-f4af-4e03-8f48-5a2e9fbfbb53") == "kyc case 36c0281a"
