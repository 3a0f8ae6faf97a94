"""Who asks: organizations, what sector they belong to, and the evidence for it."""

from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers import distance, kinship
from customers.registers.adapters import REGISTERS
from customers.registry_models import Contact as Contact
from customers.registry_models import Inheritance as Inheritance
from customers.registry_models import PossibleDuplicate as PossibleDuplicate
from customers.words import WordVector
from kit import leases
from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import Portfolio, User


class OfferType(models.TextChoices):
    """What an organization pays with."""

    ENTERPRISE = "enterprise", _("Enterprise")
    PAY_AS_YOU_GO = "pay_as_you_go", _("Pay as you go")
    FREE = "free", _("Free")
    TRIAL = "trial", _("Trial")
    STUDENT = "student", _("Student")
    CREDITS = "credits", _("Credits")


FREE_OFFERS = frozenset({OfferType.FREE, OfferType.TRIAL, OfferType.STUDENT, OfferType.CREDITS})


class SectorCategory(models.Model):
    """A fact an organization may claim about itself. Data, seeded from the default taxonomy."""

    code = models.CharField(max_length=20, unique=True)
    name_de = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    # Life-safety and state-critical categories need two independent items of evidence.
    needs_strong_evidence = models.BooleanField(default=False)
    # How long a verification holds.
    validity_months = models.PositiveSmallIntegerField(default=24)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return f"{self.code} · {self.name}"

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_en if get_language() == "en" else self.name_de


class Organization(Public):
    """A customer, registered once."""

    legal_name = models.CharField(max_length=250)
    aliases = ArrayField(models.CharField(max_length=250), default=list, blank=True)
    # From `customers.names`: how the name sorts (DIN 5007-1), the words it is found by, what tells it from others.
    sort_name = models.CharField(max_length=300)
    search_text = models.TextField(default="")
    name_key = models.CharField(max_length=300, default="")
    # When it was last compared with all others. None: it waits for the background to do so (after an import, say).
    compared_at = models.DateTimeField(null=True)
    country = models.CharField(max_length=2)
    offer_type = models.CharField(max_length=20, choices=OfferType.choices, default=OfferType.ENTERPRISE)
    customer_since = models.DateField(null=True)
    is_internal = models.BooleanField(default=False)
    # These relations have no index of their own but, where they are looked up, one of the few rows that have them.
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children", db_index=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="organizations", db_index=False)
    registered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    registered_at = models.DateTimeField()
    # The one it turned out to be; this row stays for its history and its addresses, and holds nothing any more.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged_from", db_index=False
    )
    merged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["sort_name", "pk"]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="organization_sort"),
            models.Index(fields=["portfolio", "sort_name", "id"], name="organization_portfolio"),
            # Whole words, found by their beginnings: an eighth of the keys that letter groups would be.
            GinIndex(WordVector("search_text"), name="organization_words"),
            models.Index(fields=["name_key", "country"], name="organization_name_key"),
            # Letter groups of those that were compared; the others get theirs when the background compares them.
            GinIndex(
                OpClass(F("name_key"), name="gin_trgm_ops"),
                name="organization_likeness",
                condition=Q(compared_at__isnull=False),
                fastupdate=False,
            ),
            models.Index(fields=["id"], condition=Q(compared_at=None), name="organization_uncompared"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="organization_children"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="organization_merged"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="organization_is_not_its_parent"),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="organization_country_code"),
            models.CheckConstraint(
                condition=Q(merged_into=None, merged_at=None)
                | (Q(merged_into__isnull=False, merged_at__isnull=False) & ~Q(merged_into=F("id"))),
                name="organization_merged_into_another",
            ),
        ]
        triggers = [kinship.circle_trigger(), kinship.merge_trigger()]

    def __str__(self) -> str:
        return self.legal_name


class OrganizationDomain(models.Model):
    """A domain that an organization registered; several organizations may share one (a town's)."""

    # Without an index of its own: the constraint's begins with it.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="domains", db_index=False)
    domain = models.CharField(max_length=253)
    controlled_at = models.DateTimeField(null=True)

    runtime_deletes = True

    class Meta:
        ordering = ["domain"]
        constraints = [models.UniqueConstraint(fields=["organization", "domain"], name="organization_domain_once")]
        indexes = [models.Index(fields=["domain"], name="organization_domain")]


class ExternalId(models.Model):
    """How another registry names the organization (`ror`, `cms`, `finess`, …)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="external_ids")
    kind = models.CharField(max_length=30)
    value = models.CharField(max_length=120)

    runtime_deletes = True

    class Meta:
        ordering = ["kind", "value"]
        constraints = [models.UniqueConstraint("kind", Upper("value"), name="external_id_once_per_kind")]


class Register(models.Model):
    """A public register whose rows serve as evidence; never a list of customers."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> Any:
        """The name in the active language; as it is stored for a register without a declaration."""
        declared = REGISTERS.get(self.code)
        return declared.name if declared else self.name


