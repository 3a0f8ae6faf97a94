"""The forms of a notice."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.notices.models import NoticeState
from capacity.notices.queries import published_notices
from capacity.regions.models import Region
from kit.forms import Form, Group, VersionedForm, optional_text, required_text


class _Texts(forms.Form):
    title_de = required_text(_("German title"), max_length=160)
    body_de = required_text(_("German text"), max_length=10_000, lines=6)
    title_en = optional_text(_("English title"), max_length=160)
    body_en = optional_text(_("English text"), max_length=10_000, lines=6)
    region_codes = forms.MultipleChoiceField(
        label=_("Regions"), required=False, help_text=_("Leave it empty where it concerns all regions.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["region_codes"]
        field.choices = list(Region.objects.order_by("name").values_list("code", "name"))


GROUPS = (
    Group(_("German"), ("title_de", "body_de"), _("The public reads it first.")),
    Group(_("English"), ("title_en", "body_en"), _("Needed before it is published.")),
    Group(_("Reach"), ("region_codes", "supersedes")),
)


class NoticeForm(_Texts, Form):
    """A new draft."""

    groups = GROUPS
    supersedes = forms.ModelChoiceField(
        label=_("Supersedes"),
        queryset=published_notices().filter(state=NoticeState.PUBLISHED, superseded_by=None),
        to_field_name="public_id",
        required=False,
    )

    def facts(self) -> dict[str, Any]:
        """What `draft_notice` takes."""
        values = dict(self.cleaned_data)
        values["supersedes"] = values["supersedes"].public_id if values["supersedes"] else None
        return values


class DraftForm(_Texts, VersionedForm):
    """A draft that is changed."""

    groups = (*GROUPS[:2], Group(_("Reach"), ("region_codes",)))
