"""Change how long a kind of personal data is kept."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.retention.kinds import KINDS
from customers.retention.models import RetentionRule
from journal.record import record
from kit.refusal import Invalid, NotFound, StaleForm, require
from users.access import Actor
from users.roles import Role

LEAST_DAYS, MOST_DAYS = 30, 3650


class BadRetention(Invalid):
    """Too short to work with, or longer than anything personal may be kept."""

    code = "bad_retention"


def set_retention(*, actor: Actor, kind: str, days: int, shown_days: int, at: datetime) -> RetentionRule:
    """Keep a kind so many days from now on. Raises `BadRetention`, and `StaleForm` where another value was shown."""
    with transaction.atomic():
        require(actor.needs(Role.ADMINISTRATOR))
        if kind not in KINDS:
            raise NotFound()
        if not LEAST_DAYS <= days <= MOST_DAYS:
            raise BadRetention(
                {"days": [_("From %(least)s to %(most)s days.") % {"least": LEAST_DAYS, "most": MOST_DAYS}]}
            )
        rule, _is_new = RetentionRule.objects.get_or_create(kind=kind, defaults={"days": KINDS[kind].default_days})
        rule = RetentionRule.objects.select_for_update().get(pk=rule.pk)
        if rule.days != shown_days:
            raise StaleForm(row_version=rule.row_version)
        before = rule.days
        rule.days = days
        rule.row_version += 1
        rule.save(update_fields=["days", "row_version"])
        record(
            actor=actor,
            action="retention.changed",
            subject_type="retention",
            subject_id=kind,
            before={"days": before},
            after={"days": days},
            at=at,
        )
        return rule
