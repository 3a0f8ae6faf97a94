"""What the lists of people and of the journal can be asked for."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from journal.models import Entry
from journal.wording import action_choices, subject_choices
from users.models import RoleAssignment, User
from users.queries import matching
from users.roles import Role


class PeopleFilters(django_filters.FilterSet):
    """People by name or address, by role, and whether they still work here."""

    q = django_filters.CharFilter(method="search", label=_("Name or address"), max_length=100)
    role = django_filters.MultipleChoiceFilter(label=_("Role"), choices=Role.choices, method="holding")
    here = django_filters.ChoiceFilter(
        label=_("Works here"),
        choices=[("yes", _("Yes")), ("no", _("No, has left"))],
        method="working",
        empty_label=_("Any"),
    )

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Those whose name or address contains the text."""
        return queryset.filter(matching(value))

    def holding(self, queryset: QuerySet[User], name: str, value: list[str]) -> QuerySet[User]:
        """Those who hold one of the roles now."""
        if not value:
            return queryset
        held = RoleAssignment.objects.filter(role__in=value, ended_at=None)
        return queryset.filter(pk__in=held.values("user_id"))

    def working(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Those who are active, or not."""
        return queryset.filter(is_active=value == "yes")


class JournalFilters(django_filters.FilterSet):
    """Entries by who, what, to which subject, and when."""

    actor = django_filters.ModelChoiceFilter(
        label=_("Who"), queryset=User.objects.all(), to_field_name="public_id", method="acted", empty_label=_("Anybody")
    )
    action = django_filters.ChoiceFilter(label=_("What"), choices=action_choices, empty_label=_("Anything"))
    subject_type = django_filters.ChoiceFilter(
        label=_("Kind of subject"), choices=subject_choices, empty_label=_("Any")
    )
    subject = django_filters.CharFilter(label=_("Id of the subject"), field_name="subject_id", max_length=80)
    at = django_filters.DateFromToRangeFilter(label=_("Day"))

    class Meta:
        model = Entry
        fields: list[str] = []

    def acted(self, queryset: QuerySet[Any], name: str, value: User) -> QuerySet[Any]:
        """What the person did. Entries hold the pseudonymous id, not the key."""
        return queryset.filter(actor_id=value.public_id)
