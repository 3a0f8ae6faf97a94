"""How long a pool lasts and how good a forecast was, in the active language; short for tiles, whole for pages."""

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.usage.actions.refresh_forecasts import DAYS_AHEAD
from capacity.usage.models import UsageForecast
from kit.templatetags.ui import badge

# From which probability of running out within the lead time on it is bad, and from which worth a look.
LIKELY, POSSIBLE = 0.5, 0.1


def lasts_badge(forecast: UsageForecast) -> SafeString:
    """Days to exhaustion as word, symbol and color: the median, in brackets what 10 and 90 of 100 paths say."""
    within = forecast.exhausted_within_lead or 0.0
    tone = "bad" if within >= LIKELY else "warn" if within >= POSSIBLE else "good"
    return badge(tone, lasts_short(forecast), exhaustion_text(forecast))


def lasts_short(forecast: UsageForecast) -> str:
    """The same as a few words, such as "23 days left (11–48)"; without the later bound where that is not reached."""
    if forecast.exhausted_p50 is None:
        middle = _("over %(days)s days left") % {"days": DAYS_AHEAD}
    else:
        middle = ngettext("%(days)s day left", "%(days)s days left", forecast.exhausted_p50) % {
            "days": forecast.exhausted_p50
        }
    if forecast.exhausted_p10 is None:
        return middle
    if forecast.exhausted_p90 is None:
        bounds = _("%(days)s or more") % {"days": forecast.exhausted_p10}
    else:
        bounds = f"{forecast.exhausted_p10}–{forecast.exhausted_p90}"
    return f"{middle} ({bounds})"


def accuracy_of(forecast: UsageForecast | None) -> str:
    """How far the last forecast that can be compared lay off, beside the seasonal naive."""
    if forecast is None:
        return ""
    if forecast.own_error is None or forecast.naive_error is None:
        return _("Last error: not known yet; nothing that was forecast could be compared.")
    return _("Last error: %(own)s on average; repeating the season would have missed by %(naive)s.") % {
        "own": _shown(forecast.own_error),
        "naive": _shown(forecast.naive_error),
    }


def exhaustion_text(forecast: UsageForecast) -> str:
    """When usage exceeds what is usable, in one sentence."""
    ahead = DAYS_AHEAD
    if forecast.exhausted_p10 is None:
        return _("In nine of ten paths the pool lasts longer than %(days)s days.") % {"days": ahead}
    early = ngettext("tomorrow", "in %(days)s days", forecast.exhausted_p10) % {"days": forecast.exhausted_p10}
    if forecast.exhausted_p50 is None:
        return _(
            "One path in ten exhausts the pool %(early)s; more than half of them last longer than %(days)s days."
        ) % {
            "early": early,
            "days": ahead,
        }
    middle = ngettext("tomorrow", "in %(days)s days", forecast.exhausted_p50) % {"days": forecast.exhausted_p50}
    if forecast.exhausted_p90 is None:
        return _("Half of the paths exhaust the pool %(middle)s, one in ten already %(early)s.") % {
            "middle": middle,
            "early": early,
        }
    late = ngettext("tomorrow", "in %(days)s days", forecast.exhausted_p90) % {"days": forecast.exhausted_p90}
    return _("Half of the paths exhaust the pool %(middle)s, one in ten already %(early)s, nine in ten %(late)s.") % {
        "middle": middle,
        "early": early,
        "late": late,
    }


def _shown(amount: float) -> str:
    return number_format(amount, 0 if amount >= 10 else 2, force_grouping=True)
