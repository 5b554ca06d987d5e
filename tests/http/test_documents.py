"""Downloads: to whoever may, as a file and never as a page; to everybody else there is nothing."""

from uuid import uuid4

import pytest
from django.test import Client

from portal.audit.models import Event
from portal.documents import services
from portal.domain.media import DATA
from portal.domain.roles import Role
from tests.factories import accounts as make
from tests.unit.test_media import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.DOCUMENT_ROOT = str(tmp_path / "documents")


def keep(now, actor=make.SETUP, filename="Lohn „2026“.pdf", content=PDF, **more):
    return services.store(
        owner=f"investor:{uuid4()}",
        kind="proof",
        filename=filename,
        content=content,
        actor=actor,
        at=now,
        **more,
    )


def get(who, document):
    return make.sign_in(Client(), who).get(f"/documents/{document.id}/")


def test_a_document_comes_as_a_file_that_no_browser_runs(now):
    who = make.person()
    kept = keep(now, actor=make.actor(who))
    answer = get(who, kept)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Lohn")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]
    [read] = Event.objects.filter(action="document.read")
    assert (read.actor_id, read.subject) == (str(who.id), f"document:{kept.id}")


def test_others_find_nothing_and_cannot_tell_it_from_what_never_was(now):
    kept = keep(now, actor=make.actor(make.person()))
    stranger = make.sign_in(Client(), make.person())
    there, nowhere = stranger.get(f"/documents/{kept.id}/"), stranger.get(f"/documents/{uuid4()}/")
    assert there.status_code == nowhere.status_code == 404
    assert "There is no document with this id." in there.content.decode()
    assert "There is no document with this id." in nowhere.content.decode()
    assert not Event.objects.filter(action="document.read").exists()


def test_a_visitor_signs_in_first(client, now):
    assert client.get(f"/documents/{keep(now).id}/").url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.COMPLIANCE_OFFICER, 200),
        (Role.AUDITOR, 200),
        (Role.OPERATOR, 404),
        (Role.ISSUER_ADMIN, 404),
        (Role.INVESTOR, 404),
    ],
)
def test_evidence_is_for_those_who_control(role, status, now):
    assert get(make.member(role), keep(now)).status_code == status


def test_an_issuers_papers_are_for_its_own_people(now):
    place = make.issuer()
    kept = keep(now, organisation=place.id)
    assert get(make.member(Role.ISSUER_VIEWER, place), kept).status_code == 200
    assert get(make.member(Role.ISSUER_ADMIN), kept).status_code == 404


def test_whoever_left_an_issuer_reads_its_papers_no_more_though_he_stored_them(now):
    place, who = make.issuer(), make.person()
    assert get(who, keep(now, actor=make.actor(who), organisation=place.id)).status_code == 404


def test_the_person_it_is_about_reads_what_the_portal_made(now):
    who = make.person()
    assert get(who, keep(now, reader=who.id)).status_code == 200
    assert get(make.person(), keep(now, reader=who.id)).status_code == 404


def test_what_is_published_is_for_every_signed_in_person(now):
    assert get(make.person(), keep(now, published=True)).status_code == 200


def test_text_is_a_download_too(now):
    who = make.person()
    kept = keep(now, make.actor(who), "a.csv", b"=cmd()", accepted=DATA)
    assert get(who, kept)["Content-Disposition"] == 'attachment; filename="a.csv"'


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_document_is_only_read(method, now):
    who = make.person()
    kept = keep(now, make.actor(who))
    assert getattr(make.sign_in(Client(), who), method)(f"/documents/{kept.id}/").status_code == 405
