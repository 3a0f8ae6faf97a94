"""What the policy core says in codes, as sentences in the active language.

The core stays free of Django; here every code it can give has its text, so a page, a letter and the trust center
say the same. Labels are written as they stand in running text; `capfirst` them where they stand alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kit.reason import Reason
from priorities.policy import Change, Policy, Sentence, sentences

CATEGORY_LABELS: dict[str, Promise] = {
    "FR-POLICE": _("police"),
    "FR-FIRE": _("fire services"),
    "FR-EMS": _("rescue services"),
    "FR-DISPATCH": _("emergency call centers"),
    "HE-ACUTE": _("hospitals"),
    "HE-PUBLIC": _("public health agencies"),
    "HE-SUPPLY": _("medical supply, blood services and laboratories"),
    "EM-AUTHORITY": _("emergency management and civil protection"),
    "EM-AID": _("recognized aid organizations"),
    "GV-CORE": _("critical government infrastructure"),
    "RW-CORE": _("core functions of remote work"),
    "CI-ENERGY": _("energy supply"),
    "CI-WATER": _("water supply"),
    "CI-TELECOM": _("telecommunications"),
    "CI-FOOD": _("food supply"),
    "CI-TRANSPORT": _("transport"),
    "CI-FINANCE": _("finance"),
    "CI-WASTE": _("waste disposal"),
    "CI-MEDIA": _("media"),
    "GV-JUSTICE": _("courts"),
    "GV-DEFENCE": _("defense"),
    "ED-REMOTE": _("schools and universities"),
    "RS-CRISIS": _("crisis research"),
    "GV-OTHER": _("other public bodies"),
}

WORKLOAD_LABELS: dict[str, Promise] = {
    "emergency_dispatch": _("emergency dispatch"),
    "emergency_routing": _("emergency routing and reporting"),
    "alerting": _("alerting"),
    "medical_supply": _("medical supply management"),
    "health_bots": _("health bots and screening"),
    "health_records": _("health records"),
    "public_administration": _("public administration services"),
    "remote_work_core": _("core functions of remote work"),
    "remote_contact_center": _("remote contact center"),
    "education": _("education"),
    "general": _("general use"),
}

OFFER_LABELS: dict[str, Promise] = {
    "enterprise": _("enterprise"),
    "pay_as_you_go": _("pay-as-you-go"),
    "free": _("free"),
    "trial": _("trial"),
    "student": _("student"),
    "credits": _("credits"),
}

VERIFICATION_LABELS: dict[str, Promise] = {
    "verified": _("verified"),
    "provisional": _("provisional"),
    "none": _("not verified"),
}

TERM_LABELS: dict[str, Promise] = {
    "workload": _("workload class"),
    "certificate": _("authority's certificate"),
    "verification": _("strength of verification"),
}

SECTION_TITLES: dict[str, Promise] = {
    "criteria": _("Who comes first"),
    "order": _("The order"),
    "scores": _("What counts how much"),
    "waiting": _("Waiting times"),
    "targets": _("When we decide"),
    "scarcity": _("When capacity is scarce"),
    "overrides": _("Overrides"),
    "planning": _("When many requests are planned together"),
}

_SENTENCES: dict[str, Promise] = {
    "principle": _(
        "Priority belongs to an organization together with a workload and a region, never to an organization as "
        "a whole."
    ),
    "best_clause_counts": _("Where several clauses fit a request, the one with the best tier counts."),
    "workload_must_be_confirmed": _(
        "A category counts only together with a workload that the policy lists for it and a reviewer has confirmed. "
        "Until then the request queues in the tier it claims, marked as unconfirmed, and nothing is granted on it."
    ),
    "category_outranks_offer": _("A verified category outranks the type of offer."),
    "never_counts": _("Quantity and revenue never count."),
    "order_normal": _(
        "While every region concerned has enough capacity, requests are served in the order in which they became "
        "complete."
    ),
    "order_scarce": _(
        "As soon as one region concerned is constrained, critical or recovering, the order is: tier; verified before "
        "provisional; requests past the maximum wait of their tier; score with points for waiting; the moment at which "
        "the request became complete; request number."
    ),
    "score": _(
        "The score has 1000 points: up to %(workload)s for the workload, up to %(certificate)s for an authority's "
        "certificate and up to %(verification)s for the strength of verification."
    ),
    "workload_points": _("%(topic)s: %(percent)s of the points for the workload."),
    "verification_points": _("Category %(key)s: %(percent)s of the points for verification."),
    "clause_order": _("The clauses stand in this order: %(order)s."),
    "no_aging": _("In tier %(tier)s waiting adds no points: arrival only breaks ties."),
    "reserve": _("%(percent)s of the capacity is reserved for tier 1."),
    "mark": _(
        "When tier 1 holds more than %(percent)s of a pool, further grants need a second signature. A verified request "
        "in tier 1 is never refused for that reason."
    ),
    "second_signature": _("A grant of more than %(percent)s of a pool needs a second signature."),
    "tier_one_equal": _("The clauses of tier 1 are equal among each other."),
    "tier_one_strict": _(
        "Among the verified requests of tier 1, and then among the provisional ones, its first four clauses are served "
        "strictly one after the other; the clauses behind them are equal among each other."
    ),
    "provisional_cap": _(
        "While a category is only provisional, no more than %(percent)s of a pool is granted on it at once."
    ),
    "planning_later": _(
        "What follows applies as soon as requests are planned together; until then each is decided on its own, in the "
        "order above."
    ),
    "floor": _("At least %(percent)s of a pool is kept for: %(category)s."),
    "tier_ranked": _("Tier %(tier)s is served one request after the other, by rank."),
    "tier_shared": _("In tier %(tier)s every organization gets a part of what is left for the tier."),
    "wishes_binding": _("In tier %(tier)s the order of the wished regions is kept."),
    "wishes_free": _(
        "In tier %(tier)s a plan may take another acceptable region than the first wish, and then says why."
    ),
    "never_revoked": _("Capacity once granted is never taken back for another request."),
}

_REASONS: dict[str, Promise] = {
    "by_category": _("Tier %(tier)s under clause %(clause)s: %(category)s, for %(workload)s."),
    "by_certificate": _(
        "Tier %(tier)s under clause %(clause)s: %(category)s with an authority's certificate of vital tasks, for "
        "%(workload)s."
    ),
    "by_category_alone": _("Tier %(tier)s under clause %(clause)s: %(category)s."),
    "by_workload": _("Tier %(tier)s under clause %(clause)s: %(workload)s."),
    "by_offer": _("Tier %(tier)s under clause %(clause)s: %(customer)s, offer: %(offer)s."),
    "no_rule": _("Tier %(tier)s: no clause of the policy covers this request."),
    "claim_provisional": _(
        "The category is provisional (%(category)s): the request comes after the verified ones of its tier."
    ),
    "claim_unverified": _("This category is not verified and does not count: %(category)s."),
    "claim_does_not_apply": _("This category does not count for this request: %(category)s."),
    "offer_outranked": _("The category counts, not the type of offer (%(offer)s)."),
    "workload_not_listed": _("For %(workload)s this category does not count: %(category)s."),
    "workload_unconfirmed": _(
        "No reviewer has confirmed the workload yet (%(workload)s). The request queues in tier %(claimed_tier)s and "
        "nothing is granted on it; on confirmed facts alone it would be in tier %(tier)s."
    ),
    "override_retier": _("An override moves it from tier %(was)s to tier %(tier)s."),
    "override_pin": _("An override puts it first while capacity is scarce."),
    "override_hold": _("An override holds it back."),
    "override_cap": _("An override limits the grant to %(percent)s of what is asked."),
    "override_release": _("An override frees it from a hold or a limit."),
}

_CHANGES: dict[str, Promise] = {
    "confirm_workload": _("If a reviewer confirms the workload (%(workload)s)"),
    "claim_becomes": _("If the category “%(category)s” becomes %(verification)s"),
    "certificate_added": _("If an authority certifies vital tasks (%(category)s)"),
    "certificate_ends": _("If the authority's certificate ends (%(category)s)"),
    "workload_becomes": _("If the workload is %(workload)s"),
    "offer_becomes": _("If the offer becomes %(offer)s"),
    "becomes_new": _("If the organization is a new customer"),
    "becomes_existing": _("If the organization is an existing customer"),
    "override_ends": _("When the override ends"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the policy with its sentences, in the active language."""

    code: str
    title: str
    sentences: tuple[str, ...]


