"""List pages: everything they show is in the address, and nothing else in an address does anything."""

import re
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit import lists
from kit.lists import Column, ListSpec, shown
from tests import make
from tests.kit.pages import ROWS, Filters
from tests.kit.rows import Row, create_table
from users.models import SavedView

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.kit.pages")]


@pytest.fixture(autouse=True)
def table(db, test_templates):
    create_table()


@pytest.fixture
def reader():
    return make.person(language="en")


def fill(count, **fields):
    return Row.objects.bulk_create(
        Row(number=number % 4, name=fields.get("name", f"Row {number:03}"), due_date=fields.get("due_date"))
        for number in range(count)
    )


def names(response):
    return re.findall(r"data-row-link>([^<]*)</a>", response.content.decode())


def links(response, text):
    found = re.search(rf'href="([^"]*)"[^>]*>(?:<svg.*?</svg>)?{text}', response.content.decode())
    return found.group(1).replace("&amp;", "&") if found else None


def test_pages_follow_each_other_forward_and_back(visit, reader):
    fill(120)
    seen, url = [], "/rows/?sort=name&size=50"
    for _page in range(3):
        response = visit(url, as_=reader, queries=9)
        seen.append(names(response))
        url, back = links(response, "Next"), links(response, "Previous")
    assert [name for page in seen for name in page] == [f"Row {number:03}" for number in range(120)]
    assert url is None
    assert names(visit(back, as_=reader)) == seen[1]
    assert "50 rows of 120" in visit(back, as_=reader).content.decode()


def test_the_same_address_shows_the_same_to_a_fresh_browser(visit, reader):
    fill(30)
    url = "/rows/?number=1&number=2&sort=-name&columns=name,filed&size=25"
    first = visit(url, as_=reader)
    assert names(first) == names(visit(url, as_=make.person(language="en")))
    assert first.context["list"].here == url
    headings = [str(head.label) for head in first.context["list"].headings]
    assert headings == ["Name", "Filed"]


def test_counting_is_exact_to_the_limit_and_on_demand_beyond(visit, reader, monkeypatch):
    monkeypatch.setattr(lists, "COUNT_LIMIT", 100)
    fill(100)
    assert "50 rows of 100<" in visit("/rows/", as_=reader).content.decode()
    fill(2)
    page = visit("/rows/", as_=reader, queries=9)
    assert '<small id="list-count">100+</small>' in page.content.decode()
    exact = visit(links(page, "Count exactly"), as_=reader)
    assert "50 rows of 102" in exact.content.decode()
    assert names(exact) == names(page)


def test_filters_read_as_a_sentence_and_each_can_be_removed(visit, reader):
    mother = fill(1, name="Mother")[0]
    Row.objects.create(number=2, name="<Child>", parent=mother, due_date=date(2026, 3, 2))
    url = f"/rows/?q=chi&number=1&number=2&due_after=2026-03-01&due_before=2026-03-31&parent={mother.pk}&dated=true"
    page = visit(url, as_=reader, queries=9)
    chips = {chip.name: chip for chip in page.context["list"].chips}
    assert {name: chip.text for name, chip in chips.items()} == {
        "q": "chi",
        "number": "one or two",
        "due": "03/01/2026 to 03/31/2026",
        "parent": "Mother",
        "dated": "with a day",
    }
    assert "&lt;Child&gt;" in page.content.decode()
    assert parse_qs(urlsplit(chips["due"].remove).query).keys() == {"q", "number", "parent", "dated"}
    assert visit(page.context["list"].clear_url, as_=reader).context["list"].chips == []


def test_nothing_found_names_the_filter_that_is_the_reason(visit, reader):
    fill(8, due_date=date(2026, 3, 2))
    page = visit("/rows/?q=row&number=3&due_after=2027-01-01", as_=reader, queries=9)
    assert "Nothing matches all filters" in page.content.decode()
    assert [chip.name for chip in page.context["list"].to_drop] == ["due"]
    page = visit("/rows/?q=nowhere&due_after=2027-01-01", as_=reader)
    assert "No single filter is the reason" in page.content.decode()


