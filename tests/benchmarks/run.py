"""
`python -m tests.benchmarks.run`: every benchmark on a PostgreSQL of its own whose writes reach the disk.

Writes docs/benchmarks.json and the table in docs/benchmarks.md. What is compared runs on the same server in
interleaved rounds, so that the ratios mean something on a machine that others use too.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import sql

from portal.runtime import postgres
from portal.runtime.folders import make_scratch
from portal.runtime.privileges import close_database
from portal.runtime.testing import ROOT, TEMPLATE, make_template, test_environment, with_database
from tests.benchmarks.plan import Plan
from tests.benchmarks.report import write_table

RESULTS = ROOT / "docs" / "benchmarks.json"
HORDAK_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
OPTIONS = (
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "log_min_messages=error",
)
SUITES = ("posting", "large", "indices", "screening", "payout", "rules", "voting")
COMPARED = ("posting", "indices")
"""Suites that use the environment of what we compare with: django-hordak, bt."""


def machine(cluster: postgres.Cluster) -> dict[str, Any]:
    """What the numbers were measured on."""
    with cluster.connect("postgres") as connection:
        row = connection.execute("SHOW server_version").fetchone()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return {
        "processors": os.cpu_count(),
        "memory_gb": memory,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "postgresql": row[0] if row else "",
        "settings": list(OPTIONS),
        "load_before": round(os.getloadavg()[0], 1),
    }


def copy_database(cluster: postgres.Cluster, name: str) -> None:
    """A copy of the migrated template with the application's rights, and two bare tables for COPY."""
    with cluster.connect("postgres") as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(postgres.OWNER)
            )
        )
    with cluster.connect(name) as admin:
        close_database(admin.cursor(), role=postgres.APP)
        admin.execute("CREATE TABLE bench_bare (LIKE ledger_entry)")
        admin.execute(
            "CREATE TABLE bench_indexed (LIKE ledger_entry INCLUDING CONSTRAINTS INCLUDING INDEXES)"
        )
        admin.execute(f"GRANT INSERT, SELECT, TRUNCATE ON bench_bare, bench_indexed TO {postgres.APP}")


def hordak_database(cluster: postgres.Cluster) -> str:
    """An empty database that the application's role owns. returns its URL"""
    with cluster.connect("postgres") as admin:
        admin.execute(sql.SQL("CREATE DATABASE bench_hordak OWNER {}").format(sql.Identifier(postgres.APP)))
    with cluster.connect("bench_hordak") as admin:
        admin.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(sql.Identifier(postgres.APP)))
    return cluster.url(postgres.APP, "bench_hordak")


def run_suite(suite: str, plan: Plan, environment: dict[str, str]) -> Any:
    """One measurement in a process of its own. raises CalledProcessError"""
    folder = Path(plan.scratch)
    plan.write(folder / "plan.json")
    answer = folder / f"{suite}.json"
    urls = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL")
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measure", suite, folder / "plan.json", answer],
        env={**environment, **{name: with_database(environment[name], plan.database) for name in urls}},
        cwd=ROOT,
        check=True,
    )
    return json.loads(answer.read_text())


def measure(arguments: argparse.Namespace, cluster: postgres.Cluster, scratch: Path) -> dict[str, Any]:
    """The suites asked for. returns  the results by suite, with the machine"""
    cluster.start()
    cluster.ensure_roles()
    environment = {**os.environ, **test_environment(scratch), "STATEMENT_TIMEOUT_MS": "600000"}
    for name, role in (("", postgres.APP), ("OWNER_", postgres.OWNER), ("SUPERUSER_", postgres.SUPERUSER)):
        environment[f"DATABASE_{name}URL"] = cluster.url(role, TEMPLATE)
    environment = make_template(environment)
    python = Path(arguments.hordak_python)
    told: dict[str, Any] = {
        "machine": machine(cluster),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
    }
    for suite in arguments.suites:
        database = f"bench_{suite}"
        copy_database(cluster, database)
        with_hordak = suite == "posting" and python.exists()
        compared = suite in COMPARED and python.exists()
        plan = Plan(
            scratch=str(scratch),
            programs=str(cluster.installation.bin),
            socket=str(cluster.socket),
            database=database,
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            rows=arguments.rows,
            hordak_python=str(python) if compared else "",
            hordak_url=hordak_database(cluster) if with_hordak else "",
        )
        told[suite] = run_suite(suite, plan, environment)
    return told


def main() -> int:
    """Server up, suites run, results written, everything removed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("suites", nargs="*", default=list(SUITES), help=", ".join(SUITES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--hordak-python", default=str(HORDAK_PYTHON))
    parser.add_argument("--dry", action="store_true", help="print the results and leave docs/ alone")
    arguments = parser.parse_args()
    scratch = make_scratch("portal-bench-", parent=Path(tempfile.gettempdir()))
    options = list(OPTIONS)
    cluster = postgres.Cluster(home=scratch.path / "pg", sockets=scratch.path, options=options)
    try:
        told = measure(arguments, cluster, scratch.path)
    finally:
        cluster.stop()
        scratch.remove()
    if arguments.dry:
        print(json.dumps(told, indent=2))
        return 0
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if known and "posting" not in arguments.suites:
        # The head of the page is that of the database's figures.
        told = {name: told[name] for name in arguments.suites}
    RESULTS.write_text(json.dumps({**known, **told}, indent=2) + "\n")
    write_table(ROOT / "docs" / "benchmarks.md", {**known, **told})
    return 0


if __name__ == "__main__":
    sys.exit(main())
