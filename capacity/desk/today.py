"""Today: what waits for me, what is late, what runs out. One section per kind of work, by role."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from capacity.alarms.access import alarms_waiting_for
from capacity.alarms.wording import alarm_subject
from capacity.campaigns.access import campaigns_to_publish
from capacity.levers.access import lifts_to_answer, steps_to_sign
from capacity.levers.wording import grounds_text
from capacity.notices.access import EDITORS
from capacity.notices.models import Notice, NoticeState
from capacity.regions.models import SCARCE_CONDITIONS, Region
from capacity.regions.queries import proposals_to_take_up, proposals_waiting_for, reviews_due
from capacity.regions.threshold_models import ProposalState
from capacity.requests.access import visible_requests
from capacity.requests.models import OPEN_STATES, CapacityRequest, Decision, RequestState, Stage
from capacity.response.access import may_read_plans, plans_to_activate
from capacity.response.queries import current_phases
from capacity.staffing.access import reportable_datacenters
from capacity.staffing.hearing import heard_now, late_ones
from capacity.staffing.outlook import expiring_papers
from capacity.staffing.wording import shift_label
from customers.liaison.access import WRITERS as LIAISON_WRITERS
from customers.liaison.queries import steps_of
from customers.queries import running_out, waiting_for_account_manager, waiting_for_verifier
from kit.clock import now
from kit.templatetags.ui import badge, condition_badge, late_badge, relative_time, tier_badge
from priorities.access import PROPOSERS
from priorities.lists import override_sign
from priorities.models import Override, PolicyState, PolicyVersion
from priorities.override_models import UNSIGNED_STATES
from priorities.overrides import in_force, to_be_reviewed, waiting_for_signature
from users.access import Actor
from users.http import ActorRequest
from users.queries import OnDuty, duty_column, duty_in, on_duty
from users.roles import Role
from users.second_signatures import whose_turn

# A section shows its most urgent lines; the list behind it has the rest.
SHOWN = 6
# So many sections are asked for at once; who holds many roles gets the rest by further requests.
AT_ONCE = 5
ENDS_SOON = timedelta(hours=24)


@dataclass(frozen=True)
class Line:
    """One thing that waits."""

    label: Any
    href: str
    note: Any = ""
    sign: SafeString | str = ""


@dataclass(frozen=True)
class Section:
    """One kind of work: what waits, and where all of it is."""

    title: str
    lines: tuple[Line, ...]
    href: str
    nothing: str
    has_more: bool


def today(request: ActorRequest) -> HttpResponse:
    """GET /today/, and /today/?part=2 and so on for what the sections of many roles have beyond the first page."""
    at, part = now(), _part(request)
    offered = len(_offered(request.actor))
    context: dict[str, Any] = {
        "sections": sections(request.actor, at, first=(part - 1) * AT_ONCE, most=AT_ONCE),
        "next_part": part + 1 if offered > part * AT_ONCE else None,
        "at": at,
    }
    if part > 1:
        htmx: Any = getattr(request, "htmx", None)
        return render(request, "desk/_sections.html" if htmx else "desk/today_rest.html", context)
    phases = current_phases(request.actor)[:SHOWN] if may_read_plans(request.actor) is None else []
    return render(request, "desk/today.html", {**context, "duty": on_duty(at), "phases": phases})


def _part(request: ActorRequest) -> int:
    """Which part of the sections is asked for; the first for anything that is none."""
    asked = request.GET.get("part", "")
    return int(asked) if len(asked) == 1 and asked in "23456789" else 1


def sections(actor: Actor, at: datetime, *, first: int = 0, most: int | None = None) -> list[Section]:
    """The sections of the actor's roles, one query each, the most pressing work first; `most` after the `first`."""
    end = None if most is None else first + most
    return [section(actor, at) for section in _offered(actor)[first:end]]


