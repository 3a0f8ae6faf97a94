"""The API refuses as the pages do, does commands once, and cannot be broken by what is sent to it."""

import json
import uuid
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as NoConnection

from config import api
from kit.models import IdempotencyKey
from tests import make
from tests.kit.rows import Row, create_table
from users.models import ApiToken
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.endpoints")]
ROWS = "/api/v1/rows/"


@pytest.fixture(autouse=True)
def table(db):
    create_table()
    cache.clear()


class Caller:
    """A program with a person's token."""

    def __init__(self, user=None, scope=ApiToken.Scope.WRITE):
        self.headers = {"Accept-Language": "en"}
        if user is not None:
            expiry = timedelta(days=1)
            _token, key = ApiToken.objects.create(user, expiry=expiry, name="program", scope=scope)
            self.headers["Authorization"] = f"Token {key}"
        self.client = Client()

    def get(self, path, **headers):
        return self.client.get(path, headers={**self.headers, **headers})

    def post(self, path, body, key=None, content_type="application/json", **headers):
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        keyed = {"Idempotency-Key": key or str(uuid.uuid4())} if key != "" else {}
        return self.client.generic(
            "POST", path, sent, content_type=content_type, headers={**self.headers, **keyed, **headers}
        )


@pytest.fixture
def caller():
    return Caller(make.person(Role.CAPACITY_REVIEWER, language="en"))


