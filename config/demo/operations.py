"""The last days through the actions themselves: levers, notices, overrides, and decisions where the order counts."""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from capacity.alarms.actions.acknowledge_alarm import acknowledge_alarm
from capacity.alarms.actions.silence_alarm import silence_alarm
from capacity.alarms.actions.take_over_alarm import hand_over_alarm
from capacity.alarms.models import Alarm
from capacity.notices.actions.draft_notice import draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.pools import ledger
from capacity.pools.models import Pool
from capacity.regions.models import SCARCE_CONDITIONS, Region
from capacity.requests.actions.answer_information import answer_information
from capacity.requests.actions.fulfil_request import fulfil_request
from capacity.requests.actions.release_grant import release_grant
from capacity.requests.actions.submit_request import AskedLine, submit_request
from capacity.requests.actions.withdraw_request import withdraw_request
from capacity.requests.models import CapacityRequest, Decision, RequestState
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_grant import confirm_grant
from capacity.review.actions.confirm_workload import confirm_workload
from capacity.review.actions.decline_request import BlockNotNamed, decline_request
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.actions.look_again import look_again
from capacity.review.actions.refuse_grant import refuse_grant
from capacity.review.actions.request_information import request_information
from capacity.review.actions.take_lease import take_lease
from capacity.review.actions.undo_decision import undo_decision
from capacity.review.actions.waitlist_request import waitlist_request
from capacity.review.granting import CannotGrant
from config.demo import reporting, world
from config.demo.campaigns import run_campaigns
from config.demo.cast import Cast
from config.demo.claims import REGISTER
from config.demo.customers import COUNTRIES
from config.demo.levers import pull_levers
from config.demo.overriding import past_overrides, standing_overrides
from config.demo.texts import NOTICES
from customers.actions.add_evidence import Item
from customers.actions.check_evidence import check_evidence
from customers.actions.propose_claim import propose_claim
from customers.actions.register_organization import register_organization
from customers.actions.request_information import request_information as ask_about_claim
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.models import Claim, ClaimState, EvidenceKind, Organization, RegisterRow, SectorCategory
from customers.proofs.dns import record_text
from customers.proofs.models import DomainProof, Method
from kit.refusal import Refusal
from users.access import Actor

R = RequestState
WAITING = (R.QUEUED, R.IN_REVIEW)


def live_through(cast: Cast, source: random.Random, *, internal: Organization, now: datetime) -> None:
    """Some hundred acts by the cast, each through its action, in the order of time as far as it matters."""
    day = _Day(cast, source, now)
    pull_levers(day.by, now=now)
    day.notices()
    past_overrides(day.by, source, now=now)
    day.campaigns()
    day.seats(internal)
    day.first_tier()
    day.behind_it()
    day.all_kinds_of_answers()
    day.parts()
    day.second_signatures()
    day.claims()
    standing_overrides(day.by, now=now)
    world.report_by_phone(cast, now=now)
    reporting.import_reports(cast, now=now)
    reporting.remind(now=now)
    world.propose_condition(cast, now=now)
    day.leases()


def take_up_alarms(cast: Cast, *, now: datetime) -> None:
    """An operator has seen to a third of the open alarms, gave one to a colleague and silenced another."""
    alarms = list(Alarm.objects.filter(ended_at=None).order_by("pk").values_list("public_id", flat=True))
    operator = cast.actor("operator", at=now)
    for alarm_id in alarms[::3]:
        acknowledge_alarm(actor=operator, alarm_id=alarm_id, at=now)
    hand_over_alarm(
        actor=operator,
        alarm_id=alarms[0],
        to=cast.user("duty2").public_id,
        reason="The site lead has been called; the duty manager decides on overtime.",
        at=now,
    )
    silence_alarm(
        actor=operator,
        alarm_id=alarms[-1],
        until=now + timedelta(days=2),
        reason="Their reporting tool is being replaced until the day after tomorrow.",
        at=now,
    )


