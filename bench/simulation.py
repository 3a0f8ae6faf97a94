"""A policy tried on 100,000 open requests: `script/bench simulation [--requests N] [--runs N] [--demo N]`.

Method: a small demonstration whose waiting requests are copied, with lines, regions and facts, until so many wait.
Timed is what the background does for one simulation, from reading the queue to the stored result. The limit is 10 s.
"""

import argparse
import dataclasses
import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import psycopg2
from django.conf import settings
from django.db import connection

from bench._measuring import machine
from capacity.allocation.actions.run_simulations import run_next_simulation
from capacity.allocation.actions.start_simulation import start_simulation
from capacity.requests.models import WAITING_STATES, CapacityRequest
from config.demo.build import Size, build_demo, is_empty
from kit import clock
from priorities import policy
from priorities.models import PolicyVersion
from priorities.policies import store_policy
from users.access import actor_of
from users.models import User

LIMIT = 10.0  # seconds

# Copies are born as drafts, because lines and regions change only in a draft; then they are filed.
COPY = (
    """
    CREATE TEMP TABLE copied ON COMMIT DROP AS
    SELECT template.id AS old, nextval(pg_get_serial_sequence('capacity_capacityrequest', 'id')) AS new,
        nextval('capacity_request_number') AS number
    FROM (SELECT id FROM capacity_capacityrequest WHERE state = ANY(%(states)s) ORDER BY id) template,
        generate_series(1, %(times)s) LIMIT %(most)s
    """,
    """
    INSERT INTO capacity_capacityrequest (id, number, public_id, state, {columns})
    SELECT copied.new, copied.number, gen_random_uuid(), 'draft', {values}
    FROM copied JOIN capacity_capacityrequest request ON request.id = copied.old
    """,
    """
    INSERT INTO capacity_requestline (request_id, resource_id, quantity, minimum)
    SELECT copied.new, line.resource_id, line.quantity, line.minimum
    FROM copied JOIN capacity_requestline line ON line.request_id = copied.old ORDER BY copied.new, line.id
    """,
    """
    INSERT INTO capacity_requestregion (request_id, region_id, wish)
    SELECT copied.new, wished.region_id, wished.wish
    FROM copied JOIN capacity_requestregion wished ON wished.request_id = copied.old
    """,
    """
    INSERT INTO capacity_ranking (request_id, policy_version_id, facts, facts_hash, result, tier, claimed_tier, score,
        is_provisional, is_confirmed, cause, at)
    SELECT copied.new, r.policy_version_id, jsonb_set(r.facts, '{{request_number}}', to_jsonb(copied.number)),
        r.facts_hash, r.result, r.tier, r.claimed_tier, r.score, r.is_provisional, r.is_confirmed, r.cause, r.at
    FROM copied JOIN capacity_capacityrequest request ON request.id = copied.old
    JOIN capacity_ranking r ON r.id = request.ranking_id
    """,
    """
    UPDATE capacity_capacityrequest request SET state = 'queued', ranking_id = ranking.id
    FROM capacity_ranking ranking WHERE ranking.request_id = request.id AND request.state = 'draft'
        AND request.id IN (SELECT new FROM copied)
    """,
)


def multiply(wanted: int) -> None:
    """Copy waiting requests until so many wait."""
    waiting = CapacityRequest.objects.filter(state__in=WAITING_STATES).count()
    if waiting >= wanted:
        return
    own = {"id", "number", "public_id", "state", "ranking_id"}
    columns = [field.column for field in CapacityRequest._meta.concrete_fields if field.column not in own]
    names = {"columns": ", ".join(columns), "values": ", ".join(f"request.{column}" for column in columns)}
    sizes = {"states": list(WAITING_STATES), "times": wanted // waiting + 1, "most": wanted - waiting}
    # As the owner: the application's role may not make temporary tables.
    owner = psycopg2.connect(settings.DATABASE_OWNER_URL)
    with owner, owner.cursor() as cursor:
        for statement in COPY:
            cursor.execute(statement.format(**names), sizes if "%(" in statement else None)
        cursor.execute("ANALYZE")
    owner.close()


def processor_time(pid: int) -> float:
    """Seconds of processor that a process of this machine has used; 0 where it runs elsewhere."""
    try:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return 0.0
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench simulation")
    parser.add_argument("--requests", type=int, default=100_000, help="that wait (default %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="(default %(default)s)")
    parser.add_argument("--demo", type=int, default=3_000, help="requests of the demonstration (default %(default)s)")
    options = parser.parse_args()
    if is_empty():
        build_demo(Size(organizations=1_000, requests=options.demo), now=clock.now(), tell=lambda name, seconds: None)
    multiply(options.requests)
    number = PolicyVersion.objects.order_by("-number").values_list("number", flat=True)[0] + 1
    rules = tuple(
        dataclasses.replace(rule, workloads=(*(rule.workloads or ()), "general")) if rule.clause == "1.2" else rule
        for rule in policy.default_policy().rules
    )
    store_policy(dataclasses.replace(policy.default_policy(), version=number, rules=rules), title="Bench")
    actor = actor_of(User.objects.get(email="reviewer@vorrang.example"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    seconds = []
    for _run in range(options.runs):
        start_simulation(actor=actor, number=number, days=28, at=clock.now() + timedelta(seconds=1))
        began, worked, served = time.perf_counter(), time.process_time(), processor_time(backend)
        result = run_next_simulation(at=clock.now()).result
        seconds.append(time.perf_counter() - began)
        cpu = time.process_time() - worked, processor_time(backend) - served
        print(
            f"  {seconds[-1]:5.1f} s; processor time of the application {cpu[0]:.1f} s, of the database {cpu[1]:.1f} s"
        )
    print(f"{result['requests']:,} open requests, {result['past']['decisions']:,} past decisions, N = {options.runs}")
    print(f"  p50 {statistics.median(seconds):.1f} s, slowest {max(seconds):.1f} s, limit {LIMIT:.0f} s; {machine()}")
    sys.exit(1 if max(seconds) > LIMIT else 0)


if __name__ == "__main__":
    main()
