"""Who will come: how likely a rostered shift reaches its minimum, day by day, and what that means for promises.

Pure: no database, no clock; counts only, never persons. Decision core, section 8. Four rules hold and are tested: more
crew never makes anything worse, more unplanned absence never makes it better, papers that expire on a day change that
day and none before it, and a day of which nothing is known is never green.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import exp, lgamma

from capacity.staffing.status import Severity, Standing, Status, shown_first
from kit.reason import Reason

DAYS_AHEAD = 14
OBSERVED_DAYS = 28
# People of one team fall ill together, so they do not come or stay away independently of each other.
CORRELATION = 0.1
GREEN_FROM = 0.99
AMBER_FROM = 0.90
# What is taken of a crew of which nothing was observed yet, and for how many expected people it counts beside what was:
# two weeks of one shift of four, so that a single bad night does not decide.
ASSUMED_ABSENCE = 0.05
ASSUMED_WEIGHT = 56
# Shares are kept to so many digits: enough to order any two, few enough that equal crews are computed once.
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of a role: how many people were expected in its shifts, and how many of them stayed away unplanned.

    Whoever was absent as planned or for travel was not expected.
    """

    unplanned: int = 0
    expected: int = 0

    def __add__(self, other: "Observed") -> "Observed":
        return Observed(self.unplanned + other.unplanned, self.expected + other.expected)


def presence_of(role: Observed, region: Observed) -> float:
    """The probability that a rostered person comes: 1 less the share of unplanned absence, drawn to the region's.

    The region's share is drawn to `ASSUMED_ABSENCE` in the same way, so little data moves little.
    """
    regional = (region.unplanned + ASSUMED_WEIGHT * ASSUMED_ABSENCE) / (region.expected + ASSUMED_WEIGHT)
    share = (role.unplanned + ASSUMED_WEIGHT * regional) / (role.expected + ASSUMED_WEIGHT)
    return round(1 - share, DIGITS)


@lru_cache(maxsize=16_384)
def reaches(people: int, minimum: int, presence: float, correlation: float = CORRELATION) -> float:
    """The probability that at least `minimum` of `people` come, when each does with probability `presence`.

    Beta-binomial: the presence of the day is itself drawn, with this correlation between two people of a crew. Raises
    ValueError on negative counts, or shares outside 0 to 1.
    """
    if people < 0 or minimum < 0:
        raise ValueError("counts of people must not be negative")
    if not (0 <= presence <= 1 and 0 < correlation < 1):
        raise ValueError("presence and correlation are shares")
    if minimum == 0:
        return 1.0
    if people < minimum:
        return 0.0
    if presence in (0, 1):
        return float(presence)
    scale = 1 / correlation - 1
    present, absent = presence * scale, (1 - presence) * scale
    whole = lgamma(people + 1) - _log_beta(present, absent)
    chance = sum(
        exp(whole - lgamma(k + 1) - lgamma(people - k + 1) + _log_beta(k + present, people - k + absent))
        for k in range(minimum, people + 1)
    )
    # Rounded well below what is told apart, so that sums of floats order as the values do.
    return min(1.0, round(chance, 9))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


@dataclass(frozen=True, slots=True)
class Papers:
    """So many people of a role hold papers of a kind, up to and without the day they expire on."""

    kind: str
    people: int
    expires_date: date


def people_with_papers(papers: Iterable[Papers], day: date) -> int | None:
    """How many people of a role hold everything that is asked of them on a day; None where nothing is.

    A kind that was ever recorded is asked for. Papers of one kind add up, whoever issued them.
    """
    kinds: dict[str, int] = {}
    for one in papers:
        kinds[one.kind] = kinds.get(one.kind, 0) + (one.people if day < one.expires_date else 0)
    return min(kinds.values(), default=None)


@dataclass(frozen=True, slots=True)
class Planned:
    """One role in one shift of a day. `rostered` is None where nobody said who works."""

    role: str
    shift: str
    minimum: int
    rostered: int | None


@dataclass(frozen=True, slots=True)
class DayOutlook:
    """A day of a datacenter as its worst role and shift.

    `status` is unknown where nothing is rostered in a datacenter that keeps rosters, not_tracked in one that keeps
    none, and empty once nothing of the day is still to come: its shifts were reported or are over. `with_papers` are
    those of the rostered whose papers are valid on the day, `probability` (0 to 1) that they reach the minimum. The
    counts are None where nobody rostered the post; role and shift are empty where no post stands out.
    """

    date: date
    status: str
    severity: Severity = Severity.NONE
    role: str = ""
    shift: str = ""
    rostered: int | None = None
    with_papers: int | None = None
    minimum: int | None = None
    probability: float | None = None


NOTHING_TO_COME = ""


def judge(people: int, minimum: int, presence: float) -> tuple[Status, Severity]:
    """Green from 0.99, amber from 0.90 or where nobody is above the minimum, else red."""
    chance = reaches(people, minimum, presence)
    if chance < AMBER_FROM:
        return Status.RED, Severity.CLOSED
    if chance < GREEN_FROM or people <= minimum > 0:
        return Status.AMBER, Severity.WARNING
    return Status.GREEN, Severity.NONE