def _offered(actor: Actor) -> list[Callable[[Actor, datetime], Section]]:
    offered: tuple[tuple[tuple[str, ...], Callable[[Actor, datetime], Section]], ...] = (
        ((Role.DUTY_MANAGER,), _grants_to_sign),
        ((Role.DUTY_MANAGER,), _overrides_to_sign),
        ((Role.DUTY_MANAGER,), _conditions_to_sign),
        ((Role.DUTY_MANAGER,), _policies_to_sign),
        ((Role.DUTY_MANAGER,), _levers_to_sign),
        ((Role.DUTY_MANAGER,), _campaigns_to_publish),
        ((Role.DUTY_MANAGER,), _plans_to_activate),
        ((Role.CAPACITY_REVIEWER,), _requests_to_decide),
        (PROPOSERS, _overrides_to_see_to),
        ((Role.VERIFIER,), _claims_to_verify),
        ((Role.ACCOUNT_MANAGER,), _questions_to_answer),
        ((Role.ACCOUNT_MANAGER,), _claims_that_run_out),
        ((Role.REGION_OPERATOR,), _conditions_proposed),
        ((Role.REGION_OPERATOR,), _conditions_to_review),
        ((Role.REGION_OPERATOR,), _shifts_to_report),
        ((Role.REGION_OPERATOR,), _alarms),
        ((Role.REGION_OPERATOR,), _papers_that_expire),
        ((Role.REGION_OPERATOR,), _lifts_to_answer),
        (LIAISON_WRITERS, _liaison_steps),
        ((Role.NOTICE_EDITOR,), _notices_to_publish),
        ((Role.EXECUTIVE, Role.AUDITOR, Role.ADMINISTRATOR), _scarce_regions),
    )
    return [section for roles, section in offered if actor.holds(*roles)]


def _section(title: str, rows: Iterable[Any], line: Callable[[Any], Line], href: str, nothing: str) -> Section:
    found = list(rows[: SHOWN + 1] if isinstance(rows, QuerySet) else rows)
    return Section(title, tuple(line(row) for row in found[:SHOWN]), href, nothing, len(found) > SHOWN)


def _request_line(request: CapacityRequest, at: datetime, href: str) -> Line:
    return Line(
        label=f"{request.label} · {request.organization.legal_name}",
        href=href,
        sign=tier_badge(request.claimed_tier, request.is_provisional),
        note=late_badge(request.due_at, at),
    )


def _grants_to_sign(actor: Actor, at: datetime) -> Section:
    first = Decision.objects.filter(request=OuterRef("pk"), stage=Stage.FIRST_SIGNATURE).order_by("-pk")
    rows = (
        visible_requests(actor)
        .filter(state=RequestState.AWAITING_SECOND_SIGNATURE)
        .select_related("organization")
        .annotate(asked_at=Subquery(first.values("at")[:1]), signed_by=Subquery(first.values("by")[:1]))
        .annotate(granted_in=Subquery(first.values("region__code")[:1]), duty=duty_column(at))
        .order_by("due_at", "number")
    )
    return _section(
        _("Grants that wait for a second signature"),
        rows,
        lambda row: _grant_line(row, at),
        f"{reverse('review:queue')}?state={RequestState.AWAITING_SECOND_SIGNATURE}",
        _("No grant waits for a second signature."),
    )


def _grant_line(row: Any, at: datetime) -> Line:
    line = _request_line(row, at, reverse("review:case", args=[row.public_id]))
    not_by = (row.signed_by, row.filed_by_id)
    waits = _waits_for(duty_in(row.duty, row.granted_in or ""), row.asked_at or at, not_by, at)
    return replace(line, note=format_html("{} {}", line.note, waits))


def _waits_for(duty: OnDuty, asked_at: datetime, not_by: tuple[int | None, ...], at: datetime) -> str:
    turn = whose_turn(duty, asked_at=asked_at, not_by=not_by, at=at)
    names = ", ".join(one.name for one in turn.people) or _("any duty manager")
    return _("waits for %(names)s") % {"names": names}


