"""The frame and every component in a real browser: both themes and languages, all widths, with and without scripts."""

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browsing import assert_accessible, assert_fits
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


# Each theme, language and width at least once; more would prove little more here.
@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", 1366), ("de", "dark", 390), ("de", "light", 768), ("en", "dark", 390)],
)
def test_every_component_is_accessible_and_fits(browse, language, theme, width):
    person = make.person(Role.AUDITOR, Role.CAPACITY_REVIEWER, theme=theme, language=language)
    page = browse("/styleguide/", as_=person, width=width)
    expect(page.locator("[data-chart][data-ready]")).to_have_count(6)
    assert_accessible(page)
    assert_fits(page)


def test_the_device_decides_where_the_person_does_not(browse):
    person = make.person(Role.AUDITOR, theme="auto")
    grounds = {
        dark: browse("/styleguide/", as_=person, dark=dark).evaluate("getComputedStyle(document.body).backgroundColor")
        for dark in (False, True)
    }
    assert grounds == {False: "rgb(245, 246, 248)", True: "rgb(15, 20, 27)"}


def test_the_palette_jumps_by_keyboard(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR))
    page.keyboard.press("Control+k")
    page.keyboard.type("toa")
    expect(page.get_by_role("listbox", name="Results").get_by_role("option").first).to_contain_text("toasts")
    assert_accessible(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/styleguide/?flash=1")


def test_single_keys_work_are_listed_and_can_be_switched_off(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR))
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]").first).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("tbody input[type=checkbox]").first).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Primary action")
    assert_accessible(page)
    without = browse("/styleguide/", as_=make.person(Role.AUDITOR, shortcuts_enabled=False))
    for key in ("?", "j", "n"):
        without.keyboard.press(key)
    expect(without.get_by_role("dialog")).to_have_count(0)
    assert without.url.endswith("/styleguide/")
    without.keyboard.press("Control+k")
    expect(without.get_by_role("dialog")).to_have_count(1)


def test_letters_typed_into_a_field_are_no_shortcuts(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR))
    page.get_by_label("Quantity").press_sequentially("njx?")
    expect(page.get_by_label("Quantity")).to_have_value("njx?")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_dialog_says_what_it_will_do_and_can_be_left(browse, scripts):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR), scripts=scripts)
    page.get_by_role("button", name="Withdraw …").click()
    dialog = page.locator("#withdraw")
    expect(dialog).to_contain_text("It leaves the queue.")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def test_the_navigation_opens_on_a_phone_without_scripts(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR), width=390, height=844, scripts=False)
    navigation = page.locator("#nav")
    expect(navigation).to_be_hidden()
    page.get_by_role("button", name="Open navigation").click()
    expect(navigation).to_be_visible()
    page.get_by_role("button", name="Close navigation").click()
    expect(navigation).to_be_hidden()


def test_undo_is_a_button_in_reach_of_the_keyboard(browse):
    page = browse("/styleguide/?flash=1", as_=make.person(Role.AUDITOR))
    toasts = page.get_by_role("region", name="What just happened")
    expect(toasts.get_by_role("button", name="Undo")).to_be_visible()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.keyboard.press("z")
    assert "idempotency_key=" in sent.value.post_data
    assert "csrfmiddlewaretoken=" in sent.value.post_data
    # What the undo leads to here is the sample form, which refuses to be empty.
    expect(page.get_by_role("alert").filter(has_text="need correcting")).to_be_visible()
    browse.forgive("status of 400")


def test_toasts_are_accessible(browse):
    page = browse("/styleguide/?flash=1", as_=make.person(Role.AUDITOR))
    # Under the pointer none of them leaves while it is looked at.
    page.get_by_text("The letter could not be delivered.").hover()
    assert_accessible(page)


def test_the_summary_of_errors_takes_the_focus_and_leads_to_the_field(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR))
    page.get_by_role("button", name="File request").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    assert_accessible(page)
    summary.get_by_role("link", name="Needed by").click()
    expect(page.get_by_label("Needed by")).to_be_focused()
    browse.forgive("status of 400")


def test_changing_the_theme_keeps_what_was_typed(browse):
    person = make.person(Role.AUDITOR, theme="light")
    page = browse("/styleguide/", as_=person)
    page.get_by_label("Justification").fill("The ventilators")
    with page.expect_response("**/account/appearance/"):
        page.get_by_role("button", name="Appearance: Light").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_label("Justification")).to_have_value("The ventilators")
    expect(page.get_by_role("button", name="Appearance: Dark")).to_be_visible()
    person.refresh_from_db()
    assert person.theme == "dark"


def test_a_long_select_is_searched_and_keeps_its_value(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR))
    box = page.get_by_role("combobox", name="Organization")
    box.fill("werke 17")
    page.get_by_role("option", name="Stadtwerke 17").click()
    expect(page.locator("select[name=organization]")).to_have_value("Stadtwerke-17")
    box.press_sequentially("nowhere")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    assert_accessible(page)


def test_what_was_typed_survives_a_lost_session_and_is_nobody_elses(browse):
    person, other = make.person(Role.AUDITOR), make.person(Role.AUDITOR)
    page = browse("/styleguide/", as_=person)
    page.get_by_label("Justification").fill("The ventilators")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="File request").click()
    page.wait_for_url("**/account/login/?next=**")
    browse.sign_in(page, person)
    page.goto("/styleguide/")
    expect(page.get_by_label("Justification")).to_have_value("The ventilators")
    browse.sign_in(page, other)
    page.goto("/styleguide/")
    expect(page.get_by_label("Justification")).to_have_value("")
    browse.sign_in(page, person)
    page.goto("/styleguide/")
    expect(page.get_by_label("Justification")).to_have_value("")


def test_without_scripts_the_tables_speak_for_the_charts(browse):
    page = browse("/styleguide/", as_=make.person(Role.AUDITOR), scripts=False)
    expect(page.locator("[data-chart]").first).to_be_hidden()
    page.get_by_text("Table", exact=True).first.click()
    expect(page.get_by_role("columnheader", name="Forecast (forecast)").first).to_be_visible()
