"""The editor of a draft: its terms, its clauses one by one, and the acts that lead out of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.forms import VersionedForm
from kit.refusal import NotFound, require
from priorities import policy
from priorities.access import may_draft_policy, may_read_policies
from priorities.actions.activate_policy import activate_policy
from priorities.actions.draft_policy import change_policy_draft, draft_policy
from priorities.actions.propose_policy import discard_policy, propose_policy, send_back_policy
from priorities.drafts import Approval, NotADraft, approval_of
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import known_codes, policy_of
from priorities.policy_forms import (
    ActForm,
    ActivationForm,
    ClauseForm,
    NewDraftForm,
    TermsForm,
    category_names,
    clause_initial,
    terms_initial,
    workload_names,
)
from priorities.views.policies import changed_meanwhile, version_page
from users.http import ActorRequest


@require_POST
def draft(request: ActorRequest, number: int) -> HttpResponse:
    """POST /policy/versions/<number>/draft/: a new draft from this version."""
    require(may_read_policies(request.actor))
    form = form_of(request, NewDraftForm)
    if form.is_valid():
        done = perform(
            request,
            lambda: str(draft_policy(actor=request.actor, based_on=number, at=now(), **form.cleaned_data).number),
            form,
        )
        if done:
            flash(request, _("The draft is a copy. It changes nothing until another person puts it in force."))
            return redirect("priorities:version", done.subject)
    return version_page(request, number, form, "draft")


def terms(request: ActorRequest, number: int) -> HttpResponse:
    """GET and POST /policy/versions/<number>/terms/: everything besides the clauses."""
    version = _draft(request, number)
    value, approval = policy_of(version), approval_of(version)
    form = form_of(
        request,
        TermsForm,
        terms=value,
        categories=category_names(known_codes().categories),
        initial=terms_initial(value, version.title, approval, version.row_version),
    )
    if request.method == "POST" and form.is_valid():
        title = form.cleaned_data["title"]
        if _change(request, version, form, form.value, title=title, approval=form.approval()):
            flash(request, _("The draft is changed."))
            return redirect("priorities:version", number)
    return _editor(request, "priorities/terms.html", version, form)


def clause(request: ActorRequest, number: int, clause: str = "") -> HttpResponse:
    """GET and POST /policy/versions/<number>/clauses/new/ and /clauses/<clause>/"""
    version = _draft(request, number)
    value, codes = policy_of(version), known_codes()
    if clause and clause not in {rule.clause for rule in value.rules}:
        raise NotFound()
    form = form_of(
        request,
        ClauseForm,
        terms=value,
        categories=category_names(codes.categories),
        workloads=workload_names(codes.workloads),
        initial=clause_initial(value, clause, version.row_version),
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and _change(request, version, form, lambda: form.value(replacing=clause))
    ):
        flash(request, _("The draft is changed."))
        return redirect("priorities:version", number)
    return _editor(request, "priorities/clause.html", version, form, clause=clause)


@require_POST
def remove_clause(request: ActorRequest, number: int, clause: str) -> HttpResponse:
    """POST /policy/versions/<number>/clauses/<clause>/remove/"""
    version = _draft(request, number)
    value = policy_of(version)
    left = tuple(rule for rule in value.rules if rule.clause != clause)
    if len(left) == len(value.rules):
        raise NotFound()
    form = VersionedForm(request.POST)
    if form.is_valid() and _change(request, version, form, lambda: replace(value, rules=left)):
        flash(request, _("The clause is removed from the draft."))
        return redirect("priorities:version", number)
    return version_page(request, number, form)


@require_POST
def propose(request: ActorRequest, number: int) -> HttpResponse:
    """POST /policy/versions/<number>/propose/"""
    told = _("Proposed. Another person, a duty manager, puts it in force.")
    return _act(request, number, "propose", propose_policy, told)


@require_POST
def discard(request: ActorRequest, number: int) -> HttpResponse:
    """POST /policy/versions/<number>/discard/"""
    return _act(request, number, "discard", discard_policy, _("Discarded. It can still be read."))


@require_POST
def send_back(request: ActorRequest, number: int) -> HttpResponse:
    """POST /policy/versions/<number>/send-back/"""
    return _act(request, number, "send_back", send_back_policy, _("Sent back. It is a draft again."))


@require_POST
def activate(request: ActorRequest, number: int) -> HttpResponse:
    """POST /policy/versions/<number>/activate/"""
    told = _("Activated. Requests rank by it from the moment you named.")
    return _act(request, number, "activate", activate_policy, told, ActivationForm)


def _act(
    request: ActorRequest,
    number: int,
    name: str,
    act: Callable[..., PolicyVersion],
    told: str,
    form_type: type[ActForm] = ActForm,
) -> HttpResponse:
    require(may_read_policies(request.actor))
    form = form_of(request, form_type)
    if form.is_valid() and perform(
        request, lambda: act(actor=request.actor, number=number, at=now(), **form.cleaned_data), form
    ):
        flash(request, told)
        return redirect("priorities:version", number)
    return version_page(request, number, form, name)


def _draft(request: ActorRequest, number: int) -> PolicyVersion:
    """The draft to be edited. Raises `NotFound`, `NotADraft`."""
    require(may_draft_policy(request.actor))
    found = PolicyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound()
    if found.state != PolicyState.DRAFT:
        raise NotADraft(number=number)
    return found


def _change(
    request: ActorRequest,
    version: PolicyVersion,
    form: VersionedForm,
    value: Callable[[], policy.Policy],
    *,
    title: str = "",
    approval: Approval | None = None,
) -> bool:
    def act() -> None:
        change_policy_draft(
            actor=request.actor,
            number=version.number,
            row_version=form.cleaned_data["row_version"],
            value=value(),
            title=title or version.title,
            approval=approval or approval_of(version),
            at=now(),
        )

    return perform(request, act, form) is not None


def _editor(
    request: ActorRequest, template: str, version: PolicyVersion, form: VersionedForm, **context: Any
) -> HttpResponse:
    context |= {"version": version, "meanwhile": changed_meanwhile(version, form, now())}
    return form_page(request, template, form, context)
