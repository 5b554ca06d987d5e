"""Who owns an entity: shares that add up, and chains of owners that end at persons."""

from uuid import UUID

from django.db import connection

from investors.domain.entities import OWNERS_FROM_PPM, circle_through
from investors.profiles.models import Investor, RelatedPerson
from portal.domain.errors import Invalid


class TooMuchOwned(Invalid):
    """Shares of one entity add up to more than the whole."""

    code = "too-much-owned"


class OwnersInCircle(Invalid):
    """Entities own each other, so that no person stands behind them."""

    code = "owners-in-circle"


def owner_named(row: Investor, reference: str, *, name: str) -> Investor | None:
    """
    The profile of an owner that invests here, or None without a reference.

    raises  OwnersInCircle, Invalid
    """
    if " ".join(name.split()).casefold() == row.legal_name.casefold():
        raise OwnersInCircle("An entity cannot own itself; name who stands behind it.", field="name")
    if not reference.strip():
        return None
    owner = Investor.objects.filter(reference=reference.strip().upper()).first()
    if owner is None:
        raise Invalid("There is no investor with this reference.", field="owner_reference")
    with connection.cursor() as cursor:
        # Two who name each other at once must not both find the way open.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('investors.ownership'))")
    owners: dict[UUID, list[UUID]] = {row.pk: [owner.pk]}
    links = RelatedPerson.objects.filter(owner__isnull=False, ended_at=None).values_list(
        "investor_id", "owner_id"
    )
    for owned, by in links.order_by("pk"):
        owners.setdefault(owned, []).append(by)
    circle = circle_through(owners, start=row.pk)
    if circle:
        between = len(circle) - 2
        way = f" through {between} more" if between > 0 else ""
        raise OwnersInCircle(
            f"{owner.reference} is itself owned by {row.reference}{way}: owners in a circle own nothing.",
            field="owner_reference",
            next_step="Name the persons at the end of the chain.",
        )
    return owner


def refuse_misplaced(row: Investor, role: str, ownership_ppm: int | None, *, is_entity: bool) -> None:
    """raises  Invalid for a role that does not fit, TooMuchOwned above 100 % together"""
    if role not in RelatedPerson.Role.values:
        raise Invalid(f"The role is one of {', '.join(RelatedPerson.Role.values)}.", field="role")
    if (role == RelatedPerson.Role.JOINT_HOLDER) != (row.kind == Investor.Kind.JOINT):
        raise Invalid(
            "A joint holder stands beside joint holders only; owners and signatories behind an entity.",
            field="role",
        )
    if role != RelatedPerson.Role.BENEFICIAL_OWNER:
        if is_entity:
            raise Invalid("Only an owner may be an entity; name a natural person here.", field="role")
        return
    if ownership_ppm is None or not 0 < ownership_ppm <= 1_000_000:
        raise Invalid("A beneficial owner owns more than 0 % and at most 100 %.", field="ownership")
    others = row.related_persons.filter(role=role, ended_at=None).values_list("ownership_ppm", flat=True)
    total = sum(ppm or 0 for ppm in others) + ownership_ppm
    if total > 1_000_000:
        raise TooMuchOwned(
            f"The owners would hold {total / 10_000:.4f} % together; 100 % is the whole.", field="ownership"
        )


def has_large_owner(row: Investor) -> bool:
    """Whether an owner of 25 % or more is named and in force."""
    return row.related_persons.filter(ended_at=None, ownership_ppm__gte=OWNERS_FROM_PPM).exists()
