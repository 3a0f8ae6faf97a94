"""What the customer reads about a claim, rendered from its record in the reader's language: rejected, or asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.evidence import missing_evidence
from customers.models import Claim, ClaimState, Evidence
from customers.reasons import InformationReason, RejectionReason

LANGUAGES = ("de", "en")

# Said to customers: what the reason means for them, and never a word about anybody else.
REJECTED: dict[str, Any] = {
    RejectionReason.EVIDENCE_INSUFFICIENT: gettext_lazy("What we received does not show yet that it belongs there."),
    RejectionReason.EVIDENCE_FALSE: gettext_lazy("Its issuer could not confirm an item that we received."),
    RejectionReason.OTHER_ORGANIZATION: gettext_lazy("What we received speaks of another organization."),
    RejectionReason.WRONG_CATEGORY: gettext_lazy("By what we received, another category fits better."),
    RejectionReason.NO_ANSWER: gettext_lazy("Our questions were not answered."),
    RejectionReason.WITHDRAWN: gettext_lazy("You withdrew it."),
}
ASKED: dict[str, Any] = {
    InformationReason.WHICH_BODY: gettext_lazy("We need to know which body or site it is about."),
    InformationReason.DOMAIN: gettext_lazy(
        "Please show that you control your domain: by a DNS record or a mailed code."
    ),
    InformationReason.PAPER: gettext_lazy("Please send us the letter, certificate or document itself."),
    InformationReason.REGISTER: gettext_lazy("The entry in the public register differs from what you told us."),
    InformationReason.SERVICE: gettext_lazy("The certificate does not name the service that the capacity is for."),
    InformationReason.OTHER: gettext_lazy("We have a question."),
}


@dataclass(frozen=True)
class Letter:
    """What the customer reads."""

    language: str
    subject: str
    paragraphs: tuple[str, ...]


def letters_about(claim: Claim, state: str, reason_code: str, text: str, evidence: Iterable[Evidence]) -> list[Letter]:
    """The letter in both languages for a step into `state`; none for steps that the customer is not written about."""
    items = list(evidence)
    return [
        letter
        for language in LANGUAGES
        if (letter := _letter(claim, state, reason_code, text, items, language)) is not None
    ]


def letters_of(claim: Claim) -> list[Letter]:
    """The letters about where the claim stands now, from its last move. Fetch it by `with_everything`."""
    moves = sorted(claim.moves.all(), key=lambda one: one.pk)
    if not moves or moves[-1].new_state != claim.state:
        return []
    last = moves[-1]
    return letters_about(claim, last.new_state, last.reason_code, last.reason, claim.evidence.all())


def _letter(
    claim: Claim, state: str, reason_code: str, text: str, evidence: list[Evidence], language: str
) -> Letter | None:
    with translation.override(language):
        values = {"organization": claim.organization.legal_name, "category": claim.category.name}
        if state == ClaimState.REJECTED:
            said = [
                _("You asked us to recognize %(organization)s as “%(category)s”. We could not confirm it.") % values,
                str(REJECTED.get(reason_code, "")),
                *_what_suffices(claim, evidence, reason_code),
                _("Nothing that was granted to you changes. You can ask again at any time, with other evidence."),
                _("If you see it otherwise, tell your account manager: somebody who was not involved looks at it."),
            ]
            return Letter(language, _("Your category “%(category)s”") % values, _paragraphs(said))
        if state == ClaimState.INFORMATION_REQUESTED:
            said = [
                _("We are checking whether %(organization)s belongs to “%(category)s” and need your help.") % values,
                str(ASKED.get(reason_code, ASKED[InformationReason.OTHER])),
                text,
                _("Your account manager passes the answer on. We go on as soon as it is here."),
            ]
            return Letter(language, _("A question about your category “%(category)s”") % values, _paragraphs(said))
    return None


def _what_suffices(claim: Claim, evidence: list[Evidence], reason_code: str) -> list[str]:
    missing = missing_evidence(claim.category, evidence)
    if not missing or reason_code in (RejectionReason.WITHDRAWN, RejectionReason.WRONG_CATEGORY):
        return []
    return [_("What would show it: %(missing)s.") % {"missing": "; ".join(str(phrase) for phrase in missing)}]


def _paragraphs(said: list[str]) -> tuple[str, ...]:
    return tuple(text for text in said if text)
