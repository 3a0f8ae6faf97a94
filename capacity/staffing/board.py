"""The board: every datacenter by day, as it is known now or was known at a moment in the past."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cached_property, partial
from itertools import groupby
from typing import Any

from django.http import HttpResponseBase
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter, Region
from capacity.staffing.access import SEE_CREWS, may_see_status, visible_datacenters
from capacity.staffing.drawing import board_row
from capacity.staffing.filters import BoardFilters
from capacity.staffing.hearing import Heard
from capacity.staffing.models import StaffingStatus
from capacity.staffing.outlook import outlook_of
from capacity.staffing.presence import DayOutlook
from capacity.staffing.queries import DAYS_BACK, Day, days_ahead, days_back, last_days
from capacity.staffing.wording import outlook_words, role_label, shift_label, status_label
from kit.lists import Column, ListSpec, ListView, list_page
from kit.refusal import require
from users.http import ActorRequest
from users.roles import Role

PAGE_SIZE = 50


class Board:
    """The days of the datacenters that are asked for, read for all of them at once."""

    def __init__(self, filters: BoardFilters, reach: frozenset[str] | None) -> None:
        self.filters = filters
        # The regions whose numbers the reader sees; None for every one.
        self._reach = reach
        self._days: dict[int, tuple[Day, ...]] = {}
        self._ahead: dict[int, dict[date, DayOutlook]] = {}

    def read(self, datacenters: Iterable[Datacenter]) -> None:
        """Read these, so that asking for one of them asks the database nothing: one question, three more for what is
        ahead. In the past only reports are looked at."""
        datacenters = list(datacenters)
        keys = [one.pk for one in datacenters]
        if self.filters.as_of_moment is None:
            posts = {key: self.heard(key).posts for key in keys}
            for key, days in outlook_of(datacenters, posts, self.filters.at).items():
                self._ahead[key] = {day.date: day for day in days}
        self._days |= last_days(keys, self.filters.at, {key for key in keys if self.heard(key).last_report_at})

    def heard(self, key: int) -> Heard:
        return self.filters.heard[key]

    def sees_numbers(self, datacenter: Datacenter) -> bool:
        return self._reach is None or datacenter.region.code in self._reach

    def days(self, datacenter: Datacenter) -> tuple[Day, ...]:
        """The days of one, oldest first."""
        if datacenter.pk not in self._days:
            self.read(one.datacenter for one in self.filters.heard.values())
        return self._days[datacenter.pk]

    def ahead(self, datacenter: Datacenter) -> list[DayOutlook | None]:
        """What is expected of the days after today; nothing for one that looks back."""
        self.days(datacenter)
        known = self._ahead.get(datacenter.pk, {})
        return [known.get(day) for day in self.dates_ahead]

    @cached_property
    def dates(self) -> list[date]:
        return days_back(self.filters.at)

    @cached_property
    def dates_ahead(self) -> list[date]:
        return [] if self.filters.as_of_moment else days_ahead(self.filters.at)

    def row(self, datacenter: Datacenter, tail: str) -> str:
        """One datacenter as a table row."""
        return board_row(
            self.heard(datacenter.pk),
            self.days(datacenter),
            self.ahead(datacenter),
            at=self.filters.at,
            tail=tail,
            with_numbers=self.sees_numbers(datacenter),
        )


def board(request: ActorRequest) -> HttpResponseBase:
    """GET /staffing/"""
    require(may_see_status(request.actor))
    rows = visible_datacenters(request.actor).select_related("region")
    # The columns of files are days, so they are made for each request.
    filters = BoardFilters(request.GET, rows, request=request)
    shown = Board(filters, request.actor.regions_of(*SEE_CREWS))
    return list_page(
        request,
        _spec(shown),
        rows,
        template="staffing/board.html",
        context=partial(_context, shown),
        filterset=filters,
    )


def _context(shown: Board, view: ListView) -> dict[str, Any]:
    filters = shown.filters
    heard = filters.heard.values() if view.is_valid else ()
    counts = Counter(one.status for one in heard)
    if view.is_valid:
        shown.read(view.page.rows)
        view.tell_count(len(filters.matching))
    return {
        "as_of": filters.as_of_moment,
        "now_url": view.url(as_of=None),
        "dates": shown.dates if view.is_valid else [],
        "ahead": shown.dates_ahead if view.is_valid else [],
        "groups": _groups(shown, view.page.rows) if view.is_valid else [],
        "columns": 3 + len(shown.dates) + len(shown.dates_ahead),
        "today": filters.at.date(),
        "statuses": [
            (code, counts[code], view.url(status=code), view.request.GET.getlist("status") == [code])
            for code in StaffingStatus.values
            if counts[code]
        ],
        "all_url": view.url(status=None, late=None),
        "late": sum(one.late is not None for one in heard),
        "late_url": view.url(late="yes"),
        "may_plan": view.request.actor.holds(Role.REGION_OPERATOR),  # type: ignore[attr-defined]
        "may_import": view.request.actor.holds(Role.REGION_OPERATOR, Role.AUDITOR),  # type: ignore[attr-defined]
        "sees_numbers": any(shown.sees_numbers(one.datacenter) for one in heard),
    }


def _groups(shown: Board, rows: Iterable[Datacenter]) -> list[tuple[Region, SafeString]]:
    """The rows of the page by region, each region with its table rows."""
    moment = shown.filters.as_of_moment
    tail = f"?{urlencode({'as_of': moment.isoformat()})}" if moment else ""
    return [
        (region, mark_safe("".join(shown.row(one, tail) for one in group)))  # noqa: S308 - every cell is escaped
        for region, group in groupby(rows, key=lambda one: one.region)
    ]


def _spec(shown: Board) -> ListSpec:
    return ListSpec(
        name="staffing",
        title=_("Staffing"),
        columns=(
            Column("datacenter", _("Datacenter"), lambda row: row.code),
            Column("region", _("Region"), lambda row: row.region.name, sort=("region__name", "code")),
            Column("now", _("Status"), lambda row: status_label(shown.heard(row.pk).status)),
            Column("last_report", _("Last report"), lambda row: shown.heard(row.pk).last_report_at),
            Column("late", _("Late since"), lambda row: _late_since(shown.heard(row.pk))),
            *(
                Column(f"day{place - DAYS_BACK + 1}", day.isoformat(), partial(_in_file, shown, place))
                for place, day in enumerate(shown.dates)
            ),
            *(
                Column(f"ahead{place + 1}", day.isoformat(), partial(_ahead_in_file, shown, place))
                for place, day in enumerate(shown.dates_ahead)
            ),
        ),
        filterset=BoardFilters,
        sort="region",
        table="staffing/_grid.html",
        page_size=PAGE_SIZE,
        search_help=_("Datacenter or region"),
        empty_title=_("No datacenters in your regions"),
        empty_text=_("They are made when a region is imported."),
    )


def _late_since(heard: Heard) -> Any:
    return heard.late.due_at if heard.late else None


def _in_file(shown: Board, place: int, datacenter: Datacenter) -> str:
    """A day as files carry it. A word comes first, or spreadsheets would read "3/2" as a date."""
    day = shown.days(datacenter)[place]
    if not day.status:
        return ""
    if day.present is None or not shown.sees_numbers(datacenter):
        return day.label
    worst = ", ".join((role_label(day.role), shift_label(day.shift)))
    return f"{day.label} {day.present}/{day.minimum} ({worst})"


def _ahead_in_file(shown: Board, place: int, datacenter: Datacenter) -> str:
    day = shown.ahead(datacenter)[place]
    if day is None or not day.status:
        return ""
    return outlook_words(day) if shown.sees_numbers(datacenter) else status_label(day.status)
