"""The long payout campaign belongs to `make chaos`, which says how much is to be killed, and not to every run."""

import os

collect_ignore = [] if "CHAOS_KILLS" in os.environ else ["test_chaos_payout.py"]
