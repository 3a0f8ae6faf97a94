"""What an override about an organization asks of a merge."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from customers.models import Organization
from kit.refusal import Conflict
from priorities.models import OverrideScope
from priorities.overrides import in_force, waiting_for_signature
from users.access import Actor


class OverrideAboutIt(Conflict):
    """Two people signed for this organization and not for the one it becomes."""

    code = "override_about_it"
    message = _("An override is about %(organization)s. It would not follow into a merge.")
    remedy = _("End it first, or let it run out.")


def refuse_with_override(
    *, actor: Actor, merged: Organization, survivor: Organization, reason: str, at: datetime
) -> None:
    """Raise `OverrideAboutIt` where an override about the merged organization is in force or waits."""
    for overrides in (in_force(at), waiting_for_signature(at)):
        if overrides.filter(scope=OverrideScope.ORGANIZATION, subject_key=merged.public_id).exists():
            raise OverrideAboutIt(organization=merged.legal_name)