def category_label(code: str) -> str:
    """A sector category as it stands in running text; the code itself where it has no label yet."""
    return str(CATEGORY_LABELS.get(code, code))


def workload_label(code: str) -> str:
    return str(WORKLOAD_LABELS.get(code, code))


def offer_label(code: str) -> str:
    return str(OFFER_LABELS.get(code, code))


def term_label(name: str) -> str:
    return str(TERM_LABELS.get(name, name))


def percent(permille: int) -> str:
    """A share as people write it: 75 permille are "7.5%" in English."""
    share = number_format(Decimal(permille) / 10)
    return gettext("%(share)s%%") % {"share": share}


def reason_text(reason: Reason) -> str:
    """One reason of a ranking as a sentence. Raises LookupError for a code the core does not give."""
    return capfirst(str(_REASONS[reason.code]) % readable_params(reason.params))


def change_text(change: Change) -> str:
    """One fact that would change the tier, with what it would become."""
    condition = str(_CHANGES[change.code]) % readable_params(change.params)
    if change.tier == change.claimed_tier:
        return gettext("%(condition)s: tier %(tier)s.") % {"condition": condition, "tier": change.tier}
    return gettext("%(condition)s: queued in tier %(claimed_tier)s, tier %(tier)s until the workload is confirmed.") % {
        "condition": condition,
        "claimed_tier": change.claimed_tier,
        "tier": change.tier,
    }


