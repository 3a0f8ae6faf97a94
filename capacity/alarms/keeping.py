"""Alarms follow their causes: raised while one is there, ended when it is gone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import visible_alarms
from capacity.alarms.models import Alarm, AlarmKind
from capacity.regions.models import Region
from journal.record import new_entry, record_many
from kit.refusal import Conflict, NotFound
from users.access import SYSTEM, Actor


class AlarmIsOver(Conflict):
    """It ended by itself."""

    code = "alarm_is_over"
    message = _("The cause of this alarm is gone.")


def lock_open_alarm(actor: Actor, alarm_id: UUID) -> Alarm:
    """The open alarm, locked, if the actor sees it. Raises `NotFound`, `AlarmIsOver`. Needs a transaction."""
    alarm = (
        visible_alarms(actor)
        .select_for_update(of=("self",))
        .select_related("region", "owner", "silenced_by")
        .filter(public_id=alarm_id)
        .first()
    )
    if alarm is None:
        raise NotFound()
    if alarm.ended_at is not None:
        raise AlarmIsOver()
    return alarm


def about(alarm: Alarm) -> dict[str, Any]:
    """What the journal says of an alarm."""
    return {"kind": alarm.kind, "region": alarm.region.code, "subject": alarm.subject}


def keep_alarms(
    kind: AlarmKind, causes: Mapping[tuple[int, str], Mapping[str, Any]], *, region_ids: Iterable[int], at: datetime
) -> None:
    """Make the open alarms of a kind in these regions exactly those that have a cause now.

    `causes` maps (region key, subject) to the values behind it. It looks at how things stand and
    not at what happened, so a lost or repeated look changes nothing. Values of an alarm that
    stays open follow its cause; who acknowledged it stays.
    """
    region_ids = list(region_ids)
    with transaction.atomic():
        open_ones = {
            (alarm.region_id, alarm.subject): alarm
            for alarm in Alarm.objects.filter(kind=kind, region__in=region_ids, ended_at=None)
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
        }
        new = [key for key in causes if key not in open_ones]
        gone = [alarm for key, alarm in open_ones.items() if key not in causes]
        if gone:
            Alarm.objects.filter(pk__in=[alarm.pk for alarm in gone]).update(
                ended_at=at, row_version=F("row_version") + 1
            )
        for key, alarm in open_ones.items():
            if key in causes and alarm.values != causes[key]:
                Alarm.objects.filter(pk=alarm.pk).update(values=dict(causes[key]), row_version=F("row_version") + 1)
        # Somebody else may look at the same moment; the database lets one of us raise it.
        raised = [
            Alarm(
                kind=kind, region_id=region_id, subject=subject, values=dict(causes[region_id, subject]), raised_at=at
            )
            for region_id, subject in sorted(new)
        ]
        Alarm.objects.bulk_create(raised, ignore_conflicts=True)
        ours = Alarm.objects.filter(public_id__in=[alarm.public_id for alarm in raised])
        _tell("alarm.raised", ours, at)
        _tell("alarm.ended", gone, at)


def _tell(action: str, alarms: Iterable[Alarm], at: datetime) -> None:
    alarms = list(alarms)
    if not alarms:
        return
    codes = dict(Region.objects.filter(pk__in={alarm.region_id for alarm in alarms}).values_list("pk", "code"))
    record_many(
        [
            new_entry(
                actor=SYSTEM,
                action=action,
                subject_type="alarm",
                subject_id=alarm.public_id,
                after={
                    "kind": alarm.kind,
                    "region": codes[alarm.region_id],
                    "subject": alarm.subject,
                    "values": alarm.values,
                },
                at=at,
            )
            for alarm in alarms
        ]
    )
