"""List pages in a real browser: quick with scripts, whole without, and usable by keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browsing import assert_accessible, assert_fits
from users.models import User
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chief():
    person = make.person(Role.ADMINISTRATOR, name="Zora Chief")
    User.objects.bulk_create(
        User(email=f"p{number}@vorrang.example", name=f"Person {number:03}", joined_at=make.NOW)
        for number in range(120)
    )
    return person


def names(page):
    return page.locator("#list tbody [data-row-link]").all_inner_texts()


@pytest.mark.parametrize("scripts", [True, False])
def test_finding_sorting_and_paging_change_the_address_and_back_undoes_them(browse, chief, scripts):
    page = browse("/people/", as_=chief, scripts=scripts)
    if scripts:
        page.evaluate("document.body.dataset.kept = 'yes'")
    assert names(page)[0] == "Person 000"
    expect(page.locator("#list-count")).to_have_text("121")

    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/people/?after=*")
    expect(page.locator("#list tbody [data-row-link]").first).to_have_text("Person 050")

    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    page.wait_for_url("**/people/?sort=-name")
    expect(page.locator("#list tbody [data-row-link]").first).to_have_text("Zora Chief")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")

    search = page.get_by_role("searchbox", name="Name or address").last
    search.fill("person 11")
    search.press("Enter")
    page.wait_for_url(re.compile(r"/people/\?.*q=person(\+|%20)11.*"))
    expect(page.locator("#list tbody [data-row-link]")).to_have_count(10)
    expect(page.locator("#list-count")).to_have_text("10")
    if scripts:
        # The tidy address, and still the same document: only the list was exchanged.
        assert page.url.endswith("/people/?q=person%2011&sort=-name")
        assert page.evaluate("document.body.dataset.kept") == "yes"
        expect(search).to_be_focused()

    page.get_by_role("link", name="Remove filter Name or address: person 11").click()
    page.wait_for_url("**/people/?sort=-name")
    page.go_back()
    page.wait_for_url(re.compile("q=person"))
    expect(page.locator("#list tbody [data-row-link]")).to_have_count(10)
    expect(page.locator("h1")).to_contain_text("People")


def test_columns_and_views_are_chosen_and_kept(browse, chief):
    page = browse("/people/", as_=chief)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("E-mail").uncheck()
    page.locator(".v-list-columns").get_by_role("button", name="Show").click()
    page.wait_for_url("**/people/?columns=*")
    expect(page.get_by_role("columnheader", name="E-mail")).to_have_count(0)

    page.get_by_text("Save this view").click()
    page.get_by_label("Name of the view").fill("Short")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Short")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_role("columnheader", name="E-mail")).to_have_count(1)
    page.get_by_role("link", name="Short").click()
    page.get_by_role("button", name="Delete the view “Short”").click()
    expect(page.get_by_role("link", name="Short")).to_have_count(0)


def test_a_file_is_downloaded_from_the_menu(browse, chief):
    page = browse("/people/?q=person+00", as_=chief)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    assert len(Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()) == 11
    assert waiting.value.suggested_filename == "people.csv"


def test_pages_turn_by_key(browse, chief):
    page = browse("/people/", as_=chief)
    page.keyboard.press(".")
    expect(page.locator("#list tbody [data-row-link]").first).to_have_text("Person 050")
    page.keyboard.press(",")
    expect(page.locator("#list tbody [data-row-link]").first).to_have_text("Person 000")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Name or address").last).to_be_focused()


@pytest.mark.parametrize(
    ("language", "theme", "width", "query"),
    [
        ("en", "light", 1366, "?role=auditor&q=x"),
        ("de", "dark", 390, ""),
        ("de", "light", 768, "?q=person&sort=-name"),
        ("en", "dark", 390, "?role=nobody"),
    ],
)
def test_every_state_of_a_list_is_accessible_and_fits(browse, chief, language, theme, width, query):
    chief.language, chief.theme = language, theme
    chief.save()
    page = browse(f"/people/{query}", as_=chief, width=width)
    if "nobody" in query:
        browse.forgive("400")
        expect(page.locator(".v-list .is-wrong")).to_have_count(1)
    assert_accessible(page)
    assert_fits(page)
    page.locator(".v-list-tools summary").last.click()
    assert_fits(page)
