"""Keys that change: everything is sealed anew by the newest, in pieces, and the old key is not needed any more."""

import base64
import os

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from investors.profiles import selectors as profiles
from investors.profiles.models import Investor, Revision
from portal.accounts.models import User
from portal.accounts.resealing import reseal_columns, sealed_models
from portal.audit import selectors as audit
from portal.audit.verify import verify_log
from portal.documents import services as documents
from portal.domain.actors import Actor
from portal.domain.sealing import CannotUnseal
from portal.runtime import privileges
from portal.runtime.ownership import as_owner
from tests.factories import accounts
from tests.factories.investors import new_investor, pdf

OLD = "2025:" + base64.b64encode(b"o" * 32).decode()
NEW = "2026_:" + base64.b64encode(b"n" * 32).decode()
pytestmark = pytest.mark.django_db(transaction=True)


def raw(table: str, columns: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}")
        return [text for row in cursor.fetchall() for text in row if text]


@pytest.fixture
def sealed(settings, now, tmp_path):
    """An investor, a second factor and a document, all sealed by the old key; then a new key comes first."""
    settings.DOCUMENT_ROOT = str(tmp_path)
    settings.FIELD_KEYS = [OLD]
    investors = [new_investor(at=now) for _ in range(3)]
    TOTP.activate(User.objects.get(pk=accounts.person().id), generate_totp_secret())
    paper = documents.store(
        owner=investors[0].owner,
        kind="letter",
        filename="a.pdf",
        content=pdf("a"),
        actor=accounts.SETUP,
        at=now,
    )
    settings.FIELD_KEYS = [NEW, OLD]
    return investors, paper


def columns() -> list[str]:
    return raw("investors_investor", "legal_name, born_or_formed, address") + raw(
        "investors_revision", "snapshot"
    )


def test_after_resealing_the_old_key_may_go(sealed, settings, now, tmp_path):
    investors, paper = sealed
    secret = Authenticator.objects.get().data["secret"]
    call_command("reseal", "--chunk", "2")
    assert all(text.startswith("s1.2026_.") for text in columns())
    assert Authenticator.objects.get().data["secret"] != secret
    settings.FIELD_KEYS = [NEW]
    own = profiles.own_data(investor_id=investors[0].id, user_id=investors[0].user_id)
    assert own.address == "1 Example Street, Springfield"
    assert documents.read(document_id=paper.id, actor=accounts.SETUP, at=now).startswith(b"%PDF")
    assert [one.name for one in tmp_path.rglob("*.resealed")] == []
    told = [
        one for one in audit.events(action="sealing.rows_resealed") if "investors_investor" in one.subject
    ]
    assert len(told) == 2
    assert verify_log() == []


def test_a_run_that_was_broken_off_goes_on_and_a_second_one_does_nothing(sealed, now):
    with as_owner(os.environ["DATABASE_OWNER_URL"]):
        first = next(reseal_columns(actor=Actor.worker("reseal"), at=now, chunk=1))
    assert first.rows == 1
    assert {text.split(".")[1] for text in raw("investors_investor", "legal_name")} >= {"2025"}
    call_command("reseal")
    assert {text.split(".")[1] for text in columns()} == {"2026_"}
    before = columns()
    call_command("reseal")
    assert columns() == before


def test_a_value_that_no_key_opens_stays_and_is_told(sealed, settings):
    settings.FIELD_KEYS = [NEW]
    before = columns()
    with pytest.raises(CommandError, match="Keep the older keys"):
        call_command("reseal")
    assert columns() == before
    with pytest.raises(CannotUnseal):
        Investor.objects.first().legal_name  # noqa: B018


def test_a_revision_may_be_resealed_by_the_owner_and_changed_by_nobody(sealed, superuser_connection):
    assert (Revision, ["snapshot"]) in [
        (model, [field.name for field in fields]) for model, fields in sealed_models()
    ]
    for change in ("reason = 'other'", "snapshot = 's1.x', version = version + 9"):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            superuser_connection.execute(f"UPDATE investors_revision SET {change}")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        superuser_connection.execute("DELETE FROM investors_revision")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE investors_revision SET snapshot = snapshot")


def test_each_table_of_record_with_sealed_columns_lets_the_owner_reseal_them():
    """A new one needs the triggers of investors_revision (migration 0006), or the command stops there."""
    tables = {model._meta.db_table for model, _ in sealed_models()}
    assert {table for table in tables if privileges.granted(table) == privileges.APPEND} == {
        "investors_revision",
        "portal_statementline",
    }
