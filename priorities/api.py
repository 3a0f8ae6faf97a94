"""The policy through the API: versions and differences in sentences, and the acts of the pages.

Clauses and terms are edited on the pages. A second signature needs a fresh sign-in step, which a token never has, so
no program puts a version in force; asking for it is answered with what is missing.
"""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from kit.api import Body, IdempotentCommand, WholeNumber
from kit.clock import now
from kit.forms import MAX_ROW_VERSION
from kit.refusal import NotFound, require
from priorities.access import may_read_policies
from priorities.actions.activate_policy import activate_policy
from priorities.actions.draft_policy import MAX_TITLE, draft_policy
from priorities.actions.propose_policy import discard_policy, propose_policy, send_back_policy
from priorities.draft_wording import approval_text, changes_text, problem_text
from priorities.drafts import MAX_REASON
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import all_versions, is_in_force, load_parts, policy_of, problems_of
from priorities.wording import policy_text

# --- what is answered ------------------------------------------------------------------------------


class PolicyVersionSummary(serializers.Serializer[PolicyVersion]):
    """A policy version, and from when until when it is in force."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=PolicyState.choices)
    is_in_force = serializers.SerializerMethodField(help_text="Read from the window, not from the state.")
    active_from = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True, help_text="In force before this moment.")
    reason = serializers.CharField()
    row_version = serializers.IntegerField()

    def get_is_in_force(self, version: PolicyVersion) -> bool:
        """Whether requests rank by it now."""
        return is_in_force(version, now())


class PolicySection(serializers.Serializer[Any]):
    """A heading with its sentences, in the language asked for."""

    code = serializers.CharField()
    title = serializers.CharField()
    sentences = serializers.ListField(child=serializers.CharField())


class PolicyVersionData(PolicyVersionSummary):
    """A version in sentences, with what is wrong with it while it is a draft or proposed."""

    sections = serializers.SerializerMethodField()
    approval = serializers.SerializerMethodField(help_text="The bounds of automatic approval; never published.")
    problems = serializers.SerializerMethodField()

    def get_sections(self, version: PolicyVersion) -> list[dict[str, Any]]:
        """The sentences, exactly as the trust center shows them."""
        return list(PolicySection(policy_text(policy_of(version)), many=True).data)

    def get_approval(self, version: PolicyVersion) -> str:
        """For staff only."""
        return approval_text(version.auto_approval_permille, version.auto_approval_below_permille)

    def get_problems(self, version: PolicyVersion) -> list[str]:
        """Empty for a sound version."""
        if version.state not in (PolicyState.DRAFT, PolicyState.PROPOSED):
            return []
        return [problem_text(problem) for problem in problems_of(policy_of(version))]


class ChangedLine(serializers.Serializer[Any]):
    """What one version says on a topic and what the other does; empty is nothing."""

    old = serializers.CharField(allow_blank=True)
    new = serializers.CharField(allow_blank=True)


class ChangedPolicySection(serializers.Serializer[Any]):
    """A heading with what two versions say differently under it."""

    code = serializers.CharField()
    title = serializers.CharField()
    lines = ChangedLine(many=True)


# --- what is read ----------------------------------------------------------------------------------


class NewPolicyDraft(Body):
    """A draft begins as a copy."""

    based_on = WholeNumber(max_value=MAX_ROW_VERSION, help_text="Number of the version it is a copy of.")
    title = serializers.CharField(max_length=MAX_TITLE)


class PolicyAct(Body):
    """An act on a version as the caller was shown it, with why."""

    row_version = WholeNumber(max_value=MAX_ROW_VERSION)
    reason = serializers.CharField(max_length=MAX_REASON)


class PolicyActivation(PolicyAct):
    """From when, and instead of which version."""

    replaces = WholeNumber(
        max_value=MAX_ROW_VERSION, allow_null=True, help_text="Number of the version that was active when you looked."
    )
    active_from = serializers.DateTimeField(allow_null=True, default=None, help_text="Null: at once.")


# --- views -----------------------------------------------------------------------------------------


class PolicyVersions(IdempotentCommand):
    """The policy's versions; drafting one."""

    @extend_schema(operation_id="list_policy_versions", responses=PolicyVersionSummary(many=True))
    def get(self, request: Any) -> Response:
        """List every version, the newest first."""
        require(may_read_policies(request.actor))
        return Response([PolicyVersionSummary(version).data for version in all_versions()])

    @extend_schema(operation_id="draft_policy", request=NewPolicyDraft, responses={201: PolicyVersionData})
    def post(self, request: Any) -> Response:
        """Draft a version as a copy of another one."""
        body = self.read(NewPolicyDraft)
        done = self.perform(lambda: str(draft_policy(actor=request.actor, at=now(), **body).number))
        return self.done(PolicyVersionData(_version(int(done.subject))).data, status=201)


