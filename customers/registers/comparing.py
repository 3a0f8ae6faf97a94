"""Two snapshots of a register side by side: which entries were gained, lost and changed between them."""

from typing import Any

from django.db import models
from django.db.models import Case, Count, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf
from django.utils.translation import gettext_lazy as _

from customers.models import RegisterRow, RegisterSnapshot
from customers.registers.adapters import REGISTERS


class Change(models.TextChoices):
    """What became of an entry from one snapshot to another."""

    GAINED = "gained", _("Gained")
    LOST = "lost", _("Lost")
    CHANGED = "changed", _("Changed")


# What an entry says, besides its kind: a register may call the same kind by another word one day.
COMPARED = ("name", "domain", "country", "region", "is_active", "details")


def meaning(code: str, kind: Any) -> Any:
    """What an entry's kind comes down to, as a database expression: the category it speaks for, or else the word."""
    register = REGISTERS.get(code)
    if register is None:
        return kind
    declared = Value(dict(register.categories), output_field=JSONField())
    text = models.TextField()
    spoken = Func(declared, kind, function="jsonb_extract_path_text", output_field=text)
    category = Coalesce(spoken, Value(register.category), output_field=text)
    return Coalesce(NullIf(category, Value("", output_field=text)), kind, output_field=text)


def changes(old: RegisterSnapshot, new: RegisterSnapshot) -> QuerySet[Any]:
    """The entries that `new` gained or says otherwise, and those that it lost, each with `change`.

    Entries are the newer ones; a lost one is the older. Sets of keys are compared and not row with row, so that it
    stays quick right after an import, when the database knows nothing of the new rows yet.
    """
    ahead, behind = RegisterRow.objects.filter(snapshot=new), RegisterRow.objects.filter(snapshot=old)
    said = _said(new.register.code)
    is_known = Q(key__in=behind.values("key"))
    is_otherwise = ~Q(said__in=behind.annotate(said=said).values("said"))
    is_lost = ~Q(key__in=ahead.values("key"))
    return (
        RegisterRow.objects.filter(snapshot__in=[old, new])
        .alias(said=said)
        .filter(Q(is_otherwise, snapshot=new) | Q(is_lost, snapshot=old))
        .annotate(
            change=Case(
                When(snapshot=old, then=Value(Change.LOST)),
                When(is_known, then=Value(Change.CHANGED)),
                default=Value(Change.GAINED),
                output_field=models.CharField(),
            )
        )
        .select_related("snapshot")
    )


def with_before(rows: QuerySet[Any], old: RegisterSnapshot) -> QuerySet[Any]:
    """The same with `before`, what the older snapshot says of the entry, None where it does not list it."""
    behind = RegisterRow.objects.filter(snapshot=old, key=OuterRef("key"))
    said = JSONObject(**{name: F(name) for name in (*COMPARED, "kind")})
    return rows.annotate(before=Subquery(behind.values(before=said)[:1], output_field=JSONField()))


def _said(code: str) -> Any:
    """One short text for everything that is compared, the key included."""
    text = models.TextField()
    whole = Func(F("key"), *(F(name) for name in COMPARED), meaning(code, F("kind")), function="jsonb_build_array")
    return Func(Cast(whole, text), function="md5", output_field=text)


def change_counts(old: RegisterSnapshot, new: RegisterSnapshot) -> dict[str, int]:
    """How many entries were gained, lost and changed; one query."""
    found = changes(old, new).order_by().values_list("change").annotate(rows=Count("pk"))
    return {**dict.fromkeys(map(str, Change), 0), **{str(change): rows for change, rows in found}}


def differences(before: dict[str, Any], entry: RegisterRow) -> list[tuple[str, str, str]]:
    """What an entry says otherwise than before: name of the field, before, now. Details stand by their columns."""
    told = []
    now: dict[str, Any] = {name: getattr(entry, name) for name in (*COMPARED, "kind")}
    flat_before, flat_now = _flat(before), _flat(now)
    for name in dict.fromkeys((*flat_before, *flat_now)):
        old, new = flat_before.get(name, ""), flat_now.get(name, "")
        if old != new:
            told.append((name, str(old), str(new)))
    return told


def _flat(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "details"} | dict(said.get("details") or {})
