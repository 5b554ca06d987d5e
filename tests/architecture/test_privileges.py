"""The application's database role: exactly the rights of portal/runtime/privileges.py, whoever holds its password."""

import re

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from portal.runtime import privileges

TABLE_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
NOT_ALLOWED = "42501"
# Primary keys of the record tables that are not called id.
KEYS = {model._meta.db_table: model._meta.pk.column for model in apps.get_models()}
GROWS_ONLY = ("audit_event", "audit_leaf", "audit_checkpoint", "ledger_transaction", "ledger_entry")

pytestmark = pytest.mark.django_db

ATTACKS = [
    *(
        statement.format(table=table)
        for table in GROWS_ONLY
        for statement in (
            "DELETE FROM {table}",
            "TRUNCATE {table}",
            "TRUNCATE {table} CASCADE",
            "ALTER TABLE {table} DISABLE TRIGGER ALL",
            "ALTER TABLE {table} DISABLE TRIGGER USER",
            "DROP TABLE {table}",
            "DROP TABLE {table} CASCADE",
            "ALTER TABLE {table} RENAME TO elsewhere",
            "ALTER TABLE {table} ADD COLUMN forged int",
            "CREATE RULE nothing AS ON INSERT TO {table} DO INSTEAD NOTHING",
            "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "DROP TRIGGER {table}_append_only ON {table}",
            "ALTER TABLE {table} OWNER TO portal_app",
            "SELECT * FROM {table} FOR UPDATE",
            "CREATE TEMP TABLE {table} (LIKE public.{table})",
        )
    ),
    "UPDATE audit_event SET facts = '{}'",
    "UPDATE audit_leaf SET leaf_hash = ''",
    "UPDATE audit_checkpoint SET root = ''",
    "UPDATE ledger_entry SET amount = amount + 1",
    "UPDATE ledger_transaction SET effective_at = now()",
    "UPDATE ledger_balance SET posted = posted + 1",
    "UPDATE ledger_account SET may_go_negative = true",
    "INSERT INTO ledger_entry DEFAULT VALUES",
    "INSERT INTO ledger_balance DEFAULT VALUES",
    "INSERT INTO audit_leaf DEFAULT VALUES",
    "INSERT INTO audit_checkpoint DEFAULT VALUES",
    "INSERT INTO audit_event (id) OVERRIDING SYSTEM VALUE VALUES (1)",
    "INSERT INTO audit_event (recorded_at) VALUES (now())",
    "INSERT INTO audit_event (event_id) VALUES (DEFAULT)",
    "INSERT INTO audit_event (salt) VALUES ('')",
    *(f"DELETE FROM {table}" for table, rights in privileges.RECORD_TABLES.items() if "DELETE" not in rights),
    *(
        f"UPDATE {t} SET {KEYS.get(t, 'id')} = {KEYS.get(t, 'id')}"
        for t, rights in privileges.RECORD_TABLES.items()
        if rights == privileges.APPEND
    ),
    "CREATE TABLE mine (n int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER FUNCTION refuse_change() RENAME TO refuse_nothing",
    "DROP FUNCTION refuse_change() CASCADE",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION btree_gist",
    "SET session_replication_role = replica",
    "SET ROLE portal_owner",
    "SET SESSION AUTHORIZATION portal_owner",
    "ALTER ROLE portal_app SUPERUSER",
    "CREATE ROLE accomplice",
    "ALTER DATABASE {database} SET session_replication_role = replica",
    "DROP SCHEMA public CASCADE",
    "COPY audit_event TO PROGRAM 'cat'",
    "COPY audit_event FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_application_is_refused(attack):
    statement = attack.replace("{database}", connection.settings_dict["NAME"])
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert refusal.value.__cause__.sqlstate == NOT_ALLOWED, str(refusal.value)


@pytest.mark.parametrize("table", GROWS_ONLY)
def test_the_application_cannot_give_itself_a_right(table):
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON {table} TO portal_app WITH GRANT OPTION")  # PostgreSQL only warns
        cursor.execute(
            "SELECT has_table_privilege(%(t)s, 'UPDATE') OR has_any_column_privilege(%(t)s, 'UPDATE')"
            " OR has_table_privilege(%(t)s, 'DELETE')",
            {"t": table},
        )
        assert cursor.fetchone() == (False,)


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(privileges.TABLES)
        return [name for (name,) in cursor.fetchall()]


def columns_named(privilege: str) -> tuple[str, set[str]] | None:
    """('INSERT', {'a', 'b'}) for "INSERT (a, b)"; None for a privilege on the whole table."""
    found = re.fullmatch(r"(\w+) \((.+)\)", privilege)
    return (found.group(1), {name.strip() for name in found.group(2).split(",")}) if found else None


def test_every_table_of_record_exists():
    assert sorted(set(privileges.RECORD_TABLES) - set(tables())) == []


def test_the_rights_on_tables_are_those_of_the_one_table():
    differing = {}
    for table in tables():
        expected = {p for p in privileges.granted(table) if not columns_named(p)}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p FROM unnest(%s::text[]) AS p WHERE has_table_privilege(current_user, %s, p)",
                [list(TABLE_RIGHTS), f'public."{table}"'],
            )
            live = {p for (p,) in cursor.fetchall()}
        if live != expected:
            differing[table] = {"live": sorted(live), "expected": sorted(expected)}
    assert differing == {}


def test_the_rights_on_columns_are_those_of_the_one_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, acl.privilege_type, array_agg(a.attname::text)"
            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) acl"
            " JOIN pg_roles r ON r.oid = acl.grantee WHERE r.rolname = current_user GROUP BY 1, 2"
        )
        live = {(table, right): set(columns) for table, right, columns in cursor.fetchall()}
    expected = {
        (table, named[0]): named[1]
        for table, rights in privileges.RECORD_TABLES.items()
        for named in map(columns_named, rights)
        if named
    }
    assert live == expected


def test_the_application_owns_nothing_and_everybody_else_may_do_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchall() == []
        cursor.execute("SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,"
            " aclexplode(c.relacl) acl WHERE n.nspname = 'public' AND acl.grantee = 0"
        )
        assert cursor.fetchall() == []


def test_functions_that_act_as_the_owner_look_names_up_in_one_place():
    """A function with the owner's rights and no search_path could be led to a table of the caller's making."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'"
            " AND p.prosecdef AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%%pg_temp')"
        )
        assert cursor.fetchall() == []


def guards(table: str) -> int:
    """How many triggers on the table refuse changes: one for rows, one for TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgfoid = 'refuse_change'::regproc"
            " AND tgenabled IN ('O', 'A')",
            [table],
        )
        return cursor.fetchone()[0]


def test_where_the_application_may_only_append_the_owner_may_not_change_either():
    growing = {
        *GROWS_ONLY,
        *(t for t, rights in privileges.RECORD_TABLES.items() if rights == privileges.APPEND),
    }
    assert {table: guards(table) for table in growing if guards(table) < 2} == {}
