"""The roles, and the few facts about each that other code needs."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    HOUSE = "house"
    ISSUER = "issuer"


class Role(StrEnum):
    """
    Investor is no membership: every person who signs up and holds no role in the house is one, because what
    an investor may do is decided by his claims (identity, accreditation), not by a grant.
    """

    INVESTOR = "investor"
    ISSUER_ADMIN = "issuer_admin"
    ISSUER_VIEWER = "issuer_viewer"
    COMPLIANCE_OFFICER = "compliance_officer"
    OPERATOR = "operator"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")

    @property
    def needs_second_factor(self) -> bool:
        """Every role but the investor's signs in with two factors."""
        return self is not Role.INVESTOR

    @property
    def organisation_kind(self) -> OrganisationKind | None:
        """The kind of organisation that can grant this role; None for the investor, whom nobody grants."""
        if self is Role.INVESTOR:
            return None
        if self in (Role.ISSUER_ADMIN, Role.ISSUER_VIEWER):
            return OrganisationKind.ISSUER
        return OrganisationKind.HOUSE


GRANTABLE = tuple(role for role in Role if role.organisation_kind is not None)
HOUSE_ROLES = tuple(role for role in GRANTABLE if role.organisation_kind is OrganisationKind.HOUSE)
ISSUER_ROLES = tuple(role for role in GRANTABLE if role.organisation_kind is OrganisationKind.ISSUER)
