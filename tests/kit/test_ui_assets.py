"""Tokens are readable, templates keep to the browser policy, and bundles hold their sources."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from kit.bundles import BUNDLES, sources

ROOT = Path(settings.BASE_DIR)
TOKENS = (ROOT / "static/css/tokens.css").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((ROOT / "static/css").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))

TONES = ["tier-1", "tier-2", "tier-3", "tier-4", "tier-5", "good", "watch", "warn", "bad", "info", "quiet"]
# What is read on what: 4.5 to 1 (WCAG 2.2, 1.4.3). Symbols, lines of controls and the focus: 3 to 1 (1.4.11).
TEXT = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "ink-mute", "link")
        for ground in ("canvas", "surface", "raised", "sunken", "hover")
    ),
    ("ink", "selected"),
    ("action-ink", "action"),
    ("action-ink", "action-hover"),
    *((f"{tone}-ink", f"{tone}-ground") for tone in TONES),
    *((f"{tone}-ink", "surface") for tone in TONES),
]
SHAPES = [
    *((tone, "surface") for tone in TONES),
    *((tone, f"{tone}-ground") for tone in TONES),
    ("line-strong", "surface"),
    ("line-strong", "canvas"),
    ("focus", "surface"),
    ("focus", "canvas"),
]


def token(name: str, theme: str) -> tuple[float, float, float]:
    """The color of a token in a theme, as parts of one."""
    found = re.search(rf"--v-{name}: light-dark\((#\w+), (#\w+)\);", TOKENS)
    assert found, f"no token --v-{name}"
    value = found.group(1 if theme == "light" else 2)
    return tuple(int(value[at : at + 2], 16) / 255 for at in (1, 3, 5))


def luminance(color: tuple[float, float, float]) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: str) -> float:
    lights = sorted(luminance(token(name, theme)) for name in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(theme):
    faint = {pair: round(contrast(*pair, theme), 2) for pair in TEXT if contrast(*pair, theme) < 4.5}
    assert faint == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_shape_can_be_made_out(theme):
    faint = {pair: round(contrast(*pair, theme), 2) for pair in SHAPES if contrast(*pair, theme) < 3}
    assert faint == {}


def test_style_sheets_name_tokens_that_exist():
    defined = set(re.findall(r"(--v-[\w-]+):", "".join(sheet.read_text() for sheet in SHEETS)))
    for sheet in SHEETS:
        unknown = set(re.findall(r"var\((--v-[\w-]+)", sheet.read_text())) - defined
        assert not unknown, sheet.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_no_inline_script_style_or_handler(path):
    source = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
    assert not re.search(r"\sstyle\s*=", source)
    assert not re.search(r"\s(on\w+|hx-on[\w:.-]*)\s*=", source)
    assert not re.search(r"<style\b|<script\b(?![^>]*\bsrc=)", source)
    assert not re.search(r"(src|href|action)\s*=\s*[\"']?(https?:)?//", source)
    assert "javascript:" not in source


def test_every_icon_that_is_drawn_is_in_the_sprite():
    wanted = set((ROOT / "static/icons.txt").read_text().split("\n"))
    used = set()
    for path in TEMPLATES:
        used |= set(re.findall(r"{% icon \"([\w-]+)\"", path.read_text()))
    for path in SCRIPTS:
        used |= set(
            re.findall(r"icons = {([^}]*)}", path.read_text())
            and re.findall(r'"([\w-]+)"', re.search(r"icons = {([^}]*)}", path.read_text())[1])
        )
    from config.navigation import JOBS

    used |= {place.icon for job in JOBS for place in job.places}
    assert used - wanted == set()


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_its_sources_in_order(name):
    joined = Path(finders.find(name)).read_text()
    at = -1
    for source in sources(name):
        content = source.read_text()
        assert joined.find(content) > at
        at = joined.find(content)


def test_the_public_style_is_small():
    # The trust center's page may weigh 100 kB with its font (48 kB); style is the part we can let grow by accident.
    assert len(Path(finders.find("css/public.css")).read_bytes()) < 40_000
