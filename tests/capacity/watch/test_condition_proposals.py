"""The cycle proposes conditions, one at a time a region; people take up or dismiss, and the record stays."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from capacity.pools.models import Pool
from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.declare_condition import ConditionHolds, declare_condition
from capacity.regions.actions.dismiss_proposal import NeedsReason, ProposalClosed, dismiss_proposal
from capacity.regions.actions.refuse_condition import refuse_condition
from capacity.regions.actions.set_thresholds import CannotSetThresholds, set_thresholds
from capacity.regions.models import ConditionDeclaration, Region
from capacity.regions.proposals import rules_in_force
from capacity.regions.queries import reviews_due
from capacity.regions.threshold_models import RegionStanding, ThresholdProposal, ThresholdSet
from capacity.regions.threshold_wording import bound_text, evidence_text
from capacity.regions.thresholds import FIRST_RULES, Threshold
from capacity.usage.models import UsageForecast
from capacity.watch.actions.look_at_regions import look_at_regions, readings_of_regions
from journal.models import Entry
from kit.refusal import NotAllowed
from priorities.actions.seed_policy import seed_policy
from tests import make
from tests.sql import refused, run
from users.access import SYSTEM, NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(name="pool")
def _pool() -> Pool:
    pool = make.pool("westeurope", powered_on=1000)
    make.promised(pool, 880)  # 12 percent left: watch
    return pool


def watched(minutes: float, *, after: timedelta = timedelta(0), every: timedelta = MINUTE):
    """A look at the beginning, the middle and the end of so many minutes; the moment of the last."""
    for share in (0, 0.5, 1):
        at = make.NOW + after + share * minutes * every
        look_at_regions(at=at)
    return at


def states():
    return list(ThresholdProposal.objects.order_by("pk").values_list("condition", "state"))


def declare(condition, at=make.NOW, *, actor=None):
    return declare_condition(
        actor=actor or make.acting(Role.REGION_OPERATOR),
        region_code="westeurope",
        condition=condition,
        evidence="As proposed.",
        review_date=at.date() + timedelta(days=7),
        row_version=Region.objects.get(code="westeurope").row_version,
        at=at,
    )


def test_a_region_has_one_open_proposal_and_a_declaration_takes_it_up(pool, django_assert_max_num_queries):
    watched(9)
    assert states() == []
    at = watched(1, after=9 * MINUTE)
    assert states() == [("watch", "open")]
    with django_assert_max_num_queries(14):
        look_at_regions(at=at + MINUTE)
    proposal = ThresholdProposal.objects.get()
    (reason,) = proposal.reasons
    assert (reason["measure"], reason["subject"], reason["value"], reason["bound"]) == ("free", "vcpu", 120, 200)
    make.promised(pool, 100, "reserve")  # 2 percent left: worse, but not for long enough yet
    watched(5, after=2 * DAY)
    assert states() == [("watch", "open")]
    watched(6, after=2 * DAY + 6 * MINUTE)
    assert states() == [("watch", "superseded"), ("critical", "open")]
    declaration = declare("critical", make.NOW + 3 * DAY)
    taken = ThresholdProposal.objects.get(condition="critical")
    assert (taken.state, taken.declaration_id) == ("taken_up", declaration.pk)
    watched(12, after=3 * DAY)
    assert len(states()) == 2, "nobody is asked again while a second person thinks"
    confirm_condition(
        actor=make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW), declaration_id=declaration.public_id, at=make.NOW
    )
    watched(12, after=4 * DAY)
    assert len(states()) == 2
    told = (
        Entry.objects.filter(action__startswith="threshold_proposal.").order_by("pk").values_list("action", flat=True)
    )
    assert [action.partition(".")[2] for action in told] == ["raised", "superseded", "raised", "taken_up"]


def test_a_dismissal_holds_until_the_readings_change(pool):
    watched(10)
    proposal = ThresholdProposal.objects.get()
    for who in (make.acting(Role.CAPACITY_REVIEWER), make.acting(Role.REGION_OPERATOR, regions=["eastus"])):
        with pytest.raises(NeedsRole):
            dismiss_proposal(actor=who, proposal_id=proposal.public_id, answer="No.", at=make.NOW)
    operator = make.acting(Role.REGION_OPERATOR)
    with pytest.raises(NeedsReason):
        dismiss_proposal(actor=operator, proposal_id=proposal.public_id, answer=" ", at=make.NOW)
    dismiss_proposal(
        actor=operator, proposal_id=proposal.public_id, answer="A release is under way.", at=make.NOW + 11 * MINUTE
    )
    with pytest.raises(ProposalClosed):
        dismiss_proposal(actor=operator, proposal_id=proposal.public_id, answer="Again.", at=make.NOW)
    watched(20, after=12 * MINUTE)
    assert states() == [("watch", "dismissed")]
    make.promised(pool, 60, "reserve")  # another band
    watched(11, after=40 * MINUTE)
    assert states() == [("watch", "dismissed"), ("constrained", "open")]


def test_a_refused_declaration_is_not_asked_for_again(pool):
    make.promised(pool, 60, "reserve")
    watched(10)
    declaration = declare("constrained", make.NOW + 11 * MINUTE)
    refuse_condition(
        actor=make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW), declaration_id=declaration.public_id,
        answer="A delivery lands today.", at=make.NOW,
    )  # fmt: skip
    watched(12, after=12 * MINUTE)
    assert states() == [("constrained", "taken_up")]


def test_what_eases_lapses_and_easing_is_proposed_after_a_day_through_recovering(pool):
    watched(10)
    Pool.objects.filter(pk=pool.pk).update(powered_on=2000)
    watched(1, after=11 * MINUTE)
    assert states() == [("watch", "lapsed")]
    make.declared("westeurope", "constrained")
    watched(26, after=DAY, every=timedelta(hours=1))
    assert states()[1:] == [("recovering", "open")]
    standing = RegionStanding.objects.get()
    assert (standing.condition, standing.against) == ("recovering", "constrained")


def test_silence_and_old_forecasts_are_unknown_and_ease_nothing(pool):
    region = Region.objects.get()
    seed_policy(at=make.NOW)
    make.shift_reported(region.datacenters.get(), at=make.NOW)
    zeros = [0.0]
    forecast = UsageForecast.objects.create(
        pool=pool, step="day", method="combination", made_at=make.NOW, starts_at=make.NOW, values=zeros, low=zeros,
        high=zeros, exhausted_within_lead=0.62,
    )  # fmt: skip

    def read(at=make.NOW):
        return {one.measure: one.value for one in readings_of_regions(at)[region.pk]}

    assert read() == {"free": 120, "tier1": 0, "exhaustion": 620, "surge": 0, "staffing": 0}
    assert read(make.NOW + 3 * DAY)["exhaustion"] is None
    UsageForecast.objects.filter(pk=forecast.pk).update(broken_at=make.NOW)
    assert read()["exhaustion"] is None
    Pool.objects.filter(pk=pool.pk).update(powered_on=5000)
    make.declared("westeurope", "watch")
    watched(30, every=timedelta(hours=1))
    assert states() == []


def test_the_database_keeps_one_open_and_never_rewrites(pool):
    watched(10)
    proposal = ThresholdProposal.objects.get()
    row = (
        "INSERT INTO capacity_thresholdproposal (public_id, row_version, region_id, current, condition, reasons, since,"
    )
    row += (
        " raised_at, state, answer) SELECT gen_random_uuid(), 1, region_id, current, condition, '[]', since, raised_at,"
    )
    row += " 'open', '' FROM capacity_thresholdproposal"
    assert "one_open_threshold_proposal" in refused(row)
    update = "UPDATE capacity_thresholdproposal SET "
    assert "denied" in refused(update + "reasons = '[]'")
    assert "denied" in refused("DELETE FROM capacity_thresholdproposal")
    assert "proposal_dismissed_by_somebody_with_reason" in refused(update + "state = 'dismissed', closed_at = now()")
    assert "proposal_taken_up_by_a_declaration" in refused(update + "state = 'taken_up', closed_at = now()")
    assert "closed_proposal_has_its_moment" in refused(update + "state = 'lapsed'")
    run(update + "state = 'lapsed', closed_at = now() WHERE id = %s", proposal.pk)
    assert "Cannot update" in refused(update + "answer = 'Later'")
    bound = (
        "INSERT INTO capacity_conditionthreshold (set_id, measure, condition, enters, leaves) VALUES (%s, %s, %s, 5, 5)"
    )
    made = ThresholdSet.objects.create(worse_after=1, milder_after=1, size=1, reason="Test", at=make.NOW)
    assert "threshold_has_a_band" in refused(bound, made.pk, "free", "recovering")
    run(bound.replace("5, 5)", "6, 7)"), made.pk, "free", "watch")
    assert "denied" in refused("UPDATE capacity_conditionthreshold SET enters = 1")


def test_thresholds_are_data_set_on_the_server_and_journaled(tmp_path, capsys):
    assert rules_in_force() == FIRST_RULES
    call_command("condition_thresholds")
    data = json.loads(capsys.readouterr().out)
    data["thresholds"][0]["enters"] = 150
    file = tmp_path / "thresholds.json"
    file.write_text(json.dumps(data))
    call_command("condition_thresholds", str(file), "--reason", "Fewer alarms")
    assert rules_in_force().thresholds[0] == Threshold("free", "watch", 150, 250)
    assert Entry.objects.get(action="thresholds.set").reason == "Fewer alarms"
    with pytest.raises(NotAllowed):
        set_thresholds(actor=make.acting(Role.ADMINISTRATOR), rules=FIRST_RULES, reason="x", at=make.NOW)
    with pytest.raises(CannotSetThresholds):
        set_thresholds(actor=SYSTEM, rules=replace(FIRST_RULES, thresholds=()), reason="x", at=make.NOW)
    for text in ("{", '{"thresholds": []}', "[]"):
        file.write_text(text)
        with pytest.raises(CommandError):
            call_command("condition_thresholds", str(file), "--reason", "x")
    assert ThresholdSet.objects.count() == 1


def test_the_database_lets_nobody_add_thresholds_to_a_set_in_force():
    made = set_thresholds(actor=SYSTEM, rules=FIRST_RULES, reason="First.", at=make.NOW)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    adding = "INSERT INTO capacity_conditionthreshold (set_id, measure, condition, enters, leaves) VALUES (%s, "
    assert "its set is complete" in refused(f"{adding}'surge', 'critical', 500, 100)", made.pk)
    half = (
        "INSERT INTO capacity_thresholdset (worse_after, milder_after, reason, at, size)"
        " SELECT worse_after, milder_after, reason, at, 3 FROM capacity_thresholdset"
    )
    assert "more or fewer thresholds than it says" in refused(half)


def test_evidence_names_its_zone_and_bounds_of_a_surge_their_share():
    assert "UTC." in evidence_text(ThresholdProposal(since=make.NOW, reasons=[]))
    assert [bound_text("surge", bound) for bound in (0, 1, 250)] == ["no surge", "a surge", "25 %"]


def test_a_condition_may_be_declared_anew_when_its_review_is_due_and_goes_on():
    make.region("westeurope")
    make.declared("westeurope", "watch")
    since = Region.objects.get().condition_since
    operator = make.acting(Role.REGION_OPERATOR)
    with pytest.raises(ConditionHolds):
        declare("watch", make.NOW + DAY)
    # Its day itself is not late yet, wherever that is asked.
    with pytest.raises(ConditionHolds):
        declare("watch", make.NOW + 7 * DAY)
    assert [reviews_due(operator, (make.NOW + days * DAY).date()).exists() for days in (7, 8)] == [False, True]
    declare("watch", make.NOW + 8 * DAY)
    assert Region.objects.get().condition_since == since
    assert sorted(ConditionDeclaration.objects.values_list("state", flat=True)) == ["ended", "in_force"]


# --- Pages -------------------------------------------------------------------------------------------


def text(answer) -> str:
    return answer.content.decode()


def test_programs_read_the_proposals_of_their_regions(pool, call):
    watched(10)
    (found,) = call("get", "threshold-proposals/?state=open", as_=make.person(Role.EXECUTIVE)).json()["results"]
    assert (found["region"], found["condition"], found["state"]) == ("westeurope", "watch", "open")
    assert "12 % not promised" in found["reasons"][0]
    elsewhere = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    assert call("get", "threshold-proposals/", as_=elsewhere).json()["results"] == []
    assert call("get", "threshold-proposals/", as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403


def test_one_click_leads_from_today_to_the_declaration_filled_in(pool, visit):
    watched(10)
    proposal = ThresholdProposal.objects.get()
    operator = make.person(Role.REGION_OPERATOR)
    address = f"/regions/westeurope/condition/?proposal={proposal.public_id}"
    assert address in text(visit("/today/", as_=operator))
    page = text(visit("/regions/westeurope/", as_=operator, queries=12))
    assert address in page
    assert "12 % not promised" in page
    form = visit(address, as_=operator)
    assert "12 % not promised" in text(form)
    assert form.context["form"].initial["condition"] == "watch"
    assert visit("/regions/westeurope/condition/?proposal=x", as_=operator).status_code == 404
    outsider = text(visit("/regions/westeurope/", as_=make.person(Role.ACCOUNT_MANAGER)))
    assert "not promised" not in outsider
    dismissing = f"/regions/proposals/{proposal.public_id}/dismiss/"
    assert visit(dismissing, as_=operator, method="post", data={"answer": ""}).status_code == 400
    assert visit(dismissing, as_=operator, method="post", data={"answer": "Not so."}).status_code == 302
    listed = visit("/regions/proposals/?state=dismissed&region=westeurope", as_=operator, queries=8)
    assert "Not so." in text(listed)
    assert visit(address, as_=operator).context["form"].initial.get("condition") is None


def test_history_and_calendar_show_everybody_what_held_and_few_why(visit):
    make.region("westeurope")
    make.declared("westeurope", "constrained")
    make.declared("westeurope", "critical", confirmed=False)
    who, outsider = make.person(Role.CAPACITY_REVIEWER), make.person(Role.NOTICE_EDITOR)
    shown = "/regions/conditions/?columns=region,condition,evidence,by&region=westeurope"
    assert "Headroom below" in text(visit(shown, as_=who, queries=9))
    public = text(visit(shown, as_=outsider))
    assert "Headroom below" not in public
    assert "Critical" not in public.partition("<tbody")[2]
    rows = b"".join(visit(f"{shown}&format=csv", as_=outsider).streaming_content).decode().splitlines()
    assert rows[1:] == ["Westeurope,Constrained,,"]
    for url in ("/regions/calendar/?year=2020", "/regions/westeurope/conditions/?year=2020"):
        page = text(visit(url, as_=outsider, queries=8))
        assert "is-constrained" in page
        assert visit(url.replace("2020", "1800"), as_=who).status_code == 400
    assert visit("/regions/westeurope/conditions/", as_=outsider).context["standing"] is None
    assert "No region has this name" in text(visit("/regions/calendar/?q=nowhere", as_=who))
    assert "begins at" in text(visit("/regions/thresholds/", as_=who, queries=7))


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_public_reads_since_and_until_and_nothing_else(visit, clock_at, language):
    # The page goes back a year from now.
    clock_at(make.NOW + 3 * DAY)
    make.region("westeurope")
    make.declared("westeurope", "constrained")
    make.declared("westeurope", "recovering", at=make.NOW + DAY)
    make.declared("westeurope", "critical", confirmed=False, at=make.NOW + 2 * DAY)
    page = text(visit(f"/trust/{language}/conditions/", queries=4)).partition("<main")[2]
    assert page.count("<tr>") == 3
    assert "26" in page
    assert "is-critical" not in page
    assert "Headroom" not in page