class PolicyVersionDetail(IdempotentCommand):
    """One version."""

    @extend_schema(operation_id="read_policy_version", responses=PolicyVersionData)
    def get(self, request: Any, number: int) -> Response:
        """Read a version in sentences."""
        require(may_read_policies(request.actor))
        return Response(PolicyVersionData(_version(number)).data)


class PolicyDifference(IdempotentCommand):
    """Two versions beside each other."""

    @extend_schema(operation_id="compare_policy_versions", responses=ChangedPolicySection(many=True))
    def get(self, request: Any, old: int, new: int) -> Response:
        """Read what two versions say differently; an empty list where they say the same."""
        require(may_read_policies(request.actor))
        sections = changes_text(policy_of(_version(old)), policy_of(_version(new)))
        return Response(ChangedPolicySection(sections, many=True).data)


class _Act(IdempotentCommand):
    """An act that moves a version."""

    body: type[Body] = PolicyAct
    act: Callable[..., PolicyVersion]

    def carry_out(self, request: Any, number: int) -> Response:
        """Carry it out and answer with the version as it stands then."""
        body = self.read(self.body)
        act = type(self).act
        self.perform(lambda: str(act(actor=request.actor, number=number, at=now(), **body).number))
        return self.done(PolicyVersionData(_version(number)).data)


class ProposePolicy(_Act):
    """Put a draft before a duty manager."""

    act = staticmethod(propose_policy)

    @extend_schema(operation_id="propose_policy", request=PolicyAct, responses=PolicyVersionData)
    def post(self, request: Any, number: int) -> Response:
        """Close a sound draft and propose it."""
        return self.carry_out(request, number)


class SendBackPolicy(_Act):
    """Make a draft of a proposal again."""

    act = staticmethod(send_back_policy)

    @extend_schema(operation_id="send_back_policy", request=PolicyAct, responses=PolicyVersionData)
    def post(self, request: Any, number: int) -> Response:
        """Send a proposal back with the reason."""
        return self.carry_out(request, number)


class DiscardPolicy(_Act):
    """Give a draft up."""

    act = staticmethod(discard_policy)

    @extend_schema(operation_id="discard_policy", request=PolicyAct, responses=PolicyVersionData)
    def post(self, request: Any, number: int) -> Response:
        """Discard a draft; it can still be read."""
        return self.carry_out(request, number)


class ActivatePolicy(_Act):
    """The second signature."""

    act = staticmethod(activate_policy)
    body = PolicyActivation

    @extend_schema(operation_id="activate_policy", request=PolicyActivation, responses=PolicyVersionData)
    def post(self, request: Any, number: int) -> Response:
        """Put a proposal in force. It needs a sign-in step of the last five minutes, which a token does not have."""
        return self.carry_out(request, number)


def _version(number: int) -> PolicyVersion:
    found = PolicyVersion.objects.filter(number=number).first()
    if found is None:
        raise NotFound()
    load_parts(found)
    return found
