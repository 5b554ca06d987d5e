"""Tables: nothing that others refer to can be deleted from under them, and migrations tell the whole story."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

HOUSES = ("portal", "investors", "issuance", "indices")


def test_every_foreign_key_of_ours_protects_what_it_points_at():
    unprotected = [
        f"{model.__name__}.{field.name}"
        for house in HOUSES
        for model in apps.get_app_config(house).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
    ]
    assert unprotected == []


@pytest.mark.django_db
def test_no_foreign_key_in_the_database_deletes_or_empties_rows():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint"
            " WHERE contype = 'f' AND confdeltype NOT IN ('a', 'r')"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_the_migrations_are_complete():
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)
