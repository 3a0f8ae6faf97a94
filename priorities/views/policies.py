"""The policy in force, in sentences, and the versions before it."""

from django.http import HttpResponse
from django.shortcuts import render

from kit.clock import now
from kit.refusal import NotAllowed, NotFound
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import NoPolicyInForce, active_version, policy_of
from priorities.wording import percent, policy_text
from users.http import ActorRequest


def policy(request: ActorRequest) -> HttpResponse:
    """GET /policy/: every member of staff may read the criteria; so may the public, in the trust center."""
    try:
        return _page(request, active_version(now()))
    except NoPolicyInForce as refusal:
        return render(request, "priorities/policy.html", {"refusal": refusal}, status=200)


def version(request: ActorRequest, number: int) -> HttpResponse:
    """GET /policy/versions/<number>/"""
    found = PolicyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound()
    return _page(request, found)


def _page(request: ActorRequest, version: PolicyVersion) -> HttpResponse:
    if not request.actor.roles:
        raise NotAllowed()
    versions = PolicyVersion.objects.select_related("proposed_by", "activated_by").order_by("-number")[:20]
    context = {
        "version": version,
        "is_in_force": version.state == PolicyState.ACTIVE,
        "sections": policy_text(policy_of(version)),
        "versions": versions,
        # For staff only: the trust center leaves the bounds of automatic approval out.
        "auto_share": percent(version.auto_approval_permille),
        "auto_below": percent(version.auto_approval_below_permille),
    }
    return render(request, "priorities/policy.html", context)
