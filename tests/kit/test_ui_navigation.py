"""The navigation shows each role its places and counts what waits with one question to the database."""

from dataclasses import dataclass

import pytest

from config.navigation import JOBS as JOBS_OF_THE_SITE
from kit.models import IdempotencyKey
from kit.navigation import Job, Place, count_all, menu
from tests import make
from users.models import Portfolio
from users.roles import Role


@dataclass(frozen=True)
class Somebody:
    roles: frozenset[str]


JOBS = (
    Job("", (Place("Today", "/today/", "list-check"),)),
    Job(
        "Requests",
        (
            Place("Queue", "/queue/", "inbox", frozenset({"reviewer"}), waiting=lambda actor: Portfolio.objects.all()),
            Place("Requests", "/requests/", "inbox", frozenset({"reviewer", "manager"})),
            Place("Drafts", "/requests/drafts/", "inbox", waiting=lambda actor: Portfolio.objects.none()),
        ),
    ),
    Job("People", (Place("People", "/people/", "users", frozenset({"administrator"})),)),
)


def labels(groups) -> list[list[str]]:
    return [[link.label for link in group.links] for group in groups]


@pytest.mark.django_db
def test_each_role_sees_its_places_and_no_empty_group():
    assert labels(menu(JOBS, Somebody(frozenset({"manager"})), "/")) == [["Today"], ["Requests", "Drafts"]]
    assert labels(menu(JOBS, Somebody(frozenset()), "/")) == [["Today"], ["Drafts"]]


@pytest.mark.django_db
def test_the_place_that_holds_the_page_is_current():
    somebody = Somebody(frozenset({"manager"}))

    def current(path):
        return [link.label for group in menu(JOBS, somebody, path) for link in group.links if link.is_current]

    assert current("/requests/new/") == ["Requests"]
    assert current("/requests/drafts/7/") == ["Drafts"]
    assert current("/elsewhere/") == []


@pytest.mark.django_db
def test_all_counts_are_one_question_and_stop_at_a_bound(django_assert_num_queries):
    Portfolio.objects.bulk_create(Portfolio(code=f"p{number}", name=f"P {number}") for number in range(120))
    with django_assert_num_queries(1):
        groups = menu(JOBS, Somebody(frozenset({"reviewer"})), "/")
    badges = {link.label: link.count_text for group in groups for link in group.links}
    assert badges == {"Today": "", "Queue": "99+", "Requests": "", "Drafts": ""}
    with django_assert_num_queries(1):
        assert count_all(
            [Portfolio.objects.filter(code="p1"), IdempotencyKey.objects.all(), Portfolio.objects.none()]
        ) == [1, 0, 0]
    with django_assert_num_queries(0):
        assert count_all([]) == []


@pytest.mark.django_db
def test_the_frame_shows_who_is_there_and_only_what_the_role_opens(visit):
    reviewer = make.person(Role.CAPACITY_REVIEWER, name="Maria Muster", theme="dark")
    page = visit("/styleguide/", as_=reviewer).content.decode()
    assert 'data-bs-theme="dark"' in page
    assert "Menu of Maria Muster" in page
    assert ">MM<" in page
    assert "Capacity reviewer" in page
    assert 'href="/people/"' not in page


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_every_place_that_is_shown_opens(visit, role):
    person = make.person(role)
    page = visit("/styleguide/", as_=person).content.decode()
    places = [place for job in JOBS_OF_THE_SITE for place in job.places if f'<li><a href="{place.path}"' in page]
    assert places
    assert {place.path: visit(place.path, as_=person, follow=True, queries=40).status_code for place in places} == {
        place.path: 200 for place in places
    }


@pytest.mark.django_db
def test_the_language_and_the_theme_of_the_frame_are_kept(visit):
    person = make.person(Role.AUDITOR)
    answer = visit("/account/appearance/", as_=person, method="post", data={"language": "de", "next": "/styleguide/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/styleguide/"
    visit(
        "/account/appearance/", as_=person, method="post", data={"theme": "dark", "next": "https://elsewhere.example/"}
    )
    person.refresh_from_db()
    assert (person.language, person.theme) == ("de", "dark")
    assert 'lang="de"' in visit("/styleguide/", as_=person).content.decode()


@pytest.mark.django_db
def test_an_appearance_that_does_not_exist_is_refused_and_nobody_keeps_a_language(visit):
    person = make.person(Role.AUDITOR)
    for wrong in ({"language": "xx"}, {"theme": "pink"}):
        assert visit("/account/appearance/", as_=person, method="post", data=wrong).status_code == 400
    person.refresh_from_db()
    assert (person.language, person.theme) == ("en", "auto")
    answer = visit("/account/appearance/", method="post", data={"language": "de", "next": "/account/login/"})
    assert answer.cookies["django_language"].value == "de"
    assert visit("/account/appearance/", method="post", data={"language": "xx"}).status_code == 400
