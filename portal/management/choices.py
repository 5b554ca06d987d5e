"""What an operator names on the command line, found or refused."""

from uuid import UUID

from django.core.management.base import CommandError

from issuance.issuers.facts import IssuerFacts
from issuance.issuers.selectors import issuers
from issuance.ocf.selectors import issuer_imported_as


def issuer_named(text: str) -> IssuerFacts:
    """
    The issuer with this id, LEI, legal name, or id of its company in an imported OCF package.

    raises  CommandError unless there is exactly one
    """
    known: UUID | None = issuer_imported_as(text)
    every = issuers()
    found = [one for one in every if text in (str(one.id), one.lei) or one.id == known] or [
        one for one in every if text.casefold() == one.legal_name.casefold()
    ]
    if len(found) != 1:
        state = "No issuer" if not found else f"{len(found)} issuers"
        ids = "".join(f" {one.id}" for one in found[:10])
        raise CommandError(f"{state} with the id, LEI or name {text[:60]!r}.{ids}")
    return found[0]
