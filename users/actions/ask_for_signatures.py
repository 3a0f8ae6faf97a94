"""Ask for the second signatures that wait: who is on duty at once, the deputy after half an hour, then everybody."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journal.record import record
from users.access import SYSTEM
from users.letters import send_letter
from users.models import Asked, RoleAssignment, SignatureCall, User
from users.queries import on_duty, reaches
from users.roles import Role
from users.second_signatures import Waiting, waiting, whose_turn

# Any constant will do: two workers at once must not write the same letter.
ASKING_LOCK = 7_304_998
MOST_LINES = 30


def ask_for_signatures(*, at: datetime) -> int:
    """Ask each person whose turn it is, once for everything that waits; returns how many were asked for something new.

    One letter per person, for those who chose to be told. A letter that could not be sent leaves everything as it was
    for the next cycle, so one may come twice and none is lost.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ASKING_LOCK])
        items = [item for item in waiting(at) if item.asked_at <= at]
        calls = list(_due(items, at))
        by_person: dict[User, list[tuple[Waiting, SignatureCall]]] = defaultdict(list)
        by_item: dict[Waiting, list[SignatureCall]] = defaultdict(list)
        for item, call in calls:
            by_item[item].append(call)
            if call.is_mailed:
                by_person[call.person].append((item, call))
        for person, theirs in by_person.items():
            if not send_letter(person, partial(_letter, theirs)):
                for _item, call in theirs:
                    call.is_mailed = False
        SignatureCall.objects.bulk_create(call for _item, call in calls)
        for item, asked in by_item.items():
            record(
                actor=SYSTEM,
                action="signature.asked",
                subject_type=item.subject_type,
                subject_id=item.subject_id,
                after={
                    "asked": asked[0].asked,
                    "people": [str(call.person.public_id) for call in asked],
                    "mailed": sum(call.is_mailed for call in asked),
                },
                at=at,
            )
        return len({call.person_id for _item, call in calls})


def _due(items: Sequence[Waiting], at: datetime) -> Iterable[tuple[Waiting, SignatureCall]]:
    """The calls that are not made yet, with what each is about."""
    duty = on_duty(at)
    asked = SignatureCall.objects.filter(
        subject_type__in={item.subject_type for item in items}, subject_id__in={item.subject_id for item in items}
    )
    made = set(asked.values_list("subject_type", "subject_id", "asked_at", "person_id"))
    able = list(
        RoleAssignment.objects.filter(role=Role.DUTY_MANAGER, ended_at=None, user__is_active=True)
        .select_related("user")
        .order_by("user__name", "user_id")
    )
    for item in items:
        reach = [held.user for held in able if reaches(held.regions, item.region)]
        turn = whose_turn(duty.among(reach), asked_at=item.asked_at, not_by=item.not_by, at=at)
        for person in reach if turn.asked is Asked.EVERYBODY else turn.people:
            key = (item.subject_type, item.subject_id, item.asked_at, person.pk)
            if key in made or person.pk in item.not_by:
                continue
            yield (
                item,
                SignatureCall(
                    subject_type=item.subject_type,
                    subject_id=item.subject_id,
                    asked_at=item.asked_at,
                    person=person,
                    asked=turn.asked,
                    is_mailed=person.is_active and User.Topic.SECOND_SIGNATURE in person.notify,
                    at=at,
                ),
            )


def _letter(asked: Sequence[tuple[Waiting, SignatureCall]]) -> tuple[str, str]:
    subject = ngettext(
        "A second signature is asked of you", "%(count)s second signatures are asked of you", len(asked)
    ) % {"count": len(asked)}
    why = {
        Asked.HOLDER: _("you are on duty"),
        Asked.DEPUTY: _("you are the deputy of who is on duty"),
        Asked.EVERYBODY: _("every duty manager is asked now"),
    }
    lines = [
        _("%(kind)s %(label)s: waits since %(since)s; %(why)s.")
        % {
            "kind": item.kind,
            "label": item.label,
            "since": date_format(timezone.localtime(item.asked_at), "SHORT_DATETIME_FORMAT"),
            "why": why[Asked(call.asked)],
        }
        for item, call in sorted(asked, key=lambda pair: pair[0].asked_at)
    ]
    if more := len(lines[MOST_LINES:]):
        lines[MOST_LINES:] = [ngettext("and %(more)s more", "and %(more)s more", more) % {"more": more}]
    closing = _("It stands on your page “Today” in Vorrang.")
    return subject, "\n".join([*lines, "", closing])