def place_people(posts: Sequence[Planned], with_papers: int | None, presence: float) -> list[int]:
    """How many of one role's rostered can work in each of a day's shifts, when so many hold papers.

    Nobody works two shifts a day. Those with papers are placed where the minimum is least certain, one after the other:
    no other distribution leaves the worst shift better off.
    """
    wanted = [post.rostered or 0 for post in posts]
    if with_papers is None or with_papers >= sum(wanted):
        return wanted
    placed = [0] * len(posts)
    for _ in range(with_papers):
        open_ = [at for at, count in enumerate(placed) if count < wanted[at]]
        weakest = min(open_, key=lambda at: (*_goodness(placed[at], posts[at].minimum, presence), at))
        placed[weakest] += 1
    return placed


def _goodness(people: int, minimum: int, presence: float) -> tuple[int, float, int]:
    """Orders posts from the worst; of those below their minimum, the one that lacks most comes first."""
    status = judge(people, minimum, presence)
    return -status[1], reaches(people, minimum, presence), min(0, people - minimum)


def day_outlook(
    day: date,
    posts: Iterable[Planned],
    *,
    papers: Mapping[str, Sequence[Papers]],
    presence: Mapping[str, float],
    past: Collection[tuple[str, str]] = (),
    keeps_rosters: bool = True,
) -> DayOutlook:
    """A day as its worst role and shift. `papers` and `presence` are by role; a role without presence has the assumed.

    Posts (role, shift) that are `past` were reported or are over: nothing is expected of them, and their people work no
    other shift of the day.
    Where some posts of a day are rostered, one that is not and needs somebody is unknown, with a warning. A day of
    which nothing is rostered is unknown, too, and limits nothing: rosters end somewhere.
    """
    by_role: dict[str, list[Planned]] = {}
    to_come = []
    for post in posts:
        by_role.setdefault(post.role, []).append(post)
        if (post.role, post.shift) not in past:
            to_come.append(post)
    if not to_come:
        return DayOutlook(day, NOTHING_TO_COME)
    if not any(post.rostered is not None for post in to_come):
        return DayOutlook(day, str(Status.UNKNOWN if keeps_rosters else Status.NOT_TRACKED))
    found = []
    for role, roles_posts in by_role.items():
        likely = presence.get(role, 1 - ASSUMED_ABSENCE)
        valid = people_with_papers(papers.get(role, ()), day)
        placed = place_people(roles_posts, valid, likely)
        found += [
            _expected(day, post, people, likely)
            for post, people in zip(roles_posts, placed, strict=True)
            if post in to_come
        ]
    return min(found, key=_worst_first)


def _expected(day: date, post: Planned, people: int, presence: float) -> DayOutlook:
    if post.rostered is None and post.minimum > 0:
        return DayOutlook(
            day, str(Status.UNKNOWN), Severity.WARNING, post.role, post.shift, None, None, post.minimum, None
        )
    status, severity = judge(people, post.minimum, presence)
    chance = reaches(people, post.minimum, presence)
    return DayOutlook(
        day, str(status), severity, post.role, post.shift, post.rostered or 0, people, post.minimum, round(chance, 4)
    )


def _worst_first(one: DayOutlook) -> tuple[int, int, float, str, str]:
    chance = 1.0 if one.probability is None else one.probability
    return -one.severity, shown_first(Status(one.status)), chance, one.role, one.shift


def standing_ahead(days: Iterable[DayOutlook]) -> Standing:
    """What the coming days mean for promises: the worst of them, with the first such day of every role as reason.

    Without a roster nothing is said: not tracked, and limits nothing.
    """
    worst = min(
        (one for one in days if one.role),
        key=lambda one: (-one.severity, shown_first(Status(one.status)), one.date),
        default=None,
    )
    if worst is None:
        return Standing(Status.NOT_TRACKED, Severity.NONE, ())
    if worst.severity is Severity.NONE:
        return Standing(Status.GREEN, Severity.NONE, ())
    first: dict[str, DayOutlook] = {}
    for one in days:
        if one.role and (one.status, one.severity) == (worst.status, worst.severity):
            first.setdefault(one.role, one)
    return Standing(Status(worst.status), worst.severity, tuple(_reason(one) for one in first.values()))


def _reason(one: DayOutlook) -> Reason:
    params = {"role": one.role, "shift": one.shift, "date": one.date.isoformat(), "minimum": one.minimum}
    if one.rostered is None or one.with_papers is None:
        return Reason("nobody_rostered", params)
    percent = int(100 * (one.probability or 0.0))
    params |= {"rostered": one.rostered, "percent": percent}
    if one.with_papers < one.rostered:
        return Reason("papers_run_out", {**params, "with_papers": one.with_papers})
    return Reason("roster_is_thin", params)
