"""The contacts with an organization on its page."""

from customers.liaison.access import may_log_contact, may_see_liaison
from customers.liaison.queries import contacts_with
from customers.models import Organization
from customers.panels import OrganizationPanel
from users.access import Actor

SHOWN = 5


def liaison_panel(actor: Actor, organization: Organization) -> OrganizationPanel | None:
    """The latest contacts; nothing for roles that do not read the log. One statement."""
    if may_see_liaison(actor) is not None:
        return None
    rows = list(contacts_with(actor, organization)[: SHOWN + 1])
    context = {
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "may_log": may_log_contact(actor, organization) is None,
        "organization": organization,
    }
    return OrganizationPanel("liaison/_panel.html", context)
