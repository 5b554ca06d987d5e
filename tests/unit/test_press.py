"""The press is a process of its own: no process of the portal loads what typesets and signs. And what legends say."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

from issuance.domain.legends import OFFSHORE, RESTRICTED, UNCERTIFICATED, legends

ROOT = Path(__file__).resolve().parents[2]
HEAVY = re.compile(r"^\s*(?:from|import) (?:typst|pyhanko|pyhanko_certvalidator|segno)\b", re.MULTILINE)
PRESS = "issuance/certificates/press.py"
ON = date(2026, 11, 22)


def test_only_the_press_imports_what_typesets_and_signs_and_nothing_imports_the_press() -> None:
    sources = [
        path
        for house in ("portal", "investors", "issuance", "indices")
        for path in (ROOT / house).rglob("*.py")
    ]
    assert [str(path.relative_to(ROOT)) for path in sources if HEAVY.search(path.read_text())] == [PRESS]
    importing = re.compile(r"certificates\.press import|certificates import .*\bpress\b", re.MULTILINE)
    assert [path.name for path in sources if importing.search(path.read_text())] == []


def test_the_press_needs_no_framework() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import issuance.certificates.press, sys; print('django' in sys.modules)"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        text=True,
    )
    assert told.stdout.strip() == "False"


def test_a_holding_bears_the_legends_of_its_lots() -> None:
    assert legends([("", None)], on=ON) == [UNCERTIFICATED]
    assert legends([("506(c)", None), ("Reg S", None)], on=ON) == [UNCERTIFICATED, RESTRICTED, OFFSHORE]
    locked = legends([("506(b)", date(2027, 1, 2)), ("506(b)", date(2026, 12, 1))], on=ON)
    assert locked[-1] == "A lock-up binds all or part of the holding until 02 January 2027."
    assert legends([("Reg S", date(2026, 11, 21))], on=ON) == [UNCERTIFICATED, OFFSHORE]
    assert len(legends([("Reg S", ON)], on=ON)) == 3
