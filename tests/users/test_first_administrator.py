"""The first administrator comes by a command on the machine; everybody else is invited."""

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from journal.models import Entry
from tests import make
from users.access import actor_of
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db


def test_the_first_administrator_sets_a_password_by_the_link_and_is_the_only_first(capsys):
    cache.clear()
    call_command(
        "first_administrator", "Chief@vorrang.example", "  Clara   Chief ", "--site", "https://vorrang.example/"
    )
    link = capsys.readouterr().out.split("https://vorrang.example")[1].strip()
    person = User.objects.get(email="chief@vorrang.example")
    assert (person.name, person.has_usable_password()) == ("Clara Chief", False)
    assert actor_of(person).holds(Role.ADMINISTRATOR)
    assert Entry.objects.filter(action="person.joined", subject_id=str(person.public_id), actor_id=None).exists()

    client = Client()
    form = client.get(link, follow=True)
    new = {"password1": "a-long-enough-secret", "password2": "a-long-enough-secret"}
    assert client.post(form.request["PATH_INFO"], new).status_code == 302
    client.post("/account/login/", {"login": person.email, "password": "a-long-enough-secret"})
    assert client.get("/people/").status_code == 200

    with pytest.raises(CommandError, match=r": chief@vorrang\.example"):
        call_command("first_administrator", "second@vorrang.example", "Second")
    assert User.objects.count() == 1


def test_an_address_that_is_none_is_refused():
    with pytest.raises(CommandError):
        call_command("first_administrator", "not an address", "Name")
    assert not User.objects.exists()


def test_where_nobody_administrates_any_more_the_command_helps_again():
    make.person(Role.AUDITOR, email="auditor@vorrang.example")
    call_command("first_administrator", "auditor@vorrang.example", "Aud Auditor")
    person = User.objects.get(email="auditor@vorrang.example")
    assert actor_of(person).roles == {Role.AUDITOR, Role.ADMINISTRATOR}
