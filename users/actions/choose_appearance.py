"""Choose the language and the appearance that the pages have for oneself."""

from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid
from users.access import Actor
from users.models import User


class CannotChooseAppearance(Invalid):
    """There is no such language or appearance."""

    code = "cannot_choose_appearance"
    message = _("There is no such language or appearance.")


def choose_appearance(*, actor: Actor, language: str = "", theme: str = "") -> None:
    """Keep what is given, leave the rest. Raises `CannotChooseAppearance`.

    It is a habit of the person and no act, so the journal does not tell of it.
    """
    if language and language not in dict(User._meta.get_field("language").choices or ()):
        raise CannotChooseAppearance({"language": [_("Choose German or English.")]})
    if theme and theme not in User.Theme.values:
        raise CannotChooseAppearance({"theme": [_("Choose light, dark or as the device.")]})
    chosen = {name: value for name, value in (("language", language), ("theme", theme)) if value}
    if chosen:
        User.objects.filter(pk=actor.user_id).update(**chosen)
