"""One of everything, for tests that open every page: the arguments of each address that needs some."""

from typing import Any

from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import Alarm, AlarmKind
from capacity.notices.actions.draft_notice import draft_notice
from capacity.regions.models import Datacenter
from capacity.regions.threshold_models import ThresholdProposal
from customers.actions.compare_snapshots import compare_snapshots
from customers.assurance.actions.complain import complain
from customers.liaison.actions.log_contact import log_contact
from customers.models import ImportRun
from priorities.actions.draft_policy import draft_policy
from tests import make
from users.roles import Role


def build(at=make.NOW) -> dict[str, list[Any]]:
    """The arguments by the address's name; whoever holds a role without limits reaches all of it."""
    request = make.tier1_request(regions=["westeurope"], at=at)
    claim = make.claim(of=make.organization("Feuerwehr Musterstadt", domains=["feuerwehr.example"]), code="FR-FIRE")
    override = make.override(request, at=at)
    lever = make.pulled_lever(at=at)
    notice = draft_notice(actor=make.acting(Role.NOTICE_EDITOR), title_de="Titel", body_de="Text", at=at)
    verified = make.verified_claim(
        "HE-SUPPLY", of=make.organization("Blutspendedienst", domains=["blut.example"]), at=at
    )
    second_look = complain(
        actor=make.acting(Role.AUDITOR), claim_id=make.verified_claim(at=at).public_id, complaint="Doubtful.", at=at
    )
    review = make.evidence_review(at=at)
    snapshot = review.snapshot
    code, day = snapshot.register.code, snapshot.as_of_date.isoformat()
    pinned = review.evidence.register_row
    # As the import of the later one leaves them.
    compare_snapshots(old=pinned.snapshot, new=snapshot, at=at)
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    draft = draft_policy(actor=reviewer, based_on=1, title="Next", at=at).number
    run = ImportRun.objects.create(kind="organizations", file_name="x.csv", file_hash="0" * 64, started_at=at)
    contact = log_contact(
        actor=make.acting(Role.DUTY_MANAGER), counterpart="authority", authority="Ministry of Health",
        happened_date=at.date(), summary="They need a direct line.", at=at,
    )  # fmt: skip
    datacenter = request.acceptable.first().region.datacenters.first().code
    other = make.organization(
        "Krankenhaus Musterstadt", parent=claim.organization, portfolio=claim.organization.portfolio
    )
    person = other.contacts.create(name="Control room", phone="1", added_at=at, kept_at=at)
    keep_alarms(AlarmKind.USAGE_SURGE, {(request.acceptable.first().region_id, "vcpu"): {
        "above_permille": 300, "since": "2020-03-20", "proposal": "watch", "names": {},
    }}, region_ids=[request.acceptable.first().region_id], at=at)  # fmt: skip
    by_name = {
        "alarms:alarm": [Alarm.objects.latest("pk").public_id],
        "customers:duplicate": [claim.organization.public_id, other.public_id],
        "customers:new_contact": [other.public_id],
        "customers:contact": [other.public_id, person.public_id],
        "customers:inheritance": [other.public_id],
        "users:person": [make.person().public_id],
        "customers:evidence_review": [review.public_id],
        "customers:snapshot": [code, day],
        "customers:register_changes": [code, day, pinned.snapshot.as_of_date.isoformat()],
        "customers:register_entry": [code, pinned.snapshot.as_of_date.isoformat(), pinned.key],
        "customers:import_run": [run.public_id],
        "customers:claim": [claim.public_id],
        "customers:case": [claim.public_id],
        "priorities:version": [1],
        "priorities:difference": [1, draft],
        "priorities:terms": [draft],
        "priorities:new_clause": [draft],
        "priorities:clause": [draft, "1.1"],
        "allocation:simulation": [1],
        "priorities:override": [override.public_id],
        "levers:lever": [lever.public_id],
        "levers:step": [lever.public_id],
        "campaigns:campaign": [make.campaign(at=at).public_id],
        "deliveries:of_pool": ["westeurope", "vcpu"],
        "deliveries:of_region": ["westeurope"],
        "deliveries:delivery": [make.delivery(at=at).public_id],
        "levers:measure": [lever.public_id, 1],
        "liaison:item": [contact.public_id],
        "assurance:review": [second_look.public_id],
        "assurance:complaint": [verified.public_id],
        "notices:notice": [notice.public_id],
        "pools:pool": ["westeurope", "vcpu"],
        "pools:terms": ["westeurope", "vcpu"],
        "usage:usage": ["westeurope", "vcpu"],
    }
    proposal = ThresholdProposal.objects.create(
        region_id=request.acceptable.first().region_id, current="normal", condition="watch", reasons=[], since=at,
        raised_at=at,
    )  # fmt: skip
    by_name["regions:dismiss"] = [proposal.public_id]
    plan = make.response_plan(at=at)
    for name in ("plan", "change", "new_phase", "new_item", "end", "review"):
        by_name[f"response:{name}"] = [plan.public_id]
    by_name["response:new_link"] = [plan.public_id, "lever"]
    about = ("customers:organization", "customers:change", "customers:propose", "customers:proposals", "override_use")
    for name in about:
        by_name[name] = [claim.organization.public_id]
    for name in ("review:case", "override_request", "requests:request", "intake:standing"):
        by_name[name] = [request.public_id]
    for name in ("regions:region", "regions:ahead", "regions:declare", "regions:conditions", "regions:staffing_risk"):
        by_name[name] = ["westeurope"]
    by_name["staffing:withdraw_papers"] = [make.papers(Datacenter.objects.get(code=datacenter), at=at).public_id]
    for name in ("staffing:datacenter", "staffing:report", "staffing:roster", "staffing:repair"):
        by_name[name] = [datacenter]
    by_name["staffing:day"] = [datacenter, at.date().isoformat()]
    shift_file = ImportRun.objects.create(kind="shift_reports", file_name="y.csv", file_hash="1" * 64, started_at=at)
    by_name["staffing:import_run"] = [shift_file.public_id]
    by_name["retention:erasure"] = [claim.organization.public_id]
    return by_name
