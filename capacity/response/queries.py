"""What pages ask about response plans."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from capacity.levers.models import LeverKind, LeverState
from capacity.notices.access import may_see_notices
from capacity.notices.models import NoticeState
from capacity.regions.access import may_see_grounds
from capacity.regions.models import Condition
from capacity.response.models import PlanItem, PlanPhase, PlanState, ResponsePlan
from capacity.response.plans import LINKS
from users.access import Actor


def plan_rows(plans: QuerySet[ResponsePlan]) -> QuerySet[ResponsePlan]:
    """The plans with what a row shows: `phase_title` of the current phase and `open_items`."""
    current = PlanPhase.objects.filter(plan=OuterRef("pk"), began_at__isnull=False, ended_at=None)
    return plans.select_related("drafted_by").annotate(
        phase_title=Subquery(current.values("title")[:1]),
        open_items=Count("phases__items", filter=Q(phases__items__done_at=None), distinct=True),
    )


def current_phases(actor: Actor) -> QuerySet[PlanPhase]:
    """The current phase of every active plan, the oldest plan first, with `mine`: the actor's open tasks in it."""
    return (
        PlanPhase.objects.filter(plan__state=PlanState.ACTIVE, began_at__isnull=False, ended_at=None)
        .select_related("plan", "owner")
        .annotate(
            open_items=Count("items", filter=Q(items__done_at=None)),
            mine=Count("items", filter=Q(items__done_at=None, items__owner=actor.user_id)),
        )
        .order_by("plan__activated_at", "plan")
    )


def phases_of(plan: ResponsePlan) -> list[PlanPhase]:
    """The phases in order with their tasks; two questions."""
    items = PlanItem.objects.select_related("owner", "done_by").order_by("pk")
    return list(
        plan.phases.select_related("owner").prefetch_related(Prefetch("items", queryset=items)).order_by("position")
    )


@dataclass(frozen=True)
class Linked:
    """Something that belongs to a plan, as its reader may see it: without a name and an address where they may not."""

    kind: str
    label: Any
    text: str
    state: Any
    target: str
    href: str
    is_visible: bool


def linked_to(plan: ResponsePlan, actor: Actor) -> list[Linked]:
    """All that belongs to the plan, by kind and then in the order in which it was linked; one question."""
    title: Any = F("target__title_de")
    if get_language() == "en":
        title = Coalesce(NullIf("target__title_en", Value("")), "target__title_de")
    told: Mapping[str, tuple[Any, Any, Any]] = {
        "condition": (F("target__region__name"), F("target__condition"), F("target__region__code")),
        "lever": (Coalesce("target__region__name", Value("")), F("target__state"), F("target__kind")),
        "notice": (
            title,
            F("target__state"),
            _none(),
        ),
        "liaison": (Coalesce("target__organization__legal_name", "target__authority"), _none(), _none()),
    }
    parts = []
    for number, (kind, of_kind) in enumerate(LINKS.items()):
        link: Any = of_kind.link
        name, state, more = told[kind]
        visible = of_kind.visible(actor).filter(pk=OuterRef("target")).order_by().values("pk")[:1]
        parts.append(
            link.objects.filter(plan=plan)
            .order_by()
            .annotate(
                place=Value(number),
                kind=Value(kind, output_field=CharField()),
                key=Cast("target__public_id", CharField()),
                name=Cast(name, TextField()),
                state=Cast(state, CharField()),
                more=Cast(more, CharField()),
                seen=Subquery(visible),
            )
            .values_list("place", "id", "kind", "key", "name", "state", "more", "seen")
        )
    rows = parts[0].union(*parts[1:], all=True).order_by("place", "id")
    return [_linked(actor, *row[2:]) for row in rows]


def _linked(actor: Actor, kind: str, key: str, name: str, state: str, more: str, seen: int | None) -> Linked:
    label = LINKS[kind].label
    if seen is None:
        return Linked(kind, label, _("not for your eyes"), "", key, "", is_visible=False)
    text, href = name, ""
    shown: Any = ""
    match kind:
        case "condition":
            shown = Condition(state).label
            is_reader = may_see_grounds(actor, more) is None
            href = reverse("regions:proposal", args=[key]) if is_reader else reverse("regions:region", args=[more])
        case "lever":
            text = f"{LeverKind(more).label} · {name or _('All regions')}"
            shown, href = LeverState(state).label, reverse("levers:lever", args=[key])
        case "notice":
            shown = NoticeState(state).label
            if may_see_notices(actor) is None:
                href = reverse("notices:notice", args=[key])
            elif state != NoticeState.DRAFT:
                href = reverse("trust:notice", args=[get_language() or "de", key])
        case _:
            href = reverse("liaison:item", args=[key])
    return Linked(kind, label, text, shown, key, href, is_visible=True)


def _none() -> Any:
    return Value("", output_field=CharField())


def targets_of(kind: str, actor: Actor) -> list[tuple[str, str]]:
    """What may be linked, as the choices of a form: id and words."""
    found = []
    for row in LINKS[kind].targets(actor)[:200]:
        match kind:
            case "condition":
                words = f"{row.region.name}: {row.get_condition_display()} ({row.get_state_display()})"
            case "lever":
                words = f"{row.get_kind_display()} · {row.region.name if row.region else _('All regions')}"
                words = f"{words} ({row.get_state_display()})"
            case "notice":
                words = f"{row.title} ({row.get_state_display()})"
            case _:
                words = f"{row.with_whom}, {row.happened_date}"
        found.append((str(row.public_id), words))
    return found
