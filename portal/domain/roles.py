"""The roles, and the two facts about each that other code needs."""

from enum import StrEnum


class Role(StrEnum):
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
