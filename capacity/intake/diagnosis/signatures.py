"""When a grant needs a second signature."""

from collections.abc import Sequence

from capacity.intake.diagnosis.values import Ask, Place
from capacity.pools.arithmetic import PERMILLE, Level
from kit.reason import Reason


def signature_reasons(
    ask: Ask, place: Place, quantities: Sequence[int], *, large_permille: int, mark_permille: int
) -> tuple[Reason, ...]:
    """Why a grant needs a second signature: it is large for its pool, or tier 1 holds more than its mark after it."""
    reasons = []
    supplies = {supply.resource: supply for supply in place.supplies}
    for line, units in zip(ask.lines, quantities, strict=True):
        supply = supplies.get(line.resource)
        if supply is None:
            continue
        total = supply.split.total
        if units * PERMILLE > total * large_permille:
            params = {"resource": line.resource, "quantity": units, "supply": total, "permille": large_permille}
            reasons.append(Reason("large_grant", params))
        tier1 = supply.committed.tier1 + (units if ask.level is Level.TIER1 else 0)
        if tier1 * PERMILLE > total * mark_permille:
            params = {"resource": line.resource, "tier1": tier1, "supply": total, "permille": mark_permille}
            reasons.append(Reason("beyond_mark", params))
    return tuple(reasons)
