"""Who is served before a request, and who would not be any more after it was granted."""

from collections.abc import Iterable, Sequence

from capacity.intake.diagnosis.values import Ahead, Ask, Place
from capacity.pools.arithmetic import Level

# Hundreds may wait ahead and are gone through many times over, so that is done on plain numbers: the slack of each
# resource by level, and of each request its level and its smallest bundle.


def served_in_order(place: Place, ahead: Iterable[Ahead]) -> tuple[tuple[bool, ...], Place]:
    """Who ahead could have the smallest useful grant, one after the other, and the place after they had it."""
    queue = queue_of(ahead)
    served = serve(slack_of(place), queue)
    promised: dict[int, dict[str, int]] = {int(level): {} for level in Level}
    for (level, bundle), fits in zip(queue, served, strict=True):
        if fits:
            for name, units in bundle:
                promised[level][name] = promised[level].get(name, 0) + units
    for level, taken in promised.items():
        if taken:
            place = place.with_promised(Level(level), taken)
    return tuple(served), place


def queue_of(ahead: Iterable[Ahead]) -> list[tuple[int, tuple[tuple[str, int], ...]]]:
    """Of each request its level and its smallest useful bundle, in order."""
    return [(int(one.level), one.smallest) for one in ahead]


def slack_of(place: Place) -> dict[str, list[int]]:
    """What is left of each resource, by level."""
    return {
        supply.resource: [supply.split.limit(at) - supply.committed.within(at) for at in Level]
        for supply in place.supplies
    }


def serve(slack: dict[str, list[int]], queue: Iterable[tuple[int, tuple[tuple[str, int], ...]]]) -> list[bool]:
    """Take from the slack what each of the queue fits in; who did."""
    nothing, tier1 = [0, 0, 0], int(Level.TIER1)
    served = []
    for level, bundle in queue:
        for name, units in bundle:
            general, critical, whole = slack.get(name, nothing)
            # A level draws on its own buckets and is bound by those of every level above it.
            if units > whole or (level < tier1 and units > critical) or (level == 0 and units > general):
                served.append(False)
                break
        else:
            for name, units in bundle:
                levels = slack[name]
                for at in range(level, len(levels)):
                    levels[at] -= units
            served.append(True)
    return served


def displaced(ask: Ask, place: Place, quantities: Sequence[int], ahead: Sequence[Ahead]) -> Ahead | None:
    """The first better-ranked request that could be served now and not any more after this grant; None if nobody."""
    bundle = {line.resource: units for line, units in zip(ask.lines, quantities, strict=True)}
    before, _ = served_in_order(place, ahead)
    after, _ = served_in_order(place.with_promised(ask.level, bundle), ahead)
    return next((one for one, was, still in zip(ahead, before, after, strict=True) if was and not still), None)
