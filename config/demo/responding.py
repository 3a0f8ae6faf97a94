"""The incident that the house works on: an active response plan with what belongs to it; an older one, reviewed."""

from datetime import datetime, timedelta
from typing import Any

from capacity.levers.models import Lever
from capacity.notices.models import Notice, NoticeState
from capacity.regions.models import ConditionDeclaration, DeclarationState
from capacity.response.actions.draft_plan import draft_plan
from capacity.response.actions.keep_checklist import add_item, finish_item
from capacity.response.actions.keep_phases import add_phase, begin_next_phase
from capacity.response.actions.link_plan import link_to_plan
from capacity.response.actions.move_plan import activate_plan, review_plan, stand_down
from capacity.response.models import ResponsePlan
from config.demo.cast import Cast
from customers.liaison.models import LiaisonItem

# Phases: title, goals, whose; their tasks: what, whose, due in hours (None: when it comes), whether it is done.
_PHASES: tuple[tuple[str, str, str, tuple[tuple[str, str, float | None, bool], ...]], ...] = (
    (
        "Contain",
        "Nobody promises what crews cannot run. First responders know whom to call.",
        "duty",
        (
            ("Pause free offers in West Europe and UK South", "operator", None, True),
            ("Call the control rooms of all first responders", "account", None, True),
        ),
    ),
    (
        "Hold",
        "Tier 1 is served within a day; every other request has an answer with a date or a reason.",
        "reviewer",
        (
            ("Look at each tier-1 request twice a day", "reviewer", 6, False),
            ("Papers for technicians at the border", "operator", 3, False),
            ("Second notice, with what changed since Monday", "editor", 20, False),
            ("Ask the neighboring regions what they can take", "operator2", None, True),
        ),
    ),
    (
        "Recover",
        "Levers are lifted in the order of the harm that they do; the order by tier ends.",
        "duty2",
        (("Say which lever is lifted first, and when", "operator", 72, False),),
    ),
)


def respond(cast: Cast, *, now: datetime) -> None:
    """Both plans, act by act."""
    _past(cast, now)
    began = now - timedelta(hours=46)
    plan = draft_plan(
        actor=cast.actor("operator", at=began),
        title="Video demand and missing crews in Western Europe",
        situation="Demand for video has doubled within a week while technicians cannot travel. West Europe is critical,"
        " its neighbors are constrained; hospitals and authorities go on asking for more.",
        at=began,
    )
    at = began + timedelta(minutes=20)
    phases = [
        add_phase(
            actor=cast.actor("operator", at=at),
            plan_id=plan.public_id,
            title=title,
            goals=goals,
            owner=cast.user(owner).public_id,
            at=at,
        )
        for title, goals, owner, _tasks in _PHASES
    ]
    signed = began + timedelta(minutes=50)
    activate_plan(actor=cast.actor("duty", at=signed), plan_id=plan.public_id, at=signed)
    done: list[tuple[Any, str]] = []
    for phase, (_title, _goals, _owner, tasks) in zip(phases, _PHASES, strict=True):
        for text, owner, hours, is_done in tasks:
            item = add_item(
                actor=cast.actor("operator", at=signed),
                plan_id=plan.public_id,
                phase=phase.public_id,
                text=text,
                owner=cast.user(owner).public_id,
                due_at=now + timedelta(hours=hours) if hours else None,
                at=signed,
            )
            if is_done:
                done.append((item, owner))
    _link(cast, plan, signed)
    for number, (item, owner) in enumerate(done):
        at = now - timedelta(hours=20 - 5 * number)
        finish_item(actor=cast.actor(owner, at=at), item_id=item.public_id, at=at)
        if number == 1:
            begin_next_phase(actor=cast.actor("duty", at=at), plan_id=plan.public_id, after=1, at=at)


def _link(cast: Cast, plan: ResponsePlan, at: datetime) -> None:
    """Two conditions in force, a lever, a published notice and an authority."""
    declared = ConditionDeclaration.objects.filter(
        state=DeclarationState.IN_FORCE, region__code__in=["westeurope", "uksouth"]
    )
    targets: list[tuple[str, Any]] = [("condition", row) for row in declared.order_by("pk")]
    targets += [("lever", row) for row in Lever.objects.filter(region__code="westeurope").order_by("pk")[:1]]
    targets += [("notice", row) for row in Notice.objects.filter(state=NoticeState.PUBLISHED).order_by("-pk")[:1]]
    contacts = LiaisonItem.objects.filter(organization=None, closed_at=None).order_by("pk")
    targets += [("liaison", row) for row in contacts[:1]]
    for kind, row in targets:
        link_to_plan(actor=cast.actor("duty", at=at), plan_id=plan.public_id, kind=kind, target=row.public_id, at=at)


def _past(cast: Cast, now: datetime) -> None:
    began = now - timedelta(days=70)
    operator = cast.actor("operator", at=began)
    plan = draft_plan(
        actor=operator,
        title="Technicians held up in Brazil South",
        situation="Two technicians in ten could not travel; repairs took twice as long.",
        at=began,
    )
    add_phase(
        actor=operator,
        plan_id=plan.public_id,
        title="Bridge",
        goals="Crews of the second building help out until travel is free again.",
        owner=cast.user("operator").public_id,
        at=began,
    )
    for act, who, hours, told in (
        (activate_plan, "duty2", 1, {}),
        (stand_down, "duty2", 120, {"reason": "Everybody is back."}),
        (
            review_plan,
            "executive",
            200,
            {"review": "It worked because the second building had people to spare. Plan for that."},
        ),
    ):
        at = began + timedelta(hours=hours)
        step: Any = act
        step(actor=cast.actor(who, at=at), plan_id=plan.public_id, at=at, **told)
