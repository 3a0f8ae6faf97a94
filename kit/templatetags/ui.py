"""The components of the house as template tags; loaded everywhere as a builtin.

Badges and numbers are built here in Python because lists draw hundreds of them; larger
components are templates under `templates/components/`. `/styleguide/` shows each one.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_skeleton, format_timedelta
from django import template
from django.contrib.messages.storage.base import Message
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from kit import clock, flash
from kit.charts import Chart
from kit.signs import CONDITIONS, STAFFING, TIERS, sign_of
from kit.timeline import Happening

register = template.Library()

NBSP = "\N{NO-BREAK SPACE}"
# Below this much time left, what is due is at risk.
AT_RISK = timedelta(hours=2)


# --- Signs -------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: Any = "") -> SafeString:
    """An icon of the sprite; names stand in `static/icons.txt`. Without a label it is decoration."""
    use = format_html('<use href="{}#{}"></use>', static("vendor/icons.svg"), name)
    if label:
        return format_html('<svg class="v-icon" role="img" aria-label="{}">{}</svg>', label, use)
    return format_html('<svg class="v-icon" aria-hidden="true">{}</svg>', use)


def badge(tone: str, word: Any, title: Any = "", extra: str = "") -> SafeString:
    """A word with the symbol and color of its tone."""
    text = conditional_escape(word)
    return _badge(tone, text, str(title) if title and str(title) != str(word) else "", extra)


@lru_cache(maxsize=4096)
def _badge(tone: str, text: SafeString, title: str, extra: str) -> SafeString:
    """Kept, because a page of fifty rows draws some two hundred badges and few different ones."""
    titled = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="v-badge is-{}{}"{}>{}</span>', tone, extra, titled, text)


@register.simple_tag
def tier_badge(tier: Any, provisional: bool = False) -> SafeString | str:
    """The tier, 1 to 5. `provisional` marks a tier that rests on an unconfirmed claim."""
    if tier in (None, ""):
        return "–"
    sign = sign_of(TIERS, int(tier))
    if provisional:
        title = gettext("%(tier)s, provisional") % {"tier": sign.title}
        return badge(sign.tone, format_html("{} <i>{}</i>", sign.word, gettext("prov.")), title, " is-provisional")
    return badge(sign.tone, sign.word, sign.title)


@register.simple_tag
def condition_badge(code: Any) -> SafeString:
    """The condition of a region."""
    sign = sign_of(CONDITIONS, _value(code))
    return badge(sign.tone, sign.word, sign.title)


@register.simple_tag
def staffing_badge(code: Any) -> SafeString:
    """The staffing of a datacenter or region."""
    sign = sign_of(STAFFING, _value(code))
    return badge(sign.tone, sign.word, sign.title)


@register.simple_tag
def state_badge(state: Any, label: Any = "", waits_for_me: bool = False) -> SafeString:
    """The state of a record, neutral; filled only where it waits for the reader."""
    word = label or getattr(state, "label", "") or _value(state)
    title = gettext("Waits for you") if waits_for_me else ""
    return badge("mine" if waits_for_me else "state", word, title)


@register.simple_tag(name="badge")
def tone_badge(tone: str, word: Any, title: Any = "") -> SafeString:
    """A word in one of the general tones: good, watch, warn, bad, info, quiet."""
    return badge(tone, word, title)


@register.simple_tag
def late_badge(
    due_at: datetime | None, now: datetime | None = None, paused: bool = False, at_risk: timedelta = AT_RISK
) -> SafeString | str:
    """Whether something is on time, at risk (less than `at_risk` left) or late, and by how much."""
    if due_at is None:
        return ""
    left = due_at - (now or clock.now())
    title = absolute(due_at)
    if paused:
        return badge(
            "paused", gettext("Clock stopped"), gettext("Due %(moment)s when the clock runs") % {"moment": title}
        )
    if left < timedelta(0):
        return badge("late", gettext("Late by %(time)s") % {"time": _span(-left)}, title)
    return badge("at-risk" if left < at_risk else "on-time", gettext("Due in %(time)s") % {"time": _span(left)}, title)


def _value(code: Any) -> Any:
    """The plain value of an enum member."""
    return getattr(code, "value", code)


# --- Numbers, times, ids -----------------------------------------------------------------------


@register.simple_tag
def number(n: Any, unit: Any = "", decimals: int | None = None, sign: bool = False) -> SafeString | str:
    """A number in the reader's locale with its unit; a rounded one keeps its exact value as title.

    Whole numbers show no decimals, others one, unless `decimals` says so. `sign` is for deltas.
    """
    if n is None or n == "":
        return "–"
    if not isinstance(n, int | float | Decimal):
        n = Decimal(str(n))
    places = decimals if decimals is not None else (0 if n == int(n) else 1)
    shown = formats.number_format(abs(n), places, use_l10n=True, force_grouping=True)
    prefix = "\N{MINUS SIGN}" if n < 0 else ("+" if sign and n > 0 else "")
    text = f"{prefix}{shown}{NBSP}{unit}" if unit else f"{prefix}{shown}"
    if round(n, places) != n:
        exact = formats.number_format(n, use_l10n=True, force_grouping=True)
        return format_html('<span title="{}">{}</span>', exact, text)
    return text


@register.simple_tag
def percent(part: Any, whole: Any, decimals: int = 0) -> SafeString | str:
    """The share of a whole, in percent; a dash where there is no whole."""
    if not whole or part is None:
        return "–"
    return number(round(Decimal(part) * 100 / Decimal(whole), decimals), "%", decimals=decimals)


@register.simple_tag
def relative_time(moment: datetime | date | None, now: datetime | None = None) -> SafeString | str:
    """How long ago or ahead; the absolute time with its zone is the title."""
    if moment is None:
        return "–"
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), format_date(moment, locale=_locale()))
    distance = moment - (now or clock.now())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', _iso(moment), absolute(moment), _distance_text(distance)
    )


def _distance_text(distance: timedelta) -> str:
    values: dict[str, Any] = {"threshold": 1, "add_direction": True, "locale": _locale()}
    try:
        return format_timedelta(distance, format="short", **values)
    except KeyError:  # Babel's German has no short words for months ahead.
        return format_timedelta(distance, format="long", **values)


@register.simple_tag
def absolute_time(moment: datetime | None) -> SafeString | str:
    """The moment in the reader's zone, with the zone."""
    if moment is None:
        return "–"
    return format_html('<time datetime="{}">{}</time>', _iso(moment), absolute(moment))


