"""The pages about people: who works here, what they hold, invitations, leaving."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.lists import list_page
from kit.refusal import require
from users.access import may_invite, may_manage, may_see_people
from users.actions.assign_role import assign_role
from users.actions.create_portfolio import create_portfolio
from users.actions.end_role import end_role as dismiss
from users.actions.invite_person import Invited, invite_person
from users.actions.user_leaves import user_leaves
from users.actions.withdraw_invitation import withdraw_invitation
from users.forms import InvitationForm, LeavingForm, PortfolioForm, RoleForm
from users.http import ActorRequest
from users.letters import mail_invitation
from users.lists import PEOPLE
from users.models import User
from users.people import NoSuchPerson
from users.queries import assignments_of, colleagues_of, open_invitations, people, portfolios
from users.roles import Role


@require_safe
def people_list(request: ActorRequest) -> HttpResponseBase:
    """Everybody, and the invitations that are open."""
    require(may_see_people(request.actor))
    may_act = may_invite(request.actor) is None
    context = {"invitations": open_invitations(), "now": now(), "may_act": may_act}
    return list_page(request, PEOPLE, people(), template="users/people.html", context=context)


@require_safe
def person(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """One person: roles now and before, and their history."""
    require(may_see_people(request.actor))
    return _person_page(request, _person(public_id), RoleForm())


@require_POST
def assign(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Gives a role, or a held one another reach."""
    require(may_see_people(request.actor))
    form = RoleForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        done = perform(
            request,
            lambda: assign_role(
                actor=request.actor,
                person_id=public_id,
                role=values["role"],
                regions=values["regions"],
                portfolios=list(values["portfolios"]),
                at=now(),
            ),
            form,
        )
        if done:
            flash(request, _("They hold the role from their next request on."))
            return redirect("users:person", public_id)
    return _person_page(request, _person(public_id), form)


@require_POST
def end_role(request: ActorRequest, public_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Ends a held role."""
    reason = request.POST.get("reason", "")[:500]
    perform(
        request,
        lambda: dismiss(actor=request.actor, person_id=public_id, assignment_id=assignment_id, reason=reason, at=now()),
    )
    flash(request, _("They do not hold the role any more."))
    return redirect("users:person", public_id)


def leaving(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """What ends when a person leaves, and who takes over."""
    subject = _person(public_id)
    require(may_manage(request.actor, subject))
    form = LeavingForm(request.POST or None, others=colleagues_of(subject, request.actor))
    if request.method == "POST" and form.is_valid():
        successor = form.cleaned_data["successor"]
        done = perform(
            request,
            lambda: user_leaves(
                actor=request.actor,
                person_id=public_id,
                successor_id=successor.public_id if successor else None,
                reason=form.cleaned_data["reason"],
                at=now(),
            ),
            form,
        )
        if done:
            flash(
                request, _("%(name)s has left; every session and token of theirs has ended.") % {"name": subject.name}
            )
            return redirect("users:person", public_id)
    held = [assignment for assignment in assignments_of(subject) if assignment.ended_at is None]
    context = {
        "person": subject,
        "held": held,
        "needs_successor": any(assignment.role == Role.ACCOUNT_MANAGER for assignment in held),
    }
    return form_page(request, "users/leaving.html", form, context)


@never_cache
def invite(request: ActorRequest) -> HttpResponse:
    """Invites somebody; the link is shown once and mailed."""
    require(may_invite(request.actor))
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "portfolios": list(form.cleaned_data["portfolios"])}
        done = perform(request, lambda: invite_person(actor=request.actor, at=now(), **values), form)
        if done and done.replayed:
            warn(request, _("This invitation was sent before; its link is shown only once."))
            return redirect("users:people")
        if done:
            return _invited(request, done.value)
    return form_page(request, "users/invite.html", form)


def _invited(request: ActorRequest, invited: Invited) -> HttpResponse:
    address = request.build_absolute_uri(reverse("users:accept", args=[invited.token]))
    context = {
        "invitation": invited.invitation,
        "address": address,
        "is_mailed": mail_invitation(invited.invitation, address),
    }
    return render(request, "users/invited.html", context)


@require_POST
def withdraw(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Takes an invitation back."""
    perform(request, lambda: withdraw_invitation(actor=request.actor, invitation_id=public_id, at=now()))
    flash(request, _("The invitation is withdrawn; its link does not work any more."))
    return redirect("users:people")


def portfolio_list(request: ActorRequest) -> HttpResponse:
    """Portfolios, and a form for one more."""
    require(may_see_people(request.actor))
    form = PortfolioForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = perform(request, lambda: create_portfolio(actor=request.actor, at=now(), **form.cleaned_data), form)
        if done:
            flash(request, _("The portfolio is open."))
            return redirect("users:portfolios")
    context = {"portfolios": portfolios(), "may_act": may_invite(request.actor) is None}
    return form_page(request, "users/portfolios.html", form, context)


def _person(public_id: UUID) -> User:
    found = User.objects.filter(public_id=public_id).first()
    if found is None:
        raise NoSuchPerson()
    return found


def _person_page(request: ActorRequest, subject: User, form: RoleForm) -> HttpResponse:
    refusal = may_manage(request.actor, subject)
    assignments = list(assignments_of(subject))
    context = {
        "person": subject,
        "held": [assignment for assignment in assignments if assignment.ended_at is None],
        "former": [assignment for assignment in assignments if assignment.ended_at is not None],
        "may_act": refusal is None,
        "why_not": refusal,
        "history": timeline_of("user", subject.public_id, linked=True),
    }
    return form_page(request, "users/person.html", form, context)
