"""A policy version tried before it is activated: what it tells, that it writes nothing, and who may ask."""

import csv
import dataclasses
import io
import re
import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, InternalError, connection, transaction

from capacity.allocation.actions.run_simulations import run_next_simulation
from capacity.allocation.actions.start_simulation import AlreadyRunning, CannotSimulate, start_simulation
from capacity.allocation.models import Simulation, SimulationState
from capacity.allocation.snapshot import reading_only, take_snapshot
from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.models import CapacityRequest
from capacity.review.actions.decline_request import decline_request
from journal.models import Entry
from kit.clock import now
from kit.refusal import NotAllowed, NotFound
from priorities import policy
from priorities.models import PolicyVersion
from priorities.policies import store_policy
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def at():
    return now()


def draft(number=2, **changes):
    return store_policy(dataclasses.replace(policy.default_policy(), version=number, **changes), title="Trial")


def with_rule(clause, **changes):
    return tuple(
        dataclasses.replace(rule, **changes) if rule.clause == clause else rule
        for rule in policy.default_policy().rules
    )


# General use of a hospital would rank in tier 1: exactly what the default rules out.
GENERAL_HOSPITALS = with_rule("1.2", workloads=("health_records", "general"))


def simulated(number=2, *, at, days=28, by=None):
    by = by or make.acting(Role.CAPACITY_REVIEWER)
    start_simulation(actor=by, number=number, days=days, at=at)
    return run_next_simulation(at=at)


@pytest.fixture
def crisis(at):
    """100 vCPU of which 10 are tier 1's alone; two others asked before the hospital, for 45 each."""
    make.pool(powered_on=100)
    make.declared("westeurope", "constrained", at=at)
    others = [make.request(quantity=45, at=at - timedelta(hours=9 - hour)) for hour in range(3)]
    hospital = make.hospital()
    make.verified_claim(of=hospital, at=at)
    site = make.request(hospital, quantity=60, workload="general", at=at - timedelta(hours=1))
    rerank_all(actor=SYSTEM, at=at)
    return others, site


def test_it_tells_who_moves_who_is_served_and_what_rides_along(crisis, at):
    _others, site = crisis
    draft(rules=GENERAL_HOSPITALS)
    done = simulated(at=at)
    assert (done.state, done.progress) == (SimulationState.DONE, 1000)
    result = done.result
    assert result["requests"] == 4
    assert result["moves"] == [[0] * 5, [0] * 5, [1, 0, 3, 0, 0], [0] * 5, [0] * 5]
    assert result["tiers"]["before"]["whole"] == [0, 0, 2, 0, 0]
    # The hospital's web site takes 60 of 100, and of the 90 that the others may use 40 are left: too few for 45.
    assert result["tiers"]["after"]["whole"] == [1, 0, 0, 0, 0]
    (region,) = result["regions"]
    assert (region["before"]["served"], region["after"]["served"]) == (2, 1)
    assert region["before"]["cut"] == {"place": 3, "tier": 3, "score": 0}
    assert region["after"]["cut"] == {"place": 2, "tier": 3, "score": 0}
    assert result["riding"]["workloads"] == [
        {"workload": "general", "requests": 1, "before": 1, "after": 0, "spilled": 1}
    ]
    groups = {row["key"]: (row["up"], row["gain"], row["lose"]) for row in result["groups"]["basis"]["rows"]}
    assert groups == {"HE-ACUTE": (1, 1, 0), "offer:enterprise": (0, 0, 2)}
    assert {row["key"] for row in result["groups"]["country"]["rows"]} == {"DE"}
    third = result["fairness"]["before"][2]
    assert (third["organizations"], third["jain"], third["gini"]) == (4, 0.5, 0.5)
    # 60 of 100 is the mark itself and not beyond it; 60 of the 195 asked for neither.
    assert (result["inflation"]["mark"], result["inflation"]["warns"]) == (600, False)
    assert result["inflation"]["demand"] == [{"resource": "vcpu", "before": 0, "after": 307, "units": 195}]
    assert CapacityRequest.objects.get(pk=site.pk).claimed_tier == 3


def test_a_version_under_which_nearly_everybody_is_tier_one_is_warned_of(crisis, at):
    draft(rules=with_rule("3.2", tier=1))
    result = simulated(at=at).result
    assert result["inflation"]["warns"]
    assert result["inflation"]["demand"][0]["after"] == 1000
    assert (result["inflation"]["pools_before"], result["inflation"]["pools_after"]) == (0, 1)


