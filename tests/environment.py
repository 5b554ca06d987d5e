"""
Loaded before Django's settings (pyproject: `-p tests.environment`): every test process gets a database, a queue, a
cache and a folder of its own, so that what a test starts as a subprocess finds the same ones through the environment.
"""

import os
import re
from pathlib import Path

from portal.runtime.testing import with_database

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
NUMBER = int(re.sub(r"\D", "", WORKER) or 0)
DATABASE = f"portal_test_{WORKER}"


def numbered(url: str, database: int) -> str:
    """The same Redis URL with another logical database; an AMQP URL stays as it is."""
    if url.startswith("redis+socket"):
        return re.sub(r"virtual_host=\d+", f"virtual_host={database}", url)
    if url.startswith("unix"):
        return re.sub(r"db=\d+", f"db={database}", url)
    if url.startswith("redis"):
        return re.sub(r"(redis://[^/]+)(/\d*)?$", rf"\1/{database}", url)
    return url


os.environ.setdefault("DEMO_MODE", "1")
for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL"):
    if name in os.environ:
        os.environ[name] = with_database(os.environ[name], DATABASE)
if "BROKER_URL" in os.environ:
    os.environ["BROKER_URL"] = numbered(os.environ["BROKER_URL"], 2 * NUMBER)
    os.environ["CELERY_QUEUE"] = f"test-{WORKER}"
if os.environ.get("CACHE_URL"):
    os.environ["CACHE_URL"] = numbered(os.environ["CACHE_URL"], 2 * NUMBER + 1)
if "DATABASE_SUPERUSER_URL" in os.environ:  # the runner's folder, not the developer's own var/
    folder = Path(os.environ["VAR_DIR"]) / WORKER
    (folder / "static").mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["VAR_DIR"] = str(folder)
