"""How the state of a claim is shown: one word and one tone."""

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Claim, ClaimState
from customers.queries import NONE, verification_at
from kit.signs import Sign
from kit.templatetags.ui import absolute

S = ClaimState
_TONES = {
    S.DRAFT: "quiet",
    S.SUBMITTED: "state",
    S.IN_VERIFICATION: "state",
    S.INFORMATION_REQUESTED: "watch",
    S.PROVISIONAL: "watch",
    S.VERIFIED: "good",
    S.REVALIDATION_DUE: "good",
    S.GRACE: "warn",
    S.REJECTED: "quiet",
    S.LAPSED: "quiet",
    S.SUSPENDED: "warn",
    S.REVOKED: "quiet",
}


def claim_sign(claim: Claim, at: datetime) -> Sign:
    """What the claim is worth at a moment; one whose end has passed says so, whatever the worker did since."""
    state = ClaimState(claim.state)
    until = claim.valid_until
    if until is None or state in (S.REJECTED, S.LAPSED, S.SUSPENDED, S.REVOKED):
        return Sign(_TONES[state], state.label, state.label)
    if until > at:
        return Sign(
            _TONES[state],
            state.label,
            gettext("%(state)s until %(end)s") % {"state": state.label, "end": absolute(until)},
        )
    ended = gettext("Ran out %(end)s") % {"end": absolute(until)}
    if verification_at(claim, at) == NONE:
        return Sign("quiet", _("Lapsed"), ended)
    return Sign("warn", _("Grace period"), ended)
