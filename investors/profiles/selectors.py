"""Reads of profiles. Only `own_data`, the masked forms and the readers for screening open sealed text; front doors show the masked form."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from investors.domain.identifiers import masked, masked_name
from investors.profiles.facts import (
    InvestorFacts,
    MaskedData,
    NamedPerson,
    OwnedShare,
    PersonalData,
    RelatedFacts,
    RevisionFacts,
)
from investors.profiles.models import Investor, RelatedPerson, Revision
from portal.domain.errors import NotFound

TAX_STANDINGS = """
SELECT id, us_person, coalesce((array_remove(tax_countries, 'US'))[1], country) AS residence,
  identifier <> '' AS has_identifier FROM investors_investor
"""
"""What profiles say of tax, as rows for a statement that joins a million of them: residence abroad, number on file."""


class NoSuchInvestor(NotFound):
    """There is no investor with this id, or none that the reader may know of."""

    code = "no-such-investor"


def investor(investor_id: UUID) -> InvestorFacts:
    """raises  NoSuchInvestor"""
    found = Investor.objects.filter(pk=investor_id).first()
    if found is None:
        raise NoSuchInvestor("There is no investor with this id.")
    return investor_facts(found)


def investors_by_id(investor_ids: Iterable[UUID]) -> dict[UUID, InvestorFacts]:
    """Facts by id in one query; unknown ids are left out."""
    return {found.pk: investor_facts(found) for found in Investor.objects.filter(pk__in=list(investor_ids))}


def investor_of_user(user_id: UUID) -> InvestorFacts | None:
    """The investor that this person acts as, or None before onboarding."""
    found = Investor.objects.filter(user_id=user_id).first()
    return None if found is None else investor_facts(found)


def investors(
    *, kind: str = "", country: str = "", reference: str = "", limit: int = 200
) -> list[InvestorFacts]:
    """Newest first, narrowed where asked; `reference` matches its beginning."""
    found = Investor.objects.order_by("-created_at", "pk")
    if kind:
        found = found.filter(kind=kind)
    if country:
        found = found.filter(country=country)
    if reference:
        found = found.filter(reference__istartswith=reference.strip())
    return [investor_facts(one) for one in found[:limit]]


def all_investor_ids() -> list[UUID]:
    """Every investor that is not closed, in a stable order."""
    return list(Investor.objects.filter(closed_at=None).order_by("pk").values_list("pk", flat=True))


def references(investor_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Display references by id in one query."""
    return dict(Investor.objects.filter(pk__in=list(investor_ids)).values_list("pk", "reference"))


def masked_data(investor_id: UUID) -> MaskedData:
    """What a page shows of personal data."""
    data = _opened(_row(investor_id))
    return MaskedData(
        legal_name=masked_name(data.legal_name),
        born_or_formed=f"{data.born_or_formed.year}" if data.born_or_formed else "",
        identifier=masked(data.identifier),
        address=data.address and "•" * 8,
    )


def own_data(*, investor_id: UUID, user_id: UUID) -> PersonalData:
    """
    An investor's own personal data, for his own form.

    raises  NoSuchInvestor when the investor is not this person's
    """
    row = _row(investor_id)
    if row.user_id != user_id:
        raise NoSuchInvestor("There is no investor with this id.")
    return _opened(row)


def name_on_papers(investor_id: UUID) -> str:
    """
    The legal name, opened to be printed on a paper that only the investor and compliance get: whoever asks leaves
    the event of that paper. "" where none is known.
    """
    return _row(investor_id).legal_name or ""


def names_to_screen(investor_id: UUID) -> list[NamedPerson]:
    """Every name behind an investor, opened for name screening only: the investor's and his related persons'."""
    return _names(_row(investor_id))


def names_to_screen_of(investor_ids: Iterable[UUID]) -> dict[UUID, tuple[int, list[NamedPerson]]]:
    """The same for many at once: id -> profile version and names, in two queries. Unknown ids are left out."""
    rows = Investor.objects.filter(pk__in=list(investor_ids)).prefetch_related("related_persons")
    return {row.pk: (row.version, _names(row)) for row in rows}