def problem_of(response):
    """The problem document, checked for its shape."""
    assert response["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found.keys() == {"type", "code", "title", "status", "detail", "remedy", "fields", "values"}
    assert found["type"] == f"urn:vorrang:problem:{found['code']}"
    assert found["status"] == response.status_code
    assert found["title"]
    return found


def test_nobody_gets_401_and_is_told_how():
    for answer in (Caller().get(ROWS), Caller().post(ROWS, {})):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Token"
        assert problem_of(answer)["remedy"] == "Send a valid token as “Authorization: Token …”."


@pytest.mark.parametrize("header", ["Token", "Token x y", "Token ÿÿ", "Token " + "a" * 500, "Token abc", "Token \x00"])
def test_a_token_that_is_none_gets_401(header):
    answer = Client().get(ROWS, headers={"Authorization": header})
    assert answer.status_code == 401
    problem_of(answer)


def test_a_person_who_left_or_whose_token_ended_gets_401(caller):
    assert caller.get(ROWS).status_code == 200
    owner = ApiToken.objects.get().user
    owner.is_active = False
    owner.save()
    assert caller.get(ROWS).status_code == 401
    other = Caller(make.person())
    ApiToken.objects.filter(user__is_active=True).delete()
    assert other.get(ROWS).status_code == 401


def test_a_token_for_reading_does_not_act():
    reader = Caller(make.person(language="en"), scope=ApiToken.Scope.READ)
    assert reader.get(ROWS).status_code == 200
    refused = reader.post(ROWS, {"name": "a", "number": 1})
    assert refused.status_code == 403
    assert problem_of(refused)["code"] == "token_only_reads"
    assert Row.objects.count() == 0


def test_a_session_works_with_its_csrf_token_only(visit):
    reader = make.person(language="en")
    assert visit(ROWS, as_=reader).status_code == 200
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = visit.client(reader).cookies
    answer = browser.post(ROWS, b"{}", content_type="application/json", headers={"Idempotency-Key": "a" * 8})
    assert answer.status_code == 403
    problem_of(answer)
    assert Row.objects.count() == 0


def test_a_command_repeated_is_done_once_and_answered_alike(caller):
    key = str(uuid.uuid4())
    answers = [caller.post(ROWS, {"name": "a", "number": 1}, key=key) for _number in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.content for answer in answers}) == 1
    assert [answer["Idempotency-Replayed"] for answer in answers] == ["false"] + ["true"] * 4
    assert Row.objects.count() == 1
    other_order = caller.post(ROWS, b'{"number": 1, "name": "a"}', key=key)
    assert other_order.status_code == 201
    other_body = caller.post(ROWS, {"name": "b", "number": 1}, key=key)
    assert other_body.status_code == 409
    assert problem_of(other_body)["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("key", ["", "short", "x" * 81, "a b c d e f g h"])
def test_a_command_without_a_usable_key_is_refused(caller, key):
    headers = {"Idempotency-Key": key} if key else {}
    answer = caller.post(ROWS, {"name": "a", "number": 1}, key="", **headers)
    assert answer.status_code == 400
    assert problem_of(answer)["code"] == "idempotency_key_missing"
    assert "Idempotency-Key" in answer.json()["detail"]
    assert Row.objects.count() == 0


def test_a_refusal_says_the_numbers_and_leaves_nothing_behind(caller):
    key = str(uuid.uuid4())
    answer = caller.post(ROWS, {"name": "a", "number": 13}, key=key)
    assert answer.status_code == 409
    assert problem_of(answer) == {
        "type": "urn:vorrang:problem:too_few",
        "code": "too_few",
        "title": "Only 180 vCPU are left; 200 is your minimum.",
        "status": 409,
        "detail": "Only 180 vCPU are left; 200 is your minimum. Ask for less.",
        "remedy": "Ask for less.",
        "fields": {},
        "values": {"left": 180, "least": 200},
    }
    assert (Row.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert caller.post(ROWS, {"name": "a", "number": 12}, key=key).status_code == 201


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "number"}),
        ({"name": " ", "number": "1"}, {"name", "number"}),
        ({"name": "a", "number": 0}, {"number"}),
        ({"name": "a", "number": 1.5}, {"number"}),
        ({"name": "a", "number": True}, {"number"}),
        ({"name": "a", "number": 10**30}, {"number"}),
        ({"name": "a" * 201, "number": 1}, {"name"}),
        ({"name": ["a"], "number": {}}, {"name", "number"}),
        ({"name": "a", "number": 1, "nmae": "b"}, {"nmae"}),
        ({"name": "a", "number": 1, "lines": [{"quantity": 1}, {"quantity": -1}]}, {"lines.1.quantity"}),
        ({"name": "a", "number": 1, "lines": [{"quantity": 1, "unit": 2}]}, {"lines.0.unit"}),
        ({"name": "a", "number": 1, "lines": 7}, {"lines.non_field_errors"}),
        ([], {"non_field_errors"}),
        (None, {"non_field_errors"}),
    ],
)
def test_wrong_fields_are_named_by_their_path(caller, body, fields):
    answer = caller.post(ROWS, body)
    assert answer.status_code == 400
    found = problem_of(answer)
    assert found["code"] == "invalid"
    assert found["fields"].keys() == fields
    assert Row.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"name": "\xed\xa0\x80", "number": 1}',
        b'{"name": "\\ud800", "number": 1}',
        b'{"name": "a\\u0000", "number": 1}',
        b'{"name": "a", "name": "b", "number": 1}',
        b'{"name": "a", "number": NaN}',
        b'{"name": "a", "number": 1e999}',
        b'{"name": "a", "number": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"\\u0000": 1, "name": "a", "number": 1}',
    ],
)
def test_bodies_that_are_no_json_or_no_text_are_refused(caller, body):
    answer = caller.post(ROWS, body)
    assert answer.status_code == 400
    problem_of(answer)
    assert Row.objects.count() == 0


def test_other_types_sizes_methods_and_wishes_are_refused_in_kind(caller):
    assert problem_of(caller.post(ROWS, b"a=1", content_type="application/x-www-form-urlencoded"))["status"] == 415
    assert problem_of(caller.post(ROWS, b"{}", content_type="application/json; charset=utf-16"))["status"] == 400
    assert problem_of(caller.post(ROWS, b'"' + b"a" * (5 * 1024 * 1024) + b'"'))["status"] == 413
    assert problem_of(caller.get(ROWS, Accept="text/csv"))["status"] == 406
    answer = caller.client.delete(ROWS, headers={**caller.headers, "Idempotency-Key": "a" * 8})
    assert problem_of(answer)["status"] == 405
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(("kind", "status"), [("missing", 404), ("denied", 403), ("odd", 400)])
def test_what_django_raises_inside_and_outside_of_views_is_a_problem_document(caller, kind, status):
    assert problem_of(caller.get(f"/api/v1/fault/{kind}/"))["status"] == status
    assert problem_of(caller.get("/api/v1/nowhere/"))["status"] == 404
    assert problem_of(caller.get("/api/v1/rows/?q=%00"))["status"] == 400


