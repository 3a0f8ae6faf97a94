"""Forms about supply."""

from django.utils.translation import gettext_lazy as _

from kit.forms import QuantityField, VersionedForm, required_text


class TermsForm(VersionedForm):
    """What a pool's supply is made of, in units of its resource."""

    powered_on = QuantityField(label=_("Powered on"), least=0, help_text=_("All units that run now."))
    out_of_service = QuantityField(
        label=_("Out of service"), least=0, help_text=_("Broken or under maintenance; the larger of seen and expected.")
    )
    organic_growth = QuantityField(
        label=_("Growth of existing customers"),
        least=0,
        help_text=_("What they will take by themselves until the next delivery (95 % quantile)."),
    )
    failure_reserve = QuantityField(
        label=_("Failure reserve"), least=0, help_text=_("The largest failure domain, so that it may fail.")
    )
    reason = required_text(_("Reason"), max_length=1_000, lines=3)