def _overrides_to_sign(actor: Actor, at: datetime) -> Section:
    rows = _unsigned(at).exclude(proposed_by=actor.user_id)
    return _section(
        _("Overrides that wait for a second signature"),
        rows,
        lambda row: _unsigned_line(row, at, _("by %(name)s") % {"name": row.proposed_by.name}),
        f"{reverse('priorities:overrides')}?now=waits",
        _("No override waits for a second signature."),
    )


def _unsigned(at: datetime) -> QuerySet[Any]:
    # What counts already without its second signature is more pressing than what does not count yet.
    rows = waiting_for_signature(at).annotate(duty=duty_column(at)).select_related("proposed_by")
    return rows.order_by("-is_break_glass", "proposed_at")


def _unsigned_line(row: Any, at: datetime, note: Any) -> Line:
    sign = override_sign(row, at)
    waits = _waits_for(duty_in(row.duty, row.region_code), row.proposed_at, (row.proposed_by_id,), at)
    return Line(
        f"{row.label} · {row.subject_label}",
        reverse("priorities:override", args=[row.public_id]),
        format_html("{} · {}", note, waits),
        badge(sign.tone, sign.word, sign.title) if row.is_break_glass else relative_time(row.proposed_at, at),
    )


def _overrides_to_see_to(actor: Actor, at: datetime) -> Section:
    took_part = Q(proposed_by=actor.user_id) | Q(confirmed_by=actor.user_id) | Q(ended_by=actor.user_id)
    own = waiting_for_signature(at).filter(proposed_by=actor.user_id)
    soon = in_force(at).filter(ends_at__lte=at + ENDS_SOON)
    back = to_be_reviewed().exclude(took_part)
    either = Q(pk__in=own.values("pk")) | Q(pk__in=soon.values("pk")) | Q(pk__in=back.values("pk"))
    rows = Override.objects.filter(either).annotate(duty=duty_column(at)).select_related("proposed_by")
    return _section(
        _("Overrides to see to: your own that wait, those that end within 24 hours, those to look back at"),
        # What runs comes before what is over.
        rows.order_by(F("ended_at").asc(nulls_first=True), "ends_at"),
        lambda row: _seen_to_line(row, actor, at),
        f"{reverse('priorities:overrides')}?now=in_force",
        _("No override needs you."),
    )


def _seen_to_line(row: Any, actor: Actor, at: datetime) -> Line:
    if row.state in UNSIGNED_STATES and row.proposed_by_id == actor.user_id:
        return _unsigned_line(row, at, relative_time(row.proposed_at, at))
    is_over, sign = row.review_due_at is not None, override_sign(row, at)
    return Line(
        f"{row.label} · {row.subject_label}",
        reverse("priorities:override", args=[row.public_id]),
        late_badge(row.review_due_at, at) if is_over else relative_time(row.ends_at, at),
        badge(sign.tone, sign.word, sign.title),
    )


def _conditions_to_sign(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Region conditions that wait for a second signature"),
        proposals_waiting_for(actor),
        lambda row: Line(
            row.region.name,
            f"/regions/{row.region.code}/",
            _("by %(name)s") % {"name": row.proposed_by.name if row.proposed_by else ""},
            condition_badge(row.condition),
        ),
        "/regions/",
        _("No region condition waits for a second signature."),
    )


def _conditions_proposed(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Region conditions that the thresholds propose"),
        proposals_to_take_up(actor),
        lambda row: Line(
            row.region.name,
            f"{reverse('regions:declare', args=[row.region.code])}?proposal={row.public_id}",
            relative_time(row.raised_at, at),
            format_html("{} → {}", condition_badge(row.current), condition_badge(row.condition)),
        ),
        f"{reverse('regions:proposals')}?state={ProposalState.OPEN}",
        _("The thresholds propose no other condition."),
    )


def _conditions_to_review(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Region conditions whose review is overdue"),
        reviews_due(actor, at.date()),
        lambda row: Line(
            row.region.name,
            reverse("regions:declare", args=[row.region.code]),
            relative_time(row.review_date),
            condition_badge(row.condition),
        ),
        f"{reverse('regions:history')}?state=in_force",
        _("No review of a condition is overdue."),
    )


