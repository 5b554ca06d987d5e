"""The shape of the code: what fits on a screen can be read, and what is imported at the top can be seen."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HOUSES = ("portal", "investors", "issuance", "indices")
LONGEST_FILE, LONGEST_FUNCTION = 420, 70
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def sources(*tops: str) -> Iterator[Path]:
    """Every Python file below these folders, migrations apart: those are written once and never grow."""
    for top in tops:
        yield from (path for path in sorted((ROOT / top).rglob("*.py")) if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees(*tops: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sources(*tops):
        yield name_of(path), ast.parse(path.read_text())


def test_every_file_is_short_enough_to_read():
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in sources(*HOUSES, "tests")}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_function_fits_on_a_screen():
    long = {}
    for name, tree in trees(*HOUSES, "tests"):
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION:
                long[f"{name}:{node.lineno} {node.name}"] = node.end_lineno - node.lineno + 1
    assert long == {}


def test_no_import_hides_in_a_function():
    hidden = [
        f"{name}:{inner.lineno}"
        for name, tree in trees(*HOUSES, "tests")
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS)
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Import, ast.ImportFrom))
    ]
    assert hidden == []


def test_no_module_is_named_for_nothing_in_particular():
    named = [name_of(p) for p in sources(*HOUSES, "tests") if BANNED_NAMES & {*p.parent.parts, p.stem}]
    assert named == []


def test_nothing_happens_by_signal():
    signals = []
    for name, tree in trees(*HOUSES):
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            if any("django.dispatch" in m or ".signals" in m for m in modules):
                signals.append(f"{name}:{node.lineno}")
    assert signals == []


def test_nothing_is_put_off_by_a_comment():
    put_off = re.compile(r"#.*\b(TODO|FIXME|HACK)\b")
    others = [path for path in sources(*HOUSES, "tests") if path != Path(__file__).resolve()]
    assert [name_of(path) for path in others if put_off.search(path.read_text())] == []


def test_the_contracts_between_houses_and_rooms_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
