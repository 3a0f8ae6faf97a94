"""Record that people of a role hold papers until a day, and withdraw what holds no longer. Counts, never names."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing.access import may_plan_crew
from capacity.staffing.actions.file_shift_report import MAX_PEOPLE
from capacity.staffing.models import CrewRequirement
from capacity.staffing.planning_models import CrewPapers, PaperKind
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import Actor

# Nobody issues papers for longer; a later day is more likely a slip.
LATEST_DAYS = 3_653
NAME_LENGTH = 120
REASON_LENGTH = 300


class CannotRecordPapers(Invalid):
    """Something about the papers does not do; `fields` says what."""

    code = "cannot_record_papers"
    message = _("Please correct what is marked.")


class CannotWithdrawPapers(Invalid):
    """A withdrawal says why."""

    code = "cannot_withdraw_papers"
    message = _("Please correct what is marked.")


class AlreadyWithdrawn(Conflict):
    """A withdrawal is final."""

    code = "papers_already_withdrawn"
    message = _("These papers were withdrawn already.")
    remedy = _("Record them anew if they hold again.")


def record_papers(
    *,
    actor: Actor,
    datacenter: Datacenter,
    role: str,
    kind: str,
    authority: str,
    place: str,
    people: int,
    expires_date: date,
    at: datetime,
) -> CrewPapers:
    """Record how many people of a role hold papers of a kind, valid until (and without) `expires_date`.

    From the first ones on, a role needs papers of this kind to work in the datacenter. Raises `CannotRecordPapers`.
    """
    with transaction.atomic():
        require(may_plan_crew(actor, datacenter.region.code))
        fields: dict[str, list[Any]] = {}
        if not CrewRequirement.objects.filter(datacenter=datacenter, role=role).exists():
            fields["role"] = [_("This role does not work here.")]
        if kind not in PaperKind.values:
            fields["kind"] = [_("There are no such papers.")]
        for name, text in (("authority", authority), ("place", place)):
            if not 0 < len(text.strip()) <= NAME_LENGTH:
                fields[name] = [_("Between 1 and %(most)s characters.") % {"most": NAME_LENGTH}]
        if not 1 <= people <= MAX_PEOPLE:
            fields["people"] = [_("Between 1 and %(most)s people.") % {"most": MAX_PEOPLE}]
        # In the datacenter's own time, as whoever looks ahead judges them.
        today = at.astimezone(ZoneInfo(datacenter.time_zone)).date()
        if not today < expires_date <= today + timedelta(days=LATEST_DAYS):
            fields["expires_date"] = [_("Give a day to come, within ten years. What has expired need not be recorded.")]
        if fields:
            raise CannotRecordPapers(fields)
        papers = CrewPapers.objects.create(
            datacenter=datacenter,
            role=role,
            kind=kind,
            authority=authority.strip(),
            place=place.strip(),
            people=people,
            expires_date=expires_date,
            recorded_by_id=actor.user_id,
            recorded_at=at,
        )
        _record(actor, papers, "papers.recorded", "", at)
    return papers


def withdraw_papers(*, actor: Actor, papers_id: UUID, reason: str, at: datetime) -> CrewPapers:
    """Let papers count no longer from now on: they were withdrawn, replaced or are not asked for any more."""
    with transaction.atomic():
        found = (
            CrewPapers.objects.select_related("datacenter__region")
            .select_for_update(of=("self",), no_key=True)
            .filter(public_id=papers_id)
            .first()
        )
        if found is None:
            raise NotFound()
        require(may_plan_crew(actor, found.datacenter.region.code))
        if found.withdrawn_at is not None:
            raise AlreadyWithdrawn()
        if not 0 < len(reason.strip()) <= REASON_LENGTH:
            raise CannotWithdrawPapers(
                {"reason": [_("Say why, in at most %(most)s characters.") % {"most": REASON_LENGTH}]}
            )
        found.withdrawn_at, found.withdrawn_by_id, found.withdrawal_reason = at, actor.user_id, reason.strip()
        found.row_version += 1
        found.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason", "row_version"])
        _record(actor, found, "papers.withdrawn", found.withdrawal_reason, at)
    return found


def _record(actor: Actor, papers: CrewPapers, action: str, reason: str, at: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject_type="datacenter",
        subject_id=papers.datacenter.code,
        reason=reason,
        after={
            "code": papers.datacenter.code,
            "papers": str(papers.public_id),
            "role": papers.role,
            "kind": papers.kind,
            "people": papers.people,
            "expires": str(papers.expires_date),
        },
        at=at,
    )