class RegisterSnapshot(models.Model):
    """A register as it stood on a day."""

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="snapshots")
    as_of_date = models.DateField()
    file_hash = models.CharField(max_length=64)
    row_count = models.PositiveIntegerField(default=0)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-as_of_date", "-pk"]
        constraints = [models.UniqueConstraint(fields=["register", "as_of_date"], name="register_snapshot_once")]


class RegisterRow(AppendOnly):
    """One row of a register snapshot, as evidence may point at it."""

    # Without an index of its own: the constraint's begins with it, and so does the order of a snapshot's page.
    snapshot = models.ForeignKey(RegisterSnapshot, on_delete=models.PROTECT, related_name="rows", db_index=False)
    key = models.CharField(max_length=253)
    name = models.CharField(max_length=300)
    sort_name = models.CharField(max_length=350)
    search_text = models.TextField(default="")
    domain = models.CharField(max_length=253, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    # What else the register says about it: place, owner, other names.
    details = models.JSONField(default=dict)

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["snapshot", "key"], name="register_row_once")]
        indexes = [
            models.Index(fields=["domain"], name="register_row_domain"),
            models.Index(fields=["snapshot", "sort_name", "id"], name="register_row_sort"),
            models.Index(fields=["sort_name", "id"], name="register_row_names"),
            # New entries wait in a short list before they are sorted in: a large import would otherwise take ten
            # times as long. One megabyte of them is read through in a millisecond or two.
            GinIndex(
                OpClass(F("search_text"), name="gin_trgm_ops"), name="register_row_search", gin_pending_list_limit=1024
            ),
        ]


class ClaimState(models.TextChoices):
    """Where a claim stands."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    IN_VERIFICATION = "in_verification", _("In verification")
    INFORMATION_REQUESTED = "information_requested", _("Information requested")
    PROVISIONAL = "provisional", _("Provisional")
    VERIFIED = "verified", _("Verified")
    REJECTED = "rejected", _("Rejected")
    REVALIDATION_DUE = "revalidation_due", _("Revalidation due")
    GRACE = "grace", _("Grace period")
    LAPSED = "lapsed", _("Lapsed")
    SUSPENDED = "suspended", _("Suspended")
    REVOKED = "revoked", _("Revoked")


S = ClaimState
CLAIM_LIFE = Life(
    {
        S.DRAFT: {S.SUBMITTED},
        S.SUBMITTED: {S.IN_VERIFICATION},
        S.IN_VERIFICATION: {S.INFORMATION_REQUESTED, S.PROVISIONAL, S.VERIFIED, S.REJECTED, S.SUBMITTED},
        S.INFORMATION_REQUESTED: {S.IN_VERIFICATION},
        S.PROVISIONAL: {S.IN_VERIFICATION, S.VERIFIED, S.REJECTED, S.LAPSED, S.SUSPENDED, S.REVOKED},
        S.VERIFIED: {S.REVALIDATION_DUE, S.SUSPENDED, S.REVOKED},
        S.REVALIDATION_DUE: {S.VERIFIED, S.GRACE, S.SUSPENDED, S.REVOKED},
        S.GRACE: {S.VERIFIED, S.LAPSED, S.SUSPENDED, S.REVOKED},
        S.SUSPENDED: {S.IN_VERIFICATION, S.VERIFIED, S.REVOKED},
        S.LAPSED: set(),
        S.REJECTED: set(),
        S.REVOKED: set(),
    }
)
# States in which the claim still stands for the category; one such claim per organization and category.
CLAIM_STANDING = [state for state in ClaimState if state not in (S.REJECTED, S.LAPSED, S.REVOKED)]
# States that count as verified for the policy.
CLAIM_COUNTS_AS_VERIFIED = [S.VERIFIED, S.REVALIDATION_DUE, S.GRACE]


class Claim(Public):
    """The statement that an organization belongs to a sector category. This is what gets verified."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="claims")
    category = models.ForeignKey(SectorCategory, on_delete=models.PROTECT, related_name="claims")
    state = models.CharField(max_length=25, choices=ClaimState.choices, default=ClaimState.DRAFT)
    statement = models.TextField(blank=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=40, blank=True)
    decision_text = models.TextField(blank=True)
    # Half-open: the verification counts before this moment.
    valid_until = models.DateTimeField(null=True)
    # How urgent the case is for the verifiers; pushed down by those who know why (higher is sooner).
    urgency = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["state", "-urgency", "filed_at", "id"], name="claim_queue"),
            models.Index(fields=["valid_until"], name="claim_expiry"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "category"],
                condition=Q(state__in=[str(state) for state in CLAIM_STANDING]),
                name="one_standing_claim_per_category",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(filed_by=None) | ~Q(decided_by=F("filed_by")),
                name="nobody_verifies_own_claim",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[str(S.VERIFIED), str(S.PROVISIONAL)])
                | Q(valid_until__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
                name="verification_has_an_end",
            ),
        ]
        triggers = [
            CLAIM_LIFE.trigger(),
            # Or a second name in `filed_by` would let the first verify what they filed.
            pgtrigger.ReadOnly(name="claim_origin_stays", fields=["category", "filed_by", "filed_at"]),
            kinship.following_trigger(),
            # The database holds these rules too: raw SQL as the application role is refused the same.
            distance.decision_trigger(),
            distance.basis_trigger(),
        ]


