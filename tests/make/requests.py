"""Requests for capacity."""

from datetime import datetime, timedelta

from capacity.regions.models import Region
from capacity.requests.actions.submit_request import AskedLine, submit_request
from capacity.requests.models import CapacityRequest
from capacity.review.actions.confirm_workload import confirm_workload
from customers.models import Organization
from priorities.actions.seed_policy import seed_policy
from priorities.models import PolicyVersion
from tests.make import customers
from tests.make.customers import hospital, verified_claim
from tests.make.people import NOW, account_manager, acting, actor
from tests.make.places import region
from users.roles import Role


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
    of = organization or customers.organization()
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