def test_an_empty_list_says_what_would_be_here(visit, reader):
    page = visit("/rows/", as_=reader, queries=8).content.decode()
    assert "No rows yet" in page
    assert "Rows come from tests." in page
    assert '<small id="list-count">0</small>' in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("nope=1", "“nope” is nothing that this list can be asked for."),
        ("number__gt=1", "“number__gt” is nothing that this list can be asked for."),
        ("sort=password", "This list cannot be sorted by “password”."),
        ("sort=--name", "This list cannot be sorted by “--name”."),
        ("sort=?", "This list cannot be sorted by “?”."),
        ("sort=name&sort=number", "“sort” stands twice in the address"),
        ("q=a&q=b", "“q” stands twice in the address"),
        ("size=0", "A page has 1 to 200 rows, not “0”."),
        ("size=-1", "A page has 1 to 200 rows"),
        ("size=1000000000000", "A page has 1 to 200 rows"),
        ("size=²", "A page has 1 to 200 rows"),
        ("columns=name,secret", "This list has no column “secret”."),
        ("after=abc", "a place in the list that does not exist"),
        ("before=%F0%9F%98%80", "a place in the list that does not exist"),
        ("after=a&before=b", "“after, before” stands twice"),
        ("count=all", "A count can be “exact”, not “all”."),
        ("format=pdf", "“pdf” is not a format"),
        ("q=%00", "This request cannot be understood."),
        ("%00=1", "This request cannot be understood."),
    ],
)
def test_an_address_that_asks_for_what_is_not_there_is_refused_in_words(visit, reader, query, sentence):
    fill(1)
    response = visit(f"/rows/?{query}", as_=reader)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_refusals_speak_the_language_of_the_reader(visit):
    german = make.person(language="de")
    response = visit("/rows/?size=0", as_=german)
    assert response.status_code == 400
    assert response["Content-Language"] == "de"


def test_a_filter_value_that_cannot_be_is_said_at_the_filter(visit, reader):
    fill(3)
    for query in ("number=9", "due_after=yesterday", "parent=x", "parent=999999999999999999999"):
        response = visit(f"/rows/?{query}", as_=reader)
        assert response.status_code == 400
        assert names(response) == []
        assert "is-wrong" in response.content.decode()
        assert visit(f"/rows/?{query}&format=csv", as_=reader).status_code == 400


def test_sorting_by_a_heading_turns_and_goes_back(visit, reader):
    fill(5)
    page = visit("/rows/", as_=reader)
    heading = {str(head.label): head for head in page.context["list"].headings}
    assert heading["Number"].sorted == "descending"
    assert heading["Bold"].href == ""
    page = visit(heading["Number"].href, as_=reader)
    heading = {str(head.label): head for head in page.context["list"].headings}
    assert heading["Number"].sorted == "ascending"
    assert heading["Number"].href == "/rows/"
    assert names(page) == ["Row 000", "Row 004", "Row 001", "Row 002", "Row 003"]
    assert names(visit("/rows/?sort=mixed", as_=reader)) == ["Row 003", "Row 002", "Row 001", "Row 000", "Row 004"]


def test_htmx_gets_the_list_alone_and_a_tidy_address(visit, reader):
    fill(3)
    page = visit("/rows/?q=&number=1&due_after=&due_before=", as_=reader, htmx="list")
    body = page.content.decode()
    assert body.startswith('<section id="list"')
    assert '<small id="list-count" hx-swap-oob="true">1</small>' in body
    assert page["HX-Push-Url"] == "/rows/?number=1"
    assert "HX-Request" in page["Vary"]
    assert "<html" in visit("/rows/", as_=reader, htmx="main").content.decode()
    back = visit("/rows/", as_=reader, htmx="list", headers={"HX-History-Restore-Request": "true"})
    assert "<html" in back.content.decode()


