"""The template tags say what they stand for, in the reader's language, and escape what people typed."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import pytest
from django import forms
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from kit import flash
from kit.forms import Form, Group
from kit.refusal import Conflict
from kit.timeline import Happening

NOW = datetime(2020, 3, 26, 12, 0, tzinfo=UTC)
HOSTILE = '<img src=x onerror=alert(1)> & "quoted"'


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"), timezone.override("Europe/Berlin"):
        yield


def drawn(source: str, **values) -> str:
    return Template(source).render(Context({"now": NOW, **values})).strip()


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


class State(StrEnum):
    QUEUED = "queued"

    @property
    def label(self) -> str:
        return "Queued"


@pytest.mark.parametrize(
    ("source", "word", "tone"),
    [
        ("{% tier_badge 1 %}", "T1", "is-tier-1"),
        ("{% tier_badge '4' %}", "T4", "is-tier-4"),
        ("{% condition_badge 'constrained' %}", "Constrained", "is-constrained"),
        ("{% staffing_badge 'red' %}", "Below minimum", "is-staff-red"),
        ("{% staffing_badge 'not_tracked' %}", "Not tracked", "is-staff-unknown"),
        ("{% state_badge state %}", "Queued", "is-state"),
        ("{% state_badge state waits_for_me=True %}", "Queued", "is-mine"),
        ("{% badge 'warn' 'Soon' %}", "Soon", "is-warn"),
    ],
)
def test_every_sign_is_a_word_with_a_tone(source, word, tone):
    html = drawn(source, state=State.QUEUED)
    assert text(html) == word
    assert tone in html


def test_a_provisional_tier_says_so_in_words():
    html = drawn("{% tier_badge 2 provisional=True %}")
    assert text(html) == "T2 prov."
    assert 'title="Tier 2, provisional"' in html


def test_an_unknown_code_shows_itself_and_breaks_nothing():
    assert text(drawn("{% condition_badge code %}", code=HOSTILE)) == text(drawn("{{ code }}", code=HOSTILE))
    assert "<img" not in drawn("{% condition_badge code %}{% state_badge code %}", code=HOSTILE)


@pytest.mark.parametrize(
    ("hours", "word", "tone"),
    [(-3, "Late by 3 hr", "is-late"), (1, "Due in 1 hr", "is-at-risk"), (50, "Due in 2 days", "is-on-time")],
)
def test_a_deadline_is_late_at_risk_or_on_time(hours, word, tone):
    html = drawn("{% late_badge due now %}", due=NOW + timedelta(hours=hours))
    assert text(html) == word
    assert tone in html


def test_a_stopped_clock_is_neither_late_nor_on_time():
    html = drawn("{% late_badge due now paused=True %}", due=NOW - timedelta(hours=1))
    assert text(html) == "Clock stopped"
    assert drawn("{% late_badge None now %}") == ""


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (1234567, "1,234,567", "1.234.567"),
        (0, "0", "0"),
        (-1200, "−1,200", "−1.200"),
        (Decimal("61.5"), "61.5", "61,5"),
        ("400", "400", "400"),
        (None, "–", "–"),
    ],
)
def test_numbers_read_as_the_locale_writes_them(value, english, german):
    assert text(drawn("{% number n %}", n=value)) == english
    with translation.override("de"):
        assert text(drawn("{% number n %}", n=value)) == german


def test_a_rounded_number_keeps_its_exact_value():
    assert drawn("{% number 61.837 '%' %}") == '<span title="61.837">61.8\N{NO-BREAK SPACE}%</span>'
    assert drawn("{% number 400 'vCPU' sign=True %}") == "+400\N{NO-BREAK SPACE}vCPU"
    assert text(drawn("{% percent 580 1000 %}")) == "58 %"
    assert drawn("{% percent 1 0 %}") == "–"


def test_a_moment_is_relative_and_keeps_its_absolute_form_with_the_zone():
    html = drawn("{% relative_time moment now %}", moment=NOW - timedelta(hours=2))
    assert text(html) == "2 hr. ago"
    assert 'datetime="2020-03-26T10:00:00Z"' in html
    assert 'title="Mar 26, 2020, 11:00 CET"' in html
    assert text(drawn("{% absolute_time moment %}", moment=NOW)) == "Mar 26, 2020, 13:00 CET"
    assert text(drawn("{% relative_time day now %}", day=date(2020, 4, 1))) == "Apr 1, 2020"
    with translation.override("de"):
        assert text(drawn("{% relative_time moment now %}", moment=NOW - timedelta(hours=2))) == "vor 2 Std."


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("days", [0, 1, 8, 31, 45, 300, 364, 400, 3000])
def test_every_distance_has_words_in_both_languages(language, days):
    with translation.override(language):
        ahead = text(drawn("{% relative_time moment now %}", moment=NOW + timedelta(days=days)))
        ago = text(drawn("{% relative_time moment now %}", moment=NOW - timedelta(days=days, seconds=1)))
        assert ahead.startswith("in ")
        assert ago.startswith("vor ") or ago.endswith(" ago")
        if language == "de" and days == 45:
            assert ahead == "in 2 Monaten"


def test_an_id_is_short_and_whole_when_copied():
    value = UUID("01937a5e-9c00-7d2e-8f41-5b7cc01d2e9a")
    html = drawn("{% short_id value %}", value=value)
    assert text(html) == "c01d2e9a"
    assert f'title="{value}"' in html


def test_bars_say_in_words_what_they_draw():
    html = drawn(
        "{% share_bar 620 1000 segments unit='vCPU' %}", segments=[("Granted", 480, "action"), ("Held", 140, "held")]
    )
    assert 'aria-label="620 of 1,000\N{NO-BREAK SPACE}vCPU: Granted 480, Held 140"' in html
    assert [float(width) for width in re.findall(r'width="([\d.]+)" height="8" class="is-(?:action|held)"', html)] == [
        48,
        14,
    ]
    assert "is-bad" in drawn("{% share_bar 1150 1000 %}")
    assert "nan" not in drawn("{% share_bar 0 0 %}").lower()


def test_what_people_typed_stays_text_in_every_component():
    html = drawn(
        "{% panel title=x note=x %}{{ x }}{% endpanel %}{% facts %}{% fact x help=x %}{{ x }}{% endfact %}"
        "{% endfacts %}{% stat x x x x %}{% empty_state x x '/' x %}{% timeline entries %}{% breadcrumbs %}"
        "{% crumb x %}{% endbreadcrumbs %}{% callout title=x %}{{ x }}{% endcallout %}{% share_bar 1 2 parts x x %}"
        "{% badge 'good' x x %}{% short_id x %}{% icon 'x' x %}"
        "{% confirm_dialog id='d' trigger=x title=x action='/' submit=x %}{{ x }}{% endconfirm_dialog %}",
        x=HOSTILE,
        parts=[(HOSTILE, 1, "good")],
        entries=[Happening(NOW, HOSTILE, HOSTILE, HOSTILE)],
    )
    assert "<img" not in html
    assert HOSTILE not in html


def test_an_empty_fact_and_an_empty_timeline_say_that_there_is_nothing():
    assert text(drawn("{% facts %}{% fact 'Ticket' %} {% endfact %}{% endfacts %}")) == "Ticket –"
    assert text(drawn("{% timeline none %}", none=[])) == "Nothing has happened yet."


# --- Forms -------------------------------------------------------------------------------------


class Sample(Form):
    quantity = forms.IntegerField(label="Quantity", help_text="In units.", min_value=1)
    kinds = forms.MultipleChoiceField(
        label="Kinds", choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, required=False
    )
    ticket = forms.CharField(label="Ticket", required=False)
    groups = (Group("More", ("ticket",), "Reference", folded=True),)


def test_a_field_has_its_label_help_and_error_beside_it():
    html = drawn("{% form_fields form %}", form=Sample({"quantity": "0"}, auto_id="id_%s"))
    assert '<label class="v-label" for="id_quantity">' in html
    assert 'aria-describedby="id_quantity_helptext id_quantity_error"' in html
    assert 'id="id_quantity_helptext"' in html
    assert 'id="id_quantity_error"' in html
    # The summary on top leads to the field.
    assert '<a href="#id_quantity">Quantity</a>: Ensure this value is greater than or equal to 1.' in html
    assert "One thing needs correcting" in html


def test_a_folded_group_opens_only_when_something_is_in_it():
    assert '<details class="v-group">' in drawn("{% form_fields form %}", form=Sample())
    filled = Sample({"quantity": "1", "ticket": "T-1"})
    assert '<details class="v-group" open>' in drawn("{% form_fields form %}", form=filled)


def test_a_refusal_stands_above_the_fields_with_its_remedy():
    class NothingLeft(Conflict):
        message = "Only %(left)s vCPU are left."
        remedy = "Ask for less."

    form = Sample({"quantity": "400"})
    assert form.is_valid()
    form.add_refusal(NothingLeft(left=180))
    html = drawn("{% form_fields form %}", form=form)
    assert "Only 180 vCPU are left." in html
    assert "Ask for less." in html
    assert "needs correcting" not in html


def keys(html: str) -> list[str]:
    return re.findall(r'name="idempotency_key" value="([^"]+)"', html)


def test_each_form_shown_is_a_command_of_its_own_and_stays_it_when_shown_again():
    rendered = drawn("{% command_fields %}{% command_fields %}", request=RequestFactory().get("/"))
    first, second = keys(rendered)
    assert first != second
    posted = RequestFactory().post("/", {"idempotency_key": first, "quantity": "0"})
    again = drawn(
        "{% command_fields form %}{% command_fields other %}",
        request=posted,
        form=Sample(posted.POST),
        other=Sample(),
        csrf_token="secret",
    )
    assert keys(again)[0] == first
    assert keys(again)[1] not in (first, second)
    assert again.count('name="csrfmiddlewaretoken" value="secret"') == 2


def test_an_idempotency_key_that_came_in_is_escaped():
    posted = RequestFactory().post("/", {"idempotency_key": '"><script>'})
    assert "<script>" not in drawn("{% command_fields form %}", request=posted, form=Sample(posted.POST))


# --- Ways back ---------------------------------------------------------------------------------


def test_only_a_message_with_an_undo_has_one():
    assert flash.undo_url(Message(SUCCESS, "Done", extra_tags="undo:/requests/1/undo/")) == "/requests/1/undo/"
    assert flash.undo_url(Message(SUCCESS, "Done", extra_tags="")) == ""
    assert flash.undo_url(Message(SUCCESS, "Done", extra_tags="elsewhere")) == ""


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/requests/?q=a", "/requests/?q=a"),
        ("http://testserver/requests/", "http://testserver/requests/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("people", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_a_way_back_never_leaves_the_site(address, kept):
    assert drawn("{{ address|same_site:request }}", address=address, request=RequestFactory().get("/")) == kept
