"""The journal's pages: who reads them, what can be asked, what an entry shows."""

from datetime import timedelta

import pytest
from django.utils import translation

from journal.diff import ABSENT, Change, changes
from journal.models import ChainCheck, Entry
from journal.queries import entries_of, timeline_of
from journal.record import record
from journal.sealing import seal_entries
from kit.clock import now
from tests import make
from tests.journal.test_chain import write
from users.access import SYSTEM
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = now()


@pytest.fixture
def auditor():
    return make.person(Role.AUDITOR, name="Aud Auditor")


def act(by: User, action: str = "role.assigned", subject_type="user", subject_id="1", **fields) -> Entry:
    values = {"at": AT, "reason": "Because", **fields}
    return record(actor=make.actor(by), action=action, subject_type=subject_type, subject_id=subject_id, **values)


def test_entries_are_found_by_who_what_subject_and_day(visit, auditor):
    ada, bob = make.person(name="Ada Actor"), make.person(name="Bob Actor")
    act(ada, "role.assigned", reason="First reason")
    act(bob, "person.invited", "invitation", "inv-1", reason="Second reason", at=AT - timedelta(days=3))
    record(
        actor=SYSTEM, action="override.expired", subject_type="override", subject_id="o", at=AT, reason="Third reason"
    )
    for query, found in (
        ("", {"First", "Second", "Third"}),
        (f"actor={ada.public_id}", {"First"}),
        ("action=person.invited", {"Second"}),
        ("subject_type=override", {"Third"}),
        ("subject=inv-1", {"Second"}),
        (f"at_after={AT.date() - timedelta(days=1)}", {"First", "Third"}),
        (f"at_before={AT.date() - timedelta(days=2)}", {"Second"}),
        (f"actor={bob.public_id}&action=role.assigned", set()),
    ):
        page = visit(f"/journal/?{query}", as_=auditor).content.decode()
        assert {word for word in ("First", "Second", "Third") if f"{word} reason" in page} == found, query
    page = visit("/journal/", as_=auditor).content.decode()
    for words in ("Ada Actor", "Vorrang", "Role given", "Person invited", "Override expired"):
        assert words in page
    for wrong in ("actor=me", "action=x", "at_after=today", "page=2", "after=x"):
        assert visit(f"/journal/?{wrong}", as_=auditor).status_code == 400, wrong


def test_deep_pages_follow_each_other_without_gap(visit, auditor):
    write(130)
    url, seen = "/journal/?size=50", []
    for _page in range(3):
        response = visit(url, as_=auditor, queries=12)
        seen += [row.pk for row in response.context["list"].page.rows]
        url = response.context["list"].next_url
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 130
    assert not url


def test_everybody_else_is_told_where_history_stands(visit):
    for role in set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}:
        refused = visit("/journal/", as_=make.person(role))
        assert refused.status_code == 403
        assert "Auditor, Administrator" in refused.content.decode()


def test_an_entry_shows_before_and_after_and_its_place(visit, auditor):
    person = make.person(name="Paula Person")
    entry = act(
        auditor,
        subject_id=str(person.public_id),
        before={"role": "a", "old": 1},
        after={"role": "b", "deep": {"n": [1]}},
    )
    waiting = visit(f"/journal/{entry.public_id}/", as_=auditor).content.decode()
    assert "waits for its seal" in waiting
    seal_entries()
    page = visit(f"/journal/{entry.public_id}/", as_=auditor).content.decode()
    for words in (
        "<del>a</del>",
        "<ins>b</ins>",
        "deep.n",
        f'href="/people/{person.public_id}/"',
        "Aud Auditor",
        "Because",
    ):
        assert words in page, words


def test_markup_in_an_entry_stays_text(visit, auditor):
    entry = act(auditor, reason="<script>alert(1)</script>", after={"<b>": "<img src=x>"})
    for address in ("/journal/", f"/journal/{entry.public_id}/"):
        page = visit(address, as_=auditor).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_verifying_is_asked_for_and_its_result_shown(visit, auditor, django_capture_on_commit_callbacks):
    write(3)
    seal_entries()
    assert "none yet" in visit("/journal/", as_=auditor).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert visit("/journal/verify/", as_=auditor, method="post").status_code == 302
    page = visit("/journal/", as_=auditor).content.decode()
    assert "Holds" in page
    assert visit("/journal/verify/", as_=make.person(Role.EXECUTIVE), method="post").status_code == 403
    assert visit("/journal/verify/", as_=auditor).status_code == 405

    ChainCheck.objects.create(
        asked_at=AT, started_at=AT, finished_at=AT, problem="hash", fault_position=2, fault_entry=17, verified=1
    )
    page = visit("/journal/", as_=auditor).content.decode()
    assert "tampered with" in page
    assert "position 2 (entry 17)" in page


def test_a_broker_that_does_not_answer_fails_nothing(visit, auditor, monkeypatch, django_capture_on_commit_callbacks):
    from kombu.exceptions import OperationalError

    from journal.tasks import check

    def fail(*args):
        raise OperationalError("down")

    monkeypatch.setattr(check, "delay", fail)
    with django_capture_on_commit_callbacks(execute=True):
        assert visit("/journal/verify/", as_=auditor, method="post").status_code == 302
    assert "Being verified" in visit("/journal/", as_=auditor).content.decode()


@translation.override("en")
def test_a_subject_has_its_own_history_with_names(django_assert_num_queries):
    ada = make.person(name="Ada Actor")
    act(ada, "role.assigned", subject_id="7", reason="one")
    act(ada, "role.ended", subject_id="7", reason="two")
    act(ada, "person.invited", "invitation", "8", reason="three")
    act(ada, "role.assigned", subject_id="9")
    with django_assert_num_queries(1):
        assert [entry.reason for entry in entries_of("user", "7")] == ["two", "one"]
    assert [entry.actor_name for entry in entries_of("user", 7)] == ["Ada Actor"] * 2
    both = timeline_of("user", "7", ("invitation", "8"))
    assert [(str(one.what), one.who, one.href) for one in both] == [
        ("Person invited", "Ada Actor", ""),
        ("Role ended", "Ada Actor", ""),
        ("Role given", "Ada Actor", ""),
    ]
    assert timeline_of("user", "7", linked=True)[0].href.startswith("/journal/")


@translation.override("en")
def test_the_history_outlives_an_erased_name():
    ada = make.person(name="Ada Actor")
    act(ada, subject_id="7")
    User.objects.filter(pk=ada.pk).update(public_id="01937a5e-9c00-7d2e-8f41-5b7cc01d2e9a")
    assert timeline_of("user", "7")[0].who == "A former member of staff"


def test_changes_are_told_by_dotted_name():
    assert changes(None, None) == []
    found = changes({"a": 1, "b": {"c": 1, "d": {}}, "l": [1]}, {"a": 1, "b": {"c": 2}, "n": None})
    assert found == [
        Change("a", 1, 1),
        Change("b.c", 1, 2),
        Change("b.d", {}, ABSENT),
        Change("l", [1], ABSENT),
        Change("n", ABSENT, None),
    ]
    assert [change.is_change for change in found] == [False, True, True, True, True]
    assert [(change.before_text, change.after_text) for change in found] == [
        ("1", "1"),
        ("1", "2"),
        ("", ""),
        ("1", ""),
        ("", ""),
    ]
    (mixed,) = changes({"a": ["x", True, {"y": None}]}, {"a": []})
    assert (mixed.before_text, mixed.after_text) == ('x, true, {"y": null}', "")
