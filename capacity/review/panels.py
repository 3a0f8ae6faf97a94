"""What an organization's page shows of its requests."""

from django.urls import reverse

from capacity.requests.access import may_file_request, may_see_requests, visible_requests
from capacity.review.queries import queue_rows
from customers.models import Organization
from customers.panels import OrganizationPanel
from priorities.access import may_propose_override
from users.access import Actor

SHOWN = 8


def request_panel(actor: Actor, organization: Organization) -> OrganizationPanel | None:
    """The latest requests, for those who may see requests (one query)."""
    if may_see_requests(actor) is not None:
        return None
    rows = list(queue_rows(visible_requests(actor).filter(organization=organization)).order_by("-pk")[: SHOWN + 1])
    return OrganizationPanel(
        "requests/_panel.html",
        {
            "organization": organization,
            "new_url": f"{reverse('intake:new')}?organization={organization.public_id}",
            "requests": rows[:SHOWN],
            "is_more": len(rows) > SHOWN,
            "may_file": may_file_request(actor, organization) is None,
            "override_url": reverse("override_use", args=[organization.public_id])
            if may_propose_override(actor) is None
            else "",
        },
    )
