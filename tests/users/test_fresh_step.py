"""A second signature needs a sign-in step of the last five minutes, and then goes on by itself."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache

from journal.models import Entry
from kit.clock import now
from tests import make
from users.access import SYSTEM, NeedsFreshSignIn
from users.models import ApiToken
from users.roles import Role

pytestmark = pytest.mark.django_db

TOKEN = {"name": "Nightly report", "scope": "read", "days": "30", "idempotency_key": "made-just-once"}


@pytest.fixture(autouse=True)
def _forget_counters():
    cache.clear()


@pytest.fixture
def person():
    return make.person(Role.AUDITOR)


def test_what_was_sent_is_carried_out_after_the_step(visit, person):
    asked = visit("/account/tokens/", as_=person, method="post", data=TOKEN, fresh=False)
    assert asked.status_code == 302
    assert not ApiToken.objects.exists()
    address = urlsplit(asked.headers["Location"])
    assert (address.path, parse_qs(address.query)) == ("/account/confirm/", {"next": ["/account/tokens/"]})
    assert "five minutes" in visit(asked.headers["Location"], as_=person, fresh=False).content.decode()

    client = visit.client(person, fresh=False)
    wrong = client.post("/account/confirm/", {"password": "wrong", "next": "/account/tokens/"})
    assert wrong.status_code == 200
    assert not ApiToken.objects.exists()
    right = client.post("/account/confirm/", {"password": make.PASSWORD, "next": "/account/tokens/"})
    assert right.status_code == 200
    assert "Nightly report" in right.content.decode()
    assert ApiToken.objects.count() == 1
    assert Entry.objects.filter(action="token.created", actor_id=person.public_id).count() == 1

    again = visit("/account/tokens/", as_=person, method="post", data=TOKEN, fresh=False)
    assert again.headers["Location"] == "/account/", "the same command: nothing new, and the step is still fresh"
    assert ApiToken.objects.count() == 1


def test_a_wrong_password_at_the_step_counts_as_at_sign_in(visit, person):
    client = visit.client(person, fresh=False)
    for _attempt in range(5):
        answer = client.post("/account/confirm/", {"password": "wrong"})
    assert answer.status_code == 429
    assert client.post("/account/confirm/", {"password": make.PASSWORD}).status_code == 429


def test_somebody_else_s_password_is_no_step(visit, person):
    other = make.person(Role.AUDITOR)
    other.set_password("their-horse-battery")
    other.save()
    visit("/account/tokens/", as_=person, method="post", data=TOKEN, fresh=False)
    client = visit.client(person, fresh=False)
    client.post("/account/confirm/", {"password": "their-horse-battery", "next": "/account/tokens/"})
    assert not ApiToken.objects.exists()


def test_htmx_goes_to_the_step_with_the_whole_page(visit, person):
    asked = visit("/account/tokens/", as_=person, method="post", data=TOKEN, fresh=False, htmx="main")
    assert asked.status_code == 200
    assert asked.headers["HX-Redirect"] == "/account/confirm/?next=%2Faccount%2Ftokens%2F"


def test_five_minutes_are_fresh_and_one_more_second_is_not(person):
    at = now()
    assert make.actor(person, fresh_at=at - timedelta(minutes=5)).needs_fresh_sign_in(at) is None
    late = make.actor(person, fresh_at=at - timedelta(minutes=5, seconds=1)).needs_fresh_sign_in(at)
    assert isinstance(late, NeedsFreshSignIn)
    assert isinstance(make.actor(person).needs_fresh_sign_in(at), NeedsFreshSignIn)
    assert SYSTEM.needs_fresh_sign_in(at) is None