class ClaimMove(AppendOnly):
    """One step in a claim's life."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=25, blank=True)
    new_state = models.CharField(max_length=25, choices=ClaimState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    # Why, as a code that can be counted and that the customer's text is made from; empty where a step has none.
    reason_code = models.CharField(max_length=40, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["claim", "-id"], name="claim_move")]


class EvidenceKind(models.TextChoices):
    """What a claim may rest on."""

    REGISTER_MATCH = "register_match", _("Match in an official register")
    AUTHORITY_LETTER = "authority_letter", _("Letter of an authority")
    DOMAIN_CONTROL = "domain_control", _("Control of a domain")
    AUTHORITY_CERTIFICATE = "authority_certificate", _("Certificate of vital tasks")
    SPONSOR_LETTER = "sponsor_letter", _("Letter of a sponsor")
    DOCUMENT = "document", _("Document")
    SELF_ATTESTATION = "self_attestation", _("Self-attestation")


class Evidence(Public):
    """One item that speaks for a claim; checked by a verifier, never by who added it."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=30, choices=EvidenceKind.choices)
    register_row = models.ForeignKey(RegisterRow, on_delete=models.PROTECT, null=True, related_name="+")
    domain = models.CharField(max_length=253, blank=True)
    issuer = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    # A certificate names the workload class (by code) whose service it covers.
    workload_code = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    holds = models.BooleanField(null=True)  # None: not checked yet

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_by=None) | Q(added_by=None) | ~Q(checked_by=F("added_by")),
                name="nobody_checks_own_evidence",
            ),
            models.CheckConstraint(
                condition=~Q(kind="register_match") | Q(register_row__isnull=False),
                name="register_match_names_its_row",
            ),
            models.CheckConstraint(
                condition=~Q(kind="domain_control") | ~Q(domain=""), name="domain_control_names_its_domain"
            ),
            models.CheckConstraint(
                condition=Q(holds=None) | Q(checked_by__isnull=False, checked_at__isnull=False),
                name="what_holds_was_checked",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="evidence_stays",
                fields=[
                    "claim",
                    "kind",
                    "register_row",
                    "domain",
                    "issuer",
                    "reference",
                    "workload_code",
                    "added_by",
                    "added_at",
                ],
            ),
            distance.evidence_trigger(),
            distance.shown_trigger(),
        ]


class CaseLease(leases.Lease):
    """A verifier has the case in hand until a moment; activity renews it."""

    claim = models.OneToOneField(Claim, on_delete=models.CASCADE, related_name="lease")

    subject = "claim"

    class Meta:
        triggers = [distance.lease_trigger()]


class ImportState(models.TextChoices):
    """Where an import stands."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class ImportRun(Public):
    """A file that was, or would be, taken in: progress and the result of each row."""

    kind = models.CharField(max_length=30)  # "organizations" or the register's code
    file_name = models.CharField(max_length=200)
    file_hash = models.CharField(max_length=64)
    content = models.BinaryField(null=True)  # kept until the run ends
    as_of_date = models.DateField(null=True)
    is_dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.WAITING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_created = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]


class ImportRowResult(models.Model):
    """What became of one row of an import."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UNCHANGED = "unchanged", _("Unchanged")
        REFUSED = "refused", _("Refused")

    # Without an index of its own: the constraint's begins with it.
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="results", db_index=False)
    row_number = models.PositiveIntegerField()
    key = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    message = models.TextField(blank=True)

    runtime_deletes = True  # a run that was cut off writes its results anew

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "row_number"], name="import_row_once")]
        indexes = [models.Index(fields=["run", "outcome", "row_number"], name="import_row_outcome")]


class MatchingModel(AppendOnly):
    """What proposals have learned, as it was on a day; the newest is in force, older ones stay for comparison."""

    trained_at = models.DateTimeField()
    trained_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    entries = models.PositiveIntegerField()  # register entries and verified claims
    content = models.BinaryField()  # numbers only (`customers.matching.model`)
    content_hash = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        ordering = ["-pk"]


# Slices of customers keep their own models; Django looks for them here.
from customers.assurance.models import AuditDraw, ClaimReminder, ClaimReview  # noqa: E402, F401
from customers.liaison.models import LiaisonItem, LiaisonStep  # noqa: E402, F401

# The tables of proofs build on those above; Django finds them through this module.
from customers.proofs.models import DomainChallenge, DomainProof, EvidenceFile, MailedCode  # noqa: E402, F401

# What follows from the registers has its own module; Django finds models only from here.
from customers.registers.models import (  # noqa: E402, F401
    EvidenceReview,
    MatchRun,
    RegisterMatch,
    SnapshotChange,
    SnapshotComparison,
    TrainingRun,
)
from customers.retention.models import Erasure, RetentionRule  # noqa: E402, F401
