"""Who reads the executive page."""

from capacity.requests.access import may_see_requests
from capacity.review.queries import may_see_queue
from kit.refusal import Refusal
from priorities.access import READERS as OVERRIDE_READERS
from users.access import Actor
from users.roles import Role


def readable_rows(actor: Actor) -> set[str]:
    """The lists behind the pictures that the actor may open; everybody sees the figures, not everybody the rows."""
    refusals = {
        "/requests/": may_see_requests(actor),
        "/queue/": may_see_queue(actor),
        "/overrides/": actor.needs(*OVERRIDE_READERS),
        "/regions/": None,
    }
    return {address for address, refusal in refusals.items() if refusal is None}


def may_read_reports(actor: Actor) -> Refusal | None:
    """Executives, duty managers, notice editors and auditors."""
    return actor.needs(Role.EXECUTIVE, Role.DUTY_MANAGER, Role.NOTICE_EDITOR, Role.AUDITOR)
