"""What the account manager can do about a rank: one sentence for each fact that would better it."""

from django.utils.translation import gettext_lazy as _

from priorities.policy import Change, Ranking

_ADVICE = {
    "confirm_workload": _("Nothing to do: a reviewer confirms the use, or asks for information."),
    "claim_becomes": _("Add evidence to the category's claim; a verifier decides on it."),
    "certificate_added": _("Ask the authority for its certificate of vital tasks and add it as evidence."),
    "workload_becomes": _("Only if it is true: withdraw the request and file it with the use that it really has."),
    "offer_becomes": _("It follows from the contract; nothing in the request changes it."),
    "becomes_existing": _(
        "It follows from when the organization became a customer; nothing in the request changes it."
    ),
    "becomes_new": _("It follows from when the organization became a customer; nothing in the request changes it."),
    "override_ends": _("It ends by itself; a duty manager can end it earlier."),
}


def betters(change: Change, ranking: Ranking) -> bool:
    """Whether the change leads to a better tier, now or once the use is confirmed, and worsens neither."""
    before, after = (ranking.tier, ranking.claimed_tier), (change.tier, change.claimed_tier)
    return after != before and all(one <= other for one, other in zip(after, before, strict=True))


def advice_text(change: Change) -> str:
    """What leads to the change. Raises LookupError for a code the core does not give."""
    return str(_ADVICE[change.code])
