"""The letter about a decision, rendered from the decision's own record, in the reader's language.

Staff and customer read the same block, numbers, way out and next look; the letter names no other customer and no other
request, and nothing in it is looked up anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from capacity.intake.wording import Names, Reader, block_label, finding_text, supply_needed_text, way_out_text
from capacity.requests.models import CapacityRequest, Decision, Outcome, Stage
from kit.reason import Reason


@dataclass(frozen=True)
class Letter:
    """What the customer reads."""

    language: str
    subject: str
    paragraphs: tuple[str, ...]


def letter(decision: Decision, request: CapacityRequest, language: str) -> Letter:
    """The letter about a decision; select `ranking` with the decision and `organization` with the request."""
    with translation.override(language):
        values = {"request": request.label}
        subject = _("Your request %(request)s for new capacity") % values
        return Letter(language, subject, tuple(_paragraphs(decision, request)))


def has_letter(decision: Decision) -> bool:
    """Whether the customer is told: of what is final, and not of what was undone or only held."""
    return decision.outcome != Outcome.UNDO and decision.stage in (Stage.FINAL, Stage.SECOND_SIGNATURE)


def explanation_lines(decision: Decision, reader: Reader = Reader.STAFF) -> tuple[str, ...]:
    """Why not more, what helps out and what would have done, as sentences for staff or customer."""
    return tuple(_why(decision, reader))


def _paragraphs(decision: Decision, request: CapacityRequest) -> Iterator[str]:
    names = Names(decision.circumstances)
    told = decision.explanation
    resources = told.get("resources", [])
    asked = names.bundle(resources, told["asked"]) if told.get("asked") else ""
    granted = names.bundle(resources, told["quantities"]) if told.get("quantities") else ""
    place = names.region(decision.region.code) if decision.region else ""
    values = {"asked": asked, "granted": granted, "place": place}
    match decision.outcome:
        case Outcome.APPROVE:
            yield _("We grant all of it: %(granted)s in %(place)s.") % values
        case Outcome.PARTLY:
            yield _("You asked for %(asked)s. We grant a part of it: %(granted)s in %(place)s.") % values
        case Outcome.ELSEWHERE:
            yield _("You asked for %(asked)s. As agreed with you, we grant %(granted)s in %(place)s.") % values
        case Outcome.WAITLIST:
            yield _("You asked for %(asked)s. We cannot grant it now and keep it on our waiting list.") % values
        case Outcome.DECLINE:
            yield _("You asked for %(asked)s. We cannot grant it.") % values
    if told.get("undated"):
        yield _("This grant carries no date: we tell you as soon as we can name one.")
    elif decision.region:
        yield _("You asked for it by %(day)s.") % {"day": date_format(request.needed_by_date)}
    yield from _why(decision, Reader.CUSTOMER)
    if decision.next_look_date:
        yield _("We look at it again on %(day)s.") % {"day": date_format(decision.next_look_date)}
    if decision.outcome != Outcome.APPROVE:
        yield _appeal(decision)


def _why(decision: Decision, reader: Reader) -> Iterator[str]:
    if not decision.block:
        return
    told: dict[str, Any] = decision.explanation
    names = Names(decision.circumstances)
    values = {"block": block_label(decision.block)}
    if told.get("named_by_person"):
        yield _("What stands in the way: %(block)s. %(reason)s") % {**values, "reason": decision.reason}
    else:
        yield _("What stands in the way: %(block)s.") % values
    said = []
    for assessment in told.get("assessments", []):
        sentences = [
            finding_text(Reason.from_dict(finding["reason"]), names, reader) for finding in assessment["findings"]
        ]
        for sentence in dict.fromkeys(sentences):
            said.append(f"{names.region(assessment['place'])}: {sentence}")
    yield from said
    ways = told.get("ways_out", [])
    # Somebody in whose way nothing but a person's finding stands is not helped by another region.
    if ways and not told.get("named_by_person"):
        yield way_out_text(ways[0], told["resources"], names)
    elif not told.get("named_by_person"):
        yield _("At the moment no other region and no smaller quantity would help.")
    if "supply_needed" in told:
        yield supply_needed_text(told["supply_needed"], names)


def _appeal(decision: Decision) -> str:
    is_first_tier = decision.ranking is not None and decision.ranking.claimed_tier == 1
    if is_first_tier:
        return _(
            "You can appeal: tell your account manager why. Somebody who was not involved decides within four hours."
        )
    return _(
        "You can appeal: tell your account manager why. Somebody who was not involved decides within two working days."
    )
