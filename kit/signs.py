"""The language of signs: one word, symbol and color for each thing, everywhere the same.

Symbols and colors live in `static/css/components/badge.css`, keyed by `tone`; here are the words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Sign:
    """How a code is shown: `tone` picks symbol and color, `word` is read, `title` explains."""

    tone: str
    word: Any
    title: Any


TIERS: Mapping[int, Sign] = {
    1: Sign("tier-1", "T1", _("Tier 1")),
    2: Sign("tier-2", "T2", _("Tier 2")),
    3: Sign("tier-3", "T3", _("Tier 3")),
    4: Sign("tier-4", "T4", _("Tier 4")),
    5: Sign("tier-5", "T5", _("Tier 5")),
}

CONDITIONS: Mapping[str, Sign] = {
    "normal": Sign("normal", _("Normal"), _("Region condition: normal")),
    "watch": Sign("watch", _("Watch"), _("Region condition: watch")),
    "constrained": Sign("constrained", _("Constrained"), _("Region condition: constrained")),
    "critical": Sign("critical", _("Critical"), _("Region condition: critical")),
    "recovering": Sign("recovering", _("Recovering"), _("Region condition: recovering")),
}

STAFFING: Mapping[str, Sign] = {
    "green": Sign("staff-green", _("Above minimum"), _("Staffing: above the minimum crew")),
    "amber": Sign("staff-amber", _("At minimum"), _("Staffing: at the minimum crew")),
    "red": Sign("staff-red", _("Below minimum"), _("Staffing: below the minimum crew")),
    "unknown": Sign("staff-unknown", _("Unknown"), _("Staffing: no fresh report")),
    "not_tracked": Sign("staff-unknown", _("Not tracked"), _("Staffing: never reported")),
}


def sign_of(signs: Mapping[Any, Sign], code: Any) -> Sign:
    """The sign for a code; a code nobody drew yet is shown as itself, quietly."""
    return signs.get(code) or Sign("quiet", str(code), str(code))
