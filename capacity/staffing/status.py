"""Crew reports in, status and staffing gate out, with reasons. (`presence` judges the days to come in the same terms.)

Pure: no database, no clock; counts only, never persons. Two rules hold throughout and are tested:
more people present never make anything worse, and silence is never green.

A post is one role in one shift. A report of a post counts for one shift; after that the post is *unknown*: it is
treated as the worse of amber and its last report at once, and as red 24 hours later. A datacenter in which no
post ever reported is *not tracked*: its supply is not gated, but it is not counted as green either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from kit.reason import Reason

PERMILLE = 1000
SILENCE_TURNS_RED_AFTER = timedelta(hours=24)


class Status(StrEnum):
    """What is shown for a post or a datacenter."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"
    NOT_TRACKED = "not_tracked"


class Severity(IntEnum):
    """What a status means for promises, worst last."""

    NONE = 0  # above minimum, or not tracked
    WARNING = 1  # promises with a warning
    CLOSED = 2  # nothing from the open bucket, no dated promise


@dataclass(frozen=True, slots=True)
class Post:
    """One role in one shift of a datacenter, with its last report.

    Counts are people. `present` and `reported_at` (aware) are None together: this post never reported.
    `shift_minutes` is how long a report stays fresh, `day` the one on which its shift began. Raises ValueError on
    negative counts or half a report.
    """

    role: str
    shift: str
    minimum: int
    rostered: int
    present: int | None
    reported_at: datetime | None
    shift_minutes: int = 12 * 60
    day: date | None = None

    def __post_init__(self) -> None:
        if min(self.minimum, self.rostered, self.present or 0) < 0:
            raise ValueError("counts of people must not be negative")
        if (self.present is None) != (self.reported_at is None):
            raise ValueError("a report needs both who is present and when it was made")
        if self.reported_at is not None and self.reported_at.tzinfo is None:
            raise ValueError("reported_at needs a time zone")
        if self.shift_minutes <= 0:
            raise ValueError("a shift lasts at least a minute")

    @property
    def name(self) -> tuple[str, str]:
        return (self.role, self.shift)


@dataclass(frozen=True, slots=True)
class Standing:
    """A status with what it means for promises, and why."""

    status: Status
    severity: Severity
    reasons: tuple[Reason, ...]

    @property
    def is_closed(self) -> bool:
        """Whether nothing from the open bucket and nothing with a date may be promised."""
        return self.severity >= Severity.CLOSED


