"""The cells of boards and strips as HTML, built here because a page draws more than a thousand of them.

A status is told by word, symbol or height, and color; see `static/css/components/staffing.css` and `region_tiles.css`.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from capacity.staffing.queries import Day


def strip(days: Iterable[Day]) -> SafeString:
    """The days of a region or datacenter as a strip, oldest first; statuses alone, no numbers."""
    language = get_language() or ""
    cells = "".join(_strip_cell(day.date, day.status, day.label, language) for day in days)
    return format_html(
        '<ol class="v-strip" aria-label="{}">{}</ol>',
        gettext("Staffing by day"),
        mark_safe(cells),  # noqa: S308 - every cell is escaped
    )


def board_cells(days: Iterable[Day], *, with_numbers: bool) -> SafeString:
    """The days of a datacenter as table cells, oldest first."""
    language = get_language() or ""
    cells = (
        _board_cell(day.status, day.present, day.minimum, day.words, language)
        if with_numbers
        else _board_cell(day.status, None, None, day.label, language)
        for day in days
    )
    return mark_safe("".join(cells))  # noqa: S308 - every cell is escaped


@lru_cache(maxsize=4096)
def _strip_cell(day: date, status: str, label: str, language: str) -> str:
    shown = conditional_escape(f"{date_format(day, 'j M')}: {label}")
    return f'<li class="is-{status or "open"}" title="{shown}"><span class="v-unseen">{shown}</span></li>'


@lru_cache(maxsize=4096)
def _board_cell(status: str, present: int | None, minimum: int | None, words: str, language: str) -> str:
    numbers = "" if present is None else f"{present}/{minimum}"
    shown = conditional_escape(words)
    return (
        f'<td class="v-cell is-{status or "open"}" title="{shown}">{numbers}<span class="v-unseen"> {shown}</span></td>'
    )
