"""The forms that set up a lever, add a step, measure a release and keep a lever pulled."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import Feature, LeverKind, LeverMeasurement, LeverState, LiftKind, MeasureSource
from capacity.levers.steps import MOST_HARM, PlannedStep
from capacity.pools.models import Pool, Resource
from capacity.regions.models import Region
from customers.models import OfferType
from kit.forms import DayField, Form, Group, PastMomentField, QuantityField, required_text


class StepForm(Form):
    """One graduated step: what it does, the harm, and what it is expected to release of each resource."""

    step_name = required_text(
        _("What the step does"), max_length=200, help_text=_("In a sentence, as colleagues say it.")
    )
    step = forms.ChoiceField(
        label=_("Step"), choices=[(one.value, one.label) for one in (LeverState.LIMITED, LeverState.PAUSED)]
    )
    limit_per_line = QuantityField(
        label=_("Units a request may ask for"), required=False, help_text=_("Only while limited.")
    )
    harm_points = QuantityField(
        label=_("Harm points"),
        least=0,
        most=MOST_HARM,
        help_text=_("0: nobody notices; 1000: as bad as an outage. Your estimate."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.releases = []
        for resource in Resource.objects.all():
            name = f"release_{resource.code}"
            self.releases.append((name, resource.code))
            self.fields[name] = QuantityField(
                label=_("Expected release: %(resource)s (%(unit)s)")
                % {"resource": resource.name, "unit": resource.unit},
                required=False,
            )

    def planned(self) -> PlannedStep:
        """The step, from valid data."""
        data = self.cleaned_data
        return PlannedStep(
            name=data["step_name"],
            state=data["step"],
            limit_per_line=data["limit_per_line"],
            harm_points=data["harm_points"],
            promises={code: data[name] for name, code in self.releases if data[name] is not None},
        )


class LeverForm(StepForm):
    """What is restricted, for whom, from when to when, and when it is lifted; with its first step."""

    kind = forms.ChoiceField(label=_("What is restricted"), choices=LeverKind.choices)
    region_code = forms.ChoiceField(label=_("Region"), required=False)
    offer_types = forms.MultipleChoiceField(
        label=_("Offers"),
        choices=OfferType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What is paid for can be named only where new subscriptions are restricted."),
    )
    feature = forms.ChoiceField(
        label=_("Feature"), required=False, help_text=_("Only for a feature profile. What is core is not listed.")
    )
    reach = required_text(_("Reach"), max_length=1_000, lines=2, help_text=_("Whom it reaches, in a sentence."))
    starts_date = DayField(label=_("Starts on"), required=False, help_text=_("Empty: when it is signed."))
    ends_date = DayField(
        label=_("Planned to end on"),
        required=False,
        help_text=_("Customers are told this day; then lifting is proposed."),
    )
    lift_kind = forms.ChoiceField(
        label=_("Lifting is proposed on"), choices=[one for one in LiftKind.choices if one[0] != LiftKind.JUDGMENT]
    )
    lift_resource = forms.ChoiceField(label=_("Headroom of"), required=False)
    lift_permille = QuantityField(
        label=_("Headroom at least (permille)"),
        most=1000,
        required=False,
        help_text=_("What is left of the supply, as if the lever were lifted already."),
    )
    lift_days = QuantityField(
        label=_("For so many days"), most=90, required=False, help_text=_("Without a break; for headroom and region.")
    )
    lift_date = DayField(label=_("On the day"), required=False)
    lift_condition = required_text(
        _("Lifted when"), max_length=1_000, lines=2, help_text=_("The condition under which it ends, in words.")
    )
    review_date = DayField(label=_("Looked at again on"), not_past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        resources = list(Resource.objects.all())
        self._choose(
            "region_code", [("", _("All regions")), *Region.objects.order_by("name").values_list("code", "name")]
        )
        self._choose("feature", [("", _("none")), *Feature.choices])
        self._choose("lift_resource", [("", _("none")), *((one.code, one.name) for one in resources)])
        self.groups = (
            Group(_("What and where"), ("kind", "region_code", "offer_types", "feature", "reach")),
            Group(
                _("First step"),
                ("step_name", "step", "limit_per_line", "harm_points", *(name for name, _code in self.releases)),
                _("Further steps are added on the lever's page. A release counts once it is measured."),
            ),
            Group(_("From when to when"), ("starts_date", "ends_date", "review_date")),
            Group(
                _("When it is lifted"),
                ("lift_kind", "lift_resource", "lift_permille", "lift_days", "lift_date", "lift_condition"),
                _("When this holds, lifting is proposed to you; people lift, in pairs."),
            ),
        )

    def asked(self) -> dict[str, Any]:
        """What `set_up_lever` is to be told, from valid data."""
        names = (
            "kind", "region_code", "offer_types", "feature", "reach", "starts_date", "ends_date", "lift_kind",
            "lift_resource", "lift_permille", "lift_date", "lift_condition", "review_date",
        )  # fmt: skip
        data = {name: self.cleaned_data[name] for name in names}
        return {**data, "lift_days": self.cleaned_data["lift_days"] or 0, "step": self.planned()}

    def _choose(self, name: str, choices: list[Any]) -> None:
        field: Any = self.fields[name]
        field.choices = choices


class MeasureForm(Form):
    """How much of a pool was in use before and after a step."""

    pool = forms.ChoiceField(label=_("Pool"))
    before_level = QuantityField(label=_("In use before the step"), least=0, help_text=_("In units of the pool."))
    after_level = QuantityField(label=_("In use after it"), least=0)
    measured_at = PastMomentField(label=_("Measured at"))
    source = forms.ChoiceField(label=_("Source"), choices=MeasureSource.choices)
    method = required_text(
        _("How it was measured"), max_length=300, lines=2, help_text=_("Such as: mean of a day before and a day after.")
    )
    is_correction = forms.BooleanField(
        label=_("This corrects the measurement that counts now"),
        required=False,
        help_text=_("Both stay on record. Leave it out when you measured anew."),
    )

    def __init__(self, *args: Any, pools: list[Pool], counting: list[LeverMeasurement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["pool"]
        field.choices = [
            (
                f"{pool.region.code}/{pool.resource.code}",
                f"{pool.resource.name} · {pool.region.name} ({pool.resource.unit})",
            )
            for pool in pools
        ]
        # What is corrected is what was seen to count, not what somebody else measured meanwhile.
        self.seen = {}
        for one in counting:
            name = f"counts_{one.pool_id}"
            self.seen[f"{one.pool.region.code}/{one.pool.resource.code}"] = name
            self.fields[name] = forms.UUIDField(
                required=False, initial=one.public_id, widget=forms.HiddenInput, label=_("What counts now")
            )

    def clean(self) -> dict[str, Any]:
        """A correction names what it corrects."""
        cleaned = dict(super().clean() or {})
        cleaned["corrects"] = None
        if cleaned.get("is_correction") and "pool" in cleaned:
            cleaned["corrects"] = cleaned.get(self.seen.get(cleaned["pool"], ""))
            if cleaned["corrects"] is None:
                self.add_error("is_correction", _("You saw no measurement of this pool that could be corrected."))
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What `record_release` is to be told, from valid data."""
        names = ("before_level", "after_level", "measured_at", "source", "method", "corrects")
        region, _slash, resource = self.cleaned_data["pool"].partition("/")
        return {**{name: self.cleaned_data[name] for name in names}, "pool": (region, resource)}


class KeepForm(Form):
    """Why a lever stays pulled though its condition holds."""

    reason = required_text(_("Reason"), max_length=1_000, lines=2)
