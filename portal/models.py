"""Models of this house, collected from its rooms so that Django finds them."""

from portal.accounts.models import Membership, Organisation, User

__all__ = ["Membership", "Organisation", "User"]
