"""How long each kind is kept now."""

from customers.retention.kinds import KINDS
from customers.retention.models import RetentionRule


def days_by_kind() -> dict[str, int]:
    """Days by the kind's code: as an administrator set them, or the default; one query."""
    chosen = dict(RetentionRule.objects.values_list("kind", "days"))
    return {code: chosen.get(code, kind.default_days) for code, kind in KINDS.items()}
