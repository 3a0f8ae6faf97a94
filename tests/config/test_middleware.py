"""Every request has its id, its reader's language and zone, and an answer that says why not."""

import logging
import re
import threading
from uuid import UUID

import pytest
from django.test import Client

from config import middleware
from config.middleware import RequestIdFilter, RequestIdMiddleware
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.endpoints")]


def test_each_answer_carries_an_id_of_our_own_making(visit):
    answer = visit("/tell/", headers={"X-Request-ID": "forged\r\nid"})
    assert UUID(answer["X-Request-ID"]).version == 7
    assert answer.content.decode().split("|")[0] == answer["X-Request-ID"]
    assert answer["X-Request-ID"] != visit("/tell/")["X-Request-ID"]


def test_log_lines_carry_the_id_of_their_request(visit, caplog):
    caplog.handler.addFilter(RequestIdFilter())
    answer = visit("/tell/")
    record = next(record for record in caplog.records if record.message == "told")
    assert str(record.request_id) == answer["X-Request-ID"]
    logging.getLogger("vorrang.test").warning("later")
    assert caplog.records[-1].request_id == "-"


def test_requests_at_the_same_time_do_not_see_each_others_id(rf):
    seen = {}
    gate = threading.Barrier(8)

    def view(request):
        gate.wait(timeout=10)
        seen[request.request_id] = middleware.current_request_id.get()
        return {}

    threads = [threading.Thread(target=RequestIdMiddleware(view), args=[rf.get("/")]) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert all(own == found for own, found in seen.items())


def test_pages_speak_the_persons_language_in_their_zone_and_forget_it_afterwards(visit):
    german = make.person(language="de", time_zone="Asia/Kolkata", name="Greta")
    assert visit("/tell/", as_=german).content.decode().split("|")[1:] == ["Greta", "de", "Asia/Kolkata"]
    english = make.person(language="en", time_zone="UTC", name="Ellen")
    answer = visit("/tell/", as_=english, headers={"Accept-Language": "de"})
    assert answer.content.decode().split("|")[1:] == ["Ellen", "en", "UTC"]
    assert answer["Content-Language"] == "en"
    assert visit("/tell/", headers={"Accept-Language": "en"}).content.decode().split("|")[1:] == ["", "en", "UTC"]
    assert visit("/tell/").content.decode().split("|")[1:] == ["", "de", "UTC"]


def test_a_zone_that_this_machine_does_not_know_breaks_nothing(visit):
    lost = make.person(language="en", time_zone="Mars/Olympus")
    assert visit("/tell/", as_=lost).content.decode().endswith("|UTC")


def test_nobodys_page_touches_no_session_and_no_database(visit):
    answer = visit("/public/", queries=0)
    assert "Cookie" not in answer.get("Vary", "")
    assert answer.cookies == {}


def test_a_refusal_becomes_a_page_with_its_status_its_words_and_the_id(visit):
    english = {"Accept-Language": "en"}
    for person in (None, make.person(language="en")):
        answer = visit("/refuse/", as_=person, headers=english)
        body = answer.content.decode()
        assert answer.status_code == 409
        assert "Only 180 vCPU are left; 200 is your minimum." in body
        assert "Ask for less." in body
        assert answer["X-Request-ID"] in body


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/fail/missing/", 404, "There is no page at this address."),
        ("/nowhere/", 404, "There is no page at this address."),
        ("/fail/denied/", 403, "You may not do this."),
        ("/fail/odd/", 400, "This request cannot be understood."),
        ("/tell/?a=%00", 400, "This request cannot be understood."),
        ("/fail/x%00/", 400, "This request cannot be understood."),
    ],
)
def test_what_django_refuses_has_the_same_face(visit, path, status, sentence):
    english = {"Accept-Language": "en"}
    for person in (None, make.person(language="en")):
        answer = visit(path, as_=person, headers=english)
        assert answer.status_code == status
        assert sentence in answer.content.decode()


def test_an_unknown_host_is_refused_before_anybody_is_looked_up():
    answer = Client().get("/tell/", headers={"Host": "evil.example", "Accept-Language": "en"})
    assert answer.status_code == 400


def test_our_own_fault_says_the_id_and_no_more(visit):
    client = Client(raise_request_exception=False)
    answer = client.get("/fail/bug/", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    body = answer.content.decode()
    assert "Something went wrong on our side." in body
    assert re.search(r"<code>[0-9a-f-]{36}</code>", body)
    assert "RuntimeError" not in body
    answer = client.get("/api/v1/fault/bug/", headers={"Accept-Language": "en"})
    assert answer.status_code == 401
