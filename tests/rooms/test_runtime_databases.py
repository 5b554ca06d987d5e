"""The tests' own ground: they run with the application's rights, and each begins with an empty database."""

import pytest
from django.db import IntegrityError, connection, transaction


@pytest.mark.django_db
def test_the_tests_sign_in_as_the_application_and_not_as_an_owner():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("portal_app", False, False, False, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_for_the_next(turn, superuser_connection):
    superuser_connection.execute("CREATE TABLE left_behind (n int)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'left_behind'")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_deferred_constraint_bites_at_commit(superuser_connection):
    superuser_connection.execute("CREATE TABLE pair (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    superuser_connection.execute("GRANT INSERT ON pair TO portal_app")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO pair VALUES (1), (1)")
