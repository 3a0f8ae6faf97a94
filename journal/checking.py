"""Verifying the chain in the background: whoever asks leaves a row, a worker carries it out.

Once a day the system asks by itself. Each check also holds the chain against the head that the
last good one saw.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from journal.models import ChainCheck
from journal.sealing import Head, verify_chain

ASK_EVERY = timedelta(days=1)
# A check whose worker was killed is taken up by another after this.
GIVEN_UP_AFTER = timedelta(minutes=15)

PROBLEMS: dict[str, Any] = {
    "gap": _("A seal is missing."),
    "missing": _("The entry is missing."),
    "hash": _("The entry or its place was changed."),
    "cut": _("The end of the journal is missing."),
}


def ask_for_check(*, asked_by: UUID | None, at: datetime) -> ChainCheck:
    """The check that waits or runs, or a new one; asking twice makes no second."""
    with transaction.atomic():
        waiting = ChainCheck.objects.select_for_update().filter(finished_at=None).order_by("-pk").first()
        return waiting or ChainCheck.objects.create(asked_by=asked_by, asked_at=at)


def run_due_checks(*, at: datetime) -> int:
    """Carry out what was asked for, and ask once a day; the number carried out.

    Claimed by conditional UPDATE, so two workers never do the same check.
    """
    if not ChainCheck.objects.filter(asked_at__gt=at - ASK_EVERY).exists():
        ask_for_check(asked_by=None, at=at)
    done = 0
    free = Q(started_at=None) | Q(started_at__lte=at - GIVEN_UP_AFTER)
    for check in ChainCheck.objects.filter(free, finished_at=None).order_by("pk"):
        if ChainCheck.objects.filter(free, pk=check.pk, finished_at=None).update(started_at=at):
            _run(check)
            done += 1
    return done


def _run(check: ChainCheck) -> None:
    good = ChainCheck.objects.filter(finished_at__isnull=False, problem="", verified__gt=0).order_by("-pk").first()
    report = verify_chain(*([Head(good.verified, good.head)] if good else []))
    ChainCheck.objects.filter(pk=check.pk).update(
        finished_at=Now(),
        verified=report.verified,
        head=report.head,
        unsealed=report.unsealed,
        fault_position=report.fault.position if report.fault else None,
        fault_entry=report.fault.entry_id if report.fault else None,
        problem=report.fault.problem if report.fault else "",
    )
