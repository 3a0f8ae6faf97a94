"""Supply is never promised twice, with any number of writers, at every isolation level; and the tests can tell."""

import pytest

from tests import make
from tests.capacity.pools.racing import copy_without, decide_across_commits, faults, here, promise_at_random

SEED = 20200321
COMMITS = 1_500

# The same function without the guard in its UPDATE, and the pool without the checks that repeat it.
NO_GUARD = """
    CREATE OR REPLACE FUNCTION capacity_post_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        n bigint := NEW.quantity * CASE WHEN NEW.kind LIKE 'release%' THEN -1 ELSE 1 END;
    BEGIN
        UPDATE capacity_pool SET
            committed_general = committed_general + CASE WHEN NEW.level = 'general' THEN n ELSE 0 END,
            committed_critical = committed_critical + CASE WHEN NEW.level = 'critical' THEN n ELSE 0 END,
            committed_reserve = committed_reserve + CASE WHEN NEW.level = 'reserve' THEN n ELSE 0 END,
            held = held + CASE WHEN NEW.kind LIKE '%hold' THEN n ELSE 0 END,
            granted = granted + CASE WHEN NEW.kind LIKE '%grant' THEN n ELSE 0 END
        WHERE id = NEW.pool_id;
        RETURN NEW;
    END $$;
"""
# What many would write instead: add up the entries, compare, insert. It leans on the isolation level.
SUM_THEN_INSERT = """
    CREATE OR REPLACE FUNCTION capacity_post_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF NEW.quantity + (
            SELECT coalesce(sum(CASE WHEN kind LIKE 'release%' THEN -quantity ELSE quantity END), 0)
            FROM capacity_ledgerentry WHERE pool_id = NEW.pool_id
        ) > (SELECT supply FROM capacity_pool WHERE id = NEW.pool_id) THEN
            RAISE EXCEPTION 'full' USING ERRCODE = 'VR001';
        END IF;
        RETURN NEW;
    END $$;
"""
NO_CHECKS = """
    ALTER TABLE capacity_pool DROP CONSTRAINT open_supply_holds, DROP CONSTRAINT critical_supply_holds,
        DROP CONSTRAINT supply_holds;
"""

pytestmark = pytest.mark.django_db(transaction=True)


def three_pools():
    make.region()
    return [make.pool(resource=resource, powered_on=600).pk for resource in ("vcpu", "memory", "gpu")]


def test_fifty_workers_never_exceed_the_supply():
    pools = three_pools()
    taken = promise_at_random(here(), pools, workers=50, acts=20, seed=SEED)
    assert taken > 50, f"seed {SEED}: the test must do something"
    assert faults(here()) == [], f"seed {SEED}"


def test_without_the_guard_the_same_fifty_workers_exceed_it():
    pools = three_pools()
    with copy_without(NO_GUARD + NO_CHECKS, f"{here().name}_mutant") as mutant:
        promise_at_random(mutant, pools, workers=50, acts=20, seed=SEED)
        assert any("promised" in fault for fault in faults(mutant)), f"seed {SEED}"


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_a_decision_held_open_across_many_commits_finds_the_pool_full(isolation):
    """The guard does not lean on isolation: after 1,500 serializable commits it still knows what is left."""
    pool = make.pool(powered_on=COMMITS + 100)
    taken = decide_across_commits(here(), pool.pk, isolation=isolation, commits=COMMITS, left=101, seed=isolation)
    assert not taken
    assert faults(here()) == []
    pool.refresh_from_db()
    assert pool.granted == COMMITS


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_what_is_really_left_is_still_granted_after_many_commits_or_refused_for_a_retry(isolation):
    pool = make.pool(powered_on=COMMITS + 100)
    taken = decide_across_commits(here(), pool.pk, isolation=isolation, commits=COMMITS, left=100, seed=isolation)
    # Serializable may ask for a retry; read committed sees what is left and takes it.
    assert taken or isolation == "serializable"
    assert faults(here()) == []


def test_adding_up_instead_of_guarding_promises_twice():
    """The mutant that trusts its snapshot: at repeatable read the open decision grants what is gone."""
    pool = make.pool(powered_on=COMMITS + 100)
    with copy_without(SUM_THEN_INSERT + NO_CHECKS, f"{here().name}_mutant") as mutant:
        taken = decide_across_commits(
            mutant, pool.pk, isolation="repeatable read", commits=COMMITS, left=101, seed="mutant"
        )
        assert taken
        assert any("promised" in fault for fault in faults(mutant))
