"""What would follow if verifications ran out: those above this app know, and are asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import QuerySet
from django.db.models.query import ModelIterable

from customers.models import Claim
from kit import clock

BATCH = 200


@dataclass(frozen=True)
class Drop:
    """A pending request that would fall to a lower tier without the claim."""

    label: str
    url: str
    old_tier: int
    new_tier: int


Preview = Callable[[Sequence[Claim], datetime], dict[int, list[Drop]]]
_preview: Preview = lambda claims, at: {}  # noqa: E731 - nobody answers until one is given


def provide_lapse_preview(preview: Preview) -> None:
    """Let `preview` say, by the claims' keys, which pending requests would drop; see `config.wiring`."""
    global _preview
    _preview = preview


def drops_of(claims: Sequence[Claim], at: datetime) -> dict[int, list[Drop]]:
    """The requests that would drop a tier, by claim; nothing is changed."""
    return _preview(claims, at)


class _ClaimsWithDrops(ModelIterable):
    """Rows of a queryset, each with `drops`; asked for in batches, so that pages and files cost a few statements."""

    def __iter__(self) -> Iterator[Claim]:
        rows = super().__iter__()
        while batch := list(islice(rows, BATCH)):
            found = drops_of(batch, clock.now())
            for claim in batch:
                claim.drops = found.get(claim.pk, [])
                yield claim


def with_drops(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """The same claims, each carrying `drops`: the pending requests that would fall without it."""
    claims = claims.all()
    claims._iterable_class = _ClaimsWithDrops
    return claims