def age_minutes(reported_at: datetime, at: datetime) -> int:
    """Whole minutes since a report; 0 for one stamped in the future by a clock that runs ahead."""
    return max(0, (at - reported_at) // timedelta(minutes=1))


def post_standing(post: Post, at: datetime) -> Standing:
    """The standing of one post: red below minimum, amber at it, green above, unknown when the report is old.

    A role whose minimum is 0 is green as soon as it reports: nobody is missing from it.
    """
    if post.present is None or post.reported_at is None:
        reason = Reason("never_reported", {"role": post.role, "shift": post.shift})
        return Standing(Status.NOT_TRACKED, Severity.NONE, (reason,))

    params: dict[str, str | int] = {
        "role": post.role,
        "shift": post.shift,
        "minimum": post.minimum,
        "rostered": post.rostered,
        "present": post.present,
        "age_minutes": age_minutes(post.reported_at, at),
    }
    if post.day is not None:
        params["date"] = post.day.isoformat()
    if post.present < post.minimum:
        last = Standing(Status.RED, Severity.CLOSED, (Reason("below_minimum", params),))
    elif post.present == post.minimum > 0:
        last = Standing(Status.AMBER, Severity.WARNING, (Reason("at_minimum", params),))
    else:
        last = Standing(Status.GREEN, Severity.NONE, (Reason("above_minimum", params),))

    silence = at - post.reported_at - timedelta(minutes=post.shift_minutes)
    if silence <= timedelta(0):
        return last
    if silence >= SILENCE_TURNS_RED_AFTER:
        return Standing(Status.UNKNOWN, Severity.CLOSED, (Reason("silent_for_a_day", params),))
    # Silence after a red report stays red: not reporting must never open a gate.
    return Standing(Status.UNKNOWN, max(last.severity, Severity.WARNING), (Reason("report_is_old", params),))


# Among equals in severity, what is known comes before what is not, except that unknown outranks amber:
# a missing report needs action first.
_SHOWN_FIRST = {Status.RED: 0, Status.UNKNOWN: 1, Status.AMBER: 2, Status.GREEN: 3, Status.NOT_TRACKED: 4}


def shown_first(status: Status) -> int:
    """The place of a status where several have the same severity; the smallest is shown."""
    return _SHOWN_FIRST[status]


def datacenter_standing(posts: Iterable[Post], at: datetime) -> Standing:
    """The worst standing over a datacenter's posts, with the reasons of every post that has it.

    In a datacenter that reports at all, a post that never did is unknown rather than not tracked.
    """
    ordered = sorted(posts, key=lambda post: post.name)
    standings = [post_standing(post, at) for post in ordered]
    if all(standing.status is Status.NOT_TRACKED for standing in standings):
        reasons = tuple(reason for standing in standings for reason in standing.reasons)
        return Standing(Status.NOT_TRACKED, Severity.NONE, reasons or (Reason("no_posts"),))
    standings = [
        Standing(Status.UNKNOWN, Severity.WARNING, standing.reasons)
        if standing.status is Status.NOT_TRACKED
        else standing
        for standing in standings
    ]
    worst = min(standings, key=lambda standing: (-standing.severity, _SHOWN_FIRST[standing.status]))
    same = [one for one in standings if (one.status, one.severity) == (worst.status, worst.severity)]
    return Standing(worst.status, worst.severity, tuple(reason for one in same for reason in one.reasons))


def with_what_comes(now: Standing, ahead: Standing) -> Standing:
    """The standing of a datacenter: the worse of what was reported and what its roster lets expect.

    A good outlook improves nothing: a roster is a plan, and only a report says who is there.
    """
    if ahead.severity is Severity.NONE or ahead.severity < now.severity:
        return now
    if ahead.severity > now.severity:
        return ahead
    shown = min(now, ahead, key=lambda one: _SHOWN_FIRST[one.status])
    return Standing(shown.status, shown.severity, (*now.reasons, *ahead.reasons))


@dataclass(frozen=True, slots=True)
class Site:
    """A datacenter as part of a region's gate. `weight` is its part of the region's supply in any unit; equal by
    default."""

    code: str
    standing: Standing
    weight: int = 1

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError("a datacenter's weight must be positive")


@dataclass(frozen=True, slots=True)
class Gate:
    """How much of a region's supply (less the tier-1 reserve) everybody may use, in permille.

    `dated_promise` is false while one datacenter is closed: nothing with a date is promised into the region.
    `status` is the worst shown status. `causes` are the reasons of the datacenters that close or warn, worst first,
    each with its `datacenter`.
    """

    permille: int
    warning: bool
    dated_promise: bool
    status: Status
    reasons: tuple[Reason, ...]
    causes: tuple[Reason, ...] = ()

    @property
    def failure_reserve_permille(self) -> int:
        """What of the failure reserve is kept: doubled for the closed share, where failures are mended late."""
        return 2 * PERMILLE - self.permille


def region_gate(sites: Iterable[Site]) -> Gate:
    """The staffing gate of a region: the share of its supply in datacenters that are not closed.

    With one datacenter that is 1000 or 0. A region without datacenters is not tracked and not gated.
    """
    ordered = sorted(sites, key=lambda site: site.code)
    if not ordered:
        return Gate(PERMILLE, False, True, Status.NOT_TRACKED, (Reason("no_datacenters"),))
    total = sum(site.weight for site in ordered)
    usable = sum(site.weight for site in ordered if site.standing.severity < Severity.CLOSED)
    worst = min(ordered, key=lambda site: (-site.standing.severity, _SHOWN_FIRST[site.standing.status]))
    reasons = tuple(
        Reason(
            {
                Severity.CLOSED: "datacenter_closed",
                Severity.WARNING: "datacenter_at_risk",
                Severity.NONE: "datacenter_not_tracked",
            }[site.standing.severity],
            {"datacenter": site.code, "status": str(site.standing.status)},
        )
        for site in ordered
        if site.standing.status is not Status.GREEN
    )
    return Gate(
        permille=PERMILLE * usable // total,
        warning=worst.standing.severity >= Severity.WARNING,
        dated_promise=worst.standing.severity < Severity.CLOSED,
        status=worst.standing.status,
        reasons=reasons,
        causes=tuple(
            Reason(reason.code, {"datacenter": site.code, **reason.params})
            for site in sorted(ordered, key=lambda site: -site.standing.severity)
            if site.standing.severity >= Severity.WARNING
            for reason in site.standing.reasons
        ),
    )
