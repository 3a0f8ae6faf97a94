"""What the status core says in codes, as sentences in the active language."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.staffing.models import CrewRole, Shift, StaffingStatus
from capacity.staffing.presence import DayOutlook
from capacity.staffing.risk_models import RiskDay, RiskSource
from capacity.staffing.status import Gate
from kit.reason import Reason
from kit.signs import STAFFING, sign_of
from kit.templatetags.ui import short_weekday

_REASONS: dict[str, Any] = {
    "never_reported": _("%(role)s: no report yet."),
    "below_minimum": _("%(role)s: %(present)s present, %(minimum)s is the minimum."),
    "at_minimum": _("%(role)s: %(present)s present, exactly the minimum."),
    "above_minimum": _("%(role)s: %(present)s present, the minimum is %(minimum)s."),
    "report_is_old": _("%(role)s: the last report is out of date; it said %(present)s of at least %(minimum)s."),
    "silent_for_a_day": _("%(role)s: no report for more than a day; the last one said %(present)s."),
    "roster_is_thin": _(
        "%(role)s, %(shift)s, %(date)s: %(rostered)s rostered, the minimum is %(minimum)s; it is reached with a "
        "probability of %(percent)s %%."
    ),
    "papers_run_out": _(
        "%(role)s, %(shift)s, %(date)s: only %(with_papers)s of %(rostered)s rostered hold valid papers, the minimum "
        "is %(minimum)s; it is reached with a probability of %(percent)s %%."
    ),
    "nobody_rostered": _("%(role)s, %(shift)s, %(date)s: nobody is rostered yet, the minimum is %(minimum)s."),
    "no_posts": _("No crew is required here yet, so nothing is tracked."),
    "no_datacenters": _("This region has no datacenters that are tracked."),
    "datacenter_closed": _("%(datacenter)s: %(status)s. Nothing with a date is promised here."),
    "datacenter_at_risk": _("%(datacenter)s: %(status)s."),
    "datacenter_not_tracked": _("%(datacenter)s: not tracked."),
}


def reason_text(reason: Reason) -> str:
    """One reason as a sentence. Raises LookupError for a code that the core does not give."""
    params = dict(reason.params)
    if "role" in params:
        params["role"] = role_label(params["role"])
    if "shift" in params:
        params["shift"] = shift_label(params["shift"])
    if "date" in params:
        params["date"] = short_weekday(date.fromisoformat(params["date"]))
    if "status" in params:
        params["status"] = status_label(params["status"])
    return str(_REASONS[reason.code]) % params


# What these say of shift and day stands in the sentence already.
_SAYS_WHEN = ("roster_is_thin", "papers_run_out", "nobody_rostered")


def cause_text(reason: Reason) -> str:
    """The reason of a datacenter as a sentence that says where and when: for those who look at a whole region."""
    params, text = reason.params, reason_text(reason)
    where = [str(params["datacenter"])] if "datacenter" in params else []
    if "date" in params and reason.code not in _SAYS_WHEN:
        where += [shift_label(params["shift"]), short_weekday(date.fromisoformat(params["date"]))]
    return f"{', '.join(where)} · {text}" if where else text


def reason_texts(stored: Iterable[dict[str, Any]]) -> list[str]:
    """Reasons as they are stored, as sentences."""
    return [reason_text(Reason.from_dict(data)) for data in stored]


def cause_texts(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Reasons of several datacenters as sentences."""
    return tuple(cause_text(reason) for reason in reasons)


def gate_text(gate: Gate) -> str:
    """What the staffing of a region means for promises, in one sentence."""
    if not gate.dated_promise and gate.permille == 0:
        return str(_("No datacenter has its minimum crew: no dated promise, and only tiers 1 and 2 are served."))
    if not gate.dated_promise:
        return str(
            _("A datacenter is below its minimum crew, now or by its roster: no dated promise into this region.")
        )
    if gate.warning:
        return str(_("A crew is at its minimum or has not reported: tiers 4 and 5 get no dated promise."))
    if gate.status == "not_tracked":
        return str(_("No datacenter here has reported yet, so staffing limits nothing."))
    return str(_("Every crew is above its minimum."))


def outlook_words(day: DayOutlook) -> str:
    """What is expected of a day, of its worst role and shift, in people."""
    label = status_label(day.status)
    if day.status == StaffingStatus.NOT_TRACKED:
        return label
    if day.probability is None:
        return gettext("%(status)s: nobody is rostered") % {"status": label}
    words = gettext(
        "%(status)s: %(people)s of %(rostered)s rostered can work, %(minimum)s needed, %(percent)s %% likely"
        " (%(role)s, %(shift)s)"
    )
    return words % {
        "status": label,
        "people": day.with_papers,
        "rostered": day.rostered,
        "minimum": day.minimum,
        "percent": int(100 * day.probability),
        "role": role_label(day.role),
        "shift": shift_label(day.shift),
    }


def role_label(code: str) -> str:
    """A crew role by its name."""
    return str(CrewRole(code).label) if code in CrewRole.values else code


def shift_label(code: str) -> str:
    """A shift by its name."""
    return str(Shift(code).label) if code in Shift.values else code


# OxCGRT's levels, which are read and never set.
_WORKPLACE = (
    _("workplaces open"), _("working at home recommended"), _("some workplaces closed"),
    _("all but essential workplaces closed"),
)  # fmt: skip
_STAY_HOME = (
    _("no order to stay at home"), _("staying at home recommended"), _("staying at home required with exceptions"),
    _("staying at home required with few exceptions"),
)  # fmt: skip


def risk_figures(day: RiskDay) -> str:
    """The source's own figures of a day, in words."""
    figures = day.figures
    if day.series.source == RiskSource.OXCGRT:
        levels = ((_WORKPLACE, figures["c2"]), (_STAY_HOME, figures["c6"]))
        said = [str(words[level]) for words, level in levels if level is not None]
        return "; ".join(said) or gettext("nothing is said")
    if figures["short_of_staff"] is None:
        told = gettext("nobody was asked about staff")
    else:
        told = gettext("%(short)s of %(answering)s answering units lack staff") % {
            "short": figures["short_of_staff"],
            "answering": (figures["reporting"] or 0) - (figures["no_answer"] or 0),
        }
    if day.adds_up:
        return told
    parts = ("regular", "partly_restricted", "restricted", "no_answer")
    return gettext("%(told)s; %(parts)s are %(sum)s units, but %(reporting)s reported") % {
        "told": told,
        "parts": " + ".join("?" if figures[part] is None else str(figures[part]) for part in parts),
        "sum": sum(figures[part] or 0 for part in parts),
        "reporting": figures["reporting"],
    }


def status_label(code: str) -> str:
    """A status by its word."""
    return str(sign_of(STAFFING, code).word)
