"""Remind operators of shifts that nobody has reported half an hour after they began, once for each."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.hearing import heard_now, late_ones
from capacity.staffing.models import ShiftReminder, ShiftReport
from capacity.staffing.wording import shift_label
from journal.record import new_entry, record_many
from users.access import SYSTEM
from users.letters import send_letter
from users.models import RoleAssignment, User
from users.roles import Role


def plan_shift_reminders(*, at: datetime) -> int:
    """A row for every shift whose report is late; returns how many were new. Repeating it changes nothing."""
    late = late_ones(heard_now(Datacenter.objects.all(), at))
    before = ShiftReminder.objects.filter(due_at__gte=min((one.due_at for _place, one in late), default=at))
    planned = set(before.values_list("datacenter_id", "date", "shift"))
    wanted = [
        ShiftReminder(datacenter=place, date=one.date, shift=one.shift, due_at=one.due_at)
        for place, one in late
        if (place.pk, one.date, one.shift) not in planned
    ]
    ShiftReminder.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(wanted)


def remind_of_shifts(*, at: datetime, limit: int = 500) -> int:
    """Send what is due, one letter per operator; returns how many reminders are done with.

    A shift that was reported meanwhile, or is over, is not told of. A letter that could not be sent leaves its
    reminders for the next cycle, so one may come twice and none is lost.
    """
    with transaction.atomic():
        reported = ShiftReport.objects.filter(
            datacenter=OuterRef("datacenter"), date=OuterRef("date"), shift=OuterRef("shift")
        )
        due = list(
            ShiftReminder.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(sent_at=None, due_at__lte=at)
            .annotate(is_reported=Exists(reported))
            .select_related("datacenter__region")
            .order_by("due_at", "pk")[:limit]
        )
        missing = [one for one in due if not one.is_reported and _is_on(one, at)]
        told = _write_to_operators(missing)
        for reminder in due:
            reminder.sent_at = at
            reminder.told = told[reminder.pk]
        ShiftReminder.objects.bulk_update(due, ["sent_at", "told"])
        record_many([_entry(reminder, at) for reminder in missing])
        return len(due)


def _is_on(reminder: ShiftReminder, at: datetime) -> bool:
    return shifts.current(at, ZoneInfo(reminder.datacenter.time_zone)) == (reminder.date, reminder.shift)


def _entry(reminder: ShiftReminder, at: datetime) -> Any:
    return new_entry(
        actor=SYSTEM,
        action="shift.reminded",
        subject_type="datacenter",
        subject_id=reminder.datacenter.code,
        after={
            "code": reminder.datacenter.code,
            "date": str(reminder.date),
            "shift": reminder.shift,
            "told": reminder.told,
        },
        at=at,
    )


def _write_to_operators(reminders: Sequence[ShiftReminder]) -> dict[int, int]:
    """One letter to every operator of the regions who wants such mail; how many each reminder reached."""
    told: dict[int, int] = defaultdict(int)
    for person in _recipients() if reminders else []:
        regions = {code for held in person.held for code in held.regions}
        everywhere = any(not held.regions for held in person.held)
        theirs = [one for one in reminders if everywhere or one.datacenter.region.code in regions]
        if theirs and send_letter(person, partial(_letter, theirs)):
            for reminder in theirs:
                told[reminder.pk] += 1
    return told


def _recipients() -> list[Any]:
    held = RoleAssignment.objects.filter(role=Role.REGION_OPERATOR, ended_at=None)
    wanting = User.objects.filter(notify__contains=[User.Topic.SHIFTS], is_active=True, assignments__in=held).distinct()
    return list(wanting.prefetch_related(Prefetch("assignments", held, to_attr="held")).order_by("pk"))


def _letter(reminders: list[ShiftReminder]) -> tuple[str, str]:
    count = len(reminders)
    subject = ngettext("A shift was not reported", "%(count)s shifts were not reported", count) % {"count": count}
    lines = [
        _("%(datacenter)s, %(day)s, %(shift)s")
        % {
            "datacenter": one.datacenter.name,
            "day": date_format(one.date),
            "shift": shift_label(one.shift),
        }
        for one in reminders
    ]
    closing = _("Where everybody is there it takes one tap in Vorrang. Until then the crew counts as unknown.")
    return subject, "\n".join([*lines, "", closing])
