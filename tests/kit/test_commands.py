"""A form is carried out once; a refusal comes back on the form it refused, and leaves nothing behind."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from kit.commands import NoKey, actor_key, checked_key, fingerprint_of
from kit.models import IdempotencyKey
from tests import make
from tests.kit import pages
from tests.kit.rows import Row, create_table

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.kit.pages")]
GOOD = {"name": "a", "number": "12", "row_version": "1"}


@pytest.fixture(autouse=True)
def table(db, test_templates):
    create_table()
    pages.done.clear()


@pytest.fixture
def clerk():
    return make.person(language="en")


def post(visit, clerk, url="/rows/add/", **data):
    return visit(url, as_=clerk, method="post", data={**GOOD, **data})


def test_pressing_twice_does_it_once_and_answers_alike(visit, clerk):
    key = str(uuid.uuid4())
    first = post(visit, clerk, idempotency_key=key)
    second = post(visit, clerk, idempotency_key=key, csrfmiddlewaretoken="another")
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"] == f"/rows/{Row.objects.get().pk}/"
    assert pages.done == ["a"]


def test_the_same_key_with_another_content_is_refused_on_the_form(visit, clerk):
    key = str(uuid.uuid4())
    post(visit, clerk, idempotency_key=key)
    again = post(visit, clerk, idempotency_key=key, number="7")
    assert again.status_code == 409
    assert "This key was already used for another command." in again.content.decode()
    assert Row.objects.count() == 1


def test_keys_of_two_people_do_not_meet(visit, clerk):
    key = str(uuid.uuid4())
    post(visit, clerk, idempotency_key=key)
    assert post(visit, make.person(language="en"), idempotency_key=key).status_code == 302
    assert Row.objects.count() == 2


@pytest.mark.parametrize("key", ["", "short", "x" * 81, "with space in it", "schlüssel-schlüssel"])
def test_a_form_without_a_usable_key_is_refused(visit, clerk, key):
    answer = post(visit, clerk, idempotency_key=key)
    assert answer.status_code == 400
    assert "without the key" in answer.content.decode()
    assert Row.objects.count() == 0
    with pytest.raises(NoKey):
        checked_key(key)


def test_a_refusal_stands_on_the_form_and_leaves_nothing_behind(visit, clerk):
    key = str(uuid.uuid4())
    refused = post(visit, clerk, number="13", idempotency_key=key)
    assert refused.status_code == 409
    body = refused.content.decode()
    assert "Number 13 is taken." in body
    assert "Choose another." in body
    assert f'value="{key}"' in body
    assert (Row.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert post(visit, clerk, number="11", idempotency_key=key).status_code == 302


def test_field_messages_stand_at_their_fields_and_strangers_above(visit, clerk):
    refused = post(visit, clerk, number="14")
    form = refused.context["form"]
    assert refused.status_code == 400
    assert form.errors == {"name": ["Not this name."], "__all__": ["elsewhere: Nor this."]}


def test_a_stale_form_can_be_sent_again_once_the_present_state_was_shown(visit, clerk):
    stale = post(visit, clerk, name="stale")
    assert stale.status_code == 409
    assert "changed by somebody else" in stale.content.decode()
    assert '<input type="hidden" name="row_version" value="3"' in stale.content.decode()
    assert post(visit, clerk, name="stale", row_version="3").status_code == 302


def test_without_a_form_a_refusal_becomes_a_page(visit, clerk):
    refused = visit("/rows/act/", as_=clerk, method="post", data={"name": "a"})
    assert refused.status_code == 409
    assert "Number 13 is taken." in refused.content.decode()
    assert "number_taken" in refused.content.decode()
    assert Row.objects.count() == 0


def test_nobody_has_keys_per_browser(rf):
    def nobody(**meta):
        request = rf.post("/", **meta)
        request.actor = type("Nobody", (), {"public_id": None})()
        return actor_key(request)

    assert nobody(CSRF_COOKIE="a") == nobody(CSRF_COOKIE="a") != nobody(CSRF_COOKIE="b")
    assert len(nobody(CSRF_COOKIE="a")) <= 64


def test_uploaded_files_are_part_of_what_is_asked(visit, clerk):
    key = str(uuid.uuid4())

    def send(content):
        return post(visit, clerk, file=SimpleUploadedFile("f.csv", content), idempotency_key=key)

    assert send(b"a" * 70_000).status_code == 302
    assert send(b"a" * 70_000).status_code == 302
    assert send(b"b" * 70_000).status_code == 409
    assert Row.objects.count() == 1


def test_fingerprints_tell_contents_apart():
    assert fingerprint_of({"a": 1, "b": 2}) == fingerprint_of({"b": 2, "a": 1})
    assert fingerprint_of("ab", "c") != fingerprint_of("a", "bc")
    assert fingerprint_of(1) != fingerprint_of("1")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"name=%00&number=1", "application/x-www-form-urlencoded"),
        (b"name=%ED%A0%80&number=x", "application/x-www-form-urlencoded"),
        (b"name=a&number=1&row_version=99999999999999999999", "application/x-www-form-urlencoded"),
        (b"name=" + b"a" * 100_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"x=1" for _ in range(2_001)), "application/x-www-form-urlencoded"),
        (b"a" * (5 * 1024 * 1024 + 1), "application/x-www-form-urlencoded"),
        (b'{"name": 1}', "application/json"),
        (b"name=a", "text/plain; charset=nonsense"),
        (b"name=a", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"no parts", "multipart/form-data; boundary=x"),
        (b"no parts", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\x00\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_no_body_breaks_a_form(clerk, visit, body, content_type):
    client = visit.client(clerk)
    answer = client.generic("POST", "/rows/add/", body, content_type=content_type)
    assert answer.status_code in {400, 413}
    assert Row.objects.count() == 0
    assert b"<html" in answer.content


def test_a_form_from_elsewhere_is_refused_in_words(clerk, visit):
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = visit.client(clerk).cookies
    answer = browser.post("/rows/add/", GOOD)
    assert answer.status_code == 403
    assert b"This form is too old, or it does not come from here." in answer.content


def test_refusals_on_forms_are_in_the_language_of_the_reader(visit):
    with translation.override("en"):
        answer = post(visit, make.person(language="de"), number="400.000")
    assert answer.status_code == 400
    assert answer["Content-Language"] == "de"
