"""Tell account managers 30, 14 and 7 days ahead that a verification runs out."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.assurance.models import ClaimReminder
from customers.claims import journal_facts
from customers.models import Claim, ClaimState
from journal.record import record
from users.access import SYSTEM
from users.letters import send_letter
from users.models import RoleAssignment, User
from users.roles import Role

DAYS_AHEAD = (30, 14, 7)
RUNNING = (ClaimState.VERIFIED, ClaimState.REVALIDATION_DUE)


def plan_reminders(*, at: datetime) -> int:
    """A row for every reminder that is still ahead; returns how many were new. Repeating it changes nothing.

    A renewed verification has another end and so reminders of its own; those of the old end are never sent.
    """
    furthest = at + timedelta(days=max(DAYS_AHEAD) + 2)
    claims = Claim.objects.filter(state__in=RUNNING, valid_until__gt=at, valid_until__lte=furthest)
    planned = {
        (reminder.claim_id, reminder.valid_until, reminder.days_ahead)
        for reminder in ClaimReminder.objects.filter(claim__in=claims)
    }
    wanted = [
        ClaimReminder(claim_id=claim_id, valid_until=end, days_ahead=days, due_at=end - timedelta(days=days))
        for claim_id, end in claims.values_list("pk", "valid_until")
        for days in DAYS_AHEAD
        if end is not None and (claim_id, end, days) not in planned
    ]
    ClaimReminder.objects.bulk_create(wanted, ignore_conflicts=True)
    return len(wanted)


def remind_of_expiry(*, at: datetime, limit: int = 500) -> int:
    """Send what is due, one letter per account manager; returns how many reminders are done with.

    Where several are due for one verification only the nearest is told. A letter that could not be sent leaves its
    reminders for the next cycle, so one may come twice and none is lost.
    """
    with transaction.atomic():
        due = list(
            ClaimReminder.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(sent_at=None, due_at__lte=at)
            .select_related("claim__organization__portfolio", "claim__category")
            .order_by("due_at", "pk")[:limit]
        )
        nearest: dict[int, ClaimReminder] = {}
        for reminder in due:
            claim = reminder.claim
            if claim.state in RUNNING and claim.valid_until == reminder.valid_until and reminder.valid_until > at:
                nearest[claim.pk] = min(nearest.get(claim.pk, reminder), reminder, key=lambda one: one.days_ahead)
        told = _write_to_account_managers(list(nearest.values()))
        for reminder in due:
            reminder.sent_at = at
            reminder.told = told[reminder.pk]
        ClaimReminder.objects.bulk_update(due, ["sent_at", "told"])
        for reminder in nearest.values():
            record(
                actor=SYSTEM,
                action="claim.reminded",
                subject_type="claim",
                subject_id=reminder.claim.public_id,
                after={**journal_facts(reminder.claim), "days_ahead": reminder.days_ahead},
                at=at,
            )
        return len(due)


def _write_to_account_managers(reminders: list[ClaimReminder]) -> dict[int, int]:
    """One letter to everybody who looks after one of the portfolios and wants such letters; how many each reached."""
    told: dict[int, int] = defaultdict(int)
    if not reminders:
        return told
    for person in _recipients():
        portfolios = {portfolio.pk for held in person.held for portfolio in held.portfolios.all()}
        everything = any(not held.portfolios.all() for held in person.held)
        theirs = [one for one in reminders if everything or one.claim.organization.portfolio_id in portfolios]
        if theirs and send_letter(person, partial(_letter, theirs)):
            for reminder in theirs:
                told[reminder.pk] += 1
    return told


def _recipients() -> list[Any]:
    held: QuerySet[RoleAssignment] = RoleAssignment.objects.filter(
        role=Role.ACCOUNT_MANAGER, ended_at=None
    ).prefetch_related("portfolios")
    wanting = User.objects.filter(notify__contains=[User.Topic.EXPIRY], is_active=True, assignments__in=held).distinct()
    return list(wanting.prefetch_related(Prefetch("assignments", held, to_attr="held")).order_by("pk"))


def _letter(reminders: list[ClaimReminder]) -> tuple[str, str]:
    count = len(reminders)
    subject = ngettext("A verification runs out", "%(count)s verifications run out", count) % {"count": count}
    ordered = sorted(reminders, key=lambda one: (one.valid_until, one.claim.organization.sort_name))
    lines = [
        _("%(organization)s, %(category)s: until %(day)s")
        % {
            "organization": one.claim.organization.legal_name,
            "category": one.claim.category.code,
            "day": date_format(one.valid_until),
        }
        for one in ordered
    ]
    closing = _("Add fresh evidence in Vorrang; after the end and thirty days of grace, new requests rank without it.")
    return subject, "\n".join([*lines, "", closing])
