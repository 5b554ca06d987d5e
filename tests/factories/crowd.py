"""A security with many holders, for benchmarks and faults: investors, tax forms and holdings, written in bulk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from issuance.corporate_actions import services
from issuance.corporate_actions.facts import DividendFacts, NewDividend
from portal.funding.services import record_deposit
from portal.ledger.facts import Leg, Posting
from portal.ledger.services import open_account, open_accounts, post_many
from tests.factories import accounts
from tests.factories.issuance import WORKER, Issued, active_security

BATCH = 10_000
# A sixth each: Americans with and without a number, Japanese with and without the treaty, Germans, and unknown.
_INVESTORS = """
INSERT INTO investors_investor (id, reference, kind, country, tax_countries, us_person, politically_exposed,
  expected_minor, legal_name, born_or_formed, identifier_kind, identifier, address, mailing_address, phone, entity_form,
  no_large_owner, lei, version, created_at, identity_changed_at)
SELECT md5(%(salt)s || n)::uuid, 'C' || substr(md5(%(salt)s || n), 1, 15), 'natural', c, ARRAY[c], c = 'US', false, 0, '', '', 'none',
  CASE WHEN n %% 6 = 0 THEN 'kept' ELSE '' END, '', '', '', '', false, '', 1, %(at)s, %(at)s
FROM generate_series(1, %(count)s) n, LATERAL (SELECT (ARRAY['US', 'US', 'JP', 'JP', 'DE'])[n %% 6 + 1] AS c) k
WHERE n %% 6 < 5
"""
_FORMS = """
INSERT INTO issuance_taxform (id, holder, form, residence, tin_on_file, treaty_claimed, filed_by, filed_at)
SELECT gen_random_uuid(), 'investor:' || md5(%(salt)s || n)::uuid, 'w8', 'JP', true, true, 'tests', %(at)s
FROM generate_series(1, %(count)s) n WHERE n %% 6 = 2
"""
_HOLDERS = "SELECT 'investor:' || md5(%s || n)::uuid FROM generate_series(1, %s) n ORDER BY 1"


@dataclass(frozen=True)
class Crowd:
    """quantities: smallest units by holder"""

    issued: Issued
    quantities: dict[str, int]


def crowd(count: int, *, at: datetime) -> Crowd:
    """So many holders of one security, between one unit and a thousand each."""
    issued = active_security(at=at, authorised=None)
    values = {"count": count, "at": at, "salt": str(issued.security.id)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INVESTORS, values)
        cursor.execute(_FORMS, values)
        cursor.execute(_HOLDERS, [values["salt"], count])
        holders = [row[0] for row in cursor.fetchall()]
    quantities = {holder: 1 + place * 7919 % 1000 for place, holder in enumerate(holders)}
    instrument = issued.security.instrument_id
    source = open_account(owner=issued.issuer.owner, instrument_id=instrument, purpose="issued")
    for first in range(0, count, BATCH):
        some = holders[first : first + BATCH]
        with transaction.atomic():
            places = open_accounts(owners=some, instrument_id=instrument, purpose="holding")
            legs = [Leg(places[holder], quantities[holder]) for holder in some]
            legs.append(Leg(source, -sum(leg.amount for leg in legs)))
            given = Posting(f"crowd:{issued.security.id}:{first}", "tests.given", "tests:1", legs)
            post_many(postings=[given], actor=WORKER, at=at)
    return Crowd(issued, quantities)


def declared(of: Crowd, *, pot: int, name: str, at: datetime) -> UUID:
    """A dividend announced, its pot with the issuer, its record instant now."""
    issuer = of.issued.issuer
    bank = f"bank-{issuer.id}-{name}"
    record_deposit(
        key=bank,
        owner=issuer.owner,
        currency="USD",
        amount_minor=pot,
        bank_reference=bank,
        actor=accounts.SETUP,
        at=at,
    )
    terms = NewDividend(of.issued.security.id, name, at.date(), at, at.date(), pot_minor=pot)
    made = services.declare(terms=terms, actor=of.issued.actor, at=at)
    services.announce(dividend_id=made.id, actor=of.issued.actor, at=at)
    return made.id


def approved(of: Crowd, dividend_id: UUID, *, at: datetime) -> DividendFacts:
    """Asked for by the issuer, approved by somebody else."""
    services.request_approval(dividend_id=dividend_id, actor=of.issued.actor, at=at)
    checker = accounts.actor(accounts.person())
    return services.approve(dividend_id=dividend_id, actor=checker, at=at)
