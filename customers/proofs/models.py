"""What shows that evidence is true: challenges of domains, mailed codes, and what came of them."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Claim, Evidence
from kit.models import AppendOnly, Public
from users.models import User

# Of one code; whoever guesses has to ask for another, and those are counted too.
MOST_TRIES = 5


class DomainChallenge(AppendOnly):
    """The token that a claim's organization shows in the DNS of a domain. No secret: others cannot put it there."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="challenges")
    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["claim", "domain"], name="one_challenge_per_claim_and_domain")]


class MailedCode(Public):
    """A code on its way to a role's mailbox of the domain, and what became of it. Code and link are kept as hashes."""

    challenge = models.ForeignKey(DomainChallenge, on_delete=models.PROTECT, related_name="codes")
    mailbox = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=200)
    link_hash = models.CharField(max_length=64, unique=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    runtime_updates = ("tries", "used_at", "voided_at", "row_version")

    class Meta:
        indexes = [models.Index(fields=["challenge", "-sent_at"], name="mailed_code_sent")]
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=MOST_TRIES), name="code_is_tried_a_few_times"),
            models.CheckConstraint(
                condition=Q(used_at=None) | (Q(voided_at=None) & Q(used_at__lt=F("expires_at"))),
                name="code_is_used_while_it_counts",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="closed_code_stays_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__used_at__isnull=False) | pgtrigger.Q(old__voided_at__isnull=False),
            )
        ]

    @property
    def address(self) -> str:
        """Where it was mailed to."""
        return f"{self.mailbox}@{self.challenge.domain}"


class Method(models.TextChoices):
    """How control of a domain was shown."""

    DNS = "dns", _("DNS record")
    MAIL = "mail", _("mailed code")


# A row that says more than what happened is refused: the code must have been used, the token been seen.
PROOF_SHOWS_SOMETHING = """
    IF NOT EXISTS (
        SELECT 1 FROM customers_domainchallenge challenge
        WHERE challenge.id = NEW.challenge_id AND (
            (NEW.method = 'dns' AND position(challenge.token IN NEW.seen) > 0)
            OR (NEW.method = 'mail' AND EXISTS (
                SELECT 1 FROM customers_mailedcode code
                WHERE code.id = NEW.code_id AND code.challenge_id = challenge.id AND code.used_at IS NOT NULL
            ))
        )
    ) THEN
        RAISE EXCEPTION 'a proof of control shows the token or a used code' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class DomainProof(AppendOnly):
    """Control of a domain was shown at a moment: by the token in its DNS, or by a code that reached a mailbox there."""

    challenge = models.ForeignKey(DomainChallenge, on_delete=models.PROTECT, related_name="proofs")
    method = models.CharField(max_length=5, choices=Method.choices)
    code = models.ForeignKey(MailedCode, on_delete=models.PROTECT, null=True, related_name="+")
    seen = models.CharField(max_length=300, blank=True)  # the record as it was found
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["challenge", "-at"], name="domain_proof_at")]
        triggers: list[Any] = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="proof_shows_something",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=PROOF_SHOWS_SOMETHING,
            ),
        ]


class EvidenceFile(Public):
    """A file that shows a paper. Its content lies outside the database under a name of our own.

    Erasing it (at the end of its retention) leaves the row: that there was a file, and its hash, stay provable.
    """

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="files")
    stored_name = models.CharField(max_length=40, unique=True)
    original_name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    scanned_by = models.CharField(max_length=60, blank=True)  # empty: this installation has no scanner
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    runtime_updates = ("original_name", "erased_at", "row_version")

    class Meta:
        ordering = ["pk"]
        triggers = [
            pgtrigger.Protect(
                name="erased_stays_erased",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__erased_at__isnull=False),
            )
        ]
