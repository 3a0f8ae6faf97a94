"""Our small CSS and JavaScript files, served as a few: joined, in order, by a static files finder.

There is no build step: the finder joins the sources whenever a bundle is asked for, so pages load two
files where the tree keeps thirty readable ones.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

STATIC = Path(settings.BASE_DIR) / "static"

# What each bundle is made of, in order; a star stands for every file there, by name.
BUNDLES: dict[str, tuple[str, ...]] = {
    "css/staff.css": (
        "css/tokens.css",
        "css/base.css",
        "css/tabler.css",
        "css/components/*.css",
        "css/layouts/staff.css",
        "css/layouts/signin.css",
    ),
    "css/public.css": (
        "css/tokens.css",
        "css/base.css",
        "css/components/badge.css",
        "css/components/brand.css",
        "css/components/breadcrumbs.css",
        "css/components/callout.css",
        "css/components/facts.css",
        "css/components/refusal.css",
        "css/components/table.css",
        "css/layouts/public.css",
    ),
    "js/staff.js": ("js/modules/*.js",),
}


def sources(name: str) -> list[Path]:
    """The files that a bundle is joined from, in order. Raises FileNotFoundError where one is missing."""
    found: list[Path] = []
    for pattern in BUNDLES[name]:
        matches = sorted(STATIC.glob(pattern))
        if not matches:
            raise FileNotFoundError(f"{name}: nothing matches static/{pattern}")
        found += matches
    return found


def joined(name: str) -> Path:
    """The bundle as a file, written anew where its sources say something else."""
    target = Path(settings.DATA_DIR) / "bundles" / name
    content = "\n".join(part.read_text(encoding="utf-8") for part in sources(name))
    if not target.exists() or target.read_text(encoding="utf-8") != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may join at once: each writes a file of its own and moves it into place whole.
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as draft:
            draft.write(content)
        Path(draft.name).chmod(0o644)
        Path(draft.name).replace(target)
    return target


class BundleFinder(BaseFinder):
    """Finds the bundles for pages in development and tests, and lists them for `collectstatic`."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in BUNDLES:
            return [] if find_all else None
        found = str(joined(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        storage = FileSystemStorage(location=Path(settings.DATA_DIR) / "bundles")
        for name in BUNDLES:
            joined(name)
            yield name, storage
