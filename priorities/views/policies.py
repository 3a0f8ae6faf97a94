"""The policy in force, every version in sentences, and what two versions say differently."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_page
from kit.forms import Form
from kit.refusal import NotFound, StaleForm, require
from kit.signs import Sign
from priorities.access import READERS, may_activate_policy, may_draft_policy, may_read_policies, may_send_back_policy
from priorities.draft_wording import ChangedSection, approval_text, changes_text, problem_text
from priorities.drafts import value_as_shown
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import (
    NoPolicyInForce,
    all_versions,
    is_in_force,
    known_codes,
    load_parts,
    policy_of,
    problems_of,
)
from priorities.policy_forms import ActForm, ActivationForm, NewDraftForm
from priorities.wording import policy_text
from users.access import NeedsFreshSignIn
from users.http import ActorRequest
from users.queries import duty_column, duty_in
from users.second_signatures import calls_column, calls_in, whose_turn

# Beside a version stand the latest ones; older ones are reached through the version they were made from.
LATEST = 20


@dataclass(frozen=True)
class Acts:
    """The forms of what may be done with a version now; None is what may not."""

    draft: Form | None = None
    propose: Form | None = None
    discard: Form | None = None
    send_back: Form | None = None
    activate: Form | None = None
    # Why the one who could activate it otherwise may not.
    why_not: Any = None


def policy_sign(version: PolicyVersion, at: datetime) -> Sign:
    """How a version stands at a moment. What is in force is read from its window, never from its state."""
    label = PolicyState(version.state).label
    if version.state == PolicyState.PROPOSED:
        return Sign("watch", _("Waits for a second signature"), label)
    if version.active_from is None:
        return Sign("quiet", label, label)
    if version.retired_at is not None and version.retired_at <= max(at, version.active_from):
        return Sign("quiet", _("Not in force any more"), label)
    if version.active_from > at:
        return Sign("watch", _("Not in force yet"), label)
    return Sign("good", _("In force"), label)


def policy(request: ActorRequest) -> HttpResponse:
    """GET /policy/: every member of staff may read the criteria; so may the public, in the trust center."""
    require(may_read_policies(request.actor))
    at = now()
    versions = all_versions()
    found = next((version for version in versions if is_in_force(version, at)), None)
    if found is None:
        return render(request, "priorities/policy.html", {"refusal": NoPolicyInForce()})
    return _page(request, found, versions, at)


def version(request: ActorRequest, number: int) -> HttpResponse:
    """GET /policy/versions/<number>/"""
    require(may_read_policies(request.actor))
    return version_page(request, number)


def policy_version(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /policy/versions/<id>/, as the journal names versions."""
    require(may_read_policies(request.actor))
    found = PolicyVersion.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return redirect("priorities:version", found.number)


def difference(request: ActorRequest, old: int, new: int) -> HttpResponse:
    """GET /policy/versions/<old>/to/<new>/"""
    require(may_read_policies(request.actor))
    versions = all_versions()
    found = {version.number: version for version in versions}
    if old not in found or new not in found:
        raise NotFound()
    load_parts(found[old], found[new])
    texts = [approval_text(v.auto_approval_permille, v.auto_approval_below_permille) for v in (found[old], found[new])]
    context = {
        "old": found[old],
        "new": found[new],
        "sections": changes_text(policy_of(found[old]), policy_of(found[new])),
        "approval": texts if texts[0] != texts[1] else None,
        "versions": versions[:LATEST],
    }
    return render(request, "priorities/difference.html", context)


def version_page(request: ActorRequest, number: int, shown: Form | None = None, name: str = "") -> HttpResponse:
    """A version with what may be done with it; `shown` is the form of the act `name` that was just refused."""
    at = now()
    versions = all_versions(duty=duty_column(at), calls=calls_column("policy_version", asked_at="proposed_at"))
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        raise NotFound()
    return _page(request, found, versions, at, shown, name)


