"""What keeps verifications trustworthy: reminders before they run out, and reviews by people who were not involved."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.distance import looks_after
from kit.models import Public

# The database holds this rule too: raw SQL as the application role is refused the same.
ONLY_THE_UNINVOLVED = f"""
    IF NEW.resolved_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM customers_claim judged
        WHERE judged.id = NEW.claim_id AND (
            NEW.resolved_by_id IN (judged.filed_by_id, judged.decided_by_id)
            OR EXISTS (
                SELECT 1 FROM customers_evidence item
                WHERE item.claim_id = judged.id AND NEW.resolved_by_id IN (item.added_by_id, item.checked_by_id)
            )
            OR EXISTS (
                SELECT 1 FROM customers_claimmove step
                WHERE step.claim_id = judged.id AND step.by_id = NEW.resolved_by_id AND step.at < NEW.opened_at
            )
            OR {looks_after("NEW.resolved_by_id", "judged.organization_id")}
        )
    ) THEN
        RAISE EXCEPTION 'a review is for somebody who was not involved' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608 - the parts are names of columns


class ClaimReminder(models.Model):
    """That a verification runs out, to be told so many days ahead. A row with its day, and no timer."""

    claim = models.ForeignKey("customers.Claim", on_delete=models.PROTECT, related_name="reminders")
    valid_until = models.DateTimeField()
    days_ahead = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # How many people were written to; 0 where nobody of the portfolio wants such mail.
    told = models.PositiveSmallIntegerField(default=0)

    runtime_updates = ("sent_at", "told")

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(sent_at=None), name="claim_reminder_due")]
        constraints = [
            models.UniqueConstraint(fields=["claim", "valid_until", "days_ahead"], name="claim_reminder_once"),
            models.CheckConstraint(condition=Q(due_at__lt=F("valid_until")), name="claim_reminder_comes_ahead"),
        ]


class ClaimReview(Public):
    """A verification to be looked at again by a verifier who was not involved, and what they found."""

    class Cause(models.TextChoices):
        AUDIT = "audit", _("Monthly sample")
        COMPLAINT = "complaint", _("Complaint")
        RENAMED = "renamed", _("Another name")

    class Outcome(models.TextChoices):
        STANDS = "stands", _("Stands")
        DOUBTED = "doubted", _("Doubted: suspended")

    claim = models.ForeignKey("customers.Claim", on_delete=models.PROTECT, related_name="assurance_reviews")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    # An audit names the verification it drew, the month, and the seed from which the draw can be repeated.
    verification = models.ForeignKey("customers.ClaimMove", on_delete=models.PROTECT, null=True, related_name="+")
    month = models.DateField(null=True)
    seed = models.BigIntegerField(null=True)
    # A complaint says what is wrong and who wrote it down; another name, how it was called and is called now.
    complaint = models.TextField(blank=True)
    opened_by = models.ForeignKey("users.User", on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    resolved_by = models.ForeignKey("users.User", on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    finding = models.TextField(blank=True)

    runtime_updates = ("resolved_by", "resolved_at", "outcome", "finding", "row_version")

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(resolved_at=None), name="claim_review_open")]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "cause"],
                condition=Q(resolved_at=None) & ~Q(cause="audit"),
                name="one_open_complaint_per_claim",
            ),
            models.UniqueConstraint(fields=["verification"], name="verification_audited_once"),
            models.CheckConstraint(
                condition=Q(cause="audit", verification__isnull=False, month__isnull=False, seed__isnull=False)
                | (Q(cause="complaint", verification=None, opened_by__isnull=False) & ~Q(complaint=""))
                | (Q(cause="renamed", verification=None) & ~Q(complaint="")),
                name="claim_review_has_its_cause",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None, outcome="", finding="")
                | (Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(outcome="") & ~Q(finding="")),
                name="claim_review_is_resolved_whole",
            ),
            models.CheckConstraint(
                condition=Q(resolved_by=None) | Q(opened_by=None) | ~Q(resolved_by=F("opened_by")),
                name="nobody_resolves_own_complaint",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="review_by_the_uninvolved",
                operation=pgtrigger.Update | pgtrigger.Insert,
                when=pgtrigger.Before,
                func=ONLY_THE_UNINVOLVED,
            ),
            pgtrigger.Protect(
                name="resolved_claim_review_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__resolved_at__isnull=False),
            ),
        ]


class AuditDraw(models.Model):
    """That the sample of a month was drawn, so that it is drawn once."""

    month = models.DateField(unique=True)
    seed = models.BigIntegerField()
    drawn_at = models.DateTimeField()
    # How many verifications there were and how many were drawn, ordinary and where tier 1 is beyond its mark.
    ordinary = models.PositiveIntegerField()
    ordinary_drawn = models.PositiveIntegerField()
    beyond_mark = models.PositiveIntegerField()
    beyond_mark_drawn = models.PositiveIntegerField()

    runtime_updates = ()

    class Meta:
        ordering = ["-month"]
