"""What is said in public: notices in both languages, and whom to call."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import User


class NoticeState(models.TextChoices):
    """Where a notice stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")


NOTICE_LIFE = Life(
    {
        NoticeState.DRAFT: {NoticeState.PUBLISHED},
        NoticeState.PUBLISHED: {NoticeState.SUPERSEDED},
        NoticeState.SUPERSEDED: set(),
    }
)


class Notice(Public):
    """A public statement. Both languages, and another person publishes."""

    title_de = models.CharField(max_length=160)
    title_en = models.CharField(max_length=160, blank=True)
    body_de = models.TextField()
    body_en = models.TextField(blank=True)
    region_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # empty: everywhere
    state = models.CharField(max_length=10, choices=NoticeState.choices, default=NoticeState.DRAFT)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["state", "-published_at", "-id"], name="notice_published")]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("drafted_by")), name="nobody_publishes_own_notice"
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | (
                    ~Q(title_de="")
                    & ~Q(title_en="")
                    & ~Q(body_de="")
                    & ~Q(body_en="")
                    & Q(published_by__isnull=False, published_at__isnull=False)
                ),
                name="published_in_both_languages",
            ),
        ]
        triggers = [NOTICE_LIFE.trigger()]

    @property
    def title(self) -> str:
        """The title in the active language."""
        return (self.title_en if get_language() == "en" else self.title_de) or self.title_de

    @property
    def body(self) -> str:
        """The text in the active language."""
        return (self.body_en if get_language() == "en" else self.body_de) or self.body_de


class NoticeMove(AppendOnly):
    """One step in a notice's life."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=10, blank=True)
    new_state = models.CharField(max_length=10, choices=NoticeState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        pass


class ResourceContact(Public):
    """Whom to call: an entry of the public resource directory."""

    audience_de = models.CharField(max_length=120)
    audience_en = models.CharField(max_length=120)
    name_de = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160)
    link = models.URLField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    review_date = models.DateField()
    position = models.PositiveSmallIntegerField(default=0)

    runtime_deletes = True

    class Meta:
        ordering = ["position", "pk"]
