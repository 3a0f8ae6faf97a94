"""What of policies and overrides waits for a second signature."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from priorities.models import PolicyState, PolicyVersion
from priorities.overrides import waiting_for_signature
from users.second_signatures import Waiting


def unsigned(at: datetime) -> Iterator[Waiting]:
    """Proposed versions of the policy, proposed overrides, and those in force on one signature."""
    for version in PolicyVersion.objects.filter(state=PolicyState.PROPOSED, proposed_at__isnull=False):
        assert version.proposed_at is not None  # as filtered
        yield Waiting(
            "policy_version",
            version.public_id,
            _("Policy version"),
            f"{version.number} · {version.title}",
            version.proposed_at,
            (version.proposed_by_id, version.drafted_by_id),
        )
    for override in waiting_for_signature(at).order_by("pk"):
        yield Waiting(
            "override",
            override.public_id,
            _("Override"),
            f"{override.label} · {override.subject_label}",
            override.proposed_at,
            (override.proposed_by_id,),
            override.region_code,
        )
