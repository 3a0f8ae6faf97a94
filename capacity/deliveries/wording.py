"""What landings say, in the active language."""

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from capacity.deliveries.landing import Landing
from capacity.deliveries.models import Delivery


def landing_text(delivery: Delivery, landing: Landing | None, *, with_hours: bool) -> str:
    """Why a planned delivery lands when it does. `with_hours` for readers who may see numbers of a crew."""
    if landing is None:
        return ""
    values = {"datacenter": delivery.datacenter.name}
    if landing.spare_hours is None:
        return _("As due: the crew of %(datacenter)s is not rostered.") % values
    if with_hours:
        hours = {
            "spare": number_format(round(landing.spare_hours), force_grouping=True),
            "planned": number_format(round(landing.planned_hours), force_grouping=True),
        }
        crew = _("%(spare)s hours above minimum until it is due, %(planned)s planned for installing.") % hours
    else:
        crew = ""
    if landing.expected is None:
        said = _("Withdrawn: nobody is free to install it at %(datacenter)s.") % values
    elif landing.share < 1:
        said = _("Later than due: the crew of %(datacenter)s can do %(share)s %% of the installing.") % {
            **values,
            "share": number_format(int(100 * landing.share)),
        }
    else:
        said = _("The crew of %(datacenter)s can install it.") % values
    return f"{said} {crew}".strip()


def expected_text(delivery: Delivery, landing: Landing | None) -> str:
    """The day on which it is expected, or that there is none; empty for what is over."""
    if not delivery.is_planned or landing is None:
        return ""
    return date_format(landing.expected, "SHORT_DATE_FORMAT") if landing.expected else _("withdrawn")
