"""What the pages about people ask for."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kit.forms import Form, Group, VersionedForm, optional_text, required_text
from users.actions.create_token import LIFETIMES
from users.models import ApiToken, Portfolio, User
from users.queries import people_with
from users.reach import region_choices
from users.roles import Role


class MomentField(forms.DateTimeField):
    """A moment in the reader's time zone, as browsers ask for it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **options)


class PersonField(forms.ModelChoiceField):
    """One of the people given, named by public id."""

    def __init__(self, queryset: QuerySet[User], **options: Any) -> None:
        super().__init__(queryset, to_field_name="public_id", widget=forms.Select(attrs={"data-search": ""}), **options)


class ReachForm(Form):
    """Where a role reaches."""

    regions = forms.MultipleChoiceField(
        label=_("Regions"),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": "", "size": 6}),
        help_text=_(
            "For capacity reviewers, duty managers and region operators. Choose none, and it reaches everywhere."
        ),
    )
    portfolios = forms.ModelMultipleChoiceField(
        Portfolio.objects.none(),
        to_field_name="public_id",
        label=_("Portfolios"),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": "", "size": 6}),
        help_text=_("For account managers. Choose none, and it reaches everywhere."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regions"].choices = region_choices()  # type: ignore[attr-defined]
        self.fields["portfolios"].queryset = Portfolio.objects.all()  # type: ignore[attr-defined]


class InvitationForm(ReachForm):
    """Whom to invite, to do what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, help_text=_("They sign in with it."))
    name = required_text(_("Name"), max_length=120)
    roles = forms.MultipleChoiceField(label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple)

    groups = (
        Group(_("Who"), ("email", "name")),
        Group(_("What they are to do"), ("roles",)),
        Group(_("Where"), ("regions", "portfolios"), folded=True),
    )


class RoleForm(ReachForm):
    """A role to give to a person."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)

    groups = (Group("", ("role",)), Group(_("Where"), ("regions", "portfolios"), folded=True))


class LeavingForm(Form):
    """Who takes over from a person who leaves."""

    successor = PersonField(
        User.objects.none(),
        label=_("Successor"),
        required=False,
        help_text=_("Takes over the customers, and the duty where they are a duty manager too."),
    )
    reason = optional_text(_("Note for the journal"), max_length=500, lines=3)

    def __init__(self, *args: Any, others: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]


class DutyForm(Form):
    """A shift on the rota."""

    holder = PersonField(User.objects.none(), label=_("On duty"))
    deputy = PersonField(User.objects.none(), label=_("Deputy"), required=False)
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = people_with(Role.DUTY_MANAGER)
        self.fields["holder"].queryset = able  # type: ignore[attr-defined]
        self.fields["deputy"].queryset = able  # type: ignore[attr-defined]


class PortfolioForm(Form):
    """A new portfolio."""

    code = forms.SlugField(label=_("Code"), max_length=30, help_text=_("Short, in letters, digits and hyphens."))
    name = required_text(_("Name"), max_length=120)


class PreferencesForm(VersionedForm):
    """How somebody wants the pages."""

    name = required_text(_("Name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=[("de", "Deutsch"), ("en", "English")])
    theme = forms.ChoiceField(label=_("Appearance"), choices=User.Theme.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"), widget=forms.Select(attrs={"data-search": ""}))
    shortcuts_enabled = forms.BooleanField(
        label=_("Single-key shortcuts"), required=False, help_text=_("Such as J and K; Ctrl K always works.")
    )
    notify = forms.MultipleChoiceField(
        label=_("Tell me when"), choices=User.Topic.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    groups = (
        Group(_("Me"), ("name",), _("As others see it, in the journal too.")),
        Group(_("Pages"), ("language", "theme", "time_zone", "shortcuts_enabled")),
        Group(_("Notifications"), ("notify",)),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in _zones()]  # type: ignore[attr-defined]


class TokenForm(Form):
    """A new API token."""

    name = required_text(_("What it is for"), max_length=60)
    scope = forms.ChoiceField(label=_("It may"), choices=ApiToken.Scope.choices)
    days = forms.TypedChoiceField(label=_("Valid for"), coerce=int, initial=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Stands on one page with the preferences, which have a name too.
        super().__init__(*args, auto_id="token_%s", **kwargs)
        self.fields["days"].choices = [(days, _("%(days)s days") % {"days": days}) for days in LIFETIMES]  # type: ignore[attr-defined]


class AcceptForm(Form):
    """What makes an account of an invitation."""

    name = required_text(_("Your name"), max_length=120, help_text=_("As your colleagues shall see it."))
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    again = forms.CharField(
        label=_("Password again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords must be the same."""
        values = super().clean() or {}
        if values.get("again") and values.get("password") != values["again"]:
            self.add_error("again", _("This is not the same password."))
        return values


def _zones() -> list[str]:
    """The zones that people live in, by name; the tables also hold abbreviations and old names."""
    continents = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ["UTC", *sorted(zone for zone in available_timezones() if zone.startswith(continents))]
