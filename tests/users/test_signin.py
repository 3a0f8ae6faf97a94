"""Signing in and out, lock-out, the second step, and what ends a session."""

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axes.models import AccessAttempt
from django.core import mail
from django.core.cache import cache
from django.db.models import F
from django.test import Client

from tests import make
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db

HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def _forget_counters():
    cache.clear()


@pytest.fixture
def person():
    return make.person(Role.AUDITOR)


def browser() -> Client:
    """A browser that asks for English."""
    return Client(headers={"Accept-Language": "en"})


def sign_in(client: Client, user: User, password: str = make.PASSWORD, address: str = HERE, **headers):
    return client.post(
        "/account/login/", {"login": user.email, "password": password}, REMOTE_ADDR=address, headers=headers
    )


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def text(response) -> str:
    """The page without what differs each time: blanks and secrets."""
    return re.sub(r'\s+|value="[A-Za-z0-9]{64}"', " ", response.content.decode())


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_a_person_signs_in_and_out(person):
    client = browser()
    page = client.get("/account/login/?next=/account/")
    assert page.status_code == 200
    assert "remember" not in text(page)

    assert sign_in(client, person, "not the password").status_code == 200
    assert not is_signed_in(client)

    sent = {"login": person.email.upper(), "password": make.PASSWORD, "next": "/account/"}
    right = client.post("/account/login/", sent)
    assert (right.status_code, right.headers["Location"]) == (302, "/account/")
    assert client.session.get_expire_at_browser_close()
    assert is_signed_in(client)

    assert client.get("/account/logout/").status_code == 200  # a link alone signs nobody out
    assert is_signed_in(client)
    assert client.post("/account/logout/").status_code == 302
    gone = client.get("/account/")
    assert (gone.status_code, gone.headers["Location"]) == (302, "/account/login/?next=/account/")


def test_sign_in_leads_to_no_other_site(person):
    sent = {"login": person.email, "password": make.PASSWORD, "next": "https://elsewhere.example/"}
    assert browser().post("/account/login/", sent).headers["Location"] == "/today/"


def test_nobody_signs_up_and_no_second_address_is_managed():
    for address in ("/account/signup/", "/account/email/", "/account/confirm-email/"):
        assert browser().get(address).status_code == 404


def test_who_left_does_not_get_in(person):
    User.objects.filter(pk=person.pk).update(is_active=False)
    client = browser()
    answer = sign_in(client, person)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account/inactive/")
    assert not is_signed_in(client)
    assert client.get("/account/inactive/").status_code == 200


def test_five_wrong_passwords_lock_the_account_for_that_address_only(person):
    other = make.person(Role.AUDITOR)
    for _attempt in range(4):
        assert sign_in(browser(), person, "wrong").status_code == 200
    locked = sign_in(browser(), person, "wrong")
    assert locked.status_code == 429
    assert "locked for 15 minutes" in text(locked)

    assert sign_in(browser(), person).status_code == 429, "the right password does not open it meanwhile"
    assert sign_in(browser(), other).status_code == 302, "other accounts are not affected"
    assert sign_in(browser(), person, address=THERE).status_code == 302, "nor is the person elsewhere"
    forged = sign_in(browser(), person, **{"X-Forwarded-For": THERE, "X-Real-IP": THERE})
    assert forged.status_code == 429, "a forged header is no other address"


def test_the_lock_ends_by_itself_and_trying_does_not_prolong_it(person):
    for _attempt in range(5):
        sign_in(browser(), person, "wrong")
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=14))
    assert sign_in(browser(), person).status_code == 429
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=2))
    assert sign_in(browser(), person).status_code == 302


def test_a_lock_does_not_tell_whether_the_account_exists(person):
    stranger = User(email="stranger@vorrang.example")
    answers = [[sign_in(browser(), who, "wrong") for _attempt in range(5)] for who in (person, stranger)]
    for known, unknown in zip(*answers, strict=True):
        assert known.status_code == unknown.status_code
    assert text(answers[0][-1]) == text(answers[1][-1])


def test_one_address_cannot_go_through_many_accounts(person):
    strangers = [User(email=f"stranger{number}@vorrang.example") for number in range(30)]
    assert {sign_in(browser(), stranger, "Summer2020!").status_code for stranger in strangers} == {200}
    refused = sign_in(browser(), person)
    assert refused.status_code == 429
    assert "too often" in text(refused)
    assert sign_in(browser(), person, address=THERE).status_code == 302


def test_a_session_ends_after_half_an_hour_idle_and_after_twelve_hours(person):
    for key, back in (("last_seen", 31 * 60), ("signed_in", 12 * 3600 + 1)):
        client = browser()
        sign_in(client, person)
        assert is_signed_in(client)
        session = client.session
        if key == "last_seen":
            session["last_seen"] = int(time.time()) - back
        else:
            session["account_authentication_methods"][0]["at"] -= back
        session.save()
        assert not is_signed_in(client)


