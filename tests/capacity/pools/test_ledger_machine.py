"""The ledger does what a ledger in plain Python does, step by step, whatever the steps."""

from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.db.models import Q, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from capacity.pools import ledger
from capacity.pools.models import LedgerEntry, Level, Pool
from tests import make
from users.access import SYSTEM

pytestmark = pytest.mark.django_db
LEVELS = (Level.GENERAL, Level.CRITICAL, Level.RESERVE)
RESOURCES = ("vcpu", "gpu")
# 100 runs of 50 steps.
RUNS, STEPS = 100, 50


@dataclass
class Reference:
    """One pool as a ledger without a database would keep it."""

    powered_on: int = 0
    gate: int = 1000
    reserve: int = 100
    held: int = 0
    granted: int = 0
    committed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    deficits: list[int] = field(default_factory=lambda: [0, 0, 0])

    @property
    def limits(self) -> list[int]:
        """What levels up to general, critical and reserve may hold together."""
        kept = -(-self.powered_on * self.reserve // 1000)
        return [(self.powered_on - kept) * self.gate // 1000, self.powered_on - kept, self.powered_on]

    @property
    def within(self) -> list[int]:
        total, sums = 0, []
        for level in LEVELS:
            total += self.committed[level]
            sums.append(total)
        return sums

    def takes(self, level: Level, quantity: int) -> bool:
        first = LEVELS.index(level)
        return all(self.within[at] + quantity <= self.limits[at] for at in range(first, 3))

    def post(self, kind: str, level: Level, quantity: int) -> None:
        self.committed[level] += quantity
        setattr(self, kind, getattr(self, kind) + quantity)
        excess = [max(within - limit, 0) for within, limit in zip(self.within, self.limits, strict=True)]
        self.deficits = [min(old, new) for old, new in zip(self.deficits, excess, strict=True)]

    def set_terms(self, powered_on: int, gate: int) -> None:
        before = self.limits
        self.powered_on, self.gate = powered_on, gate
        if self.limits != before:
            self.deficits = [max(within - limit, 0) for within, limit in zip(self.within, self.limits, strict=True)]


class Ledger(RuleBasedStateMachine):
    """Holds, grants, releases and changes of supply in any order, on two pools of one region."""

    standing = Bundle("standing")
    pools: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self.reference = {resource: Reference() for resource in RESOURCES}
        self.count = 0
        for resource in RESOURCES:
            self.set_terms(resource, 100, 1000)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    @rule(resource=st.sampled_from(RESOURCES), powered_on=st.integers(0, 150), gate=st.sampled_from([0, 500, 1000]))
    def set_terms(self, resource, powered_on, gate):
        Pool.objects.filter(pk=self.pools[resource]).update(
            powered_on=powered_on,
            out_of_service=0,
            organic_growth=0,
            failure_reserve=0,
            reserve_permille=100,
            gate_permille=gate,
        )
        self.reference[resource].set_terms(powered_on, gate)

    @rule(
        target=standing,
        kind=st.sampled_from(["held", "granted"]),
        level=st.sampled_from(LEVELS),
        quantities=st.lists(
            st.tuples(st.sampled_from(RESOURCES), st.integers(1, 60)),
            min_size=1,
            max_size=2,
            unique_by=lambda pair: pair[0],
        ),
    )
    def promise(self, kind, level, quantities):
        self.count += 1
        postings = [
            ledger.Posting(self.pools[resource], level, quantity, f"{self.count}:{resource}")
            for resource, quantity in quantities
        ]
        act = ledger.hold if kind == "held" else ledger.grant
        if all(self.reference[resource].takes(level, quantity) for resource, quantity in quantities):
            entries = act(postings, actor=SYSTEM, at=make.NOW)
            for resource, quantity in quantities:
                self.reference[resource].post(kind, level, quantity)
            return kind, level, dict(quantities), entries
        with pytest.raises(ledger.PoolIsFull):
            act(postings, actor=SYSTEM, at=make.NOW)
        return None

    @rule(promise=consumes(standing))
    def release(self, promise):
        if promise is None:
            return
        kind, level, quantities, entries = promise
        ledger.release(entries, actor=SYSTEM, at=make.NOW)
        for resource, quantity in quantities.items():
            self.reference[resource].post(kind, level, -quantity)
        with pytest.raises(ledger.AlreadyReleased):
            ledger.release(entries, actor=SYSTEM, at=make.NOW)

    @rule(target=standing, promise=consumes(standing))
    def confirm(self, promise):
        if promise is None or promise[0] != "held":
            return promise
        _kind, level, quantities, entries = promise
        fits, before = True, deepcopy(self.reference)
        for resource, quantity in sorted(quantities.items(), key=lambda pair: self.pools[pair[0]]):
            reference = self.reference[resource]
            reference.post("held", level, -quantity)
            fits = fits and reference.takes(level, quantity)
        if fits:
            made = ledger.grant_held(entries, actor=SYSTEM, at=make.NOW)
            for resource, quantity in quantities.items():
                self.reference[resource].post("granted", level, quantity)
            return "granted", level, quantities, made
        # Supply fell below what is promised: the hold stays as it is, and so does the deficit.
        self.reference = before
        with pytest.raises(ledger.PoolIsFull):
            ledger.grant_held(entries, actor=SYSTEM, at=make.NOW)
        return promise

    @invariant()
    def both_tell_the_same(self):
        pools = Pool.objects.in_bulk(self.pools.values())
        released = Q(kind__startswith="release")
        sums = dict(
            LedgerEntry.objects.values_list("pool").annotate(
                total=Sum("quantity", filter=~released, default=0) - Sum("quantity", filter=released, default=0)
            )
        )
        for resource, reference in self.reference.items():
            pool = pools[self.pools[resource]]
            assert [pool.supply_open, pool.supply_critical, pool.supply] == reference.limits
            assert (pool.held, pool.granted) == (reference.held, reference.granted)
            assert [pool.committed_general, pool.committed_critical, pool.committed_reserve] == list(
                reference.committed.values()
            )
            assert [pool.deficit_open, pool.deficit_critical, pool.deficit] == reference.deficits
            slack = [limit - within for limit, within in zip(reference.limits, reference.within, strict=True)]
            for first, level in enumerate(LEVELS):
                assert ledger.left(pool, level) == max(0, min(slack[first:]))
            assert sums.get(pool.pk, 0) == pool.held + pool.granted


def test_the_ledger_equals_a_ledger_in_plain_python(db):
    Ledger.pools = {resource: make.pool(resource=resource, powered_on=1).pk for resource in RESOURCES}
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
