"""Take a public series about staffing risk in: only what differs from what was known is written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from capacity.staffing.access import may_import_risk
from capacity.staffing.risk_models import RiskDay, RiskSeries
from journal.record import record
from kit.copying import copy_in
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

# Any constant will do: one import at a time, so that two cannot both miss a row of the other.
RISK_LOCK = 7_304_995
JUDGED = ("risk", "cause", "is_partial", "adds_up", "figures")


class NotYetThatDay(Invalid):
    """A series cannot be of tomorrow, nor speak of days after the one on which it was taken."""

    code = "not_yet_that_day"
    message = _("The series is said to be of %(known)s but speaks of %(date)s, and today is %(today)s.")
    remedy = _("Give the day on which the files were taken.")


class AnotherSeriesForThatDay(Conflict):
    """What a source said on a day is never edited."""

    code = "another_series_for_that_day"
    message = _("%(place)s was already taken in as of %(known)s, with other values for %(date)s.")
    remedy = _("Give the day on which these files were taken.")


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What a source says of a place and a day, judged; `figures` are its own numbers."""

    place: str
    date: date
    risk: str
    cause: str
    is_partial: bool
    adds_up: bool
    figures: dict[str, Any]


@dataclass(slots=True)
class Taken:
    """What became of the rows: written anew, written over an earlier vintage, already known; and which contradict
    themselves."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    odd: list[RiskFacts] = field(default_factory=list)


def import_risk(
    *,
    actor: Actor,
    source: str,
    facts: Iterable[RiskFacts],
    names: dict[str, str],
    known_date: date,
    at: datetime,
) -> Taken:
    """Take the rows of one source in, as they were known on `known_date`; a second time changes nothing.

    `names` maps places to what people call them. Raises `NotYetThatDay` and `AnotherSeriesForThatDay`; then nothing
    is written.
    """
    with transaction.atomic():
        require(may_import_risk(actor))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RISK_LOCK])
        rows = list(facts)
        latest = max((one.date for one in rows), default=known_date)
        if known_date > at.date() or latest > known_date:
            raise NotYetThatDay(known=known_date, date=latest, today=at.date())
        series = _series(source, {one.place for one in rows}, names)
        known = _known(source, known_date)
        taken = Taken(odd=[one for one in rows if not one.adds_up])
        fresh = []
        for one in rows:
            before = known.get((one.place, one.date))
            if before is not None and before[1:] == tuple(getattr(one, name) for name in JUDGED):
                taken.unchanged += 1
                continue
            if before is not None and before[0] == known_date:
                raise AnotherSeriesForThatDay(place=one.place, known=known_date, date=one.date)
            taken.added += before is None
            taken.corrected += before is not None
            fresh.append(
                RiskDay(
                    series=series[one.place],
                    date=one.date,
                    known_date=known_date,
                    taken_in_at=at,
                    **{name: getattr(one, name) for name in JUDGED},
                )
            )
        if fresh:
            copy_in(fresh)
            record(
                actor=actor,
                action="risk.imported",
                subject_type="risk_series",
                subject_id=f"{source}@{known_date.isoformat()}",
                after={"added": taken.added, "corrected": taken.corrected, "contradictory": len(taken.odd)},
                at=at,
            )
    return taken


def _series(source: str, places: set[str], names: dict[str, str]) -> dict[str, RiskSeries]:
    """The series of every place, made where there is none yet."""
    RiskSeries.objects.bulk_create(
        [RiskSeries(source=source, place=place, name=names.get(place, "")[:80]) for place in sorted(places)],
        ignore_conflicts=True,
    )
    return {one.place: one for one in RiskSeries.objects.filter(source=source)}


def _known(source: str, known_date: date) -> dict[tuple[str, date], tuple[Any, ...]]:
    """What was known by that day: when it was, and the judged values, by place and day."""
    rows = (
        RiskDay.objects.filter(series__source=source, known_date__lte=known_date)
        .order_by("series_id", "date", "-known_date")
        .distinct("series_id", "date")
        .values_list("series__place", "date", "known_date", *JUDGED)
    )
    return {(place, day): tuple(rest) for place, day, *rest in rows.iterator(chunk_size=5_000)}
