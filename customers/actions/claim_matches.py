"""Propose, for each selected organization, the category that a register speaks for."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.actions.add_evidence import Item
from customers.actions.propose_claim import AlreadyClaimed, propose_claim
from customers.models import EvidenceKind, ImportRowResult, ImportRun, ImportState
from customers.registers.eligible import unclaimed_matches
from customers.registers.models import RegisterMatch
from journal.record import record
from kit.refusal import Invalid, Refusal, require
from users.access import Actor
from users.roles import Role

MOST_AT_ONCE = 200
CLAIMED_MATCHES = "register_matches"
Outcome = ImportRowResult.Outcome


class NothingSelected(Invalid):
    """A bulk act needs its set."""

    code = "nothing_selected"
    message = _("Select the organizations to claim for, 200 at most.")


def claim_matches(*, actor: Actor, match_ids: Sequence[UUID], at: datetime) -> ImportRun:
    """Claim for each of these matches, looking at each again; returns the run with one result per row.

    A row is refused by itself: because the organization is no longer without a claim, the match is gone, or the
    actor may not claim for it. Raises `NothingSelected` and the refusals of those who claim for nobody.
    """
    with transaction.atomic():
        require(actor.needs(Role.ACCOUNT_MANAGER))
        # The set is what was shown, each once and in its order.
        chosen = list(dict.fromkeys(match_ids))
        if not 0 < len(chosen) <= MOST_AT_ONCE:
            raise NothingSelected()
        known = {
            match.public_id: match
            for match in unclaimed_matches(actor)
            .filter(public_id__in=chosen)
            .select_related("organization", "category", "entry__snapshot__register")
            .prefetch_related("organization__domains")
        }
        run = ImportRun.objects.create(
            kind=CLAIMED_MATCHES,
            state=ImportState.DONE,
            file_name=gettext("Proposed categories"),
            file_hash=hashlib.sha256("\n".join(map(str, chosen)).encode()).hexdigest(),
            started_by_id=actor.user_id,
            started_at=at,
            ended_at=at,
        )
        results = [_claim(actor, run, number, known.get(one), at) for number, one in enumerate(chosen, start=1)]
        ImportRowResult.objects.bulk_create(results)
        run.rows_total = run.rows_done = len(results)
        run.rows_created = sum(one.outcome == Outcome.CREATED for one in results)
        run.rows_unchanged = sum(one.outcome == Outcome.UNCHANGED for one in results)
        run.rows_refused = sum(one.outcome == Outcome.REFUSED for one in results)
        run.save()
        record(
            actor=actor,
            action="matches.claimed",
            subject_type="import_run",
            subject_id=run.public_id,
            after={"claimed": run.rows_created, "unchanged": run.rows_unchanged, "refused": run.rows_refused},
            at=at,
        )
        return run


def evidence_of(match: RegisterMatch) -> list[Item]:
    """What a claim rests on at first: the entry, and control of its own domains, all yet to be checked."""
    own = [row.domain for row in match.organization.domains.all() if not names.is_free_mail(row.domain)]
    return [
        Item(EvidenceKind.REGISTER_MATCH, register_row=match.entry),
        *(Item(EvidenceKind.DOMAIN_CONTROL, domain=domain) for domain in own[:3]),
    ]


def _claim(actor: Actor, run: ImportRun, number: int, match: RegisterMatch | None, at: datetime) -> ImportRowResult:
    if match is None:
        gone = gettext("It is not in the list any more: it has a claim now, or the register says something else.")
        return ImportRowResult(run=run, row_number=number, outcome=Outcome.REFUSED, message=gone)
    key = f"{match.organization.legal_name} · {match.category.code}"[:300]
    try:
        propose_claim(
            actor=actor, organization=match.organization, category=match.category, evidence=evidence_of(match), at=at
        )
    except AlreadyClaimed as refusal:
        return ImportRowResult(run=run, row_number=number, key=key, outcome=Outcome.UNCHANGED, message=refusal.sentence)
    except Refusal as refusal:
        return ImportRowResult(run=run, row_number=number, key=key, outcome=Outcome.REFUSED, message=refusal.sentence)
    said = gettext("Claimed; a verifier looks at it.")
    return ImportRowResult(run=run, row_number=number, key=key, outcome=Outcome.CREATED, message=said)
