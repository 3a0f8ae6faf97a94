"""Show control of a domain: issue its challenge, look into the DNS, mail a code, take the code back."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.access import may_add_evidence
from customers.actions.add_evidence import ClaimIsClosed
from customers.claims import journal_facts, locked
from customers.models import CLAIM_STANDING, Claim, Evidence, EvidenceKind
from customers.proofs import codes, dns
from customers.proofs.challenges import issue_challenge
from customers.proofs.models import MOST_TRIES, DomainChallenge, DomainProof, MailedCode, Method
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import SYSTEM, Actor

CODE_VALID_FOR = timedelta(hours=24)
# So that nobody fills a stranger's mailbox through us.
MOST_CODES = 5
COUNTED_FOR = timedelta(hours=24)


class NothingToShow(Conflict):
    """The item is not about a domain."""

    code = "nothing_to_show"
    message = _("Only control of a domain is shown this way.")


class RecordNotFound(Conflict):
    """The DNS does not hold the record."""

    code = "record_not_found"
    message = _("%(name)s does not hold this record yet.")
    remedy = _("A new record can take an hour to be seen everywhere. Compare what was entered, then check again.")


class UnknownMailbox(Invalid):
    """A code goes to a mailbox that only who runs the domain can have."""

    code = "unknown_mailbox"
    message = _("Choose one of the mailboxes that are offered.")


class MailProvider(Conflict):
    """Everybody can have a mailbox there."""

    code = "mail_provider"
    message = _("%(domain)s belongs to a mail provider; a mailbox there proves nothing.")


class TooManyCodes(Conflict):
    """A domain gets a few codes a day."""

    code = "too_many_codes"
    message = _("%(most)s codes were mailed to %(domain)s within a day; that is the most.")
    remedy = _("Use the DNS record, or try again tomorrow.")


@dataclass(frozen=True)
class Mailing:
    """A code that is to be mailed, with the secrets that are kept nowhere."""

    sent: MailedCode
    code: str
    link: str

    @property
    def public_id(self) -> Any:
        return self.sent.public_id


@dataclass(frozen=True)
class Redeemed:
    """What became of a typed code: whether it was right, and how many tries are left."""

    is_right: bool
    tries_left: int


def check_dns(*, actor: Actor, evidence: Evidence, at: datetime) -> DomainProof:
    """Look for the token in the DNS and keep what was seen.

    Raises `RecordNotFound`, `ResolverUnavailable`, `NothingToShow`, `ClaimIsClosed`.
    """
    require(may_add_evidence(actor, evidence.claim))
    # Asked before anything is locked: name servers may take their time.
    challenge = _challenge(evidence, at)
    seen = dns.find_record(challenge.domain, challenge.token)
    if not seen:
        raise RecordNotFound(name=dns.record_name(challenge.domain))
    with transaction.atomic():
        claim = _standing(evidence)
        require(may_add_evidence(actor, claim))
        proof = DomainProof.objects.create(
            challenge=challenge, method=Method.DNS, seen=seen, asked_by_id=actor.user_id, at=at
        )
        _note(actor, "evidence.domain_shown", claim, challenge.domain, at, method=Method.DNS)
        return proof


def send_code(*, actor: Actor, evidence: Evidence, mailbox: str, at: datetime) -> Mailing:
    """Draw a code for one of the domain's mailboxes; an earlier one stops counting. The caller mails it after commit.

    Raises `UnknownMailbox`, `MailProvider`, `TooManyCodes`, `NothingToShow`, `ClaimIsClosed`.
    """
    with transaction.atomic():
        claim = _standing(evidence)
        require(may_add_evidence(actor, claim))
        challenge = _challenge(evidence, at)
        if mailbox not in codes.MAILBOXES:
            raise UnknownMailbox({"mailbox": [UnknownMailbox.message]})
        if names.is_free_mail(challenge.domain):
            raise MailProvider(domain=challenge.domain)
        recent = MailedCode.objects.filter(challenge__domain=challenge.domain, sent_at__gt=at - COUNTED_FOR)
        if recent.count() >= MOST_CODES:
            raise TooManyCodes(most=MOST_CODES, domain=challenge.domain)
        challenge.codes.filter(used_at=None, voided_at=None).update(voided_at=at)
        code, link = codes.draw_code(), secrets.token_urlsafe(32)
        sent = MailedCode.objects.create(
            challenge=challenge,
            mailbox=mailbox,
            code_hash=make_password(code),
            link_hash=codes.hash_of(link),
            sent_by_id=actor.user_id,
            sent_at=at,
            expires_at=at + CODE_VALID_FOR,
        )
        _note(actor, "evidence.code_mailed", claim, challenge.domain, at, mailbox=mailbox)
        return Mailing(sent, code, link)


def open_code(link: str, at: datetime) -> MailedCode:
    """The code that the link belongs to, while it can be entered. Raises `NotFound` for every other link alike."""
    found = (
        MailedCode.objects.select_related("challenge__claim__organization")
        .filter(link_hash=codes.hash_of(link), used_at=None, voided_at=None, expires_at__gt=at, tries__lt=MOST_TRIES)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def redeem_code(*, link: str, typed: str, at: datetime) -> Redeemed:
    """Take a typed code. A wrong one counts, and that must be kept: so it is an answer and no refusal.

    Raises `NotFound` where the link counts no more.
    """
    with transaction.atomic():
        known = open_code(link, at)
        # One after the other, or many at once would have more tries than five.
        sent = MailedCode.objects.select_for_update(of=("self",)).select_related("challenge").get(pk=known.pk)
        if sent.used_at or sent.voided_at or sent.tries >= MOST_TRIES:
            raise NotFound()
        sent.tries += 1
        sent.row_version += 1
        is_right = check_password(codes.plain(typed), sent.code_hash)
        if is_right:
            sent.used_at = at
        sent.save(update_fields=["tries", "used_at", "row_version"])
        if is_right:
            DomainProof.objects.create(challenge=sent.challenge, method=Method.MAIL, code=sent, at=at)
            claim = Claim.objects.select_related("organization", "category").get(pk=sent.challenge.claim_id)
            _note(
                SYSTEM,
                "evidence.domain_shown",
                claim,
                sent.challenge.domain,
                at,
                method=Method.MAIL,
                mailbox=sent.mailbox,
            )
        return Redeemed(is_right, MOST_TRIES - sent.tries)


def _challenge(evidence: Evidence, at: datetime) -> DomainChallenge:
    if evidence.kind != EvidenceKind.DOMAIN_CONTROL:
        raise NothingToShow()
    return issue_challenge(evidence.claim, evidence.domain, at=at)


def _standing(evidence: Evidence) -> Claim:
    claim = locked(evidence.claim)
    if claim.state not in CLAIM_STANDING:
        raise ClaimIsClosed(state=claim.get_state_display())
    return claim


def _note(actor: Actor, action: str, claim: Claim, domain: str, at: datetime, **facts: str) -> None:
    record(
        actor=actor,
        action=action,
        subject_type="claim",
        subject_id=claim.public_id,
        after={**journal_facts(claim), "domain": domain, **{name: str(value) for name, value in facts.items()}},
        at=at,
    )
