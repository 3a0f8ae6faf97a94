"""Contacts with first responders and authorities: what was said, what they need, who does what next."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.kinship import following_trigger
from kit.models import Public


class Counterpart(models.TextChoices):
    """Whom the contact was with."""

    FIRST_RESPONDER = "first_responder", _("First responders")
    HEALTH = "health", _("Health care")
    AUTHORITY = "authority", _("Authority")
    OTHER = "other", _("Somebody else")


class LiaisonItem(Public):
    """One contact and what follows from it. It is open while a next step is due.

    It stands outside the journal, which says only that it was written and moved along: what people
    said and asked for may name persons.
    """

    counterpart = models.CharField(max_length=20, choices=Counterpart.choices)
    # A customer, or an authority that is none.
    organization = models.ForeignKey(
        "customers.Organization", on_delete=models.PROTECT, null=True, related_name="liaison_items"
    )
    authority = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    happened_date = models.DateField()
    summary = models.TextField()
    requirements = models.TextField(blank=True)
    next_step = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey("users.User", on_delete=models.PROTECT, null=True, related_name="+")
    due_date = models.DateField(null=True)
    written_by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("users.User", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(blank=True)

    # The organization changes only by a merge; see the trigger.
    runtime_updates = (
        "organization",
        "next_step",
        "owner",
        "due_date",
        "closed_at",
        "closed_by",
        "outcome",
        "row_version",
    )
    runtime_deletes = True  # what people said is erased after its retention

    class Meta:
        ordering = ["due_date", "pk"]
        indexes = [
            models.Index(fields=["due_date", "id"], condition=Q(closed_at=None), name="liaison_open"),
            models.Index(fields=["owner", "due_date"], condition=Q(closed_at=None), name="liaison_of_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(organization__isnull=False, authority="") | (Q(organization=None) & ~Q(authority="")),
                name="liaison_is_with_one",
            ),
            models.CheckConstraint(
                condition=Q(next_step="", owner=None, due_date=None)
                | (~Q(next_step="") & Q(owner__isnull=False, due_date__isnull=False)),
                name="liaison_step_has_owner_and_day",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, outcome="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="")),
                name="liaison_closed_by_somebody_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("written_at")), name="liaison_closed_after_written"
            ),
        ]
        triggers = [following_trigger()]

    def __str__(self) -> str:
        return self.with_whom

    @property
    def with_whom(self) -> str:
        """The organization's name, or the authority's."""
        return self.organization.legal_name if self.organization else self.authority

    @property
    def is_open(self) -> bool:
        """Whether a step is still to be done."""
        return self.closed_at is None and bool(self.next_step)


class LiaisonStep(models.Model):
    """A step as it stood before it was moved along: what was planned, by whom, for when. Written once, erased whole."""

    item = models.ForeignKey(LiaisonItem, on_delete=models.PROTECT, related_name="steps")
    next_step = models.CharField(max_length=300)
    owner = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    due_date = models.DateField()
    what_came_of_it = models.TextField()
    by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    runtime_updates = ()
    runtime_deletes = True

    class Meta:
        indexes = [models.Index(fields=["item", "-id"], name="liaison_step")]