def absolute(moment: datetime) -> str:
    """The moment in the active zone, such as "24 Nov 2026, 04:08 CET"."""
    local = timezone.localtime(moment)
    return f"{format_date(local, locale=_locale())}, {local:%H:%M} {local:%Z}"


@register.filter
def short_day(day: date) -> str:
    """A day without its year, such as "Nov 24"."""
    return str(format_skeleton("MMMd", day, locale=_locale()))


@register.filter
def short_weekday(day: date) -> str:
    """The same with its day of the week, such as "Tue, Nov 24"."""
    return str(format_skeleton("MMMEd", day, locale=_locale()))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _span(delta: timedelta) -> str:
    """A length of time in its largest unit."""
    return format_timedelta(delta, threshold=1, format="short", locale=_locale())


def _locale() -> str:
    return (get_language() or "en").replace("-", "_")


@register.simple_tag
def short_id(value: Any) -> SafeString:
    """The last eight signs of an id (the first ones of a UUIDv7 are its time); the whole can be copied."""
    text = str(value)
    return format_html('<code class="v-id" title="{}" data-copy>{}</code>', text, text[-8:])


# --- Blocks ------------------------------------------------------------------------------------


@register.simple_block_tag
def breadcrumbs(content: str) -> SafeString:
    """The way to this page; filled with `{% crumb %}`."""
    return format_html('<nav class="v-crumbs" aria-label="{}"><ol>{}</ol></nav>', gettext("You are here"), content)


@register.simple_tag
def crumb(label: Any, url: str = "") -> SafeString:
    """One step of the way; the last one has no address."""
    if url:
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html('<li aria-current="page">{}</li>', label)


@register.simple_block_tag
def panel(
    content: str, title: Any = "", note: Any = "", id: str = "", flush: bool = False, level: int = 2
) -> SafeString:
    """A box with a heading and perhaps a sentence; `flush` lets a table reach its edges."""
    head: SafeString | str = ""
    if title:
        sentence = format_html("<p>{}</p>", note) if note else ""
        head = format_html('<header class="v-panel-head"><h{0}>{1}</h{0}>{2}</header>', level, title, sentence)
    anchor = format_html(' id="{}"', id) if id else ""
    return format_html(
        '<section class="v-panel{}"{}>{}<div class="v-panel-body">{}</div></section>',
        " is-flush" if flush else "",
        anchor,
        head,
        content,
    )


@register.simple_block_tag
def facts(content: str, columns: int = 2) -> SafeString:
    """A grid of labels and values; filled with `{% fact %}`."""
    return format_html('<dl class="v-facts is-{}">{}</dl>', columns, content)