def sentence_text(sentence: Sentence) -> str:
    """One sentence of the policy. Raises LookupError for a code the core does not give."""
    params = sentence.params
    match sentence.code:
        case "rule":
            return _rule_text(params)
        case "aging":
            points = ngettext("%(count)s point", "%(count)s points", params["points"]) % {"count": params["points"]}
            return gettext("In tier %(tier)s every whole day of waiting adds %(points)s.") % {
                "tier": params["tier"],
                "points": points,
            }
        case "max_wait":
            return ngettext(
                "In tier %(tier)s a request that has waited %(days)s day comes before every newer one of its tier.",
                "In tier %(tier)s a request that has waited %(days)s days comes before every newer one of its tier.",
                params["days"],
            ) % dict(params)
        case "target_hours":
            return ngettext(
                "In tier %(tier)s we decide within %(count)s hour.",
                "In tier %(tier)s we decide within %(count)s hours.",
                params["count"],
            ) % dict(params)
        case "target_working_hours":
            return ngettext(
                "In tier %(tier)s we decide within %(count)s hour of working days.",
                "In tier %(tier)s we decide within %(count)s hours of working days.",
                params["count"],
            ) % dict(params)
        case "target_working_days":
            return ngettext(
                "In tier %(tier)s we decide within %(count)s working day.",
                "In tier %(tier)s we decide within %(count)s working days.",
                params["count"],
            ) % dict(params)
        case "overrides":
            return _overrides_text(params)
        case "break_glass":
            return ngettext(
                "Where lives are at risk one person may act alone; without a second signature within %(hours)s hour "
                "the override ends by itself and is examined.",
                "Where lives are at risk one person may act alone; without a second signature within %(hours)s hours "
                "the override ends by itself and is examined.",
                params["hours"],
            ) % dict(params)
        case code:
            return str(_SENTENCES[code]) % readable_params(params)


