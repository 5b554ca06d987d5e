"""Results as a table in docs/benchmarks.md, between two marks: what people wrote around it stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: written by make bench -->", "<!-- end of measured -->"


def write_table(path: Path, told: dict[str, Any]) -> None:
    """Replace what stands between the marks; put them at the end of a page that has none."""
    page = path.read_text() if path.exists() else "# Benchmarks\n"
    if BEGIN not in page:
        page = f"{page.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.write_text(f"{before}{BEGIN}\n{measured(told)}\n{END}{after}")


def measured(told: dict[str, Any]) -> str:
    """Machine, and one row per figure: measured, aim, whether it is met."""
    machine = told["machine"]
    lines = [
        f"Measured {told['at']} on {machine['processors']} processors (shared with other work; load "
        f"{machine['load_before']} at the start), {machine['memory_gb']} GB, {machine['system']}, Python "
        f"{machine['python']}, PostgreSQL {machine['postgresql']} with writes to disk (fsync on; "
        f"{', '.join(machine['settings'][:2])}).",
        "",
        "| What | Measured | Aim | Met |",
        "| --- | --- | --- | --- |",
    ]
    rows = [
        *posting_rows(told.get("posting", {})),
        *large_rows(told.get("large", {})),
        *indices_rows(told.get("indices", {})),
        *screening_rows(told.get("screening", {})),
        *payout_rows(told.get("payout", {})),
        *rules_rows(told.get("rules", {})),
        *voting_rows(told.get("voting", {})),
    ]
    lines += [f"| {what} | {figure} | {aim} | {met} |" for what, figure, aim, met in rows]
    return "\n".join(lines)


Row = tuple[str, str, str, str]


def spread(found: dict[str, Any], above: str, below: str = "tpcb") -> str:
    """Lowest and highest ratio of any round: how far the median is to be trusted."""
    ratios = [one[above] / one[below] for one in found["rounds"]]
    return f"(rounds: {min(ratios):.2f} to {max(ratios):.2f})"


def judged(what: str, figure: str, aim: str, met: bool) -> Row:
    return what, figure, aim, "yes" if met else "**no**"


ASKED = (
    ("post_sql", "post with its event and message in SQL, one call", 0.8),
    ("post_python", "the same through `services.post(told=…, ask=…)`", 0.5),
    ("post_sql_apart", "post, event and message in SQL, three statements in a transaction", 0.8),
    ("post_python_apart", "the same through `post()`, `record()`, `enqueue()`", 0.5),
    ("tpcb_python", "TPC-B's own statements through Django", None),
)
AGAINST_HORDAK = (
    ("post_python", "to_hordak", "`post(told=…, ask=…)`"),
    ("post_python_apart", "apart_to_hordak", "`post()`, `record()`, `enqueue()`"),
)


def posting_rows(told: dict[str, Any]) -> list[Row]:
    """Ratios are medians over rounds of the rate in that round; rates are medians too."""
    rows: list[Row] = []
    for clients, found in told.items():
        rate, ratio = found["rate"], found["to_tpcb"]
        at_once = f"{clients} client{'s' if clients != '1' else ''}"
        rows.append((f"TPC-B by pgbench, {at_once}", f"{rate['tpcb']}/s", "", ""))
        for name, what, aim in ASKED:
            figure = f"{rate[name]}/s = {ratio[name]:.2f} of TPC-B {spread(found, name)}"
            named = f"{what}, {at_once}"
            rows.append(
                (named, figure, "", "")
                if aim is None
                else judged(named, figure, str(aim), ratio[name] >= aim)
            )
        rows += [
            judged(
                f"{what} against django-hordak `transfer_to`, {at_once}",
                f"{rate[name]}/s to {rate['hordak']}/s = {found[key]:.2f} times {spread(found, name, 'hordak')}",
                "2 times",
                found[key] >= 2,
            )
            for name, key, what in AGAINST_HORDAK
            if key in found
        ]
    return rows


def large_rows(told: dict[str, Any]) -> list[Row]:
    """Rows of the steps that were measured, in this order."""
    steps: tuple[tuple[str, Callable[[dict[str, Any]], list[Row]]], ...] = (
        ("payouts", lambda batch: batch_row(batch, aim=True)),
        ("pairs", lambda batch: batch_row(batch, aim=False)),
        ("sealing", sealing_row),
        ("keep_up", keeping_row),
        ("proofs", proof_rows),
        ("verify", verify_row),
    )
    return [row for name, rows in steps if name in told for row in rows(told[name])]


def batch_row(batch: dict[str, Any], *, aim: bool) -> list[Row]:
    seconds = batch["seconds"]
    return [
        (
            f"`post_many`, {batch['entries']:,} entries, {batch['legs']:,} legs each, against COPY into a table with "
            "the same indexes and checks",
            f"{seconds['post_many']} s to {seconds['copy_indexed']} s = {batch['to_copy_indexed']:.2f} times "
            f"({batch['to_copy_bare']:.2f} times a table without any)",
            "3 times" if aim else "",
            ("yes" if batch["to_copy_indexed"] <= 3 else "**no**") if aim else "",
        )
    ]


def sealing_row(sealing: dict[str, Any]) -> list[Row]:
    rate = sealing["per_second"]
    return [
        judged(
            f"sequencer, {sealing['leaves']:,} leaves waiting", f"{rate:,} leaves/s", "5,000/s", rate >= 5000
        )
    ]


def keeping_row(keeping: dict[str, Any]) -> list[Row]:
    """What the writer could not do on a busy machine shows nothing about the sequencer, either way."""
    if keeping["left_at_the_end"]:
        met = "**no**"
    else:
        met = "yes" if keeping["written_per_second"] >= 4_900 else "at this pace; the writer reached no more"
    return [
        (
            f"sequencer beside a writer of {keeping['written_per_second']:,} events/s",
            f"waiting when it looked, five times a second: median {keeping['waiting_median']:.0f}, most "
            f"{keeping['waiting_most']}; at the end {keeping['left_at_the_end']}",
            "never behind at 5,000/s",
            met,
        )
    ]


def proof_rows(proofs: dict[str, Any]) -> list[Row]:
    return [
        judged(
            f"{kind} proof in a log of {proofs['leaves']:,} leaves, nothing remembered",
            f"median {proofs[kind]['median_ms']} ms, 95 % within {proofs[kind]['p95_ms']} ms",
            "5 ms",
            proofs[kind]["median_ms"] < 5,
        )
        for kind in ("inclusion", "consistency")
    ]


def verify_row(verify: dict[str, Any]) -> list[Row]:
    spent = verify["ledger_seconds"] + verify["log_seconds"]
    return [
        judged(
            f"`manage.py verify` of {verify['entries']:,} entries in {verify['transactions']:,} postings and "
            f"{verify['leaves']:,} leaves",
            f"{spent:.0f} s (ledger {verify['ledger_seconds']} s, log {verify['log_seconds']} s)",
            "60 s",
            spent <= 60,
        )
    ]


def indices_rows(told: dict[str, Any]) -> list[Row]:
    """The backtest, then indicators of a small and of a large panel."""
    rows: list[Row] = []
    if "backtest" in told:
        found = told["backtest"]
        what = f"weekly capped backtest, 100 assets, 5 years, {found['rebalances']} rebalances, with costs"
        if "times" in found:
            rows.append(
                judged(
                    f"{what}, against bt {found['bt_version']} that is handed the weights",
                    f"{1000 * found['seconds']:.1f} ms to {found['bt_seconds']:.2f} s = {found['times']:.0f} times; "
                    f"end level without costs apart by {found['apart']:.0e}",
                    "100 times, 1e-12",
                    found["times"] >= 100 and found["apart"] <= 1e-12,
                )
            )
        else:
            rows.append((what, f"{1000 * found['seconds']:.1f} ms; bt was not there", "", ""))
    for size, seconds, memory in (("small", 0.5, None), ("large", 15, 2)):
        if size in told:
            rows.append(indicators_row(told[size], seconds, memory, load=told["load"]))
    return rows


def indicators_row(found: dict[str, Any], seconds: float, memory: float | None, *, load: float) -> Row:
    return judged(
        f"{found['asked']} indicators of {found['assets']:,} assets over {found['days']:,} days",
        f"{found['seconds']:.2f} s ({found['processor']:.2f} s of the processor), {found['memory_gib']} GiB; all "
        f"{found['possible']}: {found['all_seconds']:.2f} s, {found['all_memory_gib']} GiB; load {load} at the start",
        f"{seconds} s" + (f", {memory} GiB" if memory else ""),
        found["seconds"] <= seconds and (memory is None or found["memory_gib"] <= memory),
    )


def screening_rows(told: dict[str, Any]) -> list[Row]:
    """The whole investor base against one list."""
    if not told:
        return []
    return [
        judged(
            f"sanctions screening of {told['investors']:,} investors against {told['names']:,} names in "
            f"{told['workers']} processes, with the records of each",
            f"{told['seconds']:.0f} s, {told['hits']:,} hits (import of the list {told['import_seconds']} s)",
            "10 minutes",
            told["finished"] and told["seconds"] <= 600,
        )
    ]


def payout_rows(told: dict[str, Any]) -> list[Row]:
    """The dividend whose holders have cash accounts and the one before, whose payout opens them; the waterfall."""
    if not told:
        return []
    rows: list[Row] = []
    holders = f"{told['holders']:,}"
    for name, accounts in (("first", "cash accounts opened by it"), ("second", "cash accounts there")):
        one, entitled = told[name], told[name]["entitle"]
        memory = max(entitled["process_mb"], entitled["server_mb"])
        rows += [
            judged(
                f"record date to entitlements, {holders} holders, {name} dividend",
                f"{entitled['seconds']} s; {entitled['process_mb']} MB, and {entitled['server_mb']} MB in its server process",
                "20 s, 1 GiB",
                entitled["seconds"] <= 20 and memory < 1024,
            ),
            judged(
                f"payout of {holders} entitlements by 2 workers in {one['chunks']} chunks, {accounts}, against COPY into "
                "a table with the same indexes and checks",
                f"{one['payout_seconds']} s to {one['copy_seconds']['bench_indexed']} s = {one['to_copy']['bench_indexed']} "
                f"times ({one['to_copy']['bench_bare']} times a table without any)",
                "120 s, 4 times",
                one["payout_seconds"] <= 120 and one["to_copy"]["bench_indexed"] <= 4,
            ),
        ]
    exact = told["exact"] and all(
        told[name]["sums_to_pot"] and told[name]["state"] == "paid" for name in ("first", "second")
    )
    drawn = told["waterfall"]
    return [
        *rows,
        judged(
            "paid, withheld and residue sum to the pot, and `verify` agrees",
            str(exact).lower(),
            "exact",
            exact,
        ),
        judged(
            f"waterfall of {drawn['classes']} classes, {drawn['exits']:,} exit values",
            f"{drawn['together']} s in one call, {drawn['each']} s one by one",
            "2 s",
            drawn["each"] <= 2,
        ),
    ]


def rules_rows(told: dict[str, Any]) -> list[Row]:
    """Rule packs on given facts; decisions end to end."""
    if not told:
        return []
    rows = [
        judged(
            f"rules of {name}, {one['rules']} of them, on given facts",
            f"sale {one['sale']} µs, resale {one['resale']} µs",
            "50 µs",
            max(one["sale"], one["resale"]) <= 50,
        )
        for name, one in told["packs"].items()
    ]
    found = told["decisions"]
    return rows + [
        judged(
            f"decision end to end, {kind}, {found['holders']:,} holders",
            f"median {found[kind]['median_ms']} ms, 95 % within {found[kind]['p95_ms']} ms",
            "20 ms",
            found[kind]["p95_ms"] <= 20,
        )
        for kind in ("issue", "transfer")
    ]


def voting_rows(told: dict[str, Any]) -> list[Row]:
    """A million ballots counted, without and with proxies; some of them recounted from the bundle."""
    if not told:
        return []
    return [
        judged(
            f"tally of {told['ballots']:,} ballots in two classes, quorum and class votes; with {told['proxies']:,} proxies",
            f"{told['tally']['seconds']} s (processor {told['tally']['processor']} s); "
            f"{told['tally_with_proxies']['seconds']} s (processor {told['tally_with_proxies']['processor']} s); "
            f"{told['peak_mb']:,} MB with the ballots",
            "10 s",
            max(told["tally"]["seconds"], told["tally_with_proxies"]["seconds"]) <= 10,
        ),
        (
            f"recount of {told['recounted']:,} ballots from the bundle, every commitment checked, by the stand-alone verifier",
            f"{told['recount']['seconds']} s (processor {told['recount']['processor']} s)",
            "",
            "",
        ),
    ]
