"""Offer campaigns: a free offer published to support existing customers, with a cap on what it may take.

They stand with the levers because requests point at them; planning and publishing rest on a notice and are the slice
`capacity.campaigns`. `CampaignCap.used` is written by triggers alone (`capacity/requests/campaign.sql`): a grant under
a campaign moves it with a guarded UPDATE, or fails.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from capacity.pools.models import Pool
from customers.models import OfferType
from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import User


class CampaignState(models.TextChoices):
    """Where a campaign stands."""

    PLANNED = "planned", _("Planned")
    LIVE = "live", _("Live")
    CLOSED = "closed", _("Closed")


CAMPAIGN_LIFE = Life(
    {
        CampaignState.PLANNED: {CampaignState.LIVE, CampaignState.CLOSED},
        CampaignState.LIVE: {CampaignState.CLOSED},
        CampaignState.CLOSED: set(),
    }
)

# It goes live on a published notice, which a later slice keeps, and stays on one. Raw SQL is refused the same.
LIVE_ON_A_NOTICE = """
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'planned' THEN
            RAISE EXCEPTION 'a campaign begins as a plan' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state = 'live' AND (OLD.state <> 'live' OR NEW.notice_key IS DISTINCT FROM OLD.notice_key)
    AND NOT EXISTS (
        SELECT 1 FROM capacity_notice WHERE public_id = NEW.notice_key AND state = 'published'
    ) THEN
        RAISE EXCEPTION 'a campaign goes live on a published notice' USING ERRCODE = 'check_violation';
    ELSIF NEW.state = 'live' AND OLD.state <> 'live' AND (NEW.live_at AT TIME ZONE 'UTC')::date >= NEW.ends_date THEN
        RAISE EXCEPTION 'the days of the campaign are over' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class OfferCampaign(Public):
    """A free offer for existing customers: for whom, from when to when, and on which terms it goes on."""

    name_de = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160)
    # What holds after its end, in public words.
    terms_de = models.TextField()
    terms_en = models.TextField()
    # Existing customers of these categories or offers; both empty: every existing customer.
    audience_categories = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    audience_offers = ArrayField(models.CharField(max_length=20, choices=OfferType.choices), default=list, blank=True)
    # Half-open days.
    starts_date = models.DateField()
    ends_date = models.DateField()
    # The public id of the notice that announces it.
    notice_key = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.PLANNED)
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    live_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("planned_by")), name="nobody_confirms_own_campaign"
            ),
            models.CheckConstraint(
                condition=~Q(state="live")
                | Q(confirmed_by__isnull=False, live_at__isnull=False, notice_key__isnull=False),
                name="live_campaign_has_two_people_and_a_notice",
            ),
            models.CheckConstraint(condition=Q(starts_date__lt=F("ends_date")), name="campaign_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(name_de="") & ~Q(name_en="") & ~Q(terms_de="") & ~Q(terms_en=""),
                name="campaign_is_in_both_languages",
            ),
        ]
        triggers = [
            CAMPAIGN_LIFE.trigger(),
            pgtrigger.ReadOnly(
                name="campaign_facts_stay",
                fields=[
                    "name_de",
                    "name_en",
                    "terms_de",
                    "terms_en",
                    "audience_categories",
                    "audience_offers",
                    "starts_date",
                    "ends_date",
                    "planned_by",
                ],
            ),
            pgtrigger.Trigger(
                name="live_on_a_notice",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=LIVE_ON_A_NOTICE,
            ),
        ]

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_en if get_language() == "en" else self.name_de

    @property
    def terms(self) -> str:
        """The follow-on terms in the active language."""
        return self.terms_en if get_language() == "en" else self.terms_de


class CampaignCap(models.Model):
    """How much of a pool a campaign may take in all, in its units, and how much of it is held or granted."""

    campaign = models.ForeignKey(OfferCampaign, on_delete=models.PROTECT, related_name="caps")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    cap = models.BigIntegerField()
    used = models.BigIntegerField(default=0, editable=False)

    runtime_updates = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "pool"], name="one_cap_per_campaign_and_pool"),
            models.CheckConstraint(condition=Q(cap__gt=0, used__gte=0, used__lte=F("cap")), name="campaign_cap_holds"),
        ]

    def __str__(self) -> str:
        return f"{self.used} of {self.cap}"

    @property
    def left(self) -> int:
        """Units that may still be granted under the campaign."""
        return self.cap - self.used


class CampaignMove(AppendOnly):
    """One step in a campaign's life."""

    campaign = models.ForeignKey(OfferCampaign, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=10, blank=True)
    new_state = models.CharField(max_length=10, choices=CampaignState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        pass
