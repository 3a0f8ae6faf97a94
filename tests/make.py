"""Builders: the small cast and the nouns that tests speak of.

Each builder makes the least that is valid, through actions where there is one, and lets a test
name only what it is about.
"""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import F

from capacity.campaigns.actions.plan_campaign import PlannedCap, plan_campaign
from capacity.campaigns.actions.publish_campaign import publish_campaign
from capacity.deliveries.actions.plan_delivery import plan_delivery
from capacity.deliveries.models import Delivery
from capacity.levers.actions.record_release import record_release
from capacity.levers.actions.set_up_lever import set_up_lever
from capacity.levers.actions.sign_step import sign_step
from capacity.levers.campaign_models import OfferCampaign
from capacity.levers.models import Lever
from capacity.levers.steps import PlannedStep
from capacity.notices.actions.draft_notice import draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.pools import ledger
from capacity.pools.actions.seed_resources import seed_resources
from capacity.pools.actions.set_supply_terms import TermsHold, set_supply_terms
from capacity.pools.actions.set_up_pools import set_up_pools
from capacity.pools.models import LedgerEntry, Level, Pool
from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.declare_condition import declare_condition
from capacity.regions.actions.import_regions import import_regions
from capacity.regions.listing import Line, RegionFacts
from capacity.regions.models import ConditionDeclaration, Datacenter, Region
from capacity.requests.actions.submit_request import AskedLine, submit_request
from capacity.requests.models import CapacityRequest
from capacity.response.actions.draft_plan import draft_plan
from capacity.response.actions.keep_checklist import add_item
from capacity.response.actions.keep_phases import add_phase
from capacity.response.actions.move_plan import activate_plan
from capacity.response.models import ResponsePlan
from capacity.review.actions.confirm_workload import confirm_workload
from capacity.staffing import shifts
from capacity.staffing.actions.file_rosters import Rostered
from capacity.staffing.actions.file_shift_report import Crew, as_rostered
from capacity.staffing.actions.set_up_crews import set_up_crews
from capacity.staffing.planning_models import CrewPapers
from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.models import UsageForecast, UsageSource
from capacity.watch.actions.plan_crews import plan_rosters, record_papers_and_refresh
from capacity.watch.actions.report_shift import report_shift
from customers.actions.add_evidence import Item, add_evidence
from customers.actions.check_evidence import check_evidence
from customers.actions.open_evidence_reviews import open_evidence_reviews
from customers.actions.propose_claim import propose_claim
from customers.actions.register_organization import register_organization
from customers.actions.seed_categories import seed_categories
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.models import Claim, EvidenceKind, Organization, Register, RegisterRow, RegisterSnapshot, SectorCategory
from customers.names import search_text, sort_key
from customers.proofs.dns import record_text
from customers.proofs.models import DomainChallenge, DomainProof
from customers.registers.models import EvidenceReview
from priorities.actions.break_glass import break_glass
from priorities.actions.confirm_override import confirm_override
from priorities.actions.draft_policy import change_policy_draft, draft_policy
from priorities.actions.propose_override import About, Effect, propose_override
from priorities.actions.propose_policy import propose_policy
from priorities.actions.seed_policy import seed_policy
from priorities.drafts import approval_of
from priorities.models import Override, PolicyState, PolicyVersion
from priorities.policies import active_version, policy_of, store_policy
from priorities.policy import Policy
from users.access import SYSTEM, Actor, actor_of
from users.models import Portfolio, RoleAssignment, User
from users.roles import PORTFOLIO_SCOPED, REGION_SCOPED, Role