def test_our_own_fault_is_a_problem_document_too(caller):
    caller.client.raise_request_exception = False
    found = problem_of(caller.get("/api/v1/fault/bug/"))
    assert found["status"] == 500
    assert "RuntimeError" not in json.dumps(found)


def test_lists_walk_by_cursor_and_keep_their_filters(caller):
    Row.objects.bulk_create(Row(number=number % 3, name=f"Row {number:02}") for number in range(25))
    expected = list(
        Row.objects.filter(name__contains="1").order_by("-number", "-name", "-pk").values_list("name", flat=True)
    )
    url, seen = f"{ROWS}?q=1&size=5", []
    while url:
        page = caller.get(url)
        assert page.status_code == 200
        seen += [row["name"] for row in page.json()["results"]]
        last, url = page, page.json()["next"]
    assert seen == expected
    back = caller.get(last.json()["previous"]).json()
    assert [row["name"] for row in back["results"]] == expected[5:10]
    assert "after=" not in back["previous"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("name__gt=a", "unknown_parameter"),
        ("format=api", "unknown_parameter"),
        ("q=a&q=b", "doubled_parameter"),
        ("sort=id", "unknown_sort"),
        ("size=9999", "bad_size"),
        ("after=x", "bad_cursor"),
        ("number=x", "invalid"),
        ("number=" + "9" * 400, "invalid"),
        ("number=nan", "invalid"),
    ],
)
def test_addresses_that_ask_for_what_is_not_there_are_refused(caller, query, code):
    answer = caller.get(f"{ROWS}?{query}")
    assert answer.status_code == 400
    assert problem_of(answer)["code"] == code


def test_numbers_beyond_the_column_find_nothing(caller):
    Row.objects.create(number=1, name="a")
    for number in (10**12, -(10**12), 10**30):
        answer = caller.get(f"{ROWS}?number={number}")
        assert answer.status_code == 200
        assert answer.json()["results"] == []


def test_answers_come_in_the_language_asked_for_else_in_the_persons():
    german = Caller(make.person(language="de"))
    del german.headers["Accept-Language"]
    assert german.get(f"{ROWS}?size=0")["Content-Language"] == "de"
    assert "A page has 1 to 200 rows" in german.get(f"{ROWS}?size=0", **{"Accept-Language": "en"}).json()["title"]


def test_too_many_calls_wait_whatever_address_they_claim(caller, monkeypatch):
    monkeypatch.setattr(api.ApiRate, "THROTTLE_RATES", {"user": "3/min"})
    answers = [caller.get(ROWS, **{"X-Forwarded-For": f"10.0.0.{number}"}) for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 61
    problem_of(answers[-1])
    assert Caller(make.person()).get(ROWS).status_code == 200


def test_calls_go_on_uncounted_while_the_counter_does_not_answer(caller, monkeypatch):
    def unreachable(*args, **kwargs):
        raise NoConnection()

    monkeypatch.setattr(api.ApiRate, "cache", type("Gone", (), {"get": unreachable, "set": unreachable})())
    assert caller.get(ROWS).status_code == 200


def test_the_document_describes_keys_and_problems():
    document = Client().get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert document.status_code == 200
    operations = document.json()["paths"]["/api/v1/rows/"]
    key = next(one for one in operations["post"]["parameters"] if one["name"] == "Idempotency-Key")
    assert key["required"] is True
    assert {one["name"] for one in operations["get"]["parameters"]} >= {
        "q",
        "number",
        "size",
        "after",
        "before",
        "sort",
    }
    for operation in operations.values():
        assert "application/problem+json" in operation["responses"]["401"]["content"]


FIELDS = st.sampled_from(["name", "number", "lines", "x"])
TEXTS = st.text(max_size=10) | st.sampled_from(["\x00", "\ud800"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(FIELDS, children),
    max_leaves=8,
)
QUERY = st.dictionaries(st.sampled_from(["q", "number", "sort", "size", "after", "x"]), st.text(max_size=8))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=JSON, query=QUERY)
def test_nothing_sent_breaks_the_api(caller, body, query):
    cache.clear()
    assert caller.post(ROWS, body).status_code in {201, 400, 409}
    text = urlencode({name: value.encode(errors="replace") for name, value in query.items()})
    assert caller.get(f"{ROWS}?{text}").status_code in {200, 400}
