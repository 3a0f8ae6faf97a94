"""What stands around every staff page: the navigation by job and the choices of the person."""

from functools import cached_property, lru_cache
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import alarms_waiting_for
from capacity.alarms.models import Alarm
from capacity.regions.queries import proposals_waiting_for
from capacity.review.queries import waiting_for_answer, waiting_for_reviewer
from customers.queries import waiting_for_account_manager, waiting_for_verifier
from customers.registers.queries import reviews_waiting_for
from kit.clock import now
from kit.navigation import Group, Job, Place, menu
from users.access import Actor
from users.models import User
from users.roles import Role

ACCOUNT_MANAGER, VERIFIER, REVIEWER, DUTY_MANAGER, OPERATOR, EDITOR, EXECUTIVE, AUDITOR, ADMINISTRATOR = Role


def _of(*roles: Role) -> frozenset[str]:
    """Who sees a place. The auditor reads everything."""
    return frozenset({*roles, AUDITOR})


def _alarms(actor: Actor) -> QuerySet[Alarm]:
    # Silences end by the clock.
    return alarms_waiting_for(actor, now())


JOBS: tuple[Job, ...] = (
    Job("", (Place(_("Today"), "/today/", "list-check", keys="g t"),)),
    Job(
        _("Requests"),
        (
            Place(
                _("Review queue"),
                "/queue/",
                "inbox",
                _of(REVIEWER, DUTY_MANAGER),
                waiting=waiting_for_reviewer,
                keys="g q",
            ),
            Place(
                _("All requests"),
                "/requests/",
                "clipboard-list",
                _of(ACCOUNT_MANAGER, REVIEWER, DUTY_MANAGER, OPERATOR, EXECUTIVE),
                waiting=waiting_for_answer,
                keys="g r",
            ),
        ),
    ),
    Job(
        _("Customers"),
        (
            Place(
                _("Organizations"),
                "/organizations/",
                "building-community",
                _of(ACCOUNT_MANAGER, VERIFIER, REVIEWER, DUTY_MANAGER, EXECUTIVE),
                keys="g o",
            ),
            Place(
                _("My portfolio"),
                "/organizations/portfolio/",
                "list-details",
                frozenset({ACCOUNT_MANAGER}),
                waiting=waiting_for_account_manager,
                keys="g f",
            ),
            Place(
                _("Verification"),
                "/verification/",
                "shield-check",
                _of(VERIFIER),
                waiting=waiting_for_verifier,
                keys="g v",
            ),
            Place(_("Registers"), "/registers/", "id-badge-2", _of(VERIFIER, ACCOUNT_MANAGER)),
            Place(
                _("Liaison log"),
                "/liaison/",
                "phone",
                _of(ACCOUNT_MANAGER, VERIFIER, REVIEWER, DUTY_MANAGER, OPERATOR),
                keys="g c",
            ),
            Place(
                _("Reviews of evidence"),
                "/registers/reviews/",
                "git-compare",
                _of(VERIFIER),
                waiting=reviews_waiting_for,
            ),
            Place(_("Eligible, not claimed"), "/registers/eligible/", "search", _of(ACCOUNT_MANAGER, VERIFIER)),
        ),
    ),
    Job(
        _("Priorities"),
        (
            Place(_("Policy"), "/policy/", "scale", keys="g p"),
            Place(_("Overrides"), "/overrides/", "gavel", _of(REVIEWER, DUTY_MANAGER), keys="g x"),
        ),
    ),
    Job(
        _("Capacity"),
        (
            Place(_("Regions"), "/regions/", "map-2", waiting=proposals_waiting_for, keys="g e"),
            Place(
                _("Staffing"), "/staffing/", "users-group", _of(OPERATOR, DUTY_MANAGER, REVIEWER, EXECUTIVE), keys="g s"
            ),
            Place(
                _("Alarms"),
                "/alarms/",
                "bell",
                _of(OPERATOR, DUTY_MANAGER, REVIEWER),
                waiting=_alarms,
                keys="g m",
            ),
            Place(_("Deliveries"), "/deliveries/", "building", _of(OPERATOR, DUTY_MANAGER, REVIEWER, EXECUTIVE)),
            Place(_("Response plans"), "/response/", "route", keys="g w"),
            Place(_("Levers"), "/levers/", "adjustments-horizontal", _of(OPERATOR, DUTY_MANAGER, REVIEWER), keys="g l"),
            Place(
                _("Offer campaigns"),
                "/campaigns/",
                "speakerphone",
                _of(OPERATOR, DUTY_MANAGER, REVIEWER, ACCOUNT_MANAGER, EDITOR),
            ),
        ),
    ),
    Job(
        _("Accountability"),
        (
            Place(_("Reports"), "/reports/", "chart-bar", _of(EXECUTIVE, DUTY_MANAGER, EDITOR), keys="g a"),
            Place(_("Notices"), "/notices/", "speakerphone", _of(EDITOR, DUTY_MANAGER), keys="g n"),
            Place(_("Journal"), "/journal/", "notebook", _of(ADMINISTRATOR), keys="g j"),
            Place(_("Duty rota"), "/people/duty/", "calendar"),
            Place(_("Retention"), "/people/retention/", "archive", _of(ADMINISTRATOR)),
            Place(_("Retention of usage"), "/pools/retention/", "archive", _of(ADMINISTRATOR)),
            Place(_("People"), "/people/", "users", _of(ADMINISTRATOR), keys="g u"),
        ),
    ),
)

