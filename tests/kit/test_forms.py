"""Fields say what is wrong with what was typed and never guess what was meant."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from kit.forms import DayField, Form, QuantityField, optional_text, required_text


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def refused(field, value):
    with pytest.raises(ValidationError) as error:
        field.clean(value)
    return error.value.messages[0]


@given(st.integers(1, 10**12))
def test_plain_digits_are_the_number(number):
    assert QuantityField().clean(f" {number} ") == number
    assert QuantityField().clean(f"00{number}") == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "This field is required."),
        (" ", "This field is required."),
        ("400.000", "Write the number without separators: 400000."),
        ("1,000", "Write the number without separators: 1000."),
        ("1 000", "Write the number without separators: 1000."),
        ("1'000'000", "Write the number without separators: 1000000."),
        ("0", "At least 1."),
        ("-5", "Write a number that is not negative."),
        ("\u2212 5", "Write a number that is not negative."),
        ("1000000000001", "At most 1,000,000,000,000."),
        ("9" * 10_000, "At most 1,000,000,000,000."),
        ("1.5", "Write a whole number in digits, such as 400."),
        ("1e3", "Write a whole number in digits, such as 400."),
        ("400 vCPU", "Write a whole number in digits, such as 400."),
        ("\u0661\u0662", "Write a whole number in digits, such as 400."),
        ("NaN", "Write a whole number in digits, such as 400."),
        ("1_000", "Write a whole number in digits, such as 400."),
    ],
)
def test_a_quantity_that_is_none_says_how_to_write_it(text, message):
    assert refused(QuantityField(), text) == message


@given(st.text(max_size=30))
def test_no_text_breaks_a_quantity(text):
    try:
        number = QuantityField().clean(text)
    except ValidationError:
        return
    assert 1 <= number <= 10**12


def test_bounds_are_chosen_by_the_form():
    assert QuantityField(least=0).clean("0") == 0
    assert QuantityField(required=False).clean(" ") is None
    assert refused(QuantityField(most=10), "11") == "At most 10."


def test_days_are_read_in_iso_and_in_the_language():
    assert DayField().clean("2026-12-24") == date(2026, 12, 24)
    with translation.override("de"):
        assert DayField().clean("24.12.2026") == date(2026, 12, 24)
        assert DayField().clean("2026-12-24") == date(2026, 12, 24)
    for wrong in ("24.13.2026", "tomorrow", "2026-02-30", "0000-01-01", "99999-01-01", "9" * 500, "2026-12-24T10:00"):
        assert refused(DayField(), wrong) == "Enter a valid date."


def test_today_is_the_readers_today(clock_at):
    clock_at(datetime(2026, 3, 25, 23, 30, tzinfo=UTC))
    field = DayField(not_past=True)
    with timezone.override("UTC"):
        assert field.clean("2026-03-25") == date(2026, 3, 25)
        assert refused(field, "2026-03-24") == "This day is past; today is March 25, 2026."
    with timezone.override("Europe/Berlin"):
        assert refused(field, "2026-03-25") == "This day is past; today is March 26, 2026."


def test_texts_have_bounds_and_no_unprintable_zero():
    class Letter(Form):
        subject = required_text("Subject", max_length=5)
        body = optional_text("Body", lines=4)

    assert Letter({"subject": " a ", "body": ""}).is_valid()
    for subject in ("", "  ", "123456", "a\0"):
        letter = Letter({"subject": subject})
        assert letter.errors.keys() == {"subject"}
        assert letter.status == 400
    assert Letter().status == 200
