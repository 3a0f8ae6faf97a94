"""Overrides of the demonstration, each through its action: of every kind and scope, standing, waiting and over."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from capacity.regions.models import SCARCE_CONDITIONS
from capacity.requests.models import CapacityRequest, RequestRegion, RequestState
from capacity.review.overridable import about_request, about_use
from capacity.review.override_views import fact
from capacity.review.overtaking import movements, movements_of_use, overtaken_rows
from config.demo.texts import OVERRIDES, POST_REVIEW, USE_OVERRIDES
from priorities.actions.break_glass import break_glass
from priorities.actions.confirm_override import confirm_override
from priorities.actions.end_override import expire_overrides, revoke_override
from priorities.actions.propose_override import Effect, propose_override
from priorities.actions.refuse_override import refuse_override
from priorities.actions.renew_override import renew_override
from priorities.actions.review_override import review_override
from priorities.models import Override
from priorities.overrides import to_be_reviewed
from users.access import Actor

WAITING = (RequestState.QUEUED, RequestState.IN_REVIEW)
By = Callable[[str, datetime], Actor]


def past_overrides(by: By, source: random.Random, *, now: datetime) -> None:
    """Overrides that are over: run out, refused, revoked, never answered, and one that nobody signed in time."""
    waiting = CapacityRequest.objects.filter(
        state__in=WAITING, filed_at__lt=now - timedelta(days=5), claimed_tier__gte=3
    ).order_by("pk")
    for request, text in zip(waiting[:9], OVERRIDES * 3, strict=False):
        proposed_at = now - timedelta(hours=source.uniform(75, 110))
        override = _propose(by, request, text, proposed_at, hours=60)
        later = proposed_at + timedelta(minutes=18)
        end = source.choice(("expired", "expired", "refused", "revoked", "unanswered"))
        if end == "refused":
            no = "The policy's own order serves it today."
            refuse_override(actor=by("duty", later), override=override, reason=no, at=later)
        elif end != "unanswered":
            confirm_override(actor=by("duty2", later), override=override, at=later)
        if end == "revoked":
            over = later + timedelta(hours=20)
            why = "The authority withdrew its order."
            revoke_override(actor=by("duty", over), override=override, reason=why, at=over)
    for request in waiting[9:10]:  # a small demonstration has fewer
        _break_glass(by, request, now - timedelta(hours=31))
    over = now - timedelta(hours=6)
    expire_overrides(at=over)
    for override in to_be_reviewed().order_by("number")[:2]:
        # The other reviewer had no part in any of them.
        verdict, lesson = POST_REVIEW[override.number % len(POST_REVIEW)]
        review_override(actor=by("reviewer2", over), override=override, verdict=verdict, lesson=lesson, at=over)


def standing_overrides(by: By, *, now: datetime) -> None:
    """Overrides in force now, two that wait for the duty manager, a renewal, and one that a person took alone."""
    scarce = list(
        CapacityRequest.objects.filter(
            state__in=WAITING,
            claimed_tier__gte=2,
            acceptable__wish=1,
            acceptable__region__condition__in=SCARCE_CONDITIONS,
        ).order_by("order_standing", "order_band", "order_behind", "order_at", "number")[:40]
    )
    standing: list[Override] = []
    for position, (request, text) in enumerate(zip(scarce[3:33:5], OVERRIDES * 2, strict=False)):
        is_waiting = position >= 4
        at = now - (timedelta(minutes=25 + 9 * position) if is_waiting else timedelta(hours=3 + position))
        override = _propose(by, request, text, at, hours=48 + 24 * (position % 2), shows=True)
        if not is_waiting:
            standing.append(_confirmed(by, override, at))
    _uses(by, scarce[5:], now)
    for request in scarce[1:2]:
        _break_glass(by, request, now - timedelta(hours=2))
    at = now - timedelta(minutes=40)
    for override in standing[:1]:
        renew_override(
            actor=by("reviewer", at), override=override, hours=48, reason="The pumps are not repaired yet.", at=at
        )


def _uses(by: By, requests: Sequence[CapacityRequest], now: datetime) -> None:
    """An organization's use held back and limited in a region, and one of its requests taken out of that."""
    if not requests:
        return  # a small demonstration
    held = requests[0]
    region = held.acceptable.select_related("region").order_by("wish")[0].region
    about = about_use(held.organization, held.workload.code, region.code)
    for number, (kind, permille, reason_code, reason) in enumerate(USE_OVERRIDES):
        at, effect = now - timedelta(hours=9 - number), Effect(kind, cap_permille=permille)
        shown = movements_of_use(about.key, about.workload, about.region, fact(effect, about.scope), at=at)
        override = propose_override(
            actor=by("reviewer", at), about=about, effect=effect, reason_code=reason_code, reason=reason, hours=120,
            overtakes=overtaken_rows(shown), at=at,
        )  # fmt: skip
        _confirmed(by, override, at)
    at = now - timedelta(hours=4)
    text = ("release", None, "correction", "This one order is for the ward that opened on Monday; it is checked.")
    _confirmed(by, _propose(by, held, text, at, hours=24, shows=True), at)
    _elsewhere(by, requests[1:], now)


def _elsewhere(by: By, requests: Sequence[CapacityRequest], now: datetime) -> None:
    """A use put first in a region that is not the first wish, so that two queues show one request in two places."""
    wish = (
        RequestRegion.objects.filter(request__in=requests, wish=2, region__condition__in=SCARCE_CONDITIONS)
        .select_related("region", "request__organization", "request__claimed_workload", "request__confirmed_workload")
        .order_by("request__number")
        .first()
    )
    if wish is None:
        return  # a small demonstration
    at, effect = now - timedelta(hours=5), Effect("pin")
    about = about_use(wish.request.organization, wish.request.workload.code, wish.region.code)
    shown = movements_of_use(about.key, about.workload, about.region, fact(effect, about.scope), at=at)
    override = propose_override(
        actor=by("reviewer", at), about=about, effect=effect, reason_code="authority_order", hours=96, at=at,
        reason="The crisis team of the state runs its second site there from tonight on.",
        overtakes=overtaken_rows(shown),
    )  # fmt: skip
    _confirmed(by, override, at)


def _confirmed(by: By, override: Override, at: datetime) -> Override:
    later = at + timedelta(minutes=14)
    return confirm_override(actor=by("duty", later), override=override, at=later)


def _break_glass(by: By, request: CapacityRequest, at: datetime) -> Override:
    effect = Effect("pin")
    about = about_request(request)
    return break_glass(
        actor=by("reviewer", at),
        about=about,
        effect=effect,
        reason_code="life_safety",
        reason="The control centre moves to the backup site within the hour; nobody on duty could be reached.",
        hours=36,
        overtakes=overtaken_rows(movements(about.key, fact(effect, about.scope), at=at)),
        at=at,
    )


def _propose(
    by: By,
    request: CapacityRequest,
    text: tuple[str, int | None, str, str],
    at: datetime,
    *,
    hours: int,
    shows: bool = False,
) -> Override:
    kind, to_tier, reason_code, reason = text
    about, effect = about_request(request), Effect(kind, to_tier=to_tier)
    shown = movements(about.key, fact(effect, about.scope), at=at) if shows else []
    return propose_override(
        actor=by("reviewer", at),
        about=about,
        effect=effect,
        reason_code=reason_code,
        reason=reason,
        hours=hours,
        ticket=f"INC-{1000 + request.number}",
        overtakes=overtaken_rows(shown),
        at=at,
    )
