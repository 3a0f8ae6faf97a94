"""Copies the few files of the front-end packages that pages load into static/vendor/, and draws the icon sprite.

Nothing of other projects is committed: npm has checked each package against the hash in
package-lock.json, and this copies a white list from them.
"""

import re
import shutil
from pathlib import Path

from script.support.steps import ROOT, CannotGoOn

FOLDER = ROOT / "static" / "vendor"
ICONS = ROOT / "static" / "icons.txt"

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "tom-select.complete.min.js": "tom-select/dist/js/tom-select.complete.min.js",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}

# Source maps are not copied; a reference to one would break the manifest of static files.
_SOURCE_MAP = re.compile(rb"(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=[^*]*\*/)\s*$")


def copy_files(packages: Path) -> None:
    """Fill static/vendor/ anew from the installed packages."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, place in FILES.items():
        source = packages / place
        if not source.exists():
            raise CannotGoOn(f"The front-end packages have no {place}: correct the list in {Path(__file__).name}.")
        content = source.read_bytes()
        (FOLDER / name).write_bytes(content if name.endswith(".woff2") else _SOURCE_MAP.sub(b"", content))
    (FOLDER / "icons.svg").write_text(sprite(wanted_icons(), packages / "@tabler/icons/icons"), encoding="utf-8")


def wanted_icons() -> list[str]:
    """The names in static/icons.txt, one a line; a filled drawing is asked for as `filled/NAME`."""
    if not ICONS.exists():
        return []
    lines = (line.partition("#")[0].strip() for line in ICONS.read_text().splitlines())
    return sorted({line for line in lines if line})


def sprite(names: list[str], drawings: Path) -> str:
    """One SVG with a symbol per icon: `outline` NAME becomes #NAME, `filled/NAME` becomes #NAME-filled.

    Raises CannotGoOn naming the icons that the package does not have.
    """
    missing = [name for name in names if not _drawing(name, drawings).exists()]
    if missing:
        raise CannotGoOn(f"static/icons.txt names icons that do not exist: {', '.join(missing)}.")
    symbols = (_symbol(name, _drawing(name, drawings).read_text(encoding="utf-8")) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _drawing(name: str, drawings: Path) -> Path:
    return drawings / (f"{name}.svg" if "/" in name else f"outline/{name}.svg")


def _symbol(name: str, drawing: str) -> str:
    style, _, plain = name.rpartition("/")
    paths = re.findall(r"<path\b[^>]*?/>", drawing)
    # The first path of each drawing is an invisible box that only sets the bounds.
    visible = "".join(path for path in paths if 'd="M0 0h24v24H0z"' not in path)
    if style == "filled":
        return f'<symbol id="{plain}-filled" viewBox="0 0 24 24" fill="currentColor" stroke="none">{visible}</symbol>'
    pen = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{plain}" viewBox="0 0 24 24" {pen}>{visible}</symbol>'
