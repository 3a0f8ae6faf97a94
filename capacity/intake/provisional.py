"""How much a request may still be granted whose category is only provisional: by the policy it was ranked under."""

from dataclasses import replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from capacity.intake.diagnosis import Allowance, Ask
from capacity.requests.models import CapacityRequest, Grant
from capacity.requests.ranking import Ranked
from priorities.models import PolicyVersion
from priorities.policies import policy_value


def with_taken(requests: QuerySet[CapacityRequest]) -> QuerySet[Any]:
    """The requests with `taken` in the row, so that `with_allowance` asks nothing more."""
    return requests.annotate(taken=ArraySubquery(_taken(OuterRef("organization"))))


def with_allowance(ask: Ask, ranked: Ranked) -> Ask:
    """The same request, bounded where its rank rests on a provisional claim; no query elsewhere.

    What counts as taken is every grant or hold of the organization that was decided on a provisional rank and not
    released. The trigger `provisional_grants_are_capped` says the same.
    """
    if not ranked.result.provisional:
        return replace(ask, allowance=None)
    request: Any = ranked.request
    rows = request.taken if hasattr(request, "taken") else [one["row"] for one in _taken(request.organization_id)]
    version = (
        request.ranking.policy_version
        if request.ranking is not None
        else PolicyVersion.objects.get(number=ranked.result.policy_version)
    )
    taken = tuple(sorted((row["region"], row["resource"], row["units"]) for row in rows))
    return replace(ask, allowance=Allowance(policy_value(version).provisional_cap_permille, taken))


def _taken(organization: Any) -> QuerySet[Any]:
    return Grant.objects.filter(
        request__organization=organization,
        decision__ranking__is_provisional=True,
        entry__released_by=None,
    ).values(row=JSONObject(region=F("pool__region__code"), resource=F("pool__resource__code"), units=F("quantity")))
