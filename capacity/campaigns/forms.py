"""The forms that plan a campaign, put it live and close it."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.campaigns.actions.plan_campaign import MOST_NAME, PlannedCap
from capacity.notices.models import Notice
from capacity.pools.models import Resource
from capacity.regions.models import Region
from customers.models import OfferType, SectorCategory
from kit.forms import DayField, Form, Group, QuantityField, required_text
from kit.refusal import Refusal

CAPS = (1, 2, 3, 4)


class CampaignForm(Form):
    """What is offered to whom, from when to when, with up to four caps."""

    name_de = required_text(_("Name in German"), max_length=MOST_NAME)
    name_en = required_text(_("Name in English"), max_length=MOST_NAME)
    audience_categories = forms.MultipleChoiceField(
        label=_("Sector categories"), required=False, widget=forms.CheckboxSelectMultiple
    )
    audience_offers = forms.MultipleChoiceField(
        label=_("Offers"), choices=OfferType.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    starts_date = DayField(label=_("Starts on"), not_past=True)
    ends_date = DayField(label=_("Ends before"), not_past=True, help_text=_("The first day on which it is over."))
    terms_de = required_text(_("What holds afterwards, in German"), max_length=2_000, lines=3)
    terms_en = required_text(_("What holds afterwards, in English"), max_length=2_000, lines=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        none = [("", _("none"))]
        regions = [*none, *Region.objects.order_by("name").values_list("code", "name")]
        resources = [*none, *((one.code, f"{one.name} ({one.unit})") for one in Resource.objects.all())]
        for number in CAPS:
            values = {"number": number}
            self.fields[f"cap_region_{number}"] = forms.ChoiceField(
                label=_("Region %(number)s") % values, choices=regions, required=number == 1
            )
            self.fields[f"cap_resource_{number}"] = forms.ChoiceField(
                label=_("Resource %(number)s") % values, choices=resources, required=number == 1
            )
            self.fields[f"cap_{number}"] = QuantityField(label=_("Cap %(number)s") % values, required=number == 1)
        field: Any = self.fields["audience_categories"]
        field.choices = [(one.code, f"{one.code} {one.name}") for one in SectorCategory.objects.order_by("code")]
        self.groups = (
            Group(_("The offer"), ("name_de", "name_en", "starts_date", "ends_date")),
            Group(
                _("For whom"),
                ("audience_categories", "audience_offers"),
                _("Existing customers of any of these; none ticked: every existing customer."),
            ),
            Group(
                _("Caps"),
                tuple(f"{name}_{number}" for number in CAPS for name in ("cap_region", "cap_resource", "cap")),
                _("What the campaign may take of a pool in all. Caps stay as planned and are never published."),
            ),
            Group(_("What holds afterwards"), ("terms_de", "terms_en"), _("Published with the offer.")),
        )

    def clean(self) -> dict[str, Any]:
        """A cap is whole or left out."""
        cleaned = dict(super().clean() or {})
        for number in CAPS:
            names = (f"cap_region_{number}", f"cap_resource_{number}", f"cap_{number}")
            given = [name for name in names if cleaned.get(name)]
            if given and not any(name in self.errors for name in names):
                for name in names:
                    if name not in given:
                        self.add_error(name, _("A cap names a region, a resource and a quantity."))
        return cleaned

    def add_refusal(self, refusal: Refusal) -> None:
        """Show what is wrong with caps at the first."""
        refusal.fields = {"cap_1" if name == "caps" else name: said for name, said in refusal.fields.items()}
        super().add_refusal(refusal)

    def asked(self) -> dict[str, Any]:
        """What `plan_campaign` is to be told, from valid data."""
        data = self.cleaned_data
        caps = [
            PlannedCap(data[f"cap_region_{number}"], data[f"cap_resource_{number}"], data[f"cap_{number}"])
            for number in CAPS
            if data[f"cap_{number}"]
        ]
        names = ("name_de", "name_en", "terms_de", "terms_en", "starts_date", "ends_date")
        audience = ("audience_categories", "audience_offers")
        return {**{name: data[name] for name in (*names, *audience)}, "caps": caps}


class PublishForm(Form):
    """The notice that announces the campaign."""

    notice = forms.ChoiceField(label=_("Published notice"))

    def __init__(self, *args: Any, notices: list[Notice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["notice"]
        field.choices = [("", _("Choose a notice")), *((str(one.public_id), one.title) for one in notices)]

    @property
    def notice_id(self) -> UUID:
        """The chosen notice, from valid data."""
        return UUID(self.cleaned_data["notice"])


class CloseForm(Form):
    """Why it is closed."""

    reason = required_text(_("Reason"), max_length=1_000, lines=2)
