"""The cells of a year of conditions as HTML, built here because a page of all regions draws three thousand of them.

A condition is told by word, symbol and color; see `static/css/components/risk.css`.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import groupby

from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from capacity.regions.calendar import Day
from capacity.regions.models import Condition
from capacity.regions.thresholds import NORMAL

DAYS_OF_MONTH = range(1, 32)


def months_of(days: Iterable[Day]) -> list[tuple[str, SafeString]]:
    """The months of a year: name, and 31 table cells; a day that there is not, or that is to come, is empty."""
    language = get_language() or ""
    found = []
    for _month, group in groupby(days, key=lambda day: day.date.month):
        by_day = {day.date.day: day for day in group}
        cells = (
            _cell(by_day[number].date, by_day[number].condition, language, is_week=False)
            if number in by_day
            else "<td></td>"
            for number in DAYS_OF_MONTH
        )
        first = next(iter(by_day.values())).date
        found.append((date_format(first, "M"), mark_safe("".join(cells))))  # noqa: S308 - every cell is escaped
    return found


def week_cells(weeks: Iterable[Day]) -> SafeString:
    """The weeks of a year as table cells."""
    language = get_language() or ""
    cells = (_cell(week.date, week.condition, language, is_week=True) for week in weeks)
    return mark_safe("".join(cells))  # noqa: S308 - every cell is escaped


@lru_cache(maxsize=8192)
def _cell(day: date, condition: str, language: str, *, is_week: bool) -> str:
    if not condition:
        return "<td></td>"
    if condition == NORMAL:
        # Three thousand cells say normal; the row's summary says it in words.
        return '<td class="v-risk is-normal"></td>'
    when = gettext("Week from %(day)s") % {"day": date_format(day, "j M")} if is_week else date_format(day, "j M")
    words = conditional_escape(f"{when}: {Condition(condition).label}")
    return f'<td class="v-risk is-{condition}" title="{words}"><span class="v-unseen">{words}</span></td>'
