"""The parts of the world that regions lie in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

# From west to east, as tiles are read.
GROUPS: Mapping[str, Any] = {
    "US": _("United States"),
    "Canada": _("Canada"),
    "Mexico": _("Mexico"),
    "South America": _("South America"),
    "UK": _("United Kingdom"),
    "Europe": _("Europe"),
    "Africa": _("Africa"),
    "Middle East": _("Middle East"),
    "Asia Pacific": _("Asia Pacific"),
}


def group_label(group: str) -> Any:
    """The name of a part of the world; of one that an imported file invented, as the file has it."""
    return GROUPS.get(group, group)
