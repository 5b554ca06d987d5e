"""No template and no view may ask for what the content policy forbids."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE_STYLE = re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE)
HANDLER = re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
ELSEWHERE = re.compile(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE)
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}", re.DOTALL)
SERVED = sorted(path for path in (ROOT / "static").rglob("*") if path.suffix in {".css", ".svg", ".js"})


def markup(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_style_script_or_foreign_address(path: Path) -> None:
    if "email" in path.parts:
        return
    text = markup(path)
    assert not INLINE_STYLE.search(text)
    assert not HANDLER.search(text)
    assert not ELSEWHERE.search(text)
    for attributes in SCRIPT.findall(text):
        assert "src=" in attributes or 'type="application/json"' in attributes


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", SERVED, ids=lambda path: path.name)
def test_a_static_file_fetches_nothing_from_elsewhere(path: Path) -> None:
    found = re.findall(r"(?:url\(|@import|https?://)[^\s)\"']*", path.read_text())
    assert [address for address in found if not address.startswith("http://www.w3.org/")] == []


def test_only_the_tokens_name_a_colour() -> None:
    text = (ROOT / "static" / "portal.css").read_text()
    _, rest = text.split("/* ---- Base", 1)
    rest = rest.split("@media print", 1)[0]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", rest) == []


def test_every_colour_is_given_for_light_and_for_dark() -> None:
    tokens = (ROOT / "static" / "portal.css").read_text().split("/* ---- Base", 1)[0]
    alone = [
        line.strip()
        for line in tokens.splitlines()
        if re.search(r"#[0-9a-f]{6}", line) and "light-dark(" not in line
    ]
    assert alone == []


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


PAIRS = [
    ("ink", "surface", 7), ("ink-2", "surface", 7), ("ink-3", "surface", 4.5), ("ink-3", "sunken", 4.5),
    ("ink-3", "accent-soft", 4.5), ("accent", "bg", 4.5), ("on-accent", "accent", 4.5), ("pos", "pos-soft", 4.5),
    ("neg", "neg-soft", 4.5), ("warn", "warn-soft", 4.5), ("control", "surface", 3), ("c1", "surface", 3),
    ("c2", "surface", 3), ("c3", "surface", 3), ("c4", "surface", 3), ("c5", "surface", 3), ("c6", "surface", 3),
    ("ink", "d1", 4.5), ("ink", "d5", 4.5),
]  # fmt: skip


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_is_enough(front: str, back: str, least: float, theme: str) -> None:
    """source  WCAG 2.2, 1.4.3 and 1.4.11"""
    text = (ROOT / "static" / "portal.css").read_text()
    tokens = dict(re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", text))
    first, second = (_luminance(tokens[name].split(", ")[theme == "dark"]) for name in (front, back))
    ratio = (max(first, second) + 0.05) / (min(first, second) + 0.05)
    assert ratio >= least


def test_the_sprite_holds_every_drawing_that_a_template_names() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons.svg").read_text()))
    named = set()
    for path in TEMPLATES:
        named |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text()))
        named |= set(re.findall(r'icon_name="([\w-]+)"', path.read_text()))
    assert named - drawn == set()
