"""A pool's supply follows from its terms; what was promised stays promised when it falls."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.alarms.models import Alarm
from capacity.pools import arithmetic, ledger
from capacity.pools.actions.set_supply_terms import CannotSetTerms, TermsHold, set_supply_terms
from capacity.pools.models import Level, Pool, SupplyChange
from capacity.pools.sample import PER_THOUSAND_VCPU, VCPU, sample_terms
from capacity.watch.actions.look_at_pools import look_at_pools
from journal.models import Entry
from kit.refusal import StaleForm
from priorities.actions.seed_policy import seed_policy
from tests import make
from users.access import SYSTEM, NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(db) -> Pool:
    return make.pool("westeurope", powered_on=1000)


def set_terms(pool, *, actor=None, **fields):
    values = {
        "powered_on": 1000,
        "out_of_service": 0,
        "organic_growth": 0,
        "failure_reserve": 0,
        "reason": "Two racks came back.",
        "row_version": Pool.objects.get(pk=pool.pk).row_version,
        "at": make.NOW,
    }
    return set_supply_terms(actor=actor or make.acting(Role.REGION_OPERATOR), pool=pool, **{**values, **fields})


def test_an_operator_states_the_terms_and_the_supply_follows(pool):
    change = set_terms(pool, powered_on=2000, out_of_service=100, organic_growth=200, failure_reserve=300)
    pool.refresh_from_db()
    assert (pool.supply, pool.supply_critical, pool.supply_open) == (1400, 1260, 1260)
    assert (change.supply_before, change.supply_after, change.cause, change.reason) == (
        1000, 1400, "terms", "Two racks came back.",
    )  # fmt: skip
    entry = Entry.objects.filter(action="pool.terms_changed").latest("pk")
    assert (entry.before["powered_on"], entry.after["powered_on"], entry.after["supply"]) == (1000, 2000, 1400)


def test_a_supply_that_falls_below_what_is_promised_is_a_deficit_with_an_alarm_and_nothing_is_revoked(pool):
    make.promised(pool, 600)
    set_terms(pool, powered_on=500)
    pool.refresh_from_db()
    assert (pool.granted, pool.supply, pool.deficit, pool.deficit_open) == (600, 500, 100, 150)
    alarm = Alarm.objects.get(kind="deficit")
    assert (alarm.subject, alarm.values["short"], alarm.values["promised"]) == ("vcpu", 150, 600)
    with pytest.raises(ledger.PoolIsFull):
        make.promised(pool, 1, "reserve")

    set_terms(pool, powered_on=2000)
    pool.refresh_from_db()
    alarm.refresh_from_db()
    assert (pool.deficit, pool.deficit_open, alarm.ended_at) == (0, 0, make.NOW)


def test_terms_that_exceed_what_is_powered_on_leave_nothing_to_promise(pool):
    set_terms(pool, powered_on=100, organic_growth=300)
    pool.refresh_from_db()
    assert (pool.supply, pool.supply_open) == (-200, 0)
    with pytest.raises(ledger.PoolIsFull):
        make.promised(pool, 1, "reserve")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"powered_on": -1}, "powered_on"),
        ({"failure_reserve": 10**12 + 1}, "failure_reserve"),
        ({"reason": " "}, "reason"),
    ],
)
def test_wrong_terms_are_refused_at_their_field(pool, fields, wrong):
    with pytest.raises(CannotSetTerms) as refusal:
        set_terms(pool, **fields)
    assert list(refusal.value.fields) == [wrong]
    assert SupplyChange.objects.filter(pool=pool).count() == 1


def test_what_holds_already_and_what_was_shown_before_another_change_is_refused(pool):
    with pytest.raises(TermsHold):
        set_terms(pool)
    shown = pool.row_version
    set_terms(pool, powered_on=1100)
    with pytest.raises(StaleForm):
        set_terms(pool, powered_on=900, row_version=shown)


def test_operators_state_terms_for_their_own_regions(pool):
    for actor in (
        make.acting(Role.DUTY_MANAGER),
        make.acting(Role.CAPACITY_REVIEWER),
        make.acting(Role.REGION_OPERATOR, regions=["eastus"]),
    ):
        with pytest.raises(NeedsRole):
            set_terms(pool, actor=actor, powered_on=5)
    set_terms(pool, actor=make.acting(Role.REGION_OPERATOR, regions=["westeurope"]), powered_on=5)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE capacity_pool SET granted = 0, committed_general = 0",
        "UPDATE capacity_pool SET supply = 10000",
        "UPDATE capacity_pool SET deficit = 10000",
        "UPDATE capacity_ledgerentry SET quantity = 1",
        "DELETE FROM capacity_ledgerentry",
        "UPDATE capacity_supplychange SET reason = ''",
        "DELETE FROM capacity_pool",
        "TRUNCATE capacity_ledgerentry CASCADE",
    ],
)
def test_the_application_role_cannot_touch_what_is_promised(pool, sql):
    make.promised(pool, 10)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_pool_that_is_inserted_has_promised_nothing(pool):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM capacity_resource WHERE code = 'gpu'")
    other = make.pool("eastus", powered_on=10)
    Pool.objects.filter(pk=other.pk).update(powered_on=20)
    other.refresh_from_db()
    assert (other.supply, other.granted) == (20, 0)


amounts = st.integers(0, 10**6) | st.integers(0, 10**12)
shares = st.integers(0, 1000)
terms = st.builds(
    arithmetic.Terms,
    powered_on=amounts,
    out_of_service=amounts,
    organic_growth=amounts,
    failure_reserve=amounts,
    gate_permille=shares,
    reserve_permille=shares,
    failure_reserve_permille=st.sampled_from([1000, 1333, 2000]),
)
promises = st.lists(st.tuples(st.sampled_from(list(Level)), st.integers(1, 2000)), max_size=4)
TERMS = tuple(arithmetic.Terms.__dataclass_fields__)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=terms, after=terms, asked=promises)
def test_the_database_computes_what_the_arithmetic_says(pool, before, after, asked):
    """Supply, levels and deficit, for any terms, before and after promises were made."""
    with transaction.atomic():
        _set(pool, before)
        committed = dict.fromkeys(Level, 0)
        for level, quantity in asked:
            pool.refresh_from_db()
            left = ledger.left(pool, level)
            if quantity <= left:
                make.promised(pool, quantity, level)
                committed[level] += quantity
            else:
                with pytest.raises(ledger.PoolIsFull):
                    make.promised(pool, quantity, level)
        _agrees(pool, before, committed)
        _set(pool, after)
        _agrees(pool, after, committed)
        transaction.set_rollback(True)


def _set(pool, terms):
    Pool.objects.filter(pk=pool.pk).update(**{name: getattr(terms, name) for name in TERMS})


def _agrees(pool, terms, committed):
    pool.refresh_from_db()
    split = arithmetic.buckets(terms)
    held = arithmetic.Committed(committed[Level.GENERAL], committed[Level.CRITICAL], committed[Level.RESERVE])
    assert pool.supply == arithmetic.supply(terms)
    assert pool.supply_open == split.limit(arithmetic.Level.GENERAL)
    assert pool.supply_critical == split.limit(arithmetic.Level.CRITICAL)
    assert max(pool.deficit, pool.deficit_critical, pool.deficit_open) == arithmetic.deficit(split, held)
    for level in Level:
        assert ledger.left(pool, level) == arithmetic.left(ledger.ADMISSION[level], split, held)


@given(st.sampled_from(list(VCPU)), st.sampled_from(list(PER_THOUSAND_VCPU)), st.text(max_size=20))
def test_sample_supply_is_the_same_every_time_and_always_leaves_something(size, resource, code):
    made = sample_terms(code, resource, size, reserve_permille=100)
    assert made == sample_terms(code, resource, size, reserve_permille=100)
    assert arithmetic.buckets(made).open > 0


def test_the_reserve_follows_the_policy_and_tier_one_beyond_its_mark_is_alarmed(pool):
    Pool.objects.filter(pk=pool.pk).update(reserve_permille=300)
    seed_policy(at=make.NOW - timedelta(days=1))
    look_at_pools(at=make.NOW)
    pool.refresh_from_db()
    assert pool.reserve_permille == 100
    assert SupplyChange.objects.filter(pool=pool, cause="policy").count() == 1

    entry = make.promised(pool, 601, "reserve")
    look_at_pools(at=make.NOW)
    assert Alarm.objects.get(kind="tier1_mark").values["held"] == 601
    ledger.release([entry], actor=SYSTEM, at=make.NOW)
    look_at_pools(at=make.NOW)
    assert not Alarm.objects.filter(ended_at=None).exists()