def test_past_decisions_are_ranked_again_on_their_own_facts(crisis, at):
    others, site = crisis
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    decline_request(actor=reviewer, request_id=site.public_id, reason="No room.", at=at - timedelta(days=2))
    decline_request(
        actor=reviewer, request_id=others[0].public_id, reason="No room.", block="quota", at=at - timedelta(days=20)
    )
    draft(rules=GENERAL_HOSPITALS)
    past = simulated(at=at, days=28).result["past"]
    assert past["decisions"] == 2
    assert past["moves"][2] == [1, 0, 1, 0, 0]
    assert past["outcomes"] == [{"outcome": "decline", "decisions": 2, "up": 1, "down": 0}]
    assert simulated(at=at, days=7).result["past"]["decisions"] == 1


def test_a_version_beside_itself_changes_nothing(crisis, at):
    result = simulated(1, at=at).result
    assert sum(result["moves"][tier][tier] for tier in range(5)) == 4
    assert result["tiers"]["before"] == result["tiers"]["after"]
    assert not any(group["rows"] for group in result["groups"].values())
    assert result["riding"]["spilled"] == 0


def test_an_empty_house_has_a_result_too(at):
    make.request(at=at)
    CapacityRequest.objects.update(state="withdrawn")
    result = simulated(1, at=at).result
    assert (result["requests"], result["regions"], result["past"]["decisions"]) == (0, [], 0)


# --- zero writes ----------------------------------------------------------------------------------------------


def fingerprint():
    """Every row of every table of our own but the simulations, as the database sees them."""
    found = {}
    for label in ("capacity", "priorities", "customers", "users", "kit"):
        for model in apps.get_app_config(label).get_models():
            if model is not Simulation:
                table = model._meta.db_table
                with connection.cursor() as cursor:
                    cursor.execute(
                        f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'
                    )
                    found[table] = cursor.fetchone()
    return found


def test_nothing_is_written_but_the_simulation_itself(crisis, at):
    draft(rules=GENERAL_HOSPITALS)
    start_simulation(actor=make.acting(Role.CAPACITY_REVIEWER), number=2, days=28, at=at)
    entries = Entry.objects.count()
    before = fingerprint()
    assert run_next_simulation(at=at).state == SimulationState.DONE
    assert fingerprint() == before
    assert Entry.objects.count() == entries


def test_the_database_refuses_to_write_while_it_is_read(crisis, at):
    with reading_only():
        assert len(take_snapshot(since=at - timedelta(days=1), until=at).queue.request) == 4
    with pytest.raises((InternalError, DatabaseError), match="read-only"), transaction.atomic(), reading_only():
        CapacityRequest.objects.update(tier=1)
    CapacityRequest.objects.update(paused_seconds=1)  # writing goes on after it


