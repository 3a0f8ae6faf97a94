"""Forms of the override register."""

from django.utils.translation import gettext_lazy as _

from kit.forms import Form, required_text


class ReasonForm(Form):
    """Why somebody refuses or ends an override."""

    reason = required_text(_("Reason"), max_length=2_000, lines=3)
