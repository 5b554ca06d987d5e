"""Documents are handed out as downloads, to whom they belong and to those who control."""

from uuid import uuid4

import pytest
from django.urls import reverse

from portal.audit import selectors as audit
from portal.documents.selectors import documents_of
from portal.documents.services import store
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return approved_investor()


@pytest.fixture
def paper(made):
    return documents_of(made.owner)[0]


def get(client, paper):
    return client.get(reverse("document", args=[paper.id]))


def test_the_owner_lists_and_downloads_his_papers(client, made, paper):
    sign_in(client, made.user)
    assert reverse("document", args=[paper.id]) in client.get(reverse("documents")).content.decode()
    answer = get(client, paper)
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    (event,) = [e for e in audit.events(subject=f"document:{paper.id}") if e.action == "document.read"]
    assert event.actor_id == str(made.user.id)


def test_an_officer_reads_evidence_and_that_is_an_event(client, paper):
    officer = sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert get(officer, paper).status_code == 200
    assert [e.action for e in audit.events(subject=f"document:{paper.id}")].count("document.read") == 1


@pytest.mark.parametrize("role", [Role.INVESTOR, Role.ISSUER_ADMIN, Role.ISSUER_VIEWER, Role.OPERATOR])
def test_for_everybody_else_it_does_not_exist(client, paper, role):
    sign_in(client, accounts.member(role))
    assert get(client, paper).status_code == 404
    assert not [e for e in audit.events(subject=f"document:{paper.id}") if e.action == "document.read"]


def test_an_unknown_id_is_not_found_and_a_visitor_signs_in(client, made, paper):
    assert get(client, paper).status_code == 302
    sign_in(client, made.user)
    assert client.get(reverse("document", args=[uuid4()])).status_code == 404


def test_a_published_document_is_for_every_signed_in_person(client, now):
    shown = store(
        owner=f"security:{uuid4()}",
        kind="offering_memorandum",
        filename="memo.pdf",
        content=pdf(),
        published=True,
        actor=accounts.SETUP,
        at=now,
    )
    sign_in(client, accounts.person())
    assert get(client, shown).status_code == 200


def test_somebody_without_a_profile_has_no_documents(client):
    sign_in(client, accounts.person())
    assert "No documents yet" in client.get(reverse("documents")).content.decode()
