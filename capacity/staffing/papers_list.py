"""The papers of crews as a list: what runs out first stands first."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from capacity.staffing.access import plannable_datacenters
from capacity.staffing.models import CrewRole
from capacity.staffing.planning_models import CrewPapers, PaperKind
from kit import clock
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge
from users.access import Actor

STATES = [("held", _("Valid")), ("expired", _("Expired")), ("withdrawn", _("Withdrawn"))]


class PapersFilters(FilterSet):
    """By datacenter or authority, role, kind, day of expiry and state."""

    q = SearchFilter(contains=("datacenter__code", "datacenter__region__name", "authority", "place"))
    role = AnyOfFilter("role", label=_("Role"), choices=CrewRole.choices)
    kind = AnyOfFilter("kind", label=_("Papers"), choices=PaperKind.choices)
    expires = DayRangeFilter("expires_date", label=_("Expire"))
    state = ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("Any"))

    class Meta:
        model = CrewPapers
        fields: list[str] = []

    def by_state(self, papers: Any, name: str, value: str) -> Any:
        """Held and not withdrawn, expired without being withdrawn, or withdrawn."""
        if value == "withdrawn":
            return papers.exclude(withdrawn_at=None)
        today = clock.now().date()
        standing = papers.filter(withdrawn_at=None)
        return standing.filter(expires_date__gt=today) if value == "held" else standing.filter(expires_date__lte=today)


def papers_rows(papers: QuerySet[CrewPapers], actor: Actor) -> QuerySet[CrewPapers]:
    """The papers with what a row shows, and whether the actor `may_withdraw` them."""
    mine = plannable_datacenters(actor).filter(pk=OuterRef("datacenter"))
    return papers.select_related("datacenter__region", "recorded_by").annotate(may_withdraw=Exists(mine))


def papers_state(papers: CrewPapers, today: date) -> str:
    """One of `STATES`."""
    if papers.withdrawn_at is not None:
        return "withdrawn"
    return "held" if papers.expires_date > today else "expired"


_TONES = {"held": "good", "expired": "bad", "withdrawn": "quiet"}


def _state(papers: CrewPapers) -> str:
    return papers_state(papers, clock.now().date())


PAPERS = ListSpec(
    name="papers",
    title=_("Papers of crews"),
    columns=(
        Column("datacenter", _("Datacenter"), lambda row: row.datacenter.code, sort=("datacenter__code", "pk")),
        Column("region", _("Region"), lambda row: row.datacenter.region.name, default=False),
        Column("role", _("Role"), lambda row: row.get_role_display(), sort=("role", "pk")),
        Column("kind", _("Papers"), lambda row: row.get_kind_display(), sort=("kind", "pk")),
        Column("authority", _("Issued by"), lambda row: row.authority, sort=("authority", "pk")),
        Column("place", _("For the place"), lambda row: row.place),
        Column("people", _("People"), lambda row: row.people, sort=("people", "pk"), numeric=True),
        Column("expires", _("Expire on"), lambda row: row.expires_date, sort=("expires_date", "pk")),
        Column(
            "state",
            _("State"),
            lambda row: badge(_TONES[_state(row)], dict(STATES)[_state(row)]),
            export=lambda row: str(dict(STATES)[_state(row)]),
        ),
        Column(
            "recorded_by",
            _("Recorded by"),
            lambda row: row.recorded_by.name if row.recorded_by else gettext("Vorrang itself"),
            default=False,
        ),
        Column("recorded", _("Recorded"), lambda row: row.recorded_at, sort=("recorded_at",), default=False),
        Column("why", _("Withdrawn because"), lambda row: row.withdrawal_reason, default=False),
        Column("act", _("Withdraw"), "staffing/_papers_act.html"),
    ),
    filterset=PapersFilters,
    sort="expires",
    empty_title=_("No papers are recorded"),
    empty_text=_("Record permits, letters and travel papers here; those that run out shrink the shifts after it."),
    search_help=_("Datacenter, region, authority or place"),
)