def test_statements_do_not_grow_with_the_rows(visit, reader):
    fill(2)
    few = visit("/rows/?columns=name,parent&size=200", as_=reader, queries=9)
    rows = fill(198)
    Row.objects.filter(pk__in=[row.pk for row in rows]).update(parent=rows[0])
    many = visit("/rows/?columns=name,parent&size=200", as_=reader, queries=9)
    assert len(names(few)) == 2
    assert len(names(many)) == 200
    assert many.content.decode().count("<td><i>Row 000</i></td>") == 198


def test_a_page_of_fifty_rows_is_light(visit, reader):
    rows = fill(60, due_date=date(2026, 3, 2))
    Row.objects.exclude(pk=rows[0].pk).update(parent=rows[0])
    whole = visit("/rows/", as_=reader).content
    assert len(names(visit("/rows/", as_=reader))) == 50
    assert len(whole) < 25_000


def test_files_carry_the_rows_columns_and_order_of_the_page(visit, reader):
    fill(60)
    query = "number=1&number=2&sort=name&columns=name,number,parent"
    table = visit(f"/rows/?{query}&format=csv", as_=reader, queries=8)
    lines = table.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "Name,Number,Parent"
    page = visit(f"/rows/?{query}&size=200", as_=reader)
    assert [line.split(",")[0] for line in lines[1:]] == names(page)
    assert table["Content-Disposition"] == 'attachment; filename="rows.csv"'
    assert visit(f"/rows/?{query}&format=xlsx", as_=reader).getvalue()[:2] == b"PK"
    assert visit(f"/rows/?{query}&format=jsonl", as_=reader).getvalue().count(b"\n") == len(names(page))


def test_views_are_saved_shown_and_deleted_by_their_owner_alone(visit, reader):
    fill(5)
    other = make.person(language="en")
    here = "/rows/?number=1&sort=name"
    page = visit(f"{here}&count=exact", as_=reader)
    sent = {"page": "rows", "name": " My  ones ", "query": page.context["list"].query(), "next": here}
    answer = visit(reverse("users:save_view"), as_=reader, method="post", data=sent)
    assert (answer.status_code, answer["Location"]) == (302, here)
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("My ones", "number=1&sort=name")
    page = visit("/rows/?sort=name&number=1", as_=reader)
    assert page.context["list"].current_view.label == "My ones"
    assert "My ones" not in visit(here, as_=other).content.decode()

    delete = reverse("users:delete_view", args=[view.public_id])
    assert visit(delete, as_=other, method="post").status_code == 404
    assert SavedView.objects.count() == 1
    assert visit(delete, as_=reader, method="post", data={"next": "https://evil.example/"})["Location"] == "/"
    assert SavedView.objects.count() == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from([*lists.RESERVED, *Filters.base_filters, "due_after", "due_before", "x", "dated"]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
            | st.sampled_from(
                ["name", "-number", "1", "2", "csv", "exact", "true", "2026-01-01", "9" * 30, "nan", "null"]
            ),
        ),
        max_size=4,
    )
)
def test_no_address_breaks_a_list(visit, query):
    if not Row.objects.exists():
        fill(3)
    reader = make.person(language="en")
    assert visit(f"/rows/?{urlencode(query)}", as_=reader).status_code in {200, 400}


def test_a_spec_that_contradicts_itself_does_not_start():
    with pytest.raises(ValueError, match="default sort"):
        ListSpec(name="x", title="X", columns=(Column("a", "A", str),), sort="a")


def test_values_are_shown_in_the_locale():
    with translation.override("de"):
        assert shown(1234567) == "1.234.567"
        assert shown(None) == "–"
        assert shown(datetime(2026, 3, 1, 12, 0, tzinfo=UTC)).startswith("<time ")
    with translation.override("en"):
        assert shown(1234567) == "1,234,567"
        assert shown(True) == "Yes"
        assert ROWS.sorts["mixed"] == ("-number", "name")
