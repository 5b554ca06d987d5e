"""What the portal stands on when nothing else is given: PostgreSQL and Valkey of its own, and their supervisor."""
