"""Signing in and out, lock-out, the second step, and the fresh step before a second signature."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client

from kit.clock import now
from tests import make
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_counters():
    cache.clear()


def sign_in(client: Client, user: User, password: str = make.PASSWORD, address: str = "192.0.2.1", **headers):
    return client.post(
        "/account/login/", {"login": user.email, "password": password}, REMOTE_ADDR=address, headers=headers
    )


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_a_person_signs_in_and_out():
    client, person = Client(), make.person(Role.AUDITOR)
    page = client.get("/account/login/?next=/account/")
    assert page.status_code == 200
    assert "remember" not in page.content.decode()

    wrong = sign_in(client, person, "not the password")
    assert wrong.status_code == 200
    assert "_auth_user_id" not in client.session

    right = client.post("/account/login/", {"login": person.email.upper(), "password": make.PASSWORD, "next": "/account/"})
    assert (right.status_code, right.headers["Location"]) == (302, "/account/")
    assert client.session.get_expire_at_browser_close()
    assert client.get("/account/").status_code == 200

    assert client.get("/account/logout/").status_code == 200  # a link alone signs nobody out
    assert client.get("/account/").status_code == 200
    assert client.post("/account/logout/").status_code == 302
    gone = client.get("/account/")
    assert (gone.status_code, gone.headers["Location"]) == (302, "/account/login/?next=/account/")


def test_nobody_signs_up_and_no_second_address_is_managed():
    for address in ("/account/signup/", "/account/email/", "/account/confirm-email/"):
        assert Client().get(address).status_code == 404
