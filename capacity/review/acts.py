"""What may be done with a request, as pages offer it: a form as it stands, an action, what is said before and after."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capacity.requests.access import may_fulfil, may_sign_grant, may_speak_for
from capacity.requests.actions.answer_information import answer_information
from capacity.requests.actions.fulfil_request import fulfil_request
from capacity.requests.actions.release_grant import release_grant
from capacity.requests.actions.withdraw_request import withdraw_request
from capacity.requests.models import GRANTED_STATES, REQUEST_LIFE, RequestState, Stage
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_grant import confirm_grant
from capacity.review.actions.confirm_workload import confirm_workload
from capacity.review.actions.decline_request import decline_request
from capacity.review.actions.grant_elsewhere import grant_elsewhere
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.actions.refuse_grant import refuse_grant
from capacity.review.actions.request_information import request_information
from capacity.review.actions.waitlist_request import waitlist_request
from capacity.review.case import LOOK_AGAIN_AFTER
from capacity.review.forms import (
    AnswerForm,
    ApproveForm,
    ConfirmWorkloadForm,
    NoteForm,
    QuantitiesForm,
    QuestionForm,
    ReasonForm,
    RefusalForm,
    RefuseSignatureForm,
    SignForm,
)
from capacity.review.review_page import Effect, ReviewPage
from capacity.review.wording import granted_phrase
from kit.forms import VersionedForm
from users.access import Actor


@dataclass(frozen=True)
class Act:
    """Something that may be done with a request. `shortcut` is its single key; `can_undo` for ten seconds."""

    key: str
    label: Any
    form: type[VersionedForm]
    action: Callable[..., Any]
    done: Any
    shortcut: str = ""
    tone: str = "action"
    can_undo: bool = False


ACTS = {
    act.key: act
    for act in (
        Act("confirm", gettext_lazy("Confirm use"), ConfirmWorkloadForm, confirm_workload,
            gettext_lazy("The use is confirmed."), "c"),
        Act("reclassify", gettext_lazy("Set another use"), ConfirmWorkloadForm, confirm_workload,
            gettext_lazy("The use is set.")),
        Act("approve", gettext_lazy("Approve"), ApproveForm, approve_request,
            gettext_lazy("Approved."), "a", can_undo=True),
        Act("part", gettext_lazy("Grant in part"), QuantitiesForm, grant_in_part,
            gettext_lazy("Granted in part."), "p", can_undo=True),
        Act("elsewhere", gettext_lazy("Grant elsewhere"), QuantitiesForm, grant_elsewhere,
            gettext_lazy("Granted elsewhere."), "e", can_undo=True),
        Act("wait", gettext_lazy("Waitlist"), RefusalForm, waitlist_request,
            gettext_lazy("On the waiting list."), "w", can_undo=True),
        Act("decline", gettext_lazy("Decline"), RefusalForm, decline_request,
            gettext_lazy("Declined."), "d", "danger", can_undo=True),
        Act("ask", gettext_lazy("Request information"), QuestionForm, request_information,
            gettext_lazy("The question is with the account manager."), "i"),
        Act("sign", gettext_lazy("Sign"), SignForm, confirm_grant,
            gettext_lazy("Signed. The grant is made."), can_undo=True),
        Act("refuse", gettext_lazy("Refuse signature"), RefuseSignatureForm, refuse_grant,
            gettext_lazy("Refused. What was held is free again."), tone="danger"),
        Act("withdraw", gettext_lazy("Withdraw"), ReasonForm, withdraw_request,
            gettext_lazy("Withdrawn."), tone="danger"),
        Act("answer", gettext_lazy("Answer"), AnswerForm, answer_information,
            gettext_lazy("Your answer is with the reviewers.")),
        Act("fulfil", gettext_lazy("Delivered"), NoteForm, fulfil_request,
            gettext_lazy("Marked as delivered.")),
        Act("release", gettext_lazy("Release"), ReasonForm, release_grant,
            gettext_lazy("Released into the pools."), tone="danger"),
    )
}  # fmt: skip
REVIEW_ACTS = ("confirm", "reclassify", "approve", "part", "elsewhere", "wait", "decline", "ask", "sign", "refuse")
REQUEST_ACTS = ("withdraw", "answer", "fulfil", "release")


@dataclass(frozen=True)
class Offer:
    """An act as a page offers it: its form, what it will do in a sentence, and how prominently."""

    act: Act
    form: Any
    effect: str = ""
    is_open: bool = False
    is_primary: bool = False
    # Carried out at one press: nothing is left to fill in, and it can be undone.
    is_direct: bool = False
    label: str = ""

    @property
    def button(self) -> Any:
        """What stands on the button."""
        return self.label or self.act.label


def review_form(act: Act, page: ReviewPage, data: Any = None, *, initial: dict[str, Any] | None = None) -> Any:
    """The form of a review act for this case."""
    options: dict[str, Any] = {"auto_id": f"{act.key}_%s"}
    if act.form is ApproveForm:
        options["regions"] = _names(page.effects)
    elif act.key == "part":
        options |= {"regions": _names(page.effects), "lines": page.request.asked}
    elif act.key == "elsewhere":
        options |= {"regions": page.elsewhere, "lines": page.request.asked}
    elif act.key == "confirm":
        claimed = page.request.claimed_workload
        options["workloads"] = [(claimed.code, claimed.name)]
    elif act.key == "reclassify":
        options["workloads"] = page.uses
    values = {"row_version": page.request.row_version, **(initial or {})}
    return act.form(data, initial=values, **options)


def review_offers(page: ReviewPage, actor: Actor) -> Iterator[Offer]:
    """What this person may do with the case now, the act that the figures suggest first."""
    if page.awaits_signature:
        yield from _signature_offers(page, actor)
    if page.distance is not None or not page.is_reviewable:
        return
    if not page.ranked.result.confirmed:
        claimed = page.request.claimed_workload
        yield Offer(
            ACTS["confirm"],
            review_form(ACTS["confirm"], page, initial={"workload": claimed.code}),
            _("Nothing can be granted before; the tier follows at once."),
            is_primary=True,
            is_direct=True,
            label=_("Confirm use: %(use)s") % {"use": claimed.name},
        )
        yield Offer(
            ACTS["reclassify"],
            review_form(ACTS["reclassify"], page, initial={"workload": claimed.code}),
            _("The request ranks by the use you set, with your reason."),
        )
    else:
        yield from _grant_offers(page, actor)
    next_look = page.at.date() + LOOK_AGAIN_AFTER
    refused = {"reason": page.engine_says, "next_look_date": next_look}
    is_full = page.best is not None and page.best.is_full
    initial = {**refused, "reason": "" if is_full else refused["reason"]}
    yield Offer(
        ACTS["wait"],
        review_form(ACTS["wait"], page, initial=initial),
        _("It returns to review by itself on the next look."),
    )
    yield Offer(
        ACTS["decline"],
        review_form(ACTS["decline"], page, initial=initial),
        _("The customer gets block, numbers, the best way out and how to appeal."),
    )
    yield Offer(
        ACTS["ask"], review_form(ACTS["ask"], page), _("The clock stands still until the account manager has answered.")
    )


def _grant_offers(page: ReviewPage, actor: Actor) -> Iterator[Offer]:
    best = page.best
    for effect in page.effects:
        if effect.is_full:
            is_best = effect is best
            values = {
                "region": effect.region.code,
                **_grant_values(effect),
                "reason": page.engine_says if is_best else "",
            }
            yield Offer(
                ACTS["approve"],
                review_form(ACTS["approve"], page, initial=values),
                granted_phrase(effect),
                is_primary=is_best,
                is_direct=True,
                label=_("Approve in %(region)s") % {"region": effect.region.name},
            )
    if best is not None and (best.is_part or best.is_full):
        quantities = {f"quantity_{resource}": units for resource, units in best.quantities.items()}
        values = {"region": best.region.code, **_grant_values(best), "reason": page.engine_says if best.is_part else ""}
        yield Offer(
            ACTS["part"],
            review_form(ACTS["part"], page, initial={**values, **(quantities if best.is_part else {})}),
            granted_phrase(best) if best.is_part else _("Less than everything, but at least what is useful."),
            is_primary=best.is_part,
            is_open=best.is_part,
        )
    if page.elsewhere:
        full = {f"quantity_{line['resource']}": line["quantity"] for line in page.request.asked}
        way = next((way for way in page.ways if way.code.startswith("other_region")), None)
        resources = [line.resource for line in page.ask.lines]
        found = {f"quantity_{r}": units for r, units in zip(resources, way.quantities, strict=True)} if way else full
        yield Offer(
            ACTS["elsewhere"],
            review_form(ACTS["elsewhere"], page, initial={"region": page.elsewhere[0][0], **found}),
            _("Only where the customer has agreed to the region."),
        )


def _signature_offers(page: ReviewPage, actor: Actor) -> Iterator[Offer]:
    if page.last is None or page.last.stage != Stage.FIRST_SIGNATURE:
        return
    # The step of a fresh sign-in is asked for when it is needed, not before.
    refusal = may_sign_grant(actor, page.request, page.last, at=page.at)
    if refusal is not None and refusal.code != "needs_fresh_sign_in":
        return
    yield Offer(
        ACTS["sign"],
        review_form(ACTS["sign"], page),
        _("What is held becomes a grant. You are asked to confirm that it is you."),
        is_primary=True,
    )
    yield Offer(
        ACTS["refuse"],
        review_form(ACTS["refuse"], page),
        _("What is held becomes free, and the request returns to review."),
    )


def _names(effects: tuple[Effect, ...]) -> list[tuple[str, str]]:
    return [(effect.region.code, effect.region.name) for effect in effects]


def _grant_values(effect: Effect) -> dict[str, Any]:
    return {"undated": effect.undated, "expects_signature": bool(effect.signatures)}


def request_offers(request: Any, grants: Any, actor: Actor, *, at: datetime) -> Iterator[Offer]:
    """What account managers and operators may do with a request now."""
    options = {"initial": {"row_version": request.row_version}}

    def offer(key: str, effect: str, **more: Any) -> Offer:
        return Offer(ACTS[key], ACTS[key].form(auto_id=f"{key}_%s", **options), effect, **more)

    if may_speak_for(actor, request) is None:
        if request.state == RequestState.INFORMATION_REQUESTED:
            yield offer(
                "answer", _("The request returns to the queue, in its old place."), is_primary=True, is_open=True
            )
        if REQUEST_LIFE.allows(request.state, RequestState.WITHDRAWN):
            yield offer("withdraw", _("For good; a change is a new request."))
    if grants and all(may_fulfil(actor, grant.pool.region.code) is None for grant in grants):
        if request.state in GRANTED_STATES:
            yield offer("fulfil", _("The customer has what was granted."), is_primary=True)
        yield offer("release", _("The units are free for others. For what the customer gives back, never to take it."))