def test_what_came_out_is_never_changed_not_even_by_raw_sql(crisis, at):
    done = simulated(1, at=at)
    for sql in ("UPDATE capacity_simulation SET progress = 1", "DELETE FROM capacity_simulation"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{sql} WHERE id = %s", [done.pk])


# --- asking for it --------------------------------------------------------------------------------------------


def test_reviewers_and_duty_managers_simulate_one_at_a_time_and_the_journal_says_so(crisis, at):
    for role in (Role.ACCOUNT_MANAGER, Role.AUDITOR, Role.EXECUTIVE, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowed):
            start_simulation(actor=make.acting(role), number=1, days=28, at=at)
    duty = make.acting(Role.DUTY_MANAGER)
    for days in (0, 366):
        with pytest.raises(CannotSimulate):
            start_simulation(actor=duty, number=1, days=days, at=at)
    with pytest.raises(NotFound):
        start_simulation(actor=duty, number=9, days=28, at=at)
    start_simulation(actor=duty, number=1, days=28, at=at)
    with pytest.raises(AlreadyRunning):
        start_simulation(actor=duty, number=1, days=28, at=at)
    assert Entry.objects.filter(action="policy.simulated", actor_id=duty.public_id).count() == 1
    assert Simulation.objects.count() == 1


def test_one_that_was_cut_off_begins_again_and_a_draft_that_changed_is_not_told_of(crisis, at):
    version = draft(rules=GENERAL_HOSPITALS)
    start_simulation(actor=make.acting(Role.CAPACITY_REVIEWER), number=2, days=28, at=at)
    Simulation.objects.update(state=SimulationState.RUNNING, progress=400)  # a worker that was killed
    assert run_next_simulation(at=at).state == SimulationState.DONE
    assert run_next_simulation(at=at) is None
    start_simulation(actor=make.acting(Role.CAPACITY_REVIEWER), number=2, days=28, at=at)
    PolicyVersion.objects.filter(pk=version.pk).update(row_version=version.row_version + 1)
    failed = run_next_simulation(at=at)
    assert failed.state == SimulationState.FAILED
    assert "changed" in failed.problem


# --- the page -------------------------------------------------------------------------------------------------


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\xa0", " ")


def test_the_page_is_started_watched_and_read(visit, crisis, at):
    draft(rules=GENERAL_HOSPITALS)
    reviewer = make.person(Role.CAPACITY_REVIEWER)
    url = "/policy/2/simulation/"
    assert "Not simulated yet" in text_of(visit(url, as_=reviewer, queries=12))
    assert visit(f"{url}start/", as_=reviewer, method="post", data={"days": "0"}).status_code == 400
    assert not Simulation.objects.exists()
    assert visit(f"{url}start/", as_=reviewer, method="post", data={"days": "28"}).status_code == 302
    run = Simulation.objects.get()
    page = visit(url, as_=reviewer, queries=12)
    assert "Waiting for its turn" in text_of(page)
    assert f"/policy/simulations/{run.public_id}/progress/" in page.content.decode()
    assert visit(f"{url}start/", as_=reviewer, method="post", data={"days": "28"}).status_code == 409
    assert visit(f"/policy/simulations/{run.public_id}/rows/", as_=reviewer).status_code == 404
    run_next_simulation(at=at)
    assert visit(f"/policy/simulations/{run.public_id}/progress/", as_=reviewer)["HX-Refresh"] == "true"
    text = text_of(visit(url, as_=reviewer, queries=12))
    assert "Of 4 waiting requests, 1 would move to a better tier and 0 to a worse one." in text
    assert "1 would get all they ask for, 2 today" in text
    assert "place 3: tier 3, score 0" in text
    assert "1 request of an essential organization would rise into tiers 1 and 2" in text
    assert crisis[1].label in text
    PolicyVersion.objects.filter(number=2).update(row_version=99)
    assert "The draft was changed since." in text_of(visit(f"{url}?run={run.public_id}", as_=reviewer, queries=12))
    for role in (Role.AUDITOR, Role.EXECUTIVE, Role.ADMINISTRATOR, Role.DUTY_MANAGER):
        assert visit(url, as_=make.person(role), queries=12).status_code == 200
    assert visit(url, as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    assert visit("/policy/77/simulation/", as_=reviewer).status_code == 404
    assert visit(f"/policy/simulations/{uuid.uuid4()}/progress/", as_=reviewer).status_code == 404


def test_the_file_holds_the_requests_that_one_may_see_and_no_others(visit, crisis, at):
    _others, site = crisis
    draft(rules=GENERAL_HOSPITALS)
    run = simulated(at=at)

    def rows(person):
        answer = visit(f"/policy/simulations/{run.public_id}/rows/", as_=person, queries=12)
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    found = rows(make.person(Role.CAPACITY_REVIEWER))
    assert len(found) == 4
    (row,) = [row for row in found if row["Request"] == site.label]
    assert (row["Tier in force"], row["Tier simulated"]) == ("3", "1")
    assert (row["Region in force"], row["Region simulated"]) == ("", "westeurope")
    assert (row["Served in force, per mille"], row["Served simulated, per mille"]) == ("0", "1000")
    assert rows(make.person(Role.CAPACITY_REVIEWER, regions=["elsewhere"])) == []
    assert rows(make.person(Role.ADMINISTRATOR)) == []
    # The figures name nobody, so every reader of simulations may take them along.
    url = f"/policy/simulations/{run.public_id}/figures/"
    taken = visit(url, as_=make.person(Role.EXECUTIVE), queries=12)
    assert "attachment" in taken["Content-Disposition"]
    assert taken.json()["result"] == run.result
    assert (taken.json()["policy_version"], taken.json()["baseline"]) == (2, 1)
    assert visit(url, as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    start_simulation(actor=make.acting(Role.CAPACITY_REVIEWER), number=2, days=28, at=at)
    waiting = Simulation.objects.get(state=SimulationState.WAITING)
    assert (
        visit(f"/policy/simulations/{waiting.public_id}/figures/", as_=make.person(Role.EXECUTIVE)).status_code == 404
    )
