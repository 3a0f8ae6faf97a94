"""Two snapshots of a register side by side: which entries were gained, lost and changed between them."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, Value, When
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


@dataclass(frozen=True)
class Comparison:
    """What became of entries from `old` to `new`: their keys in the table, by change. A lost one is the older row."""

    old: RegisterSnapshot
    new: RegisterSnapshot
    gained: list[int]
    lost: list[int]
    changed: list[int]

    @property
    def rows(self) -> QuerySet[Any]:
        """The entries with `change`, and `before`: what the older snapshot says, None where it does not list it."""
        behind = RegisterRow.objects.filter(snapshot=self.old, key=OuterRef("key"))
        said = JSONObject(**{name: F(name) for name in (*COMPARED, "kind")})
        return (
            RegisterRow.objects.filter(pk__in=[*self.gained, *self.lost, *self.changed])
            .annotate(
                change=Case(
                    When(snapshot=self.old, then=Value(Change.LOST)),
                    When(pk__in=self.changed, then=Value(Change.CHANGED)),
                    default=Value(Change.GAINED),
                    output_field=models.CharField(),
                ),
                before=Subquery(behind.values(before=said)[:1], output_field=JSONField()),
            )
            .select_related("snapshot__register")
        )


def compare(old: RegisterSnapshot, new: RegisterSnapshot) -> Comparison:
    """The two snapshots entry by entry; two queries.

    Sets are compared and not row with row, so that it stays quick right after an import, when the database knows
    nothing of the new rows yet.
    """
    ahead, behind = RegisterRow.objects.filter(snapshot=new), RegisterRow.objects.filter(snapshot=old)
    said = _said(new.register.code)
    lost = behind.exclude(key__in=ahead.values("key"))
    otherwise = (
        ahead.alias(said=said)
        .exclude(said__in=behind.annotate(said=said).values("said"))
        .annotate(is_known=ExpressionWrapper(Q(key__in=behind.values("key")), output_field=models.BooleanField()))
    )
    gained: list[int] = []
    changed: list[int] = []
    for key, is_known in otherwise.values_list("pk", "is_known"):
        (changed if is_known else gained).append(key)
    return Comparison(old, new, gained, list(lost.values_list("pk", flat=True)), changed)


def _said(code: str) -> Any:
    """One short text for everything that is compared, the key included."""
    text = models.TextField()
    whole = Func(F("key"), *(F(name) for name in COMPARED), meaning(code, F("kind")), function="jsonb_build_array")
    return Func(Cast(whole, text), function="md5", output_field=text)


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