def _policies_to_sign(actor: Actor, at: datetime) -> Section:
    rows = (
        PolicyVersion.objects.filter(state=PolicyState.PROPOSED)
        .exclude(Q(proposed_by=actor.user_id) | Q(drafted_by=actor.user_id))
        .select_related("proposed_by")
        .order_by("proposed_at")
    )
    return _section(
        _("Policy versions that wait for a second signature"),
        rows,
        lambda row: Line(
            f"{row.number} · {row.title}",
            reverse("priorities:version", args=[row.number]),
            _("by %(name)s") % {"name": row.proposed_by.name if row.proposed_by else ""},
            relative_time(row.proposed_at, at),
        ),
        reverse("priorities:policy"),
        _("No policy version waits for a second signature."),
    )


def _levers_to_sign(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Steps of levers that wait for a second signature"),
        steps_to_sign(actor).select_related("region", "pending_by"),
        lambda row: Line(
            f"{row.label} · {row.region.name if row.region else _('All regions')}",
            reverse("levers:lever", args=[row.public_id]),
            _("by %(name)s") % {"name": row.pending_by.name},
            badge("watch", row.get_pending_state_display()),
        ),
        f"{reverse('levers:levers')}?waits=signature",
        _("No step of a lever waits for a second signature."),
    )


def _campaigns_to_publish(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Offer campaigns to put live"),
        campaigns_to_publish(actor, at.date()).select_related("planned_by"),
        lambda row: Line(
            row.name,
            reverse("campaigns:campaign", args=[row.public_id]),
            _("by %(name)s") % {"name": row.planned_by.name},
            relative_time(row.starts_date, at),
        ),
        f"{reverse('campaigns:campaigns')}?state=planned",
        _("No campaign waits to be put live."),
    )


def _plans_to_activate(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Response plans to activate"),
        plans_to_activate(actor).select_related("drafted_by"),
        lambda row: Line(
            row.title,
            reverse("response:plan", args=[row.public_id]),
            _("by %(name)s") % {"name": row.drafted_by.name},
            relative_time(row.drafted_at, at),
        ),
        f"{reverse('response:plans')}?state=drafted",
        _("No response plan waits to be activated."),
    )


def _lifts_to_answer(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Levers whose condition holds: lift them, or say why not yet"),
        lifts_to_answer(actor).select_related("lever__region"),
        lambda row: Line(
            f"{row.lever.label} · {row.lever.region.name if row.lever.region else _('All regions')}",
            reverse("levers:lever", args=[row.lever.public_id]),
            grounds_text(row.grounds),
            relative_time(row.proposed_at, at),
        ),
        f"{reverse('levers:levers')}?waits=lift",
        _("No lever is to be lifted."),
    )


def _requests_to_decide(actor: Actor, at: datetime) -> Section:
    rows = (
        visible_requests(actor)
        .filter(state__in=OPEN_STATES)
        .exclude(state=RequestState.AWAITING_SECOND_SIGNATURE)
        .select_related("organization")
        .order_by("due_at", "number")
    )
    return _section(
        _("Requests to decide, the latest first"),
        rows,
        lambda row: _request_line(row, at, reverse("review:case", args=[row.public_id])),
        reverse("review:queue"),
        _("No request waits for a decision."),
    )


def _claims_to_verify(actor: Actor, at: datetime) -> Section:
    rows = waiting_for_verifier(actor).select_related("organization", "category").order_by("-urgency", "filed_at", "pk")
    return _section(
        _("Claims to verify"),
        rows,
        lambda row: Line(
            f"{row.organization.legal_name} · {row.category.code}",
            reverse("customers:case", args=[row.public_id]),
            relative_time(row.filed_at, at),
        ),
        reverse("customers:verification"),
        _("No claim waits for you."),
    )