def _page(
    request: ActorRequest,
    version: PolicyVersion,
    versions: list[PolicyVersion],
    at: datetime,
    shown: Form | None = None,
    name: str = "",
) -> HttpResponse:
    active = next((one for one in versions if one.state == PolicyState.ACTIVE), None)
    is_open = version.state in (PolicyState.DRAFT, PolicyState.PROPOSED)
    compared = active if is_open else None
    load_parts(version, *([compared] if compared else []))
    value = policy_of(version)
    may_change = version.state == PolicyState.DRAFT and may_draft_policy(request.actor) is None
    sections = policy_text(value)
    criteria, count = sections[0], len(value.rules)
    # The clauses follow the principle; where they are edited they stand in a table of their own.
    clauses = criteria.sentences[1 : 1 + count]
    other = (criteria.sentences[0], *criteria.sentences[1 + count :])
    problems = problems_of(value, known_codes()) if is_open else ()
    context = {
        "version": version,
        "sign": policy_sign(version, at),
        "may_simulate": request.actor.holds(*READERS),
        "is_draft": version.state == PolicyState.DRAFT,
        "is_open": is_open,
        "may_change": may_change,
        "sections": sections if not may_change else (replace(criteria, sentences=other), *sections[1:]),
        "clauses": [(rule.clause, text) for rule, text in zip(value.rules, clauses, strict=True)],
        "problems": [problem_text(problem) for problem in problems],
        "compared": compared,
        "changes": changes_text(policy_of(compared), value) if compared else (),
        "may_read_simulations": request.actor.holds(*READERS),
        "approval": approval_text(version.auto_approval_permille, version.auto_approval_below_permille),
        "versions": [(one, policy_sign(one, at)) for one in versions[:LATEST]],
        "acts": _acts(request, version, active, at, shown, name),
        **_waited_for(version, at),
        "history": timeline_of("policy_version", version.public_id),
        "shown": shown,
        "meanwhile": changed_meanwhile(version, shown, at),
    }
    return form_page(request, "priorities/policy.html", shown or Form(), context)


def changed_meanwhile(
    version: PolicyVersion, form: Form | None, at: datetime
) -> tuple[datetime, Sequence[ChangedSection]] | None:
    """What somebody else changed since the form was shown; None unless that is why it was refused."""
    if form is None or not isinstance(form.refusal, StaleForm):
        return None
    shown = value_as_shown(version, form.cleaned_data["row_version"])
    return version.drafted_at or at, changes_text(shown, policy_of(version))


def _waited_for(version: Any, at: datetime) -> dict[str, Any]:
    """Who is waited for, and who was asked, while the version waits for its second signature."""
    if version.state != PolicyState.PROPOSED or version.proposed_at is None:
        return {}
    not_by = (version.proposed_by_id, version.drafted_by_id)
    return {
        "turn": whose_turn(duty_in(version.duty), asked_at=version.proposed_at, not_by=not_by, at=at),
        "calls": calls_in(version.calls),
    }


def _acts(
    request: ActorRequest,
    version: PolicyVersion,
    active: PolicyVersion | None,
    at: datetime,
    shown: Form | None,
    name: str,
) -> Acts:
    forms: dict[str, Form] = {}
    drafts = may_draft_policy(request.actor) is None
    stands = {"row_version": version.row_version}
    why_not = None
    if version.state == PolicyState.DRAFT and drafts:
        forms = {"propose": ActForm(initial=stands), "discard": ActForm(initial=stands)}
    elif version.state == PolicyState.PROPOSED:
        if may_send_back_policy(request.actor) is None:
            forms["send_back"] = ActForm(initial=stands)
        why_not = may_activate_policy(request.actor, version, at=at)
        # A stale sign-in step is asked for on the way, so it is no reason to hide the button.
        if why_not is None or isinstance(why_not, NeedsFreshSignIn):
            forms["activate"] = ActivationForm(initial={**stands, "replaces": active.number if active else None})
            why_not = None
    elif drafts:
        forms["draft"] = NewDraftForm()
    if shown is not None and name in forms:
        forms[name] = shown
    return Acts(**forms, why_not=why_not)