def policy_text(policy: Policy) -> tuple[Section, ...]:
    """The whole policy under its headings, exactly as the trust center shows it."""
    texts: dict[str, list[str]] = {}
    for sentence in sentences(policy):
        texts.setdefault(sentence.section, []).append(sentence_text(sentence))
    return tuple(Section(code, str(SECTION_TITLES[code]), tuple(lines)) for code, lines in texts.items())


def _rule_text(params: Mapping[str, Any]) -> str:
    who = []
    if params["internal"] is not None:
        who.append(gettext("the provider's own services") if params["internal"] else gettext("external customers"))
    if params["categories"] is not None:
        who.append(_all_of(category_label(code) for code in params["categories"]))
    if params["existing"] is not None:
        who.append(gettext("existing customers") if params["existing"] else gettext("new customers"))
    parts = [gettext(", ").join(who) if who else gettext("all customers")]
    if params["needs_certificate"]:
        parts.append(gettext("with an authority's certificate of vital tasks"))
    if params["offers"] is not None:
        offers = _one_of(offer_label(code) for code in params["offers"])
        parts.append(gettext("offer: %(offers)s") % {"offers": offers})
    if params["workloads"] is not None:
        workloads = _one_of(workload_label(code) for code in params["workloads"])
        parts.append(gettext("for %(workloads)s") % {"workloads": workloads})
    return gettext("Clause %(clause)s, tier %(tier)s: %(who)s.") % {
        "clause": params["clause"],
        "tier": params["tier"],
        "who": gettext(", ").join(parts),
    }


def _overrides_text(params: Mapping[str, Any]) -> str:
    renewals = ngettext("%(count)s renewal", "%(count)s renewals", params["renewals"]) % {"count": params["renewals"]}
    days = ngettext("%(count)s day", "%(count)s days", params["max_days"]) % {"count": params["max_days"]}
    hours = ngettext("%(count)s hour", "%(count)s hours", params["hours"]) % {"count": params["hours"]}
    return gettext(
        "Two people may override the order for a stated reason. An override ends by itself, after %(hours)s unless "
        "stated otherwise and after %(days)s at most, with %(renewals)s."
    ) % {"hours": hours, "days": days, "renewals": renewals}


def readable_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with codes replaced by labels and shares by percentages."""
    readable = dict(params)
    for name, label in (("category", category_label), ("workload", workload_label), ("offer", offer_label)):
        if isinstance(params.get(name), str):
            readable[name] = label(params[name])
    if "verification" in params:
        readable["verification"] = VERIFICATION_LABELS.get(params["verification"], params["verification"])
    if "existing" in params:
        readable["customer"] = gettext("existing customer") if params["existing"] else gettext("new customer")
    if "key" in params:
        readable["key"] = WORKLOAD_LABELS.get(params["key"]) or VERIFICATION_LABELS.get(params["key"], params["key"])
        readable["topic"] = capfirst(str(readable["key"]))
    if "clauses" in params:
        readable["order"] = gettext(", ").join(params["clauses"])
    if isinstance(params.get("by"), list):
        readable["by"] = gettext(", ").join(params["by"])
    if params.get("permille") is not None:
        readable["percent"] = percent(params["permille"])
    return readable


def _all_of(labels: Iterable[str]) -> str:
    *others, last = labels
    return _joined(gettext("%(others)s and %(last)s"), others, last)


def _one_of(labels: Iterable[str]) -> str:
    *others, last = labels
    return _joined(gettext("%(others)s or %(last)s"), others, last)


def _joined(pattern: str, others: Sequence[str], last: str) -> str:
    return pattern % {"others": gettext(", ").join(others), "last": last} if others else last