def test_a_changed_password_ends_the_other_sessions_and_is_told_by_mail(person):
    here, elsewhere = browser(), browser()
    sign_in(here, person)
    sign_in(elsewhere, person)
    new = "another-horse-battery"
    sent = {"oldpassword": "wrong", "password1": new, "password2": new}
    assert here.post("/account/password/", sent).status_code == 200
    assert is_signed_in(elsewhere)

    weak = {"oldpassword": make.PASSWORD, "password1": "short", "password2": "short"}
    assert "12" in text(here.post("/account/password/", weak))
    assert here.post("/account/password/", {**sent, "oldpassword": make.PASSWORD}).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert [message.to for message in mail.outbox] == [[person.email]]
    assert sign_in(browser(), person).status_code == 200
    assert sign_in(browser(), person, new).status_code == 302


def test_a_forgotten_password_is_replaced_through_the_mail_once(person):
    elsewhere = browser()
    sign_in(elsewhere, person)
    for address in (person.email, "stranger@vorrang.example"):
        asked = browser().post("/account/password/forgotten/", {"email": address})
        assert asked.headers["Location"] == "/account/password/sent/", "the same for strangers"
    assert browser().get("/account/password/sent/").status_code == 200
    (message,) = mail.outbox
    link = re.search(r"http://testserver(/account/password/new/\S+)", message.body)[1]

    client = browser()
    form = client.get(link, follow=True)
    new = "another-horse-battery"
    done = client.post(form.request["PATH_INFO"], {"password1": new, "password2": new}, follow=True)
    assert "new password is set" in text(done)
    assert not is_signed_in(elsewhere)
    assert sign_in(browser(), person, new).status_code == 302
    assert "does not work any more" in text(browser().get(link, follow=True))


def enroll(client: Client) -> tuple[str, list[str]]:
    """Sets up the authenticator app as a browser would; the secret and the recovery codes."""
    asked = client.get("/account/codes/totp/activate/")
    assert asked.headers["Location"].startswith("/account/confirm/"), "only after a fresh step"
    client.post(asked.headers["Location"], {"password": make.PASSWORD, "next": "/account/codes/totp/activate/"})
    page = client.get("/account/codes/totp/activate/")
    secret = re.search(r"data-copy>([A-Z2-7]{16,})<", text(page))[1]
    assert "data:image/svg+xml;base64," in text(page)
    assert client.post("/account/codes/totp/activate/", {"code": "000000"}).status_code == 200
    done = client.post("/account/codes/totp/activate/", {"code": code_for(secret)}, follow=True)
    codes = re.findall(r"<li><code>(\d+)</code></li>", text(done))
    assert len(codes) == 10
    return secret, codes


@pytest.mark.django_db(transaction=True)  # mail goes when the change is committed
def test_the_second_step_is_asked_for_and_recovery_codes_work_once(person):
    client = browser()
    sign_in(client, person)
    secret, codes = enroll(client)
    assert [message.to for message in mail.outbox] == [[person.email]]
    client.post("/account/logout/")

    half = sign_in(client, person)
    assert half.headers["Location"] == "/account/codes/authenticate/"
    assert not is_signed_in(client), "the password alone is not enough"
    assert client.post("/account/codes/authenticate/", {"code": "123456"}).status_code == 200
    assert not is_signed_in(client)
    client.post("/account/codes/authenticate/", {"code": code_for(secret)})
    assert is_signed_in(client)

    for times, expected in ((1, True), (2, False)):
        client = browser()
        sign_in(client, person)
        client.post("/account/codes/authenticate/", {"code": codes[0]})
        assert is_signed_in(client) is expected, f"the {times}. time"


def test_guessing_the_second_step_is_bounded(person):
    client = browser()
    sign_in(client, person)
    secret, _codes = enroll(client)
    client.post("/account/logout/")
    sign_in(client, person)
    for number in range(6):
        client.post("/account/codes/authenticate/", {"code": f"00000{number}"})
    right = client.post("/account/codes/authenticate/", {"code": code_for(secret)})
    assert right.status_code == 200
    assert not is_signed_in(client)


def test_the_second_step_can_be_switched_off_after_a_fresh_step(person):
    client = browser()
    sign_in(client, person)
    enroll(client)
    assert client.get("/account/codes/").status_code == 200
    assert client.get("/account/codes/recovery-codes/generate/").status_code == 200
    assert client.get("/account/codes/totp/deactivate/").status_code == 200
    assert client.post("/account/codes/totp/deactivate/").status_code == 302
    client.post("/account/logout/")
    assert sign_in(client, person).headers["Location"] == "/today/"


def test_a_part_asked_for_by_htmx_sends_the_whole_page_to_sign_in():
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/people/?role=auditor"}
    answer = browser().get("/people/", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"].startswith("/account/login/?next=http%3A%2F%2Ftestserver%2Fpeople%2F")
