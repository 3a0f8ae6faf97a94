"""What a lever's typed values say, in words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.levers.models import Lever, LiftKind
from priorities.wording import percent


def lift_text(lever: Lever) -> str:
    """The typed condition under which lifting is proposed, as a sentence."""
    days = ngettext("%(days)s day", "%(days)s days", lever.lift_days) % {"days": lever.lift_days}
    match lever.lift_kind:
        case LiftKind.HEADROOM:
            resource = lever.lift_resource.name if lever.lift_resource else ""
            values = {"resource": resource, "percent": percent(lever.lift_permille or 0), "days": days}
            return _("Headroom of %(resource)s at least %(percent)s for %(days)s, as if it were lifted.") % values
        case LiftKind.CONDITION:
            return _("The region's condition is normal for %(days)s.") % {"days": days}
        case LiftKind.DATE:
            day = date_format(lever.lift_date) if lever.lift_date else ""
            return _("On %(day)s.") % {"day": day}
        case _:
            return _("People judge; nothing is proposed before its planned end.")


def grounds_text(grounds: Mapping[str, Any]) -> str:
    """Why lifting is proposed, as a sentence."""
    since = date_format(localtime(datetime.fromisoformat(grounds["since"]))) if grounds.get("since") else ""
    match grounds.get("why"):
        case "headroom":
            values = {"percent": percent(grounds["permille"]), "mark": percent(grounds["mark"]), "since": since}
            return _("Headroom is %(percent)s; it has held at its mark of %(mark)s since %(since)s.") % values
        case "condition":
            return _("The region has been in normal condition since %(since)s.") % {"since": since}
        case "end":
            day = date_format(date.fromisoformat(grounds["date"]))
            return _("Its planned end, %(day)s, has come.") % {"day": day}
        case _:
            return _("Its day has come.")
