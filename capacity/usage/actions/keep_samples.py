"""For how long samples, hours and days are kept: a policy that people set, and that is carried out by itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from capacity.usage.access import may_set_retention
from capacity.usage.models import UsageRetention
from journal.record import record
from kit.refusal import Invalid, StaleForm, require
from users.access import SYSTEM, Actor

# Names whoever sets the policy at the moment.
RETENTION_LOCK = 7_304_989
# In full months, the running one besides; null is for good.
BOUNDS = {"sample_months": (2, 120), "hour_months": (3, 120), "day_months": (14, 240)}


class CannotKeepSoLong(Invalid):
    """The bounds of the policy."""

    code = "cannot_keep_so_long"


@dataclass(frozen=True)
class Periods:
    """For how many full months samples, hours and days are kept; None: for good."""

    sample_months: int | None = None
    hour_months: int | None = None
    day_months: int | None = None


def policy_in_force() -> UsageRetention | None:
    """The retention that was set last; none where everything is kept for good."""
    return UsageRetention.objects.order_by("-pk").first()


def check_periods(periods: Periods) -> None:
    """Raises `CannotKeepSoLong` with a sentence for each period that cannot be."""
    wrong: dict[str, list[object]] = {}
    for name, (least, most) in BOUNDS.items():
        months = getattr(periods, name)
        if months is not None and not least <= months <= most:
            wrong[name] = [
                _("They are kept for %(least)s to %(most)s months, or for good.") % {"least": least, "most": most}
            ]
    for finer, coarser in (("sample_months", "hour_months"), ("hour_months", "day_months")):
        fine, coarse = getattr(periods, finer), getattr(periods, coarser)
        if coarse is not None and (fine is None or fine > coarse):
            wrong.setdefault(coarser, []).append(_("What is coarser is kept at least as long as what it was made of."))
    if wrong:
        raise CannotKeepSoLong(wrong)


def set_retention(
    *, actor: Actor, periods: Periods, reason: str, shown: int | None = None, at: datetime
) -> UsageRetention:
    """Keep samples, hours and days for so long from now on.

    `shown` is the key of the policy that the actor was shown (0 for none); None where nothing was shown. Raises
    `CannotKeepSoLong`, and `StaleForm` where another policy is in force.
    """
    with transaction.atomic():
        require(may_set_retention(actor))
        check_periods(periods)
        with connection.cursor() as cursor:
            # Two who set it at once come after one another, and the second has been shown an old one.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RETENTION_LOCK])
        before = policy_in_force()
        if shown is not None and shown != (before.pk if before else 0):
            raise StaleForm(row_version=before.pk if before else 0)
        after = UsageRetention.objects.create(**_told(periods), reason=reason[:300], by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="samples.retention_set",
            subject_type="usage_retention",
            subject_id="samples",
            reason=reason,
            before=_told(before) if before else None,
            after=_told(periods),
            at=at,
        )
    return after


def drop_what_is_old(*, at: datetime) -> list[date]:
    """Drop the months of samples, and the hours, days and forecasts, that the policy no longer keeps.

    Returns the months; nothing goes without a policy.
    """
    policy = policy_in_force()
    if policy is None:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        old = months_before(policy.sample_months, at)
        for month in old:
            cursor.execute("SELECT capacity_usage_drop_month(%s)", [month])
            _tell("samples.dropped", {"month": f"{month:%Y-%m}", "sample_months": policy.sample_months}, at)
        cursor.execute("SELECT hours, days, forecasts FROM capacity_usage_drop_rollups()")
        hours, days, forecasts = cursor.fetchone()
        if hours or days or forecasts:
            _tell("samples.rollups_dropped", {"hours": hours, "days": days, "forecasts": forecasts}, at)
    return old


def months_before(months: int | None, at: datetime) -> list[date]:
    """The months of which there are samples that a period of so many months no longer keeps, the oldest first."""
    if months is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT capacity_usage_months()")
        found = [row[0] for row in cursor.fetchall()]
    first = kept_from(months, at)
    return [month for month in found if month < first]


def kept_from(months: int, at: datetime) -> date:
    """The first day that a period of so many full months keeps."""
    moment = at.astimezone(UTC)
    place = moment.year * 12 + moment.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def open_coming_month(*, at: datetime) -> None:
    """Make this month's table and the next one's, so that nobody who brings samples has to."""
    following = date(at.year + at.month // 12, at.month % 12 + 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT capacity_usage_open_month(%s), capacity_usage_open_month(%s)", [at.date(), following])


def _told(periods: Periods | UsageRetention) -> dict[str, int | None]:
    return {name: getattr(periods, name) for name in BOUNDS}


def _tell(action: str, after: dict[str, object], at: datetime) -> None:
    record(actor=SYSTEM, action=action, subject_type="usage_retention", subject_id="samples", after=after, at=at)
