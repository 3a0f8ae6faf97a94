"""What those who draft and sign a policy are told: what is wrong with it, and what it changes."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kit.reason import Reason
from priorities.policy import Policy, differences
from priorities.wording import SECTION_TITLES, percent, readable_params, sentence_text

_PROBLEMS: dict[str, Promise] = {
    "weights_do_not_sum": _("The weights add up to %(total)s; they must not be negative and add up to %(wanted)s."),
    "score_out_of_range": _("The score of %(key)s is %(points)s; it must be between 0 and 1000."),
    "tiers_incomplete": _("The policy needs terms for each of the tiers 1 to 5, once."),
    "tier_one_must_not_age": _("Waiting must not add points in tier 1: arrival only breaks ties there."),
    "terms_out_of_range": _(
        "Tier %(tier)s has a negative slope, or a maximum wait or service target that is not positive."
    ),
    "share_out_of_range": _("%(percent)s is not a share between 0 and 100%%."),
    "clause_twice": _("Clause %(clause)s appears more than once."),
    "unknown_tier": _("Clause %(clause)s names tier %(tier)s; tiers are 1 to 5."),
    "certificate_without_category": _("Clause %(clause)s asks for a certificate but names no category."),
    "workload_missing": _("Clause %(clause)s gives tier %(tier)s to categories without naming workloads."),
    "rule_unreachable": _("Clause %(clause)s can never apply: no request has what it asks for."),
    "rule_shadowed": _("Clause %(clause)s never decides: wherever it fits, a better one does too (%(by)s)."),
    "rules_overlap": _(
        "Clauses %(clause)s and %(other)s give the same tier to the same requests: it must be clear which one counts."
    ),
    "category_unreached": _("No clause ever counts for this category: %(category)s."),
    "unknown_code": _("Clause %(clause)s names “%(unknown)s”, which does not exist."),
    "unknown_floor": _("A part is kept for “%(unknown)s”, which does not exist."),
    "too_much_kept": _(
        "The reserve of tier 1 and what is kept for categories add up to %(percent)s: more than a pool."
    ),
    "tier_one_must_rank": _("Tier 1 is served one request after the other; it cannot be shared."),
    "provisional_worth_more": _("A provisional category must not be worth more than a verified one."),
    "somebody_left_out": _("No clause covers this customer: %(customer)s, offer: %(offer)s."),
}


def problem_text(problem: Reason) -> str:
    """What is wrong with a draft policy as a sentence. Raises LookupError for an unknown code."""
    return capfirst(str(_PROBLEMS[problem.code]) % readable_params(problem.params))


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What one version said on a topic and what another says; empty is nothing."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangedSection:
    """A heading of the policy with what two versions say differently under it, in the active language."""

    code: str
    title: str
    lines: tuple[ChangeLine, ...]


def changes_text(old: Policy, new: Policy) -> tuple[ChangedSection, ...]:
    """Everything that two versions say differently, under the headings of the policy."""
    texts: dict[str, list[ChangeLine]] = {}
    for one in differences(old, new):
        line = ChangeLine(*("" if said is None else sentence_text(said) for said in (one.old, one.new)))
        texts.setdefault(one.section, []).append(line)
    return tuple(ChangedSection(code, str(SECTION_TITLES[code]), tuple(lines)) for code, lines in texts.items())


def approval_text(permille: int, below_permille: int) -> str:
    """The bounds of automatic approval as a sentence: for staff only, never published."""
    return gettext(
        "Bounds kept for automatic approval in regions in normal condition: up to %(share)s of a pool, while less than "
        "%(below)s of it is promised. Nothing is approved without a person yet."
    ) % {"share": percent(permille), "below": percent(below_permille)}