def _names(row: Investor) -> list[NamedPerson]:
    data = _opened(row)
    people = []
    if data.legal_name:
        entity = row.kind == Investor.Kind.ENTITY
        born = None if entity else data.born_or_formed
        kind = "entity" if entity else "person"
        people.append(NamedPerson(f"investor:{row.pk}", data.legal_name, born, row.country, kind))
    related = [person for person in row.related_persons.all() if person.ended_at is None]
    for person in sorted(related, key=lambda one: (one.added_at, one.pk)):
        born = date.fromisoformat(person.born) if person.born else None
        people.append(
            NamedPerson(
                f"related_person:{person.pk}",
                person.name,
                born,
                person.country,
                "entity" if person.is_entity else "",
            )
        )
    return people


def entity_names() -> dict[UUID, str]:
    """Names of all entities that are not closed, opened to follow ownership from one to another."""
    rows = Investor.objects.filter(kind=Investor.Kind.ENTITY, closed_at=None).order_by("pk")
    return {row.pk: row.legal_name for row in rows if row.legal_name}


def owned_shares() -> list[OwnedShare]:
    """Every beneficial owner in force of every entity that is not closed, names opened for the same purpose."""
    rows = RelatedPerson.objects.filter(
        role=RelatedPerson.Role.BENEFICIAL_OWNER, ended_at=None, investor__closed_at=None
    ).order_by("investor_id", "pk")
    return [OwnedShare(row.investor_id, row.pk, row.name, row.ownership_ppm or 0) for row in rows]


def related_persons(investor_id: UUID) -> list[RelatedFacts]:
    """The persons behind an investor, names masked, oldest first."""
    rows = RelatedPerson.objects.filter(investor_id=investor_id, ended_at=None).select_related("owner")
    return [
        RelatedFacts(
            id=person.pk,
            role=person.role,
            role_label=RelatedPerson.Role(person.role).label,
            country=person.country,
            ownership_ppm=person.ownership_ppm,
            masked_name=masked_name(person.name),
            is_entity=person.is_entity,
            owner_reference=person.owner.reference if person.owner else "",
            title=person.title,
            masked_identifier=masked(person.identifier),
        )
        for person in rows.order_by("added_at", "pk")
    ]


def revisions(investor_id: UUID) -> list[RevisionFacts]:
    """Every change of a profile, newest first, without the values."""
    return [
        RevisionFacts(r.version, tuple(r.changed), r.actor, r.actor_label, r.reason, r.at)
        for r in Revision.objects.filter(investor_id=investor_id).order_by("-version")
    ]


def investor_facts(row: Investor) -> InvestorFacts:
    return InvestorFacts(
        id=row.pk,
        reference=row.reference,
        kind=row.kind,
        country=row.country,
        tax_countries=tuple(row.tax_countries),
        us_person=row.us_person,
        politically_exposed=row.politically_exposed,
        expected_minor=row.expected_minor,
        user_id=row.user_id,
        identifier_kind=row.identifier_kind,
        has_identifier=bool(row.identifier),
        version=row.version,
        created_at=row.created_at,
        identity_changed_at=row.identity_changed_at,
        closed_at=row.closed_at,
        missing=tuple(_missing(row)),
        entity_form=row.entity_form,
        no_large_owner=row.no_large_owner,
        lei=row.lei,
    )


def open_row(row: Investor) -> PersonalData:
    """For this room's services: they record the event that belongs to it."""
    return _opened(row)


def _missing(row: Investor) -> list[str]:
    empty = [name for name in ("legal_name", "born_or_formed", "address") if not getattr(row, name)]
    if row.kind == Investor.Kind.ENTITY and not row.entity_form:
        empty.append("entity_form")
    return [*empty, "tax_countries"] if not row.tax_countries else empty


def _row(investor_id: UUID) -> Investor:
    found = Investor.objects.filter(pk=investor_id).first()
    if found is None:
        raise NoSuchInvestor("There is no investor with this id.")
    return found


def _opened(row: Investor) -> PersonalData:
    return PersonalData(
        legal_name=row.legal_name,
        born_or_formed=date.fromisoformat(row.born_or_formed) if row.born_or_formed else None,
        identifier_kind=row.identifier_kind,
        identifier=row.identifier,
        address=row.address,
        mailing_address=row.mailing_address,
        phone=row.phone,
    )
