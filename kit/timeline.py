"""One line of a record's history, as the timeline beside a detail page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happening:
    """Who did what when, and why. `tone` is a tone of `components/badge.css` or empty."""

    at: datetime
    who: Any
    what: Any
    reason: Any = ""
    href: str = ""
    tone: str = ""