@register.simple_block_tag
def fact(content: str, label: Any, help: Any = "") -> SafeString:
    """One labelled value; an empty one shows a dash."""
    note = format_html("<small>{}</small>", help) if help else ""
    return format_html("<div><dt>{}</dt><dd>{}{}</dd></div>", label, content if content.strip() else "–", note)


@register.simple_block_tag
def callout(content: str, tone: str = "info", title: Any = "") -> SafeString:
    """A sentence that must not be overlooked; tones: info, good, watch, warn, bad, quiet."""
    heading = format_html("<strong>{}</strong> ", title) if title else ""
    return format_html('<div class="v-callout is-{}">{}<div>{}</div></div>', tone, heading, content)


@register.simple_block_tag(takes_context=True)
def confirm_dialog(
    context: Context,
    content: str,
    id: str,
    trigger: Any,
    title: Any,
    action: str,
    submit: Any,
    tone: str = "action",
    trigger_class: str = "btn",
    key: str = "",
) -> SafeString:
    """A button that opens a dialog with consequences and fields (the block), and a form that posts to `action`.

    It opens as a popover without JavaScript and as a modal dialog with it. `tone` is `action` or
    `danger`; `key` is a single-key shortcut for the button.
    """
    values = {
        "content": content,
        "id": id,
        "trigger": trigger,
        "title": title,
        "action": action,
        "submit": submit,
        "tone": tone,
        "trigger_class": trigger_class,
        "key": key,
        "command_fields": command_fields(context),
    }
    return render_to_string("components/confirm_dialog.html", values)


# --- Components --------------------------------------------------------------------------------


@register.inclusion_tag("components/stat.html")
def stat(
    label: Any, value: Any, unit: Any = "", note: Any = "", href: str = "", tone: str = "", definition: Any = ""
) -> dict[str, Any]:
    """One figure with its label; `href` leads to its rows, `definition` says what it counts."""
    shown = number(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
    return {
        "label": label,
        "value": shown,
        "unit": unit,
        "note": note,
        "href": href,
        "tone": tone,
        "definition": definition,
    }


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: Any, text: Any = "", action_url: str = "", action_label: Any = "") -> dict[str, Any]:
    """What would be here and how it gets here."""
    return {"title": title, "text": text, "action_url": action_url, "action_label": action_label}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Happening]) -> dict[str, Any]:
    """The history of a record, newest first as given."""
    return {"entries": entries}


@register.inclusion_tag("components/chart.html")
def chart(chart: Chart) -> dict[str, Any]:
    """A chart with its headline, its drawing and its table."""
    table = chart.table
    return {
        "chart": chart,
        # In an attribute: a script element would be left out of parts that are swapped in.
        "data": json.dumps(chart.as_data(), cls=DjangoJSONEncoder, ensure_ascii=False),
        "table": table,
        "rows": mark_safe("".join(map(_chart_row, table.rows))),  # noqa: S308 - every cell is escaped
    }


def _chart_row(cells: Sequence[Any]) -> str:
    """A row of a chart's table, built here because a year of days has thousands of cells."""
    values = (
        '<td class="num">–</td>' if cell is None else f'<td class="num">{conditional_escape(_table_cell(cell))}</td>'
        for cell in cells[1:]
    )
    return f'<tr><th scope="row">{conditional_escape(cells[0])}</th>{"".join(values)}</tr>'


@register.simple_tag
def share_bar(
    used: Any, total: Any, segments: Sequence[Sequence[Any]] = (), unit: Any = "", label: Any = "", mark: Any = None
) -> SafeString:
    """How much of a whole is taken, as a bar.

    `segments` are (label, value, tone) in order and replace `used` in the drawing; the tone `held`
    is hatched, `planned` outlined. `mark` is a value worth a line. More than the whole shows in red.
    """
    whole = float(total or 0)
    taken = float(used or 0)
    parts = segments or [(gettext("Taken"), taken, "bad" if taken > whole else "action")]
    words = gettext("%(used)s of %(total)s") % {"used": _plain(used or 0), "total": _plain(total or 0, unit)}
    if segments:
        words += ": " + ", ".join(f"{name} {_plain(value)}" for name, value, _ in segments)
    if label:
        words = f"{label}: {words}"
    scale = 100 / max(whole, taken, 1e-9)
    drawn = []
    start = 0.0
    for _name, value, tone in parts:
        width = min(float(value or 0) * scale, 100 - start)
        if width > 0:
            drawn.append((f"{start:.2f}", f"{width:.2f}", tone))
            start += width
    rects = format_html_join("", '<rect x="{}" width="{}" height="8" class="is-{}"></rect>', drawn)
    line: SafeString | str = ""
    if mark is not None:
        at = min(float(mark) * scale, 100)
        line = format_html('<line x1="{0}" x2="{0}" y1="0" y2="8" class="is-mark"></line>', f"{at:.2f}")
    return format_html(
        '<svg class="v-share" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<title>{}</title><rect width="100" height="8" class="is-ground"></rect>{}{}</svg>',
        words,
        words,
        rects,
        line,
    )


