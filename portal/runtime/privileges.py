"""
What the application's role may do in the database: one table.

A table named here is a table of record: the role has the privileges listed and no others. Every other table gets
SELECT, INSERT, UPDATE and DELETE. TRUNCATE, REFERENCES and TRIGGER are given nowhere, nor is the right to create
anything, so that a stolen application password can neither change a record nor take off the trigger that guards it
(docs/adr/0003). `manage.py prepare` applies this after each migration, as the owner.
"""

from typing import Any, Protocol

from psycopg import sql

ORDINARY = ("SELECT", "INSERT", "UPDATE", "DELETE")
READ = ("SELECT",)
APPEND = ("SELECT", "INSERT")
KEPT = ("SELECT", "INSERT", "UPDATE")

# Table -> privileges. "INSERT (a, b)" admits these columns and no other: what the database sets cannot be forged.
RECORD_TABLES: dict[str, tuple[str, ...]] = {
    "audit_event": (
        "SELECT",
        "INSERT (happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject, organisation,"
        " reason, facts)",
    ),
    # Written by the function audit_seal() alone, which the owner owns.
    "audit_unsequenced": READ,
    "audit_leaf": READ,
    "audit_node": READ,
    "audit_checkpoint": READ,
    # Written by the ledger's functions alone.
    "ledger_instrument": READ,
    "ledger_purpose": READ,
    "ledger_account": READ,
    "ledger_balance": READ,
    "ledger_transaction": READ,
    "ledger_entry": READ,
    "ledger_reservation": READ,
    "ledger_reservation_end": READ,
    "portal_deposit": APPEND,
    "portal_webhookattempt": APPEND,
    "portal_cashreference": APPEND,
    "portal_statementfile": APPEND,
    "portal_statement": APPEND,
    "portal_statementline": APPEND,
    "portal_paymentfile": APPEND,
    "portal_paymentitem": APPEND,
    "investors_revision": APPEND,
    "investors_screeninglist": APPEND,
    "investors_listedname": APPEND,
    "investors_screening": APPEND,
    "investors_casedocument": APPEND,
    "investors_caseevent": APPEND,
    "investors_providermessage": APPEND,
    "investors_accreditation_paper": APPEND,
    "investors_representation": APPEND,
    "investors_determination": APPEND,
    "investors_determination_evidence": APPEND,
    "investors_determination_revocation": APPEND,
    "django_migrations": READ,
    "portal_document": ("SELECT", "INSERT"),
    # Asked once, decided once; the triggers of migrations 0001 and 0006 hold the rest.
    "portal_approval": ("SELECT", "INSERT", "UPDATE (state, checker, checker_label, note, decided_at)"),
    "portal_membership": ("SELECT", "INSERT", "UPDATE (ended_at)"),
    "issuance_assetdocument": APPEND,
    "issuance_token": APPEND,
    "issuance_howeyassessment": APPEND,
    "issuance_rulesetversion": APPEND,
    "issuance_decisionrecord": APPEND,
    "issuance_movement": APPEND,
    "issuance_lot": APPEND,
    "issuance_lotentry": APPEND,
    "issuance_signature": APPEND,
    "issuance_certificate": APPEND,
    "issuance_certificatefile": APPEND,
    "issuance_roompaper": APPEND,
    "issuance_roompaperend": APPEND,
    "issuance_roomaccess": APPEND,
    "issuance_ocfimport": APPEND,
    "issuance_ocfobject": APPEND,
    "issuance_entitlement": APPEND,
    "issuance_taxform": APPEND,
    "issuance_voter": APPEND,
    "issuance_ballot": APPEND,
    "issuance_proxy": ("SELECT", "INSERT", "UPDATE (revoked_at)"),
    # Indices: what was observed, decided, traded and published.
    "indices_importbatch": APPEND,
    "indices_observation": APPEND,
    "indices_methodologyversion": APPEND,
    "indices_constituent": APPEND,
    "indices_trade": APPEND,
    "indices_basket": APPEND,
    "indices_basketline": APPEND,
    "indices_level": APPEND,
    "indices_streamedfee": APPEND,
    "indices_backtest": APPEND,
    "indices_tokeneventrecord": APPEND,
    # What has a state: it moves on, and nothing of it is ever deleted, so neither may a stolen password.
    **dict.fromkeys(
        (
            "portal_user",
            "portal_organisation",
            "portal_accesstoken",
            "portal_machineclient",
            "portal_webhookendpoint",
            "portal_webhookdelivery",
            "portal_webhookprogress",
            "portal_withdrawal",
            "portal_linematter",
            "investors_bankaccount",
            "idempotency_key",
            "investors_investor",
            "investors_stablecoin_transfer",
            "investors_chain_cursor",
            "investors_relatedperson",
            "investors_case",
            "investors_identitycheck",
            "investors_hit",
            "investors_wallet",
            "investors_closure",
            "investors_data_export",
            "investors_wallet_challenge",
            "investors_listed_address",
            "investors_accreditation_request",
            "issuance_issuer",
            "issuance_asset",
            "issuance_security",
            "issuance_offering",
            "issuance_subscription",
            "issuance_register",
            "issuance_holderofrecord",
            "issuance_holdercount",
            "issuance_dividend",
            "issuance_payoutchunk",
            "issuance_meeting",
            "issuance_meetingclass",
            "issuance_resolution",
            "indices_index",
            "indices_asset",
            "indices_order",
            "indices_rebalance",
            "indices_dealingrun",
            "indices_pricefinding",
        ),
        KEPT,
    ),
}

TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY c.relname
"""
# What the owner may give; an extension's views belong to whoever made the extension.
MINE = """
    SELECT c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_has_role(c.relowner, 'MEMBER')
    ORDER BY c.relname
"""


class Cursor(Protocol):
    """Django's cursor or psycopg's."""

    def execute(self, query: Any, params: Any = None) -> Any: ...
    def fetchall(self) -> Any: ...
    def fetchone(self) -> Any: ...


def granted(table: str) -> tuple[str, ...]:
    """The privileges of the application's role on a table."""
    return RECORD_TABLES.get(table, ORDINARY)


def apply(cursor: Cursor, *, role: str) -> None:
    """
    Give `role` exactly what this module says in the cursor's database; run as the owner of the tables.

    Safe to run again: everything is revoked first, in the same transaction if there is one.
    """
    app = sql.Identifier(role)
    close_database(cursor, role=role)
    cursor.execute(MINE)
    for name, kind in cursor.fetchall():
        rights = ("USAGE", "SELECT") if kind == "S" else granted(name)
        what = sql.SQL("SEQUENCE" if kind == "S" else "TABLE")
        relation = sql.Identifier("public", name)
        cursor.execute(sql.SQL("REVOKE ALL ON {} {} FROM PUBLIC, {}").format(what, relation, app))
        cursor.execute(
            sql.SQL("GRANT {} ON {} {} TO {}").format(sql.SQL(", ".join(rights)), what, relation, app)
        )
    cursor.execute(sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(app))


def close_database(cursor: Cursor, *, role: str) -> None:
    """
    The part that belongs to the database and not to its tables (a copy by TEMPLATE does not carry it).

    No temporary tables for the application: one named like a table of record would stand before it.
    """
    cursor.execute("SELECT current_database()")
    database, app = sql.Identifier(cursor.fetchone()[0]), sql.Identifier(role)
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, app))
    cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))
    cursor.execute(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC, {}").format(app))
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))
