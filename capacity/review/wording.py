"""Sentences about what a decision does and did."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from capacity.intake.wording import Names
from capacity.requests.models import CapacityRequest, Decision, Outcome, Stage
from capacity.review.review_page import Effect


def granted_phrase(effect: Effect) -> str:
    """What granting what fits in this region does: how much, and how much of each pool is promised then."""
    units = ", ".join(f"{number_format(pool.units, force_grouping=True)} {pool.unit}" for pool in effect.pools)
    shares = [round(100 * pool.after / pool.supply) for pool in effect.pools if pool.supply]
    sentence = _("Grants %(units)s in %(region)s.") % {"units": units, "region": effect.region.name}
    if shares:
        sentence += " " + _("%(share)s %% of the pool is promised then.") % {"share": max(shares)}
    if effect.undated:
        sentence += " " + _("It carries no date.")
    if effect.signatures:
        sentence += " " + _("It is held until a duty manager signs.")
    return sentence


def decided_sentence(decision: Decision, request: CapacityRequest) -> str:
    """What was decided, for the message on the next page."""
    names = Names(decision.circumstances)
    told = decision.explanation
    values = {
        "request": request.label,
        "units": names.bundle(told["resources"], told["quantities"]) if told.get("quantities") else "",
        "region": names.region(decision.region.code) if decision.region else "",
    }
    if decision.stage == Stage.FIRST_SIGNATURE:
        return _("%(request)s: %(units)s in %(region)s are held; a duty manager signs second.") % values
    match decision.outcome:
        case Outcome.APPROVE | Outcome.PARTLY | Outcome.ELSEWHERE:
            return _("%(request)s: %(units)s granted in %(region)s.") % values
        case Outcome.WAITLIST:
            return _("%(request)s is on the waiting list.") % values
        case Outcome.DECLINE:
            return _("%(request)s is declined.") % values
    return _("%(request)s is back in review.") % values