def _plain(n: Any, unit: Any = "") -> str:
    text = formats.number_format(n, use_l10n=True, force_grouping=True)
    return f"{text}{NBSP}{unit}" if unit else text


# --- Forms -------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def command_fields(context: Context, form: BaseForm | None = None) -> SafeString:
    """The hidden fields of every form that changes something: the CSRF token and a fresh idempotency key.

    A form shown again after its own POST keeps its key, so a second press of the button is still
    the same command. Where a page has several forms, name the one these fields belong to.
    """
    shown = form if form is not None else context.get("form")
    request = context.get("request")
    key = ""
    if request is not None and request.method == "POST" and getattr(shown, "is_bound", False):
        key = request.POST.get("idempotency_key", "")[:100]
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="idempotency_key" value="{}">',
        context.get("csrf_token", ""),
        key or uuid.uuid4(),
    )


@register.simple_tag
def form_fields(form: BaseForm) -> SafeString:
    """The fields of a form in one column: error summary, groups, label, help, control, errors.

    `form.groups` may name `Group`-like values with `title`, `text`, `fields` (names) and `folded`;
    fields that no group names come first.
    """
    groups: Sequence[Any] = getattr(form, "groups", ())
    grouped = {name for group in groups for name in group.fields}
    shown = [
        {
            "title": "",
            "text": "",
            "folded": False,
            "fields": [f for f in form.visible_fields() if f.name not in grouped],
        }
    ]
    for group in groups:
        fields = [form[name] for name in group.fields if name in form.fields and not form[name].is_hidden]
        # A folded group opens by itself where there is something to correct or already something in it.
        folded = getattr(group, "folded", False)
        is_open = any(field.errors or (form.is_bound and field.data) for field in fields)
        shown.append({"title": group.title, "text": group.text, "folded": folded, "open": is_open, "fields": fields})
    values = {
        "form": form,
        "groups": [group for group in shown if group["fields"]],
        "refusal": getattr(form, "refusal", None),
    }
    return render_to_string("components/form_fields.html", values)


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The widget of a field with the classes it needs; widgets of several inputs bring their own."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return field.as_widget()
    if isinstance(widget, CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    else:
        css = "form-control"
    own = widget.attrs.get("class", "")
    classes = f"{own} {css}".strip() + (" is-invalid" if field.errors else "")
    return field.as_widget(attrs={"class": classes})


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether the field is one box to tick, so that its label stands beside it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_choice_set(field: BoundField) -> bool:
    """Whether the field is a set of boxes or radio buttons, which need a fieldset."""
    return isinstance(field.field.widget, CheckboxSelectMultiple | RadioSelect)


@register.simple_tag
def error_count(wrong: Sequence[Any]) -> str:
    """How many fields need correcting, as words."""
    count = len(wrong)
    return ngettext("One thing needs correcting", "%(count)s things need correcting", count) % {"count": count}


@register.filter
def field_errors(form: BaseForm) -> list[tuple[BoundField, str]]:
    """Each error with the field it belongs to, for the summary; errors of the whole form are left out."""
    return [
        (form[name], message) for name, messages in form.errors.items() if name in form.fields for message in messages
    ]


# --- Small things ------------------------------------------------------------------------------


@register.filter
def undo_url(message: Message) -> str:
    """Where the undo of a flash message is posted to."""
    return flash.undo_url(message)


def _table_cell(value: Any) -> Any:
    """A cell of a chart's table: numbers in the reader's locale, a dash for what is not known."""
    return number(value) if value is None or isinstance(value, int | float | Decimal) else value


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key that is itself a variable."""
    return mapping.get(key)


@register.filter
def same_site(url: str | None, request: Any) -> str:
    """The address if it leads to this site, else the start page."""
    allowed = {request.get_host()} if request is not None else set()
    # A bare word would be taken for the name of a view by whoever redirects to it.
    if not url or not url.startswith(("/", "http://", "https://")):
        return "/"
    return url if url_has_allowed_host_and_scheme(url, allowed) else "/"
