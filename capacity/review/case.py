"""A request on the table of the one who decides: locked, ranked anew, with everything the decision rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from capacity.intake.campaigning import with_campaign
from capacity.intake.circumstances import Circumstances, ahead_now, ask_of, asks_by_region, look_at
from capacity.intake.diagnosis import Ahead, Ask, Assessment, WayOut, as_dict, assess, supply_needed, ways_out
from capacity.intake.provisional import with_allowance
from capacity.regions.models import Region
from capacity.requests.models import CapacityRequest, Outcome, RequestLine, RequestState
from capacity.requests.moves import begin_review, locked
from capacity.requests.queries import latest_decision
from capacity.requests.ranking import Cause, Ranked, rank_request
from kit.refusal import Conflict, StaleForm
from priorities import policy
from priorities.models import PolicyVersion
from priorities.policies import active_policy
from users.access import Actor

# How many ways out a decision keeps; the best one is what people read.
WAYS_KEPT = 3
# When a region is looked at again where nobody named a day.
LOOK_AGAIN_AFTER = timedelta(days=7)
REVIEWABLE = (RequestState.QUEUED, RequestState.IN_REVIEW)

_OUTCOME_WORDS = {
    Outcome.APPROVE: _("approved in full"),
    Outcome.PARTLY: _("granted in part"),
    Outcome.ELSEWHERE: _("granted in another region"),
    Outcome.WAITLIST: _("put on the waiting list"),
    Outcome.DECLINE: _("declined"),
    Outcome.UNDO: _("taken back"),
}


class AlreadyDecided(Conflict):
    """Somebody was faster: one decision counts, and everybody else learns whose."""

    code = "already_decided"
    message = _("%(who)s has already decided on %(request)s: %(outcome)s.")
    remedy = _("Nothing of what you just sent was carried out. Take the next request.")


class WaitsForSignature(Conflict):
    """A grant is held and waits for its second signature."""

    code = "waits_for_signature"
    message = _("%(who)s has already granted %(request)s; a duty manager's second signature is awaited.")
    remedy = _("Nothing of what you just sent was carried out.")


class NotInReview(Conflict):
    """The request is in no state in which it can be decided."""

    code = "not_in_review"
    message = _("%(request)s cannot be decided now: %(state)s.")
    remedy = _("Reload the page: it may have moved meanwhile.")


@dataclass
class Case:
    """One request under decision. `lines` in their order; the request is locked until the transaction ends."""

    request: CapacityRequest
    lines: list[RequestLine]
    ranked: Ranked
    version: PolicyVersion
    terms: policy.Policy
    ask: Ask
    at: datetime
    # By region (code), where an override makes it differ; see `ask_in`.
    regional: dict[str, Ask] = field(default_factory=dict)

    def ask_in(self, region: str) -> Ask:
        """What is asked for, with the overrides that count in a region (code)."""
        return self.regional.get(region, self.ask)


def open_request(request_id: UUID) -> CapacityRequest:
    """The request, locked, for an act of review. Raises `NotFound`."""
    return locked(request_id)


def open_case(
    request: CapacityRequest, *, actor: Actor, at: datetime, row_version: int | None = None, region: str = ""
) -> Case:
    """Take a locked request into review and rank it on the facts of this moment; as in a region, where it is named.

    Raises `AlreadyDecided`, `WaitsForSignature`, `NotInReview`, `StaleForm`.
    """
    refuse_unless_reviewable(request)
    if row_version is not None and row_version != request.row_version:
        raise StaleForm()
    begin_review(request, actor=actor, at=at)
    ranked = rank_request(request, cause=Cause.DECISION, actor=actor, at=at, region=region)
    version, terms = active_policy(at)
    lines = list(request.lines.select_related("resource").order_by("pk"))
    ask = with_campaign(with_allowance(ask_of(ranked, lines), ranked), request, at)
    regions = Region.objects.values_list("code", flat=True) if ranked.regional else ()
    return Case(request, lines, ranked, version, terms, ask, at, asks_by_region(ranked, ask, regions))


def refuse_unless_reviewable(request: CapacityRequest) -> None:
    """Raise the refusal that says who decided what, or where the request stands, unless it can be decided."""
    if request.state in REVIEWABLE:
        return
    last = latest_decision(request)
    if last is None or request.state in (
        RequestState.DRAFT,
        RequestState.INFORMATION_REQUESTED,
        RequestState.WITHDRAWN,
    ):
        raise NotInReview(request=request.label, state=RequestState(request.state).label)
    values = {"who": last.by.name if last.by else "Vorrang", "request": request.label}
    if request.state == RequestState.AWAITING_SECOND_SIGNATURE:
        raise WaitsForSignature(**values)
    raise AlreadyDecided(**values, outcome=_OUTCOME_WORDS[Outcome(last.outcome)])


@dataclass(frozen=True)
class Diagnosis:
    """What the diagnosis says about a case: each accepted region, and the ways out."""

    circumstances: Circumstances
    ahead: Mapping[str, Sequence[Ahead]]
    assessments: tuple[Assessment, ...]
    ways: tuple[WayOut, ...]

    @property
    def best(self) -> Assessment | None:
        """The accepted region that holds most of it, earlier wishes first; None where there is no pool at all."""
        rank = {"full": 0, "part": 1, "none": 2}
        return min(
            self.assessments,
            key=lambda one: (rank[one.fit], -(one.quantities[0] if one.quantities else 0)),
            default=None,
        )


def diagnose(case: Case, *, wishes: Mapping[str, int]) -> Diagnosis:
    """Look at every region in which the data may be: the accepted ones closely, the others for ways out."""
    within = Region.objects.all()
    if case.request.residency_geography:
        within = within.filter(geography=case.request.residency_geography)
    circumstances = look_at(within, at=case.at, wishes=wishes)
    scarce = [place.code for place in circumstances.accepted if place.scarce]
    ahead = ahead_now(case.ranked, scarce, at=case.at)
    return Diagnosis(
        circumstances=circumstances,
        ahead=ahead,
        assessments=tuple(
            assess(
                ask := case.ask_in(place.code),
                place,
                ahead=ahead.get(place.code, ()),
                undated=not place.is_dated_for(ask.tier),
            )
            for place in circumstances.accepted
        ),
        ways=ways_out(case.ask, circumstances.places, ahead=ahead, regional=case.regional),
    )


def pinned_circumstances(case: Case, finding: Diagnosis, codes: Sequence[str]) -> dict[str, Any]:
    """Everything the diagnosis looked at in these regions, as JSON values from which it can be run again."""
    kept = [*codes, *(way.place for way in finding.ways[:WAYS_KEPT])]
    regional = {code: as_dict(case.regional[code]) for code in dict.fromkeys(kept) if code in case.regional}
    return {
        **finding.circumstances.pinned(kept),
        "ask": as_dict(case.ask),
        **({"regional_asks": regional} if regional else {}),
        "places": [
            as_dict(place) for code in dict.fromkeys(kept) if (place := finding.circumstances.place(code)) is not None
        ],
        "ahead": {code: [as_dict(one) for one in finding.ahead.get(code, ())] for code in codes if finding.ahead},
    }


def pinned_explanation(case: Case, finding: Diagnosis, **more: Any) -> dict[str, Any]:
    """The reasons, numbers and ways out, as JSON values from which every text is rendered."""
    best = finding.best
    explanation: dict[str, Any] = {
        "resources": [line.resource for line in case.ask.lines],
        "assessments": [as_dict(one) for one in finding.assessments],
        "ways_out": [way.as_dict() for way in finding.ways[:WAYS_KEPT]],
        **more,
    }
    if best is not None and best.fit != "full":
        place = finding.circumstances.place(best.place)
        if place is not None:
            ask = case.ask_in(place.code)
            wanted = ask.full if best.quantities else ask.smallest
            undated = not place.is_dated_for(ask.tier)
            added = supply_needed(ask, place, wanted, ahead=finding.ahead.get(place.code, ()), undated=undated)
            if added:
                explanation["supply_needed"] = {"place": place.code, "units": added, "quantities": list(wanted)}
    return explanation
