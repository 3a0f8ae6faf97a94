"""For how long samples are kept: a policy that is set, and carried out month by month."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from capacity.usage.access import may_set_retention
from capacity.usage.models import UsageRetention
from journal.record import record
from kit.refusal import Invalid, require
from users.access import SYSTEM, Actor

LEAST_MONTHS, MOST_MONTHS = 2, 120


class CannotKeepSoLong(Invalid):
    """The bounds of the policy."""

    code = "cannot_keep_so_long"
    message = _("Samples are kept for %(least)s to %(most)s months.")


def set_retention(*, actor: Actor, sample_months: int, reason: str, at: datetime) -> UsageRetention:
    """Keep samples for so many months from now on; hours and days are kept for good."""
    with transaction.atomic():
        require(may_set_retention(actor))
        if not LEAST_MONTHS <= sample_months <= MOST_MONTHS:
            raise CannotKeepSoLong(least=LEAST_MONTHS, most=MOST_MONTHS)
        before = UsageRetention.objects.order_by("-pk").first()
        after = UsageRetention.objects.create(
            sample_months=sample_months, reason=reason[:300], by_id=actor.user_id, at=at
        )
        record(
            actor=actor,
            action="samples.retention_set",
            subject_type="usage_retention",
            subject_id="samples",
            reason=reason,
            before={"sample_months": before.sample_months} if before else None,
            after={"sample_months": sample_months},
            at=at,
        )
    return after


def drop_old_samples(*, at: datetime) -> list[date]:
    """Drop the samples of every month that the policy no longer keeps; returns those months. Nothing without one."""
    policy = UsageRetention.objects.order_by("-pk").first()
    if policy is None:
        return []
    this_month = at.year * 12 + at.month - 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT capacity_usage_months()")
        months = [row[0] for row in cursor.fetchall()]
        old = [month for month in months if month.year * 12 + month.month - 1 < this_month - policy.sample_months]
        for month in old:
            cursor.execute("SELECT capacity_usage_drop_month(%s)", [month])
            record(
                actor=SYSTEM,
                action="samples.dropped",
                subject_type="usage_retention",
                subject_id="samples",
                after={"month": f"{month:%Y-%m}", "sample_months": policy.sample_months},
                at=at,
            )
    return old


def open_coming_month(*, at: datetime) -> None:
    """Make this month's table and the next one's, so that nobody who brings samples has to."""
    following = date(at.year + at.month // 12, at.month % 12 + 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT capacity_usage_open_month(%s), capacity_usage_open_month(%s)", [at.date(), following])
