"""Give a held grant its second signature."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.intake.circumstances import ask_of
from capacity.pools import ledger
from capacity.requests.access import may_sign_grant
from capacity.requests.models import CapacityRequest, Decision, Grant, Outcome, RequestState, Stage
from capacity.requests.moves import locked, move, note
from capacity.requests.queries import latest_decision
from capacity.requests.ranking import Cause, rank_request
from capacity.review.granting import STATE_AFTER, granted_action, granted_facts, keep_grants
from kit.refusal import Conflict, require
from users.access import Actor


class NothingToSign(Conflict):
    """No grant waits for a second signature."""

    code = "nothing_to_sign"
    message = _("%(request)s does not wait for a second signature: %(state)s.")
    remedy = _("Reload the page: somebody may have signed or refused meanwhile.")


class FactsChanged(Conflict):
    """What the first signature rested on does not hold any more."""

    code = "facts_changed"
    message = _(
        "Since the first signature %(request)s is held back or limited, or its tier is no longer the one it was "
        "granted in."
    )
    remedy = _("Refuse the signature; the request then returns to review.")


def confirm_grant(
    *, actor: Actor, request_id: UUID, at: datetime, reason: str = "", row_version: int | None = None
) -> Decision:
    """Turn the hold into a grant, by a duty manager other than who signed first and who filed.

    The hold has kept the capacity, so no pool can refuse. Raises `NothingToSign`, `FactsChanged`,
    `NeedsFreshSignIn`.
    """
    with transaction.atomic():
        request = locked(request_id)
        first = signed_first(request)
        require(may_sign_grant(actor, request, first, at=at))
        code = first.region.code if first.region else ""
        ranked = rank_request(request, cause=Cause.DECISION, actor=actor, at=at, region=code)
        lines = list(request.lines.select_related("resource").order_by("pk"))
        ask = ask_of(ranked.within(code), lines)
        held = [grant.entry for grant in Grant.objects.filter(decision=first).select_related("entry").order_by("pk")]
        within = ask.within_cap(first.explanation["quantities"])
        as_then = all(entry.level == ledger.level_for(ask.tier) for entry in held)
        if not ask.confirmed or ask.held or not within or not as_then:
            raise FactsChanged(request=request.label)
        second = Decision.objects.create(
            request=request,
            outcome=first.outcome,
            stage=Stage.SECOND_SIGNATURE,
            follows=first,
            region=first.region,
            ranking=request.ranking,
            policy_version=first.policy_version,
            circumstances=first.circumstances,
            block=first.block,
            explanation=first.explanation,
            reason=reason.strip(),
            by_id=actor.user_id,
            at=at,
        )
        entries = ledger.grant_held(held, actor=actor, at=at)
        keep_grants(request, second, lines, entries, at=at)
        before = {"state": request.state}
        after = STATE_AFTER[Outcome(first.outcome)]
        move(request, after, actor=actor, at=at, reason=reason.strip(), decided_at=at)
        granted = granted_facts(second, lines, first.explanation["quantities"])
        facts: dict[str, Any] = {**granted, "confirms": str(first.public_id)}
        note(
            request,
            granted_action(first.outcome),
            actor=actor,
            reason=reason.strip(),
            before=before,
            after=facts,
            at=at,
        )
        return second


def signed_first(request: CapacityRequest) -> Decision:
    """The first signature that the request waits to have confirmed. Raises `NothingToSign`."""
    last = latest_decision(request)
    if request.state != RequestState.AWAITING_SECOND_SIGNATURE or last is None or last.stage != Stage.FIRST_SIGNATURE:
        raise NothingToSign(request=request.label, state=RequestState(request.state).label)
    return last
