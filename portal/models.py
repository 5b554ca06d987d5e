"""Models of this house, collected from its rooms so that Django finds them."""

from portal.accounts.models import Attempts, Membership, Organisation, User
from portal.audit.models import Checkpoint, Event, Leaf, Node, Unsequenced
from portal.idempotency.models import Key
from portal.outbox.models import Message

__all__ = ["Membership", "Organisation", "User"]
