"""Draft a policy version as a copy of another one, and change a draft."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, NotFound, require
from priorities import policy
from priorities.access import may_draft_policy
from priorities.draft_wording import problem_text
from priorities.drafts import Approval, NotADraft, all_taken, approval_of, changed_parts, content_of, taken
from priorities.models import PolicyMove, PolicyState, PolicyVersion
from priorities.policies import known_codes, policy_of, problems_of, rewrite_policy, store_policy
from users.access import Actor

MAX_TITLE = 120
# Of these nothing can even be stored; what else is wrong with a draft is said beside it and kept from being proposed.
_UNSTORABLE = {
    "weights_do_not_sum": "weight_workload",
    "score_out_of_range": "workload_scores",
    "provisional_worth_more": "provisional_score",
    "tiers_incomplete": "tiers",
    "tier_one_must_not_age": "tier1_aging",
    "tier_one_must_rank": "tier1_shared",
    "terms_out_of_range": "tiers",
    "share_out_of_range": "shares",
    "unknown_floor": "floors",
    "unknown_code": "clauses",
    "clause_twice": "clause",
    "unknown_tier": "tier",
}


class CannotKeepDraft(Invalid):
    """The draft cannot be stored as it was sent."""

    code = "cannot_keep_policy_draft"


def draft_policy(*, actor: Actor, based_on: int, title: str, at: datetime) -> PolicyVersion:
    """A new draft with everything version `based_on` says. Raises `CannotKeepDraft`, `NotFound`."""
    with transaction.atomic():
        require(may_draft_policy(actor))
        title = _title(title)
        versions = all_taken()
        source = versions.get(based_on)
        if source is None:
            raise NotFound()
        approval = approval_of(source)
        version = store_policy(
            replace(policy_of(source), version=max(versions) + 1),
            title=title,
            based_on=source,
            drafted_by_id=actor.user_id,
            drafted_at=at,
            auto_approval_permille=approval.share,
            auto_approval_below_permille=approval.below,
        )
        PolicyMove.objects.create(version=version, new_state=PolicyState.DRAFT, by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="policy.drafted",
            subject_type="policy_version",
            subject_id=version.public_id,
            after={"number": version.number, "title": title, "based_on": source.number},
            at=at,
        )
        return version


def change_policy_draft(
    *,
    actor: Actor,
    number: int,
    row_version: int,
    value: policy.Policy,
    title: str,
    approval: Approval,
    at: datetime,
) -> PolicyVersion:
    """Give a draft other content; who changed it last counts as its drafter. The same content changes nothing.

    A draft may still be unsound: that keeps it from being proposed. Raises `CannotKeepDraft` for what cannot be stored,
    `NotADraft`, `StaleForm`, `NotFound`.
    """
    with transaction.atomic():
        require(may_draft_policy(actor))
        version = taken(number, row_version)
        if version.state != PolicyState.DRAFT:
            raise NotADraft(number=version.number)
        before = content_of(version)
        title = _title(title)
        value = replace(value, version=version.number)
        _check(value, approval)
        after = {"title": title, "auto_approval": [approval.share, approval.below], **value.as_dict()}
        was, now = changed_parts(before, after)
        if not now:
            return version
        rewrite_policy(version, value)
        version.title = title
        version.auto_approval_permille, version.auto_approval_below_permille = approval.share, approval.below
        version.drafted_by_id, version.drafted_at = actor.user_id, at
        version.row_version += 1
        version.save()
        record(
            actor=actor,
            action="policy.changed",
            subject_type="policy_version",
            subject_id=version.public_id,
            before=was,
            after={**now, "row_version": version.row_version},
            at=at,
        )
        return version


def _title(title: str) -> str:
    title = title.strip()
    if not title or len(title) > MAX_TITLE:
        raise CannotKeepDraft({"title": [_("Give it a title of at most %(most)s characters.") % {"most": MAX_TITLE}]})
    return title


def _check(value: policy.Policy, approval: Approval) -> None:
    fields: dict[str, list[Any]] = {}
    codes = known_codes()
    for problem in problems_of(value, codes):
        if problem.code in _UNSTORABLE:
            fields.setdefault(_UNSTORABLE[problem.code], []).append(problem_text(problem))
    for key, _points in value.workload_scores:
        if key not in codes.workloads:
            fields.setdefault("workload_scores", []).append(_("There is no workload class “%(code)s”.") % {"code": key})
    for name, share in (("auto_share", approval.share), ("auto_below", approval.below)):
        if not 0 <= share <= policy.PERMILLE:
            fields[name] = [_("A share is 0 to 1000 parts of a thousand.")]
    if fields:
        raise CannotKeepDraft(fields)