THEMES = tuple(User.Theme)
# Lists that answer `?q=`, in the order in which a search from the top bar tries them.
SEARCHES: tuple[tuple[frozenset[str], str], ...] = (
    (_of(ACCOUNT_MANAGER, VERIFIER, REVIEWER, DUTY_MANAGER), "/organizations/"),
    (_of(OPERATOR), "/requests/"),
    (frozenset(), "/regions/"),
)


class Frame:
    """The frame of one request; each part is computed only where a template shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _user(self) -> Any:
        user = self._request.user
        return user if user.is_authenticated else None

    @property
    def actor(self) -> Any:
        return self._request.actor  # type: ignore[attr-defined]

    @cached_property
    def layout(self) -> str:
        """The layout of error pages: with the frame for people who are signed in, plain for nobody."""
        return "layouts/staff.html" if self._user else "layouts/plain.html"

    @cached_property
    def menu(self) -> tuple[Group, ...]:
        return menu(_served(), self.actor, self._request.path) if self._user else ()

    @property
    def roles(self) -> list[Any]:
        """The names of the roles held."""
        return [Role(code).label for code in sorted(self.actor.roles)]

    @property
    def theme_names(self) -> list[str]:
        """The name of each appearance, in the order of the switch."""
        return [str(theme.label) for theme in THEMES]

    @property
    def theme_label(self) -> Any:
        return User.Theme(self.theme).label

    @property
    def search_url(self) -> str:
        """Where a search goes that is no jump: the first place the person may search in."""
        return next((path for roles, path in SEARCHES if not roles or roles & self.actor.roles), "")

    @property
    def initials(self) -> str:
        words = self.actor.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def theme(self) -> str:
        return self._user.theme if self._user else User.Theme.AUTO

    @property
    def next_theme(self) -> str:
        """What the switch in the top bar changes to."""
        return THEMES[(THEMES.index(User.Theme(self.theme)) + 1) % len(THEMES)]

    @property
    def shortcuts(self) -> bool:
        """Whether single-key shortcuts are on."""
        return bool(self._user and self._user.shortcuts_enabled)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`. Public pages never look at it, so they touch no session."""
    return {"frame": Frame(request)}


@lru_cache
def _served() -> tuple[Job, ...]:
    """The places whose pages this installation serves."""
    jobs = (Job(job.label, tuple(place for place in job.places if _resolves(place.path))) for job in JOBS)
    return tuple(job for job in jobs if job.places)


def _resolves(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
