"""Who does it, as services want it."""

from portal.accounts.sessions import actor_of

__all__ = ["actor_of"]
