"""Keep how somebody wants the pages, and what they want to be told. Personal: the journal is not told."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid, StaleForm
from users.access import Actor
from users.models import User


class CannotSetPreferences(Invalid):
    """There is no such language, appearance, time zone or topic."""

    code = "cannot_set_preferences"


def set_preferences(
    *,
    actor: Actor,
    name: str,
    language: str,
    theme: str,
    time_zone: str,
    shortcuts_enabled: bool,
    notify: Sequence[str],
    row_version: int,
    at: datetime,
) -> User:
    """Replace all preferences of the person who acts. Raises `CannotSetPreferences` and `StaleForm`."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=actor.user_id)
        if person.row_version != row_version:
            raise StaleForm(row_version=person.row_version)
        if time_zone not in available_timezones():
            raise CannotSetPreferences({"time_zone": [_("There is no such time zone.")]})
        if not set(notify) <= set(User.Topic.values):
            raise CannotSetPreferences({"notify": [_("Choose among the topics shown.")]})
        person.name = " ".join(name.split())
        person.language = language
        person.theme = theme
        person.time_zone = time_zone
        person.shortcuts_enabled = shortcuts_enabled
        person.notify = sorted(set(notify))
        person.row_version += 1
        person.save(
            update_fields=["name", "language", "theme", "time_zone", "shortcuts_enabled", "notify", "row_version"]
        )
        return person
