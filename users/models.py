"""Who acts: people, their appointments and scopes, duty, invitations, saved views."""

from datetime import timedelta

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from kit.ids import uuid7
from kit.models import AppendOnly, Public
from users.roles import REGION_SCOPED, Role


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, Public):  # type: ignore[django-manager-missing] # the token library is untyped
    """A member of staff. Rights come from role assignments alone; there is no superuser."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Topic(models.TextChoices):
        SECOND_SIGNATURE = "second_signature", _("A second signature is asked of me")
        MY_REQUESTS = "my_requests", _("A request of mine was decided")
        VERIFICATION = "verification", _("A claim waits for verification")
        EXPIRY = "expiry", _("A verification or an override expires")
        REGIONS = "regions", _("A region condition or a deficit changes")
        SHIFTS = "shifts", _("A shift of my regions was not reported")

    email = models.EmailField(_("E-mail"))
    name = models.CharField(_("Name"), max_length=120)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    language = models.CharField(
        _("Language"), max_length=2, choices=[("de", "Deutsch"), ("en", "English")], default="de"
    )
    theme = models.CharField(_("Appearance"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    time_zone = models.CharField(_("Time zone"), max_length=40, default="Europe/Berlin")
    shortcuts_enabled = models.BooleanField(_("Single-key shortcuts"), default=True)
    notify = ArrayField(models.CharField(max_length=30, choices=Topic.choices), default=list, blank=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=Q(left_at=None) | Q(is_active=False), name="who_left_is_not_active"),
        ]
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Portfolio(Public):
    """A set of organizations that account managers look after."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


# Raw SQL is held to it too: whoever appoints or dismisses holds the role of administrator at that
# moment. The row lock makes two administrators who dismiss each other wait for one another, so
# that one of them remains.
ADMINISTRATORS_APPOINT = """
    IF TG_OP = 'INSERT' AND NEW.assigned_by_id IS NOT NULL THEN
        PERFORM 1 FROM users_roleassignment
        WHERE user_id = NEW.assigned_by_id AND role = 'administrator' AND ended_at IS NULL FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'only an administrator appoints' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.ended_by_id IS NOT NULL THEN
        PERFORM 1 FROM users_roleassignment
        WHERE user_id = NEW.ended_by_id AND role = 'administrator' AND ended_at IS NULL FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'only an administrator dismisses' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
"""


class RoleAssignment(Public):
    """That a person holds a role, since when, and where.

    Ended, never deleted, and never revived: another reach is another assignment.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=30, choices=Role.choices)
    # Region codes; empty means every region. Codes and not keys: users know nothing above them.
    regions = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # Empty means every portfolio.
    portfolios = models.ManyToManyField(Portfolio, blank=True)
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    runtime_updates = ("ended_at", "ended_by", "row_version")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], condition=Q(ended_at=None), name="role_held_once"),
            models.CheckConstraint(
                condition=Q(assigned_by=None) | ~Q(assigned_by=F("user")), name="nobody_appoints_self"
            ),
            models.CheckConstraint(condition=Q(ended_by=None) | ~Q(ended_by=F("user")), name="nobody_dismisses_self"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="role_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(regions=[]) | Q(role__in=sorted(str(role) for role in REGION_SCOPED)),
                name="only_some_roles_have_regions",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="ended_stays_ended", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False)
            ),
            pgtrigger.Trigger(
                name="administrators_appoint",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=ADMINISTRATORS_APPOINT,
            ),
        ]


class Invitation(Public):
    """An offer to join with roles; its link works once and for a limited time."""

    email = models.EmailField()
    name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=30, choices=Role.choices))
    regions = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    portfolios = models.ManyToManyField(Portfolio, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    runtime_updates = ("accepted_at", "accepted_by", "withdrawn_at", "row_version")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_per_address",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="invitation_ends_later"),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None) | Q(accepted_by__isnull=False, withdrawn_at=None),
                name="invitation_is_accepted_or_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | ~Q(accepted_by=F("invited_by")), name="nobody_accepts_own_invitation"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="closed_stays_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__accepted_at__isnull=False) | pgtrigger.Q(old__withdrawn_at__isnull=False),
            )
        ]

    @property
    def role_names(self) -> list[str]:
        """The offered roles in words."""
        return [str(Role(role).label) for role in self.roles]


class TsTzRange(Func):
    """PostgreSQL's half-open range of moments."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class DutyShift(Public):
    """Who is on duty for second signatures, with deputy, in a half-open window."""

    holder = models.ForeignKey(User, on_delete=models.PROTECT, related_name="duty_shifts")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    runtime_deletes = True

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_start"),
            models.CheckConstraint(condition=Q(deputy=None) | ~Q(deputy=F("holder")), name="deputy_is_another"),
            ExclusionConstraint(
                name="one_on_duty",
                expressions=[(TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS)],
            ),
        ]


class Asked(models.TextChoices):
    """How far the question for a second signature has gone."""

    HOLDER = "holder", _("Who is on duty")
    DEPUTY = "deputy", _("The deputy")
    EVERYBODY = "everybody", _("Every duty manager")


class SignatureCall(AppendOnly):
    """That a person was asked for a second signature, once for each time it was asked for."""

    # What waits, as the journal names it: a key, since it stands above.
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    # Since when it waits: proposed again, it is asked for again.
    asked_at = models.DateTimeField()
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked = models.CharField(max_length=10, choices=Asked.choices)
    is_mailed = models.BooleanField()  # whether a letter went out, to those who want such letters
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "asked_at", "person"], name="signature_asked_once"
            )
        ]


class ApiToken(AbstractAuthToken):
    """A key with which a program acts as a person, until it expires or is revoked (then it is deleted).

    Only its hash is kept (`digest`), so it can be shown once and never again.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read only")
        WRITE = "write", _("Read and act")

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=60)
    scope = models.CharField(max_length=10, choices=Scope.choices)

    runtime_updates = ()
    runtime_deletes = True

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expiry__isnull=False, expiry__lte=F("created") + timedelta(days=366)),
                name="token_expires_within_a_year",
            )
        ]


class SavedView(Public):
    """A named URL of a list page, for one person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True)

    runtime_deletes = True

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_named_once")]
