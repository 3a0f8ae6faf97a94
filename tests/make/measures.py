"""Levers, campaigns and response plans."""

from datetime import datetime, timedelta

from capacity.campaigns.actions.plan_campaign import PlannedCap, plan_campaign
from capacity.campaigns.actions.publish_campaign import publish_campaign
from capacity.levers.actions.record_release import record_release
from capacity.levers.actions.set_up_lever import set_up_lever
from capacity.levers.actions.sign_step import sign_step
from capacity.levers.campaign_models import OfferCampaign
from capacity.levers.models import Lever
from capacity.levers.steps import PlannedStep
from capacity.notices.actions.draft_notice import draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.regions.models import Region
from capacity.response.actions.draft_plan import draft_plan
from capacity.response.actions.keep_checklist import add_item
from capacity.response.actions.keep_phases import add_phase
from capacity.response.actions.move_plan import activate_plan
from capacity.response.models import ResponsePlan
from tests.make import places
from tests.make.people import NOW, acting, person
from users.access import Actor
from users.roles import Role


def lever(*, by: Actor | None = None, at: datetime = NOW, **fields) -> Lever:
    """A lever that pauses free offers in West Europe, asked for and not signed."""
    values = {
        "kind": "free_offers",
        "region_code": "westeurope",
        "offer_types": ["free", "trial"],
        "step": PlannedStep("No new free offers", "paused", None, 100, {"vcpu": 300}),
        "reach": "New requests of free and trial customers in West Europe.",
        "lift_condition": "Headroom above 20 percent for a week.",
        "lift_kind": "headroom",
        "lift_resource": "vcpu",
        "lift_permille": 200,
        "lift_days": 7,
        "review_date": at.date() + timedelta(days=7),
        "at": at,
    }
    if not Region.objects.filter(code="westeurope").exists():
        places.region()
    return set_up_lever(actor=by or acting(Role.REGION_OPERATOR), **{**values, **fields})


def signed(lever: Lever, *, by: Actor | None = None, at: datetime = NOW) -> Lever:
    """The lever after its step that waited was signed."""
    duty_manager = by or acting(Role.DUTY_MANAGER, fresh_at=at)
    return sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=True, at=at)


def pulled_lever(*, at: datetime = NOW, **fields) -> Lever:
    """A lever whose first step is in force."""
    return signed(lever(at=at, **fields), at=at)


def released(lever: Lever, units: int, *, position: int = 1, resource: str = "vcpu", at: datetime = NOW, **fields):
    """A measurement of a step of the lever: so many units fewer in use."""
    values = {
        "pool": ("westeurope", resource),
        "before_level": 900,
        "after_level": 900 - units,
        "source": "meter",
        "method": "Mean of a day before and a day after.",
        "measured_at": at,
        "at": at,
    }
    operator = fields.pop("by", None) or acting(Role.REGION_OPERATOR)
    return record_release(actor=operator, lever_id=lever.public_id, position=position, **{**values, **fields})


def response_plan(*, at: datetime = NOW, active: bool = True, title: str = "Short of crews"):
    """A plan of two phases with a task in the first, drafted by an operator and activated by a duty manager."""
    operator = acting(Role.REGION_OPERATOR)
    owner = person(Role.CAPACITY_REVIEWER).public_id
    plan = draft_plan(actor=operator, title=title, situation="Half of the technicians cannot travel.", at=at)
    for name in ("Contain", "Recover"):
        phase = add_phase(actor=operator, plan_id=plan.public_id, title=name, goals="Hold tier 1.", owner=owner, at=at)
        if name == "Contain":
            add_item(
                actor=operator, plan_id=plan.public_id, phase=phase.public_id, text="Call the crews", owner=owner,
                due_at=None, at=at,
            )  # fmt: skip
    if active:
        activate_plan(actor=acting(Role.DUTY_MANAGER, fresh_at=at), plan_id=plan.public_id, at=at)
    return ResponsePlan.objects.get(pk=plan.pk)


def campaign(
    *, by: Actor | None = None, at: datetime = NOW, cap: int = 100, region: str = "westeurope", **fields
) -> OfferCampaign:
    """A planned campaign for every existing customer, with a cap of vCPU in a region."""
    if not Region.objects.filter(code=region).exists():
        places.region(region)
    values = {
        "name_de": "Kostenlose Videosprechstunde", "name_en": "Free video consultations",
        "terms_de": "Danach gilt der Listenpreis.", "terms_en": "The list price holds afterwards.",
        "starts_date": at.date(), "ends_date": at.date() + timedelta(days=30),
        "caps": [PlannedCap(region, "vcpu", cap)],
    }  # fmt: skip
    return plan_campaign(actor=by or acting(Role.REGION_OPERATOR), at=at, **{**values, **fields})


def live_campaign(*, at: datetime = NOW, **fields) -> OfferCampaign:
    """A campaign that a duty manager put live on a published notice."""
    planned = campaign(at=at, **fields)
    notice = draft_notice(
        actor=acting(Role.NOTICE_EDITOR), title_de="Angebot", body_de="Text", title_en="Offer", body_en="Text", at=at
    )
    publish_notice(actor=acting(Role.DUTY_MANAGER), notice_id=notice.public_id, at=at)
    duty_manager = acting(Role.DUTY_MANAGER, fresh_at=at)
    return publish_campaign(actor=duty_manager, campaign_id=planned.public_id, notice_id=notice.public_id, at=at)
