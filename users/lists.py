"""The lists of people, invitations and journal entries."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journal.queries import who
from journal.wording import action_label, subject_address, subject_label
from kit.lists import Column, ListSpec
from kit.templatetags.ui import absolute_time, short_id, tone_badge
from users.filters import JournalFilters, PeopleFilters
from users.models import RoleAssignment, User
from users.roles import Role

UUID_LENGTH = 36


def role_words(assignment: RoleAssignment) -> str:
    """A held role with its reach, in words. Needs the portfolios prefetched."""
    reach = [*assignment.regions, *(portfolio.name for portfolio in assignment.portfolios.all())]
    label = str(Role(assignment.role).label)
    return f"{label} ({', '.join(reach)})" if reach else label


def _roles(person: Any) -> Any:
    return format_html_join(", ", "{}", [(role_words(assignment),) for assignment in person.held])


def _standing(person: User) -> Any:
    return tone_badge("good", gettext("Works here")) if person.is_active else tone_badge("quiet", gettext("Has left"))


PEOPLE = ListSpec(
    name="people",
    title=_("People"),
    columns=(
        Column("name", _("Name"), lambda person: person.name, sort=("name",)),
        Column("email", _("E-mail"), lambda person: person.email, sort=("email",)),
        Column("roles", _("Roles"), _roles, export=lambda person: "; ".join(role_words(held) for held in person.held)),
        Column("standing", _("Standing"), _standing, export=lambda person: "active" if person.is_active else "left"),
        Column("joined", _("Joined"), lambda person: person.joined_at, sort=("joined_at",)),
        Column("left", _("Left"), lambda person: person.left_at, sort=("left_at",), default=False),
        Column("seen", _("Last sign-in"), lambda person: person.last_login, sort=("last_login",), default=False),
    ),
    filterset=PeopleFilters,
    sort="name",
    row_url=lambda person: reverse("users:person", args=[person.public_id]),
    search_help=_("Name or address"),
    empty_title=_("Nobody works here yet"),
    empty_text=_("Invite the first person."),
)


def _subject(entry: Any) -> Any:
    # Ids are shortened; codes such as a region's are what people know it by.
    is_id = len(entry.subject_id) == UUID_LENGTH
    label, address = subject_label(entry.subject_type), subject_address(entry.subject_type, entry.subject_id)
    if not address:
        return format_html("{} {}", label, short_id(entry.subject_id) if is_id else entry.subject_id)
    known_by = entry.subject_id[-8:] if is_id else entry.subject_id
    return format_html('<a href="{}" title="{}">{} {}</a>', address, entry.subject_id, label, known_by)


JOURNAL = ListSpec(
    name="journal",
    title=_("Journal"),
    columns=(
        Column("at", _("When"), lambda entry: absolute_time(entry.at), sort=("pk",), export=lambda entry: entry.at),
        Column("who", _("Who"), who),
        Column("what", _("What"), lambda entry: action_label(entry.action), export=lambda entry: entry.action),
        Column("subject", _("Subject"), _subject, export=lambda entry: f"{entry.subject_type} {entry.subject_id}"),
        Column("reason", _("Reason"), lambda entry: entry.reason),
        Column(
            "position",
            _("Position"),
            lambda entry: entry.seal.position if hasattr(entry, "seal") else None,
            numeric=True,
            default=False,
        ),
        Column("request", _("Request id"), lambda entry: entry.request_id, default=False),
    ),
    filterset=JournalFilters,
    sort="-at",
    row_url=lambda entry: reverse("journal:entry", args=[entry.public_id]),
    empty_title=_("Nothing has happened yet"),
    empty_text=_("Every act of people and of the system is written here by itself."),
)