def _questions_to_answer(actor: Actor, at: datetime) -> Section:
    rows = waiting_for_account_manager(actor).select_related("organization", "category").order_by("filed_at", "pk")
    return _section(
        _("Questions to answer"),
        rows,
        lambda row: Line(
            f"{row.organization.legal_name} · {row.category.code}",
            reverse("customers:claim", args=[row.public_id]),
            relative_time(row.filed_at, at),
        ),
        reverse("customers:portfolio"),
        _("Nobody asks you anything."),
    )


def _claims_that_run_out(actor: Actor, at: datetime) -> Section:
    rows = running_out(actor, at).select_related("organization", "category").order_by("valid_until", "pk")
    return _section(
        _("Verifications that run out within 30 days"),
        rows,
        lambda row: Line(
            f"{row.organization.legal_name} · {row.category.code}",
            reverse("customers:claim", args=[row.public_id]),
            relative_time(row.valid_until, at),
        ),
        reverse("customers:portfolio"),
        _("No verification runs out soon."),
    )


def _liaison_steps(actor: Actor, at: datetime) -> Section:
    today = timezone.localdate(at)
    return _section(
        _("Steps with responders and authorities that are yours"),
        steps_of(actor).select_related("organization"),
        lambda row: Line(
            f"{row.with_whom} · {row.next_step}",
            reverse("liaison:item", args=[row.public_id]),
            badge("late", _("late")) if row.due_date < today else "",
            relative_time(row.due_date, at),
        ),
        f"{reverse('liaison:items')}?mine=yes&state=open",
        _("No step is yours."),
    )


def _shifts_to_report(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Shifts that nobody has reported"),
        late_ones(heard_now(reportable_datacenters(actor), at)),
        lambda late: Line(
            f"{late[0].region.name} · {late[0].code}",
            reverse("staffing:report", args=[late[0].code]),
            late_badge(late[1].due_at, at),
            shift_label(late[1].shift),
        ),
        f"{reverse('staffing:board')}?late=yes",
        _("Every shift that has begun is reported."),
    )


def _alarms(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Alarms to see to"),
        alarms_waiting_for(actor, at).select_related("region").order_by("raised_at", "pk"),
        lambda row: Line(
            f"{row.region.name} · {alarm_subject(row)}",
            reverse("alarms:alarm", args=[row.public_id]),
            row.get_kind_display(),
            relative_time(row.raised_at, at),
        ),
        "/alarms/",
        _("No alarm waits for you."),
    )


def _papers_that_expire(actor: Actor, at: datetime) -> Section:
    return _section(
        _("Papers of crews that expire within two weeks"),
        expiring_papers(actor, at).select_related("datacenter"),
        lambda row: Line(
            f"{row.datacenter.code} · {row.get_role_display()}",
            f"{reverse('staffing:papers')}?q={row.datacenter.code}",
            f"{row.get_kind_display()}: {row.people}",
            badge("late", _("expired")) if row.expires_date <= at.date() else relative_time(row.expires_date, at),
        ),
        f"{reverse('staffing:papers')}?state=held",
        _("No papers expire soon."),
    )


def _notices_to_publish(actor: Actor, at: datetime) -> Section:
    rows = Notice.objects.filter(state=NoticeState.DRAFT).exclude(drafted_by=actor.user_id)
    return _section(
        _("Drafts of others to look over"),
        rows.select_related("drafted_by").order_by("drafted_at") if actor.holds(*EDITORS) else rows.none(),
        lambda row: Line(
            row.title,
            reverse("notices:notice", args=[row.public_id]),
            _("by %(name)s") % {"name": row.drafted_by.name},
            relative_time(row.drafted_at, at),
        ),
        reverse("notices:notices"),
        _("No draft waits for you."),
    )


def _scarce_regions(actor: Actor, at: datetime) -> Section:
    rows = Region.objects.filter(condition__in=SCARCE_CONDITIONS).order_by("condition_since", "name")
    return _section(
        _("Regions in which capacity is short"),
        rows,
        lambda row: Line(
            row.name,
            f"/regions/{row.code}/",
            relative_time(row.condition_since, at) if row.condition_since else "",
            condition_badge(row.condition),
        ),
        "/regions/",
        _("Capacity is short nowhere."),
    )
