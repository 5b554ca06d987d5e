"""pgbench on the same server: TPC-B, and our own transaction without Python around it."""

import os
import re
import subprocess
from pathlib import Path

import psycopg

SCALE = 20

_CHANCE = r"""
\set n random(1, 9000000000000000000)
\set a random({first}, {last})
\set b :a + random(1, {last} - :a + 1)
"""
# What `post(told=..., ask=...)` sends, and what post(), record() and enqueue() send inside a transaction.
POST = (
    _CHANCE
    + r"""
SELECT transaction_id, effective_at, replayed FROM ledger_post(
  ARRAY['worker', 'bench', '', '', ''], now(), 'bench:' || :n, 'bench.moved', 'bench:' || :n, '',
  ARRAY[:a::bigint, :b::bigint], ARRAY[-1::numeric, 1::numeric], NULL,
  told => ARRAY['bench.moved', 'bench:' || :n, NULL, '', '{{"amount":"1"}}'],
  message => ARRAY['bench.told', 'bench:' || :n, '{{}}', now()::text]);
"""
)
POST_APART = (
    _CHANCE
    + r"""
BEGIN;
SELECT transaction_id, effective_at, replayed FROM ledger_post(
  ARRAY['worker', 'bench', '', '', ''], now(), 'bench:' || :n, 'bench.moved', 'bench:' || :n, '',
  ARRAY[:a::bigint, :b::bigint], ARRAY[-1::numeric, 1::numeric], NULL);
INSERT INTO audit_event (happened_at, actor_kind, actor_id, actor_label, origin, session, action, subject,
                         organisation, reason, facts)
  VALUES (now(), 'worker', 'bench', '', '', '', 'bench.moved', 'bench:' || :n, NULL, '', '{{"amount":"1"}}')
  RETURNING event_id;
INSERT INTO outbox_message (topic, key, payload, state, attempts, created_at, available_at, last_error)
  VALUES ('bench.told', 'bench:' || :n, '{{}}'::jsonb, 'waiting', 0, now(), now(), '') ON CONFLICT (topic, key) DO NOTHING;
COMMIT;
"""
)


class Pgbench:
    """
    programs  folder of the server's programs
    socket    folder of its socket
    """

    def __init__(self, programs: Path, socket: Path) -> None:
        self.program = programs / "pgbench"
        self.socket = socket

    def _run(self, *arguments: str) -> str:
        environment = {**os.environ, "PGHOST": str(self.socket)}
        answer = subprocess.run(
            [self.program, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if answer.returncode:
            raise RuntimeError(f"pgbench failed:\n{answer.stderr}")
        return answer.stdout

    def fill(self, database: str) -> None:
        """TPC-B's tables at SCALE: a hundred thousand accounts each."""
        self._run("-i", "-q", "-s", str(SCALE), "-U", "postgres", database)
        with psycopg.connect(
            host=str(self.socket), user="postgres", dbname=database, autocommit=True
        ) as admin:
            for table in ("accounts", "tellers", "branches", "history"):
                admin.execute(f"GRANT SELECT, INSERT, UPDATE ON pgbench_{table} TO portal_app")

    def rate(
        self,
        database: str,
        *,
        clients: int,
        seconds: float,
        script: Path | None = None,
        user: str = "postgres",
    ) -> float:
        """Transactions per second of TPC-B, or of a script; prepared statements, as its authors advise."""
        own = ["-n", "-f", str(script)] if script else []
        told = self._run(
            *own, "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)),
            "-T", str(max(1, round(seconds))), "-U", user, database,
        )  # fmt: skip
        found = re.search(r"tps = ([\d.]+) \(without initial connection time\)", told)
        failed = re.search(r"number of failed transactions: (\d+)", told)
        if not found or (failed and int(failed[1])):
            raise RuntimeError(f"pgbench said:\n{told}")
        return float(found[1])
