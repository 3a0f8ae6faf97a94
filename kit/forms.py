"""Forms that turn what people type into clean values, or into a sentence about what is wrong.

Every form of the product is a `Form`; the fields here refuse what Django's would quietly bend.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from kit import clock
from kit.refusal import Invalid, Refusal, StaleForm

# No real quantity of anything comes near; the columns hold more, so sums stay safe.
MAX_QUANTITY = 10**12
MAX_ROW_VERSION = 2**31 - 1
# Nothing that anybody asks about was known before.
EARLIEST_YEAR = 1970
_DIGITS = re.compile(r"[0-9]+")
_SEPARATED = re.compile(r"[0-9]{1,3}(?:[.,'\u2019\u00a0\u202f ][0-9]{3})+")


@dataclass(frozen=True)
class Group:
    """Fields that belong together, with a heading and a sentence; `folded` ones open on demand."""

    title: Any
    fields: Sequence[str]
    text: Any = ""
    folded: bool = False


class Form(forms.Form):
    """Base of all forms. `groups` orders the fields; `refusal` is what the action said, if it said no."""

    groups: Sequence[Group] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal: Refusal | None = None

    def add_refusal(self, refusal: Refusal) -> None:
        """Show the refusal: its messages at the fields this form has, the rest above all fields."""
        self.refusal = refusal
        shown = set()
        for name, messages in refusal.fields.items():
            for message in map(str, messages):
                if name in self.fields:
                    self.add_error(name, message)
                    shown.add(message)
                else:
                    self.add_error(None, f"{name}: {message}")
        # "Please correct what is marked" says nothing more where something is marked.
        if not shown or (refusal.message is not Invalid.message and refusal.sentence not in shown):
            self.add_error(None, refusal.sentence)

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form."""
        if self.refusal is not None:
            return self.refusal.status
        return 400 if self.is_bound and self.errors else 200


class VersionedForm(Form):
    """A form that changes a record; it remembers which version of it was shown.

    Pass `cleaned_data["row_version"]` to the action, which calls `require_version`. A form that
    was stale takes over the current version, as its page now shows the current record.
    """

    row_version = forms.IntegerField(
        min_value=1,
        max_value=MAX_ROW_VERSION,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ["required", "invalid", "min_value", "max_value"], _("The page was incomplete. Reload it and try again.")
        ),
    )

    def add_refusal(self, refusal: Refusal) -> None:
        """As for every form; see the class."""
        super().add_refusal(refusal)
        if isinstance(refusal, StaleForm) and "row_version" in refusal.values:
            shown: Any = self.data
            shown = shown.copy()
            shown[self.add_prefix("row_version")] = str(refusal.values["row_version"])
            self.data = shown


def required_text(label: Any, *, max_length: int = 200, lines: int = 1, **options: Any) -> forms.CharField:
    """A text that must say something: blanks alone do not. More than one line makes a text area."""
    widget = forms.Textarea(attrs={"rows": lines}) if lines > 1 else forms.TextInput()
    return forms.CharField(label=label, max_length=max_length, widget=widget, **options)


def optional_text(label: Any, *, max_length: int = 200, lines: int = 1, **options: Any) -> forms.CharField:
    """A text that may be left out; then it is empty."""
    return required_text(label, max_length=max_length, lines=lines, required=False, **options)


class QuantityField(forms.Field):
    """A whole number of units, 1 to 10**12 unless told otherwise, written in plain digits.

    Django's own integer field reads the German "400.000" as 400; this one asks what was meant.
    """

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 20})
    default_error_messages = {
        "invalid": _("Write a whole number in digits, such as 400."),
        "separated": _("Write the number without separators: %(plain)s."),
        "negative": _("Write a number that is not negative."),
        "small": _("At least %(bound)s."),
        "large": _("At most %(bound)s."),
    }

    def __init__(self, *, least: int = 1, most: int = MAX_QUANTITY, **options: Any) -> None:
        super().__init__(**options)
        self.least = least
        self.most = most

    def to_python(self, value: Any) -> int | None:
        """The number; raises `ValidationError`."""
        if value in self.empty_values:
            return None
        text = str(value).strip()
        if not text:
            return None
        if _DIGITS.fullmatch(text):
            # Digits beyond any bound are not turned into a number at all: that would cost time.
            digits = text.lstrip("0") or "0"
            return int(digits) if len(digits) <= len(str(self.most)) else self.most + 1
        if _SEPARATED.fullmatch(text):
            raise self._error("separated", plain=re.sub("[^0-9]", "", text))
        if re.fullmatch("[-\u2212] ?[0-9]+", text):
            raise self._error("negative")
        raise self._error("invalid")

    def validate(self, value: int | None) -> None:
        """Raises `ValidationError` outside the bounds."""
        super().validate(value)
        if value is not None and value < self.least:
            raise self._error("small", bound=number_format(self.least, force_grouping=True))
        if value is not None and value > self.most:
            raise self._error("large", bound=number_format(self.most, force_grouping=True))

    def _error(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)


class DayField(forms.DateField):
    """A day, in ISO form or as the active language writes it; `not_past` refuses days before today.

    Today is the day in the reader's time zone.
    """

    default_error_messages = {"past": _("This day is past; today is %(today)s.")}

    def __init__(self, *, not_past: bool = False, **options: Any) -> None:
        # Browsers show a `date` input in the reader's own way and send ISO.
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**options)
        self.not_past = not_past

    def validate(self, value: date | None) -> None:
        """Raises `ValidationError` for a day that is past and must not be."""
        super().validate(value)
        today = timezone.localdate(clock.now())
        if self.not_past and value is not None and value < today:
            raise ValidationError(self.error_messages["past"], code="past", params={"today": date_format(today)})


class PastMomentField(forms.Field):
    """A moment that has been: a day (its end is meant), a day and a time, or both with a zone, in ISO form.

    Without a zone the reader's is meant.
    """

    widget = forms.TextInput
    default_error_messages = {
        "invalid": _("Write the moment as 2020-05-16 or 2020-05-16T18:00."),
        "ahead": _("This moment has not come yet; it is %(now)s."),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}))
        super().__init__(**options)

    def to_python(self, value: Any) -> datetime | None:
        """The moment, aware; raises `ValidationError`."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if len(text) <= len("2020-05-16"):
                moment = datetime.combine(moment.date(), time.max)
            if moment.tzinfo is None:
                moment = timezone.make_aware(moment)
            # At the edge of the calendar a moment has no place in other zones, nor days before it.
            if moment.astimezone(UTC).year < EARLIEST_YEAR:
                raise ValueError(text)
        except (ValueError, OverflowError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        at = clock.now()
        if moment > at and timezone.localdate(moment) == timezone.localdate(at) and moment.time() == time.max:
            return at  # the end of today, which is now
        if moment > at:
            shown = date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
            raise ValidationError(self.error_messages["ahead"], code="ahead", params={"now": shown})
        return moment

    def prepare_value(self, value: Any) -> Any:
        """What the browser's input shows: the reader's own time, to the minute."""
        try:
            moment = value if isinstance(value, datetime) else self.to_python(value)
        except ValidationError:
            return None  # browsers show nothing that is no moment
        return timezone.localtime(moment).replace(tzinfo=None, second=0, microsecond=0) if moment else None
