"""What stands beside an organization: people to talk to, what it inherits, who it may be once more."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers import distance
from kit.models import Public
from users.models import User


class Contact(Public):
    """A person to talk to at an organization. Personal data: it stands outside the journal and is deleted for good."""

    organization = models.ForeignKey("customers.Organization", on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=2, default="de", choices=[("de", _("German")), ("en", _("English"))])
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    # When somebody last said that it is right; its retention counts from here.
    kept_at = models.DateTimeField()

    runtime_deletes = True

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(email="") | ~Q(phone=""), name="contact_can_be_reached"),
        ]

    def __str__(self) -> str:
        return self.name


class Inheritance(models.Model):
    """Whether the categories of its parent count for an organization: chosen by a verifier, with a reason.

    It speaks of one parent. Below another one the question is open again, and nothing is inherited.
    """

    organization = models.OneToOneField(
        "customers.Organization", on_delete=models.PROTECT, related_name="inheritance", primary_key=True
    )
    parent = models.ForeignKey("customers.Organization", on_delete=models.PROTECT, related_name="+")
    is_accepted = models.BooleanField()
    reason = models.TextField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    runtime_deletes = True

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="inheritance_has_a_reason"),
        ]
        triggers = [distance.inheritance_trigger()]


class PossibleDuplicate(Public):
    """Two organizations that may be one, as the background or an import found them."""

    # The older one first, so that a pair is there once.
    one = models.ForeignKey("customers.Organization", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("customers.Organization", on_delete=models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField()  # thousandths
    # Codes of `customers.names.likeness`, for filters; the words are made when they are shown.
    marks = ArrayField(models.CharField(max_length=30), default=list)
    found_at = models.DateTimeField()
    dismissed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    dismissed_at = models.DateTimeField(null=True)
    dismissed_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="possible_duplicate_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="possible_duplicate_in_order"),
            models.CheckConstraint(
                condition=Q(dismissed_at=None, dismissed_by=None)
                | (Q(dismissed_at__isnull=False) & ~Q(dismissed_because="")),
                name="dismissal_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["-score", "id"], condition=Q(dismissed_at=None), name="possible_duplicate_open"),
        ]
