"""File rosters and keep papers of crews, and let status and supply follow at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from capacity.staffing.actions.file_rosters import Filed, Problem, Rostered, file_rosters
from capacity.staffing.actions.keep_papers import record_papers, withdraw_papers
from capacity.staffing.planning_models import CrewPapers
from capacity.watch.actions.refresh_staffing import refresh_staffing
from users.access import Actor


def plan_rosters(*, actor: Actor, rows: Sequence[Rostered], at: datetime, unread: Sequence[Problem] = ()) -> Filed:
    """File rosters (see `file_rosters`) with what follows for supply, in one transaction."""
    with transaction.atomic():
        filed = file_rosters(actor=actor, rows=rows, unread=unread, at=at)
        if filed.region_ids:
            refresh_staffing(region_ids=filed.region_ids, at=at)
    return filed


def record_papers_and_refresh(*, at: datetime, **facts: Any) -> CrewPapers:
    """Record papers (see `record_papers`) with what follows for supply."""
    with transaction.atomic():
        papers = record_papers(at=at, **facts)
        refresh_staffing(region_ids=[papers.datacenter.region_id], at=at)
    return papers


def withdraw_papers_and_refresh(*, actor: Actor, papers_id: UUID, reason: str, at: datetime) -> CrewPapers:
    """Withdraw papers (see `withdraw_papers`) with what follows for supply."""
    with transaction.atomic():
        papers = withdraw_papers(actor=actor, papers_id=papers_id, reason=reason, at=at)
        refresh_staffing(region_ids=[papers.datacenter.region_id], at=at)
    return papers