# A Thursday in the week the product is modelled on.
NOW = datetime(2020, 3, 26, 12, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery"

_count = itertools.count(1)


def person(*roles: str, name: str = "", regions=(), portfolios=(), **fields) -> User:
    """A member of staff holding the roles, limited to regions and portfolios where given."""
    number = next(_count)
    user = User(
        email=fields.pop("email", f"person{number}@vorrang.example"),
        name=name or f"Person {number}",
        joined_at=NOW,
        language=fields.pop("language", "en"),
        time_zone=fields.pop("time_zone", "UTC"),
        **fields,
    )
    user.set_password(PASSWORD)
    user.save()
    for role in roles:
        assignment = RoleAssignment.objects.create(
            user=user,
            role=role,
            regions=list(regions) if role in REGION_SCOPED else [],
            assigned_by=None,
            started_at=NOW,
        )
        if role in PORTFOLIO_SCOPED:
            assignment.portfolios.set(portfolios)
    return user


def moments(start: datetime) -> Iterator[datetime]:
    """Moments a second apart, so that each act has one of its own."""
    return (start + timedelta(seconds=number) for number in itertools.count(1))


def actor(user: User, *, fresh_at: datetime | None = None) -> Actor:
    """The actor for a person, with a sign-in step of that moment."""
    return actor_of(user, fresh_at=fresh_at)


def acting(*roles: str, fresh_at: datetime | None = None, **fields) -> Actor:
    """A new person with these roles, as an actor."""
    return actor(person(*roles, **fields), fresh_at=fresh_at)


def account_manager(**fields) -> User:
    return person(Role.ACCOUNT_MANAGER, **fields)


def portfolio(name: str = "", code: str = "") -> Portfolio:
    number = next(_count)
    return Portfolio.objects.create(code=code or f"portfolio-{number}", name=name or f"Portfolio {number}")


# --- customers -------------------------------------------------------------------------------------


def organization(name: str = "", *, manager: User | None = None, **fields) -> Organization:
    """An organization registered by the account manager of its portfolio."""
    number = next(_count)
    home = fields.pop("portfolio", None) or portfolio()
    manager = manager or account_manager(portfolios=[home])
    values = {
        "legal_name": name or f"{_word(number)} {number}",
        "country": "DE",
        "offer_type": "enterprise",
        "customer_since": date(2019, 1, 1),
        "anyway_reason": "It is another one.",
        "at": NOW,
    }
    return register_organization(actor=actor(manager), portfolio=home, **{**values, **fields})


def hospital(name: str = "Klinikum Musterstadt", **fields) -> Organization:
    """A hospital with a domain, not verified yet."""
    fields.setdefault("domains", [f"klinikum-{next(_count)}.example"])
    return organization(name, **fields)


def category(code: str = "HE-ACUTE") -> SectorCategory:
    """A sector category of the default taxonomy."""
    if not SectorCategory.objects.exists():
        seed_categories()
    return SectorCategory.objects.get(code=code)


def register_row(name: str = "Klinikum Musterstadt", **fields) -> RegisterRow:
    """An entry of an imported public register."""
    register, _ = Register.objects.get_or_create(code="ror", defaults={"name": "Research Organization Registry"})
    snapshot, _ = RegisterSnapshot.objects.get_or_create(
        register=register, as_of_date=date(2020, 3, 1), defaults={"file_hash": "0" * 64, "imported_at": NOW}
    )
    values = {"key": f"ror-{next(_count)}", "country": "DE", "kind": "healthcare", "domain": ""}
    RegisterSnapshot.objects.filter(pk=snapshot.pk).update(row_count=F("row_count") + 1)
    return RegisterRow.objects.create(
        snapshot=snapshot, name=name, sort_name=sort_key(name), search_text=search_text(name), **{**values, **fields}
    )


def snapshot(code: str = "ror", day: date = date(2020, 4, 1)) -> RegisterSnapshot:
    """A later snapshot of a register, without entries."""
    register, _ = Register.objects.get_or_create(code=code, defaults={"name": "Research Organization Registry"})
    return RegisterSnapshot.objects.create(register=register, as_of_date=day, file_hash="1" * 64, imported_at=NOW)


def evidence_review(*, of: Claim | None = None, at: datetime = NOW) -> EvidenceReview:
    """An open review of a verified claim's evidence, whose entry a newer snapshot lost."""
    rests_on = of or verified_claim(of=hospital("Klinikum Beispielheim"), at=at)
    snapshot()
    open_evidence_reviews(at=at)
    return EvidenceReview.objects.get(evidence__claim=rests_on)


def strong_evidence(organization: Organization) -> list[Item]:
    """What a life-safety category needs: a register match and control of a domain."""
    return [
        Item(EvidenceKind.REGISTER_MATCH, register_row=register_row(organization.legal_name)),
        Item(EvidenceKind.DOMAIN_CONTROL, domain=organization.domains.all()[0].domain),
    ]


def match(row: RegisterRow) -> Item:
    """An entry of a register as evidence."""
    return Item(EvidenceKind.REGISTER_MATCH, register_row=row)


def letter(**fields) -> Item:
    """A letter of an authority as evidence."""
    return Item(EvidenceKind.AUTHORITY_LETTER, **{"issuer": "Ministry of Health", "reference": "12/2020", **fields})


def domain(name: str) -> Item:
    """Control of a domain as evidence."""
    return Item(EvidenceKind.DOMAIN_CONTROL, domain=name)


def add_letter(claim: Claim, *, by: User | None = None, **fields) -> None:
    """Add a letter to a claim, as the account manager who filed it or somebody else."""
    add_evidence(actor=actor(by or claim.filed_by), claim=claim, items=[letter(**fields)], at=NOW)


def claim(
    code: str = "HE-ACUTE",
    *,
    of: Organization | None = None,
    evidence=None,
    shown: bool = True,
    at: datetime = NOW,
) -> Claim:
    """A submitted claim, filed by the organization's account manager; control of its domains is shown unless told."""
    of = of or hospital()
    made = propose_claim(
        actor=actor(of.registered_by or account_manager(portfolios=[of.portfolio])),
        organization=of,
        category=category(code),
        evidence=strong_evidence(of) if evidence is None else evidence,
        at=at,
    )
    if shown:
        show_domains(made, at=at)
    return made


def show_domains(claim: Claim, *, at: datetime = NOW) -> None:
    """As if the DNS of every domain in evidence held the token."""
    for challenge in DomainChallenge.objects.filter(claim=claim):
        DomainProof.objects.create(challenge=challenge, method="dns", seen=record_text(challenge.token), at=at)


def verified_claim(
    code: str = "HE-ACUTE",
    *,
    of: Organization | None = None,
    verifier: User | None = None,
    at: datetime = NOW,
    **fields,
) -> Claim:
    """A claim whose evidence a verifier checked, verified for as long as its category allows."""
    return verified(claim(code, of=of, at=at), verifier=verifier, at=at, **fields)


def verified(made: Claim, *, verifier: User | None = None, at: datetime = NOW, **fields) -> Claim:
    """The submitted claim, its evidence checked and the claim verified."""
    by = actor(verifier or person(Role.VERIFIER))
    take_up_claim(actor=by, claim=made, at=at)
    for item in made.evidence.all():
        check_evidence(actor=by, evidence=item, holds=True, at=at)
    return verify_claim(actor=by, claim=made, at=at, **fields)


def _word(number: int) -> str:
    """A made-up name that looks like no other, so that nothing warns of duplicates."""
    letters = "bdfgklmnprstvwz"
    sounds = [letters[(number * step + step) % len(letters)] + "aeiou"[(number + step) % 5] for step in (1, 3, 7, 11)]
    return "".join(sounds).capitalize()


# --- regions, crews, pools ---------------------------------------------------------------------------


def region(code: str = "westeurope", *, condition: str = "normal", size: str = "small", **facts) -> Region:
    """A region with datacenters (large 3, medium 2, small 1), crews and empty pools of every resource."""
    given = {
        "name": facts.pop("name", code.title()),
        "geography": "Europe",
        "geography_group": "Europe",
        "place": "Musterstadt",
        "country": "NLD",
        "latitude": Decimal("52.37"),
        "longitude": Decimal("4.9"),
        "paired_code": "",
        "time_zone": "UTC",
    }
    line = Line(2, code, RegionFacts(code=code, size=size, **{**given, **facts}))
    seed_resources()
    import_regions(actor=SYSTEM, lines=[line], at=NOW)
    set_up_crews(actor=SYSTEM, sizes={code: size}, at=NOW)
    set_up_pools(actor=SYSTEM, sizes={code: size}, with_sample=False, at=NOW)
    if condition != "normal":
        declared(code, condition)
    return Region.objects.get(code=code)


def declared(code: str, condition: str, *, confirmed: bool = True, at: datetime = NOW) -> ConditionDeclaration:
    """A condition that an operator declared, with a duty manager's signature where it takes two."""
    declaration = declare_condition(
        actor=acting(Role.REGION_OPERATOR),
        region_code=code,
        condition=condition,
        evidence="Headroom below five percent since Monday.",
        review_date=at.date() + timedelta(days=7),
        row_version=Region.objects.get(code=code).row_version,
        at=at,
    )
    if confirmed and declaration.state == "proposed":
        duty_manager = acting(Role.DUTY_MANAGER, fresh_at=at)
        return confirm_condition(actor=duty_manager, declaration_id=declaration.public_id, at=at)
    return declaration


def pool(code: str = "westeurope", resource: str = "vcpu", *, powered_on: int = 1000, **terms) -> Pool:
    """The region's pool of the resource with this supply; the tier-1 reserve is 10 percent."""
    if not Region.objects.filter(code=code).exists():
        region(code)
    made = Pool.objects.get(region__code=code, resource__code=resource)
    stated = {"powered_on": powered_on, "out_of_service": 0, "organic_growth": 0, "failure_reserve": 0, **terms}
    with suppress(TermsHold):
        set_supply_terms(actor=SYSTEM, pool=made, reason="Test", row_version=made.row_version, at=NOW, **stated)
    return Pool.objects.select_related("region", "resource").get(pk=made.pk)


def promised(pool: Pool, quantity: int, level: str = "general") -> LedgerEntry:
    """So many units of the pool, granted to somebody."""
    posting = ledger.Posting(pool.pk, Level(level), quantity, f"test:{next(_count)}")
    return ledger.grant([posting], actor=SYSTEM, at=NOW)[0]


def shift_reported(datacenter: Datacenter, present: int | None = None, *, at: datetime = NOW, by: Actor = SYSTEM):
    """The report of the shift that is on: everybody rostered, or so many of every role."""
    day, shift = shifts.current(at, ZoneInfo(datacenter.time_zone))
    crews = as_rostered(datacenter, shift)
    if present is not None:
        crews = {role: Crew(present=present) for role in crews}
    return report_shift(actor=by, datacenter=datacenter, date=day, shift=shift, crews=crews, note="Counted.", at=at)


def rostered(datacenter: Datacenter, people: int, *, days: int = 14, at: datetime = NOW, actor: Actor = SYSTEM):
    """So many people of every role rostered for the shifts to come, today's included."""
    zone = ZoneInfo(datacenter.time_zone)
    today = at.astimezone(zone).date()
    rows = [
        Rostered(datacenter.code, today + timedelta(days=ahead), one.shift, one.role, people)
        for ahead in range(days)
        for one in datacenter.requirements.all()
        if shifts.starts_at(*shifts.following(today + timedelta(days=ahead), one.shift), zone) > at
    ]
    return plan_rosters(actor=actor, rows=rows, at=at)


def papers(datacenter: Datacenter, people: int = 9, *, ahead: int = 30, at: datetime = NOW, **facts) -> CrewPapers:
    """Permits of so many network people that expire in so many days."""
    given = {"role": "network", "kind": "permit", "authority": "Gemeente Amsterdam", "place": "Amsterdam", **facts}
    given.setdefault("actor", SYSTEM)
    expires = at.date() + timedelta(days=ahead)
    return record_papers_and_refresh(datacenter=datacenter, people=people, expires_date=expires, at=at, **given)


def delivery(
    to: Pool | None = None, *, ahead: int = 10, place: str = "", by: Actor | None = None, at: datetime = NOW, **fields
) -> Delivery:
    """500 units that are due at the pool's first datacenter in so many days and take 100 hours to install."""
    to = to or pool()
    places = to.region.datacenters.order_by("code")
    given = {"quantity": 500, "planned_hours": 100, "note": "Order 7", **fields}
    return plan_delivery(
        actor=by or acting(Role.REGION_OPERATOR),
        pool=to,
        datacenter_id=(places.get(code=place) if place else places[0]).public_id,
        due_date=at.date() + timedelta(days=ahead),
        at=at,
        **given,
    )


def measured(pool: Pool, *values: float, until: datetime = NOW) -> None:
    """The usage of the last hours before a moment, one sample an hour, the latest last."""
    first = until - timedelta(hours=len(values))
    rows = [
        (pool.region.code, pool.resource.code, (first + timedelta(hours=hour)).isoformat(), str(value), "")
        for hour, value in enumerate(values)
    ]
    ingest_samples(actor=SYSTEM, blocks=[(1, rows)], source=UsageSource.API, at=until)


def forecast(pool: Pool, *, p50: int | None = None, at: datetime = NOW, **fields) -> UsageForecast:
    """A day of samples and a flat forecast for ninety days that half of the paths leave after so many."""
    measured(pool, *[100.0] * 24, until=at)
    values = {
        "step": "day", "method": "combination", "made_at": at, "starts_at": at.replace(hour=0),
        "values": [100.0] * 90, "low": [90.0] * 90, "high": [110.0] * 90,
        "exhausted_p10": p50 // 2 if p50 else None, "exhausted_p50": p50, "exhausted_p90": p50 * 2 if p50 else None,
        "exhausted_within_lead": 0.6 if p50 else 0.0, "own_error": 3.0, "naive_error": 4.0,
    }  # fmt: skip
    return UsageForecast.objects.create(pool=pool, **{**values, **fields})


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
        region()
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
        globals()["region"](region)
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


# --- requests ----------------------------------------------------------------------------------------


def request(
    organization: Organization | None = None,
    *,
    quantity: int = 10,
    minimum: int | None = None,
    regions=("westeurope",),
    workload: str = "general",
    lines=None,
    confirmed: bool = False,
    at: datetime = NOW,
    **fields,
) -> CapacityRequest:
    """A request filed by the account manager of its organization, its workload confirmed where told."""
    if not PolicyVersion.objects.exists():
        seed_policy(at=NOW - timedelta(days=365))
    for code in regions:
        if not Region.objects.filter(code=code).exists():
            region(code)
    of = organization or globals()["organization"]()
    filer = fields.pop("by", None) or actor(of.registered_by or account_manager(portfolios=[of.portfolio]))
    made = submit_request(
        actor=filer,
        organization_id=of.public_id,
        workload=workload,
        lines=lines or [AskedLine("vcpu", quantity, minimum)],
        regions=list(regions),
        needed_by_date=fields.pop("needed_by_date", at.date() + timedelta(days=14)),
        at=at,
        **fields,
    )
    if confirmed:
        made = confirm_workload(
            actor=acting(Role.CAPACITY_REVIEWER), request_id=made.public_id, workload=workload, at=at
        )
    return made


def tier1_request(**fields) -> CapacityRequest:
    """A verified hospital's request for its health records, confirmed by a reviewer."""
    of = hospital()
    verified_claim(of=of, at=fields.get("at", NOW))
    return request(of, **{"workload": "health_records", "confirmed": True, **fields})


# --- priorities --------------------------------------------------------------------------------------


def policy_in_force(value: Policy, *, at: datetime = NOW) -> PolicyVersion:
    """This policy as the version in force from a moment on, in place of the one before it."""
    PolicyVersion.objects.filter(state=PolicyState.ACTIVE).update(state=PolicyState.RETIRED, retired_at=at)
    version = store_policy(value, title=f"Version {value.version}")
    for changes in ({"state": PolicyState.PROPOSED}, {"state": PolicyState.ACTIVE, "active_from": at}):
        PolicyVersion.objects.filter(pk=version.pk).update(**changes)
    version.refresh_from_db()
    return version


def proposed_policy(*, at: datetime = NOW, **changes) -> PolicyVersion:
    """A version beside the one in force, drafted and proposed by a reviewer."""
    by = acting(Role.CAPACITY_REVIEWER)
    draft = draft_policy(actor=by, based_on=active_version(at).number, title="Another", at=at)
    value = replace(policy_of(draft), **(changes or {"reserve_permille": 120}))
    kept = {"number": draft.number, "row_version": draft.row_version, "at": at, "actor": by}
    draft = change_policy_draft(value=value, title=draft.title, approval=approval_of(draft), **kept)
    return propose_policy(**{**kept, "row_version": draft.row_version}, reason="For once.")


def override(of: CapacityRequest, *, by: Actor | None = None, at: datetime = NOW, **fields) -> Override:
    """An override of the request's rank, proposed and not yet confirmed."""
    return propose_override(
        actor=by or acting(Role.CAPACITY_REVIEWER),
        about=About(of.public_id, of.label),
        **_overriding(at, **fields),
    )


def use_override(of: CapacityRequest, region: str = "westeurope", *, by: Actor | None = None, **fields) -> Override:
    """The same of everything that the request's organization asks for its use in a region."""
    about = About(of.organization.public_id, of.organization.legal_name, of.workload.code, region)
    at = fields.pop("at", NOW)
    return propose_override(actor=by or acting(Role.CAPACITY_REVIEWER), about=about, **_overriding(at, **fields))


def in_force(override: Override, *, at: datetime = NOW) -> Override:
    """The override with a duty manager's signature."""
    return confirm_override(actor=acting(Role.DUTY_MANAGER, fresh_at=at), override=override, at=at)


def broken_glass(of: CapacityRequest, *, by: Actor | None = None, at: datetime = NOW, **fields) -> Override:
    """An override of the request's rank that one person put in force."""
    return break_glass(
        actor=by or acting(Role.CAPACITY_REVIEWER, fresh_at=at),
        about=About(of.public_id, of.label),
        **_overriding(at, **fields),
    )


def _overriding(at: datetime, *, kind: str = "retier", to_tier: int = 1, cap_permille: int = 500, **fields):
    effect = Effect(
        kind, to_tier=to_tier if kind == "retier" else None, cap_permille=cap_permille if kind == "cap" else None
    )
    why = {"reason_code": "life_safety", "reason": "The emergency line depends on it.", "hours": 72}
    return {"effect": effect, **why, "at": at, **fields}
