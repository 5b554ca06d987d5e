"""The page of an investor's documents, and who may follow its links."""

import pytest
from django.urls import reverse

from portal.documents.selectors import documents_of
from portal.domain.roles import Role
from tests.factories import accounts
from tests.factories.accounts import sign_in
from tests.factories.investors import approved_investor, new_investor

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return approved_investor()


def links(made):
    return [reverse("document_download", args=[one.id]) for one in documents_of(made.owner)]


def test_the_owner_lists_and_downloads_his_papers(client, made):
    sign_in(client, made.user)
    told = client.get(reverse("documents")).content.decode()
    for link in links(made):
        assert link in told
        assert client.get(link).content.startswith(b"%PDF-")


def test_an_officer_opens_the_evidence_of_a_case_and_others_do_not_find_it(client, made):
    link = links(made)[0]
    sign_in(client, accounts.member(Role.COMPLIANCE_OFFICER))
    assert client.get(link).status_code == 200
    for role in (Role.INVESTOR, Role.ISSUER_ADMIN, Role.OPERATOR):
        sign_in(client, accounts.member(role))
        assert client.get(link).status_code == 404


def test_somebody_without_a_profile_has_no_documents(client):
    sign_in(client, accounts.person())
    assert "No documents yet" in client.get(reverse("documents")).content.decode()


def test_decisions_stand_beside_the_documents_with_their_reasons(client, made):
    sign_in(client, made.user)
    told = client.get(reverse("documents")).content.decode()
    assert "Identity check" in told
    assert "Accreditation, 501(a)(5)" in told
    assert "The evidence shows it." in told
    assert "17 CFR 230.501(a)(5)" in told


def test_decisions_about_somebody_else_do_not_stand_there(client, made):
    other = accounts.person()
    new_investor(user=other)
    sign_in(client, other)
    told = client.get(reverse("documents")).content.decode()
    assert "None yet" in told
    assert "Accreditation" not in told
