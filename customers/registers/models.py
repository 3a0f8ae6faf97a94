"""What follows from the registers: evidence to look at again, and customers that stand in them without a claim."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kit.models import AppendOnly, Public
from users.models import User

# The database holds this rule too: raw SQL as the application role is refused the same.
NO_REVIEW_OF_ONES_OWN = """
    IF NEW.resolved_by_id IS NOT NULL AND EXISTS (
        SELECT 1
        FROM customers_evidence item
        JOIN customers_claim claim ON claim.id = item.claim_id
        JOIN customers_organization organization ON organization.id = claim.organization_id
        WHERE item.id = NEW.evidence_id AND (
            NEW.resolved_by_id IN (item.added_by_id, claim.filed_by_id)
            OR EXISTS (
                SELECT 1
                FROM users_roleassignment held
                LEFT JOIN users_roleassignment_portfolios scope ON scope.roleassignment_id = held.id
                WHERE held.user_id = NEW.resolved_by_id AND held.role = 'account_manager' AND held.ended_at IS NULL
                  AND (scope.portfolio_id IS NULL OR scope.portfolio_id = organization.portfolio_id)
            )
        )
    ) THEN
        RAISE EXCEPTION 'nobody reviews evidence of their own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class EvidenceReview(Public):
    """An entry that evidence rests on was lost or changed in a newer snapshot; a verifier says what that means."""

    class Change(models.TextChoices):
        LOST = "lost", _("Lost")
        CHANGED = "changed", _("Changed")

    class Outcome(models.TextChoices):
        HOLDS = "holds", _("Still holds")
        FAILS = "fails", _("No longer holds")
        # By itself: the register lists the entry again as it was.
        RESTORED = "restored", _("Listed again")

    evidence = models.ForeignKey("customers.Evidence", on_delete=models.PROTECT, related_name="reviews")
    snapshot = models.ForeignKey("customers.RegisterSnapshot", on_delete=models.PROTECT, related_name="+")
    # The entry as the newer snapshot has it; none where it is lost.
    entry = models.ForeignKey("customers.RegisterRow", on_delete=models.PROTECT, null=True, related_name="+")
    change = models.CharField(max_length=10, choices=Change.choices)
    opened_at = models.DateTimeField()
    # Until then the claim keeps what it is worth; after that its verification has ended.
    due_at = models.DateTimeField()
    fell_due_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="evidence_review_open", condition=Q(resolved_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence"], condition=Q(resolved_at=None), name="one_open_review_per_evidence"
            ),
            models.UniqueConstraint(fields=["evidence", "snapshot"], name="evidence_review_once_per_snapshot"),
            models.CheckConstraint(
                condition=Q(change="lost", entry=None) | Q(change="changed", entry__isnull=False),
                name="evidence_review_names_the_entry",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("opened_at")), name="evidence_review_leaves_time"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None, outcome="")
                | Q(resolved_at__isnull=False, resolved_by=None, outcome="restored")
                | Q(resolved_at__isnull=False, resolved_by__isnull=False, outcome__in=["holds", "fails"]),
                name="evidence_review_is_resolved_whole",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="evidence_review_stays",
                fields=["evidence", "snapshot", "entry", "change", "opened_at", "due_at"],
            ),
            pgtrigger.Protect(
                name="resolved_review_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__resolved_at__isnull=False),
            ),
            pgtrigger.Trigger(
                name="no_review_of_ones_own",
                operation=pgtrigger.Update | pgtrigger.Insert,
                when=pgtrigger.Before,
                func=NO_REVIEW_OF_ONES_OWN,
            ),
        ]


class SnapshotComparison(AppendOnly):
    """How many entries a register gained, lost and changed from one snapshot to a later one.

    Made at import for neighbors, and for any other two when somebody first asks.
    """

    old = models.ForeignKey("customers.RegisterSnapshot", on_delete=models.PROTECT, related_name="+", db_index=False)
    new = models.ForeignKey("customers.RegisterSnapshot", on_delete=models.PROTECT, related_name="+", db_index=False)
    gained = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["new", "old"], name="snapshots_compared_once")]


class SnapshotChange(AppendOnly):
    """What became of one entry between two snapshots."""

    class Change(models.TextChoices):
        GAINED = "gained", _("Gained")
        LOST = "lost", _("Lost")
        CHANGED = "changed", _("Changed")

    # Without an index of its own: that of the page begins with it.
    comparison = models.ForeignKey(SnapshotComparison, on_delete=models.PROTECT, related_name="changes", db_index=False)
    # The newer snapshot's; a lost one is the older's.
    entry = models.ForeignKey("customers.RegisterRow", on_delete=models.PROTECT, related_name="+", db_index=False)
    # What a changed one said.
    before = models.ForeignKey(
        "customers.RegisterRow", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    change = models.CharField(max_length=10, choices=Change.choices)
    # The entry's, so that the page is read from one index.
    sort_name = models.CharField(max_length=350)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["comparison", "sort_name", "id"], name="snapshot_change_sort")]
        constraints = [
            models.CheckConstraint(
                condition=Q(change="changed", before__isnull=False) | (~Q(change="changed") & Q(before=None)),
                name="snapshot_change_names_what_was",
            ),
        ]


class RegisterMatch(Public):
    """An organization that an entry of a register seems to be, and the category the entry speaks for.

    Derived from registers and organizations, made right again when they change: see `find_register_matches`.
    """

    class By(models.TextChoices):
        ID = "id", _("Same id")
        DOMAIN = "domain", _("Same domain")
        NAME = "name", _("Same name and country")

    organization = models.ForeignKey("customers.Organization", on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey("customers.SectorCategory", on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("customers.RegisterRow", on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=10, choices=By.choices)
    # The organization's, so that the list is read from one index.
    sort_name = models.CharField(max_length=300)
    found_at = models.DateTimeField()

    runtime_deletes = True

    class Meta:
        indexes = [models.Index(fields=["sort_name", "id"], name="register_match_sort")]
        constraints = [
            models.UniqueConstraint(fields=["organization", "category"], name="register_match_once_per_category")
        ]


class MatchRun(models.Model):
    """When organizations and registers were last compared; one row."""

    ran_at = models.DateTimeField()
    matches = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_match_run")]


class TrainingRun(models.Model):
    """When proposals last learned, or tried to, after an import; one row."""

    ran_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_training_run")]
