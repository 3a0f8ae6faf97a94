"""The cells of boards and strips as HTML, built here because a page draws more than a thousand of them.

A status is told by word, symbol or height, and color; see `static/css/components/staffing.css` and `region_tiles.css`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from capacity.staffing.hearing import Heard
from capacity.staffing.presence import DayOutlook
from capacity.staffing.queries import Day
from capacity.staffing.status import Severity
from capacity.staffing.wording import outlook_words, role_label, shift_label, status_label
from kit.templatetags.ui import late_badge, relative_time, short_day, staffing_badge


def strip(days: Iterable[Day]) -> SafeString:
    """The days of a region or datacenter as a strip, oldest first; statuses alone, no numbers."""
    language = get_language() or ""
    cells = "".join(_strip_cell(day.date, day.status, day.label, language) for day in days)
    return format_html(
        '<ol class="v-strip" aria-label="{}">{}</ol>',
        gettext("Staffing by day"),
        mark_safe(cells),  # noqa: S308 - every cell is escaped
    )


def board_row(
    heard: Heard,
    days: Iterable[Day],
    ahead: Iterable[DayOutlook | None],
    *,
    at: datetime,
    tail: str,
    with_numbers: bool,
) -> str:
    """A datacenter as a row of the board: its name, how it stands, when it was heard of, its days and those ahead.

    `at` is the moment that the board shows, and `tail` the query with which addresses speak of the same moment.
    """
    language, datacenter = get_language() or "", heard.datacenter
    code = conditional_escape(datacenter.code)
    # Relative addresses, as a page carries a thousand of them.
    name = f'<a href="{code}/" data-row-link>{code}</a>' if with_numbers else code
    late = late_badge(heard.late.due_at, at) if heard.late else ""
    heard_at = relative_time(heard.last_report_at, at)
    cells = "".join(
        _board_cell(f"{code}/{day.date.isoformat()}/{tail}", day, language)
        if with_numbers
        else _plain_cell(day.status, day.label)
        for day in days
    )
    cells += "".join(
        _ahead_cell(f"{code}/{day.date.isoformat()}/" if with_numbers else "", day, language)
        if day is not None
        else _NOTHING_AHEAD
        for day in ahead
    )
    return (
        f'<tr><th scope="row" title="{conditional_escape(datacenter.name)}">{name}</th>'
        f'<td class="v-nowrap">{staffing_badge(heard.status)}</td><td class="v-nowrap">{heard_at} {late}</td>'
        f"{cells}</tr>\n"
    )


_NOTHING_AHEAD = '<td class="v-cell is-ahead"></td>'


def _ahead_cell(href: str, day: DayOutlook, language: str) -> str:
    status, words, numbers = _in_ahead_cell(
        day.status, day.role, day.shift, day.rostered, day.with_papers, day.minimum, day.probability, language
    )
    if not status:
        return _NOTHING_AHEAD
    if not href:
        return _plain_cell(f"{status} is-ahead", status_label(status))
    return f'<td class="v-cell is-{status} is-ahead"><a href="{href}" title="{words}">{numbers}</a></td>'


@lru_cache(maxsize=4096)
def _in_ahead_cell(
    status: str,
    role: str,
    shift: str,
    rostered: int | None,
    with_papers: int | None,
    minimum: int | None,
    probability: float | None,
    language: str,
) -> tuple[str, str, str]:
    """The status of a day ahead, what it says in words and in numbers; nothing where there is no roster."""
    if status in ("", "not_tracked"):
        return "", "", ""
    day = DayOutlook(date.min, status, Severity.NONE, role, shift, rostered, with_papers, minimum, probability)
    numbers = "–" if with_papers is None else f"{with_papers}/{minimum}"
    return status, conditional_escape(outlook_words(day)), numbers


def _board_cell(href: str, day: Day, language: str) -> str:
    said = _in_cell(day.status, day.present, day.minimum, day.role, day.shift, language)
    return f'<td class="v-cell is-{day.status or "open"}"><a href="{href}"{said}</a></td>'


@lru_cache(maxsize=4096)
def _strip_cell(day: date, status: str, label: str, language: str) -> str:
    shown = conditional_escape(f"{short_day(day)}: {label}")
    return f'<li class="is-{status or "open"}" title="{shown}"><span class="v-unseen">{shown}</span></li>'


@lru_cache(maxsize=4096)
def _in_cell(status: str, present: int | None, minimum: int | None, role: str, shift: str, language: str) -> str:
    """What stands behind the address of a cell; there are few different ones. The title says it in words."""
    day = Day(date.min, status, present, minimum, role, shift)
    words = f"{day.words} ({role_label(role)}, {shift_label(shift)})" if role else day.words
    numbers = "–" if present is None else f"{present}/{minimum}"
    return f' title="{conditional_escape(words)}">{numbers}'


@lru_cache(maxsize=256)
def _plain_cell(status: str, label: str) -> str:
    shown = conditional_escape(label)
    return f'<td class="v-cell is-{status or "open"}" title="{shown}"><span class="v-unseen">{shown}</span></td>'