class _Day:
    def __init__(self, cast: Cast, source: random.Random, now: datetime) -> None:
        self.cast, self.random, self.now = cast, source, now
        self._takes_back = True

    def ago(self, **values: float) -> datetime:
        return self.now - timedelta(**values)

    def by(self, key: str, at: datetime) -> Actor:
        return self.cast.actor(key, at=at)

    def manager(self, organization: Organization, at: datetime) -> Actor:
        person = self.cast.manager_of(organization.portfolio_id)
        return self.by(next(key for key, user in self.cast.people.items() if user == person), at)

    # --- notices -------------------------------------------------------------------------------------

    def notices(self) -> None:
        """Published in both languages by another person than who drafted them; one draft waits."""
        last: UUID | None = None
        for number, text in enumerate(NOTICES):
            at = self.ago(hours=text.hours_ago)
            editor, publisher = ("editor", "editor2") if number % 2 == 0 else ("editor2", "duty")
            notice = draft_notice(
                actor=self.by(editor, at),
                title_de=text.title_de,
                body_de=text.body_de,
                title_en=text.title_en,
                body_en=text.body_en,
                region_codes=text.regions,
                supersedes=last if text.supersedes_the_last else None,
                at=at,
            )
            if text.is_published:
                later = at + timedelta(minutes=35)
                publish_notice(actor=self.by(publisher, later), notice_id=notice.public_id, at=later)
                last = notice.public_id

    def campaigns(self) -> None:
        """A free offer for hospitals that have long been customers, most of its cap taken."""
        at = self.ago(days=3)
        existing = [
            one for one in self._verified("HE-ACUTE", 90) if one.customer_since and one.customer_since < at.date()
        ]
        run_campaigns(
            self.by,
            lambda of, campaign, units, at: self.file(
                of, "health_bots", [AskedLine("vcpu", units, 20)], ["swedencentral"], at, campaign.public_id
            ),
            lambda request, at: self.settle(request, at, by="reviewer"),
            existing,
            region="swedencentral",
            now=self.now,
        )

    # --- requests ------------------------------------------------------------------------------------

    def seats(self, internal: Organization) -> None:
        """Remote work's core functions, asked for by the provider's own service."""
        filed = self.ago(days=20)
        claim = propose_claim(
            actor=self.by("account2", filed),
            organization=internal,
            category=SectorCategory.objects.get(code="RW-CORE"),
            evidence=[
                Item(
                    EvidenceKind.AUTHORITY_LETTER, issuer="Board of the provider (invented)", reference="Resolution 7"
                ),
                Item(EvidenceKind.DOMAIN_CONTROL, domain="collaboration.example"),
            ],
            at=filed,
        )
        self._verify(claim, filed + timedelta(hours=2))
        for hours, region, units in ((26, "northeurope", 2400), (9, "germanynorth", 900), (2.5, "swedencentral", 1200)):
            at = self.ago(hours=hours)
            request = self.file(internal, "remote_work_core", [AskedLine("vcpu", units, units // 2)], [region], at)
            if hours > 3:
                self.settle(request, at + timedelta(hours=1), by="reviewer")

    def first_tier(self) -> None:
        """Tier 1 where tier decides the order, first come last: all but what came in during the last hours."""
        for request in self._scarce(1).filter(filed_at__lt=self.ago(hours=6))[:8]:
            at = max(request.filed_at, self.ago(hours=40)) + timedelta(minutes=self.random.uniform(20, 300))
            self.settle(request, min(at, self.ago(minutes=20)), by=self.random.choice(("reviewer", "reviewer2")))

    def behind_it(self) -> None:
        """The lower tiers there: what the order leaves, and refusals that say why."""
        for tier, count in ((2, 1), (3, 1), (4, 2), (5, 1)):
            for request in self._scarce(tier)[:count]:
                self.settle(request, self.ago(hours=self.random.uniform(0.5, 5)), by="reviewer2")

    def _scarce(self, tier: int) -> QuerySet[CapacityRequest]:
        return (
            CapacityRequest.objects.filter(
                state__in=WAITING,
                claimed_tier=tier,
                acceptable__wish=1,
                acceptable__region__condition__in=SCARCE_CONDITIONS,
            )
            .select_related("organization", "claimed_workload", "confirmed_workload")
            .order_by("order_standing", "order_band", "order_behind", "order_at", "number")
        )

    def all_kinds_of_answers(self) -> None:
        """One sample of customers asks today, and meets every kind of answer."""
        scarce = set(Region.objects.filter(condition__in=SCARCE_CONDITIONS).values_list("code", flat=True))
        hospitals = self._verified("HE-ACUTE", 60)
        # Where it is tight, everybody who waits is ranked anew for each decision: a few of those will do.
        tight = [one for one in hospitals if scarce.intersection(COUNTRIES[one.country][1][:2])]
        calm = [one for one in hospitals if one not in tight]
        for number, organization in enumerate([*calm[:8], *tight[:6]]):
            at = self.ago(minutes=self.random.uniform(100, 420))
            regions = COUNTRIES[organization.country][1][:2]
            lines = [AskedLine("vcpu", 40 + 8 * number, 16), AskedLine("memory", 160 + 32 * number, 64)]
            request = self.file(organization, "health_records", lines, regions, at)
            if number < 8:
                self.settle(request, at + timedelta(minutes=60), by="reviewer")
        others = [
            one
            for one in Organization.objects.filter(is_internal=False, claims=None).order_by("pk")[:80]
            if COUNTRIES[one.country][1][-1] not in scarce
        ]
        for number, organization in enumerate(self.random.sample(others, min(24, len(others)))):
            self._meets(number, organization)
        look_again(at=self.now)

    def _meets(self, number: int, organization: Organization) -> None:
        at = self.ago(hours=26 + number / 4)
        region = COUNTRIES[organization.country][1][-1]
        request = self.file(organization, "general", [AskedLine("vcpu", 24 + 8 * number)], [region], at)
        later = at + timedelta(hours=2)
        reviewer, manager = self.by("reviewer", later), self.manager(organization, later)
        key = request.public_id
        with suppress(CannotGrant):
            match number % 8:
                case 0 | 1:
                    decision = approve_request(actor=reviewer, request_id=key, region_code=region, at=later)
                    # The first that fits: at some hours a crew is too thin for one or the other.
                    if self._takes_back:
                        self._takes_back = False
                        soon = later + timedelta(seconds=6)
                        undo_decision(actor=reviewer, decision_id=decision.public_id, at=soon)
                case 2:
                    request_information(actor=reviewer, request_id=key, question="Until when is it needed?", at=later)
                    if number > 8:
                        answer = later + timedelta(hours=3)
                        answer_information(actor=manager, request_id=key, answer="Until the summer.", at=answer)
                case 3:
                    decline_request(
                        actor=reviewer, request_id=key, reason="The agreed quota is used up.", block="quota", at=later
                    )
                case 4:
                    waitlist_request(
                        actor=reviewer,
                        request_id=key,
                        reason="The customer asked us to wait for their own tests.",
                        block="access",
                        next_look_date=later.date() + timedelta(days=1),
                        at=later,
                    )
                case 5:
                    withdraw_request(actor=manager, request_id=key, reason="Solved with what they have.", at=later)
                case 6:
                    approve_request(actor=reviewer, request_id=key, region_code=region, at=later)
                    done = later + timedelta(hours=4)
                    fulfil_request(actor=self.by("operator", done), request_id=key, at=done)
                    back = done + timedelta(hours=9)
                    release_grant(actor=self.by("operator", back), request_id=key, reason="Not needed.", at=back)
                case _:
                    submit_request(
                        actor=manager,
                        organization_id=organization.public_id,
                        workload="education",
                        lines=[AskedLine("storage", 2)],
                        regions=[region],
                        needed_by_date=later.date() + timedelta(days=40),
                        complete=False,
                        at=later,
                    )

    def parts(self) -> None:
        """More is asked for than is left, and a part of it would already help."""
        regions = ("canadacentral", "japanwest", "eastus2", "australiaeast")
        for number, (organization, region) in enumerate(zip(self._verified("ED-REMOTE", 4), regions, strict=False)):
            at = self.ago(hours=7 - number)
            pool = Pool.objects.get(region__code=region, resource__code="gpu")
            asked = AskedLine("gpu", ledger.left(pool, ledger.Level.RESERVE) + 10, 1)
            request = self.file(organization, "education", [asked], [region], at)
            later = at + timedelta(minutes=50)
            reviewer = self.by("reviewer", later)
            confirm_workload(actor=reviewer, request_id=request.public_id, workload="education", at=later)
            with suppress(CannotGrant):
                grant_in_part(
                    actor=reviewer,
                    request_id=request.public_id,
                    region_code=region,
                    quantities={"gpu": max(1, pool.supply * 4 // 100)},
                    reason="Enough for the first two weeks; the rest after the delivery.",
                    at=later,
                )

    def second_signatures(self) -> None:
        """Large grants: some wait for the duty manager, one was signed, one refused."""
        places = ("northeurope", "francecentral", "swedencentral", "switzerlandnorth", "norwayeast", "spaincentral")
        for number, (organization, region) in enumerate(zip(self._verified("HE-SUPPLY", 6), places, strict=False)):
            at = self.ago(minutes=300 - 35 * number)
            pool = Pool.objects.get(region__code=region, resource__code="vcpu")
            lines = [AskedLine("vcpu", max(1, pool.supply * 6 // 100))]
            request = self.file(organization, "medical_supply", lines, [region], at)
            self.settle(request, at + timedelta(minutes=25), by="several")
            request.refresh_from_db()
            if request.state != R.AWAITING_SECOND_SIGNATURE:
                continue
            later = at + timedelta(minutes=45)
            if number == 0:
                confirm_grant(actor=self.by("duty", later), request_id=request.public_id, at=later)
            elif number == 1:
                text = "Half of it would do for the coming week; ask the customer."
                refuse_grant(actor=self.by("duty2", later), request_id=request.public_id, reason=text, at=later)

    def leases(self) -> None:
        """Somebody is working on a few requests right now."""
        found = CapacityRequest.objects.filter(state=R.IN_REVIEW).order_by("order_band", "pk")[:4]
        for number, request in enumerate(found):
            take_lease(actor=self.by("reviewer" if number % 2 else "reviewer2", self.now), request=request, at=self.now)

    def file(
        self,
        organization: Organization,
        workload: str,
        lines: Sequence[AskedLine],
        regions: Sequence[str],
        at: datetime,
        campaign_id: UUID | None = None,
    ) -> CapacityRequest:
        """A request filed by the organization's account manager."""
        return submit_request(
            actor=self.manager(organization, at),
            organization_id=organization.public_id,
            workload=workload,
            lines=lines,
            regions=regions,
            needed_by_date=at.date() + timedelta(days=self.random.randrange(3, 30)),
            justification="Needed for the coming weeks; the numbers come from the crisis team.",
            campaign_id=campaign_id,
            at=at,
        )

    def settle(self, request: CapacityRequest, at: datetime, *, by: str) -> Decision | None:
        """Decide as a reviewer would: all of it, a part of it, else the waiting list or no."""
        # Never before what happened to it last.
        at = max(at, request.moves.latest("pk").at, request.rankings.latest("pk").at) + timedelta(minutes=1)
        actor, key = self.by(by, at), request.public_id
        if not request.is_confirmed:
            confirm_workload(actor=actor, request_id=key, workload=request.claimed_workload.code, at=at)
        refused: CannotGrant | None = None
        for code in request.acceptable.order_by("wish").values_list("region__code", flat=True):
            try:
                return self._grant(actor, request, code, at)
            except CannotGrant as refusal:
                refused = refused or refusal
        assert refused is not None
        try:
            if request.claimed_tier <= 3 or self.random.random() < 0.4:
                return waitlist_request(
                    actor=actor,
                    request_id=key,
                    reason="Nothing useful is left; it stays on the list for the next delivery.",
                    next_look_date=self.now.date() + timedelta(days=self.random.randrange(1, 8)),
                    at=at,
                )
            return decline_request(actor=actor, request_id=key, reason="What is left is needed for others.", at=at)
        except BlockNotNamed:
            return None

    def _grant(self, actor: Actor, request: CapacityRequest, code: str, at: datetime) -> Decision:
        """Everything, without a date where the crew is short, or what is left of a single line."""
        key = request.public_id
        try:
            return approve_request(actor=actor, request_id=key, region_code=code, at=at)
        except CannotGrant as refusal:
            if refusal.values["block"] == "staffing":
                return approve_request(actor=actor, request_id=key, region_code=code, undated=True, at=at)
            left, lines = refusal.values.get("left", 0), list(request.lines.select_related("resource"))
            if refusal.values["block"] != "capacity" or len(lines) > 1 or left < lines[0].minimum:
                raise
            return grant_in_part(
                actor=actor,
                request_id=key,
                region_code=code,
                quantities={lines[0].resource.code: int(left)},
                reason="All that is left now.",
                at=at,
            )

    # --- claims --------------------------------------------------------------------------------------

    def claims(self) -> None:
        """A morning at the verifiers': registered, claimed, taken up, asked about, verified."""
        rows = RegisterRow.objects.filter(
            snapshot__register__code=REGISTER[0], domain="", is_active=True, country__in=("DE", "AT", "CH")
        ).order_by("pk")
        category = {one.name_en: one for one in SectorCategory.objects.all()}
        for number, row in enumerate(rows[:8]):
            at = self.ago(hours=9 - number)
            with transaction.atomic(), suppress(Refusal):
                organization = register_organization(
                    actor=self.by("account", at),
                    portfolio=self.cast.portfolios[0],
                    legal_name=row.name,
                    country=row.country,
                    offer_type="enterprise",
                    domains=[f"neu-{number}.example"],
                    customer_since=None,
                    anyway_reason="It is another body of the same town.",
                    at=at,
                )
                claim = propose_claim(
                    actor=self.by("account", at),
                    organization=organization,
                    category=category[row.kind],
                    evidence=[
                        Item(EvidenceKind.REGISTER_MATCH, register_row=row),
                        Item(EvidenceKind.DOMAIN_CONTROL, domain=f"neu-{number}.example"),
                    ],
                    statement="We need it confirmed before the weekend.",
                    at=at,
                )
                later = at + timedelta(minutes=40)
                if number < 2:
                    self._verify(claim, later)
                elif number < 4:
                    claim = take_up_claim(actor=self.by("verifier2", later), claim=claim, at=later)
                    if number == 3:
                        text = "Please send the letter that the register entry mentions."
                        ask_about_claim(actor=self.by("verifier2", later), claim=claim, question=text, at=later)

    def _verify(self, claim: Claim, at: datetime) -> Claim:
        verifier = self.by("verifier", at)
        claim = take_up_claim(actor=verifier, claim=claim, at=at)
        for item in claim.evidence.all():
            if item.kind == EvidenceKind.DOMAIN_CONTROL:
                # The demo's domains are in no DNS; what the record would say was seen there.
                challenge = claim.challenges.get(domain=item.domain)
                DomainProof.objects.create(
                    challenge=challenge, method=Method.DNS, seen=record_text(challenge.token), at=at
                )
            check_evidence(actor=verifier, evidence=item, holds=True, at=at)
        return verify_claim(actor=verifier, claim=claim, at=at)

    def _verified(self, category: str, count: int) -> list[Organization]:
        found = Organization.objects.filter(
            claims__category__code=category, claims__state=ClaimState.VERIFIED, country__in=COUNTRIES
        )
        return list(found.order_by("-pk")[:count])
