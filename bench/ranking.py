"""Ranking a million requests at once beside one by one: `script/bench ranking [--rows N] [--runs N] [--scalar N]`.

Method: random facts of every kind with a fixed seed. `rank_many` and `order_of` over all rows, from arrays to arrays;
`rank` and `order_key` (the oracle) over a sample of the same rows, taking turns. Before anything is timed the two are
compared on the sample, field by field and in their order. The limit is 3 s for a million rows on two cores.
"""

import argparse
import os
import random
import sys
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import numpy as np

from bench._measuring import alternating, described, machine
from priorities import policy
from priorities.policy import bulk

LIMIT = 3.0  # seconds for a million rows
AT = datetime(2020, 4, 30, 12, 0, tzinfo=UTC)


def invented(count: int, seed: int = 2020) -> bulk.FactTable:
    """Random facts of every kind as columns: four in five requests rest on one to three claims."""
    dice = np.random.default_rng(seed)
    claims = dice.choice([0, 1, 2, 3], size=count, p=[0.2, 0.5, 0.2, 0.1])
    start = np.concatenate(([0], np.cumsum(claims)))
    size = int(start[-1])
    arrived = AT - timedelta(days=90)
    return bulk.FactTable(
        categories=tuple(sorted(policy.CATEGORIES)),
        workloads=tuple(str(one) for one in policy.Workload),
        claim_start=start,
        claim_category=dice.integers(0, len(policy.CATEGORIES), size),
        claim_verification=dice.integers(0, 3, size),
        claim_certificate=dice.random(size) < 0.1,
        workload=dice.integers(0, len(policy.Workload), count),
        confirmed=dice.random(count) < 0.7,
        offer=dice.integers(0, len(bulk.OFFERS), count),
        existing=dice.random(count) < 0.8,
        internal=dice.random(count) < 0.02,
        completed=bulk.microseconds(arrived) + dice.integers(0, 90 * bulk.DAY, count),
        number=dice.permutation(count) + 1,
        retier=np.where(dice.random(count) < 0.01, dice.integers(1, 6, count), 0),
        pinned=dice.random(count) < 0.002,
        held=dice.random(count) < 0.002,
    )


def scalar(table: bulk.FactTable, index: int) -> policy.Facts:
    """One row as the value that the scalar core takes."""
    claims = range(int(table.claim_start[index]), int(table.claim_start[index + 1]))
    overrides = [policy.OverrideFact("retier", int(table.retier[index]))] if table.retier[index] else []
    overrides += [policy.OverrideFact("pin")] if table.pinned[index] else []
    overrides += [policy.OverrideFact("hold")] if table.held[index] else []
    return policy.Facts(
        claims=tuple(
            policy.SectorClaim(
                table.categories[table.claim_category[claim]],
                bulk.VERIFICATIONS[table.claim_verification[claim]],
                bool(table.claim_certificate[claim]),
            )
            for claim in claims
        ),
        workload=table.workloads[table.workload[index]],
        workload_confirmed=bool(table.confirmed[index]),
        offer_type=bulk.OFFERS[table.offer[index]],
        is_existing=bool(table.existing[index]),
        is_internal=bool(table.internal[index]),
        completed_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(table.completed[index])),
        request_number=int(table.number[index]),
        overrides=tuple(overrides),
    )


def differences(table: bulk.FactTable, ranks: bulk.Ranks, order: np.ndarray, sample: list[int]) -> int:
    """How many of the sampled rows the oracle ranks otherwise, or puts in another order."""
    terms = policy.default_policy()
    facts = {index: scalar(table, index) for index in sample}
    oracle = {index: policy.rank(one, terms) for index, one in facts.items()}
    found = sum(
        (int(ranks.tier[i]), int(ranks.claimed_tier[i]), int(ranks.score[i]), bool(ranks.confirmed[i]))
        != (one.tier, one.claimed_tier, one.score, one.confirmed)
        for i, one in oracle.items()
    )
    keys = {i: policy.order_key(oracle[i], facts[i], scarce=True, at=AT) for i in sample}
    place = np.empty(len(table), dtype=np.int64)
    place[order] = np.arange(len(table))
    expected, said = sorted(sample, key=keys.__getitem__), sorted(sample, key=place.__getitem__)
    return found + sum(one != other for one, other in zip(expected, said, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench ranking")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7, help="runs of each (default %(default)s)")
    parser.add_argument("--scalar", type=int, default=20_000, help="rows for the oracle (default %(default)s)")
    options = parser.parse_args()
    table, terms = invented(options.rows), policy.default_policy()
    sample = random.Random(7).sample(range(options.rows), min(options.scalar, options.rows))
    facts = [scalar(table, index) for index in sample]

    def many() -> tuple[bulk.Ranks, np.ndarray]:
        ranks = bulk.rank_many(table, terms)
        return ranks, bulk.order_of(ranks, table, scarce=True, at=AT)

    def one_by_one() -> list[policy.Facts]:
        keys = [policy.order_key(policy.rank(one, terms), one, scarce=True, at=AT) for one in facts]
        return [facts[index] for index in sorted(range(len(facts)), key=keys.__getitem__)]

    wrong = differences(table, *many(), sample)
    fast, slow = alternating(options.runs, 1, many, one_by_one)
    each = slow.p50 / len(sample) / (fast.p50 / options.rows)
    print(f"{options.rows:,} rows, {len(table.claim_category):,} claims, N = {options.runs} runs; {machine()}")
    print(described(f"rank and order {options.rows:,}", fast))
    print(described(f"one by one, {len(sample):,} of them", slow))
    print(f"  one by one takes {each:.0f} times as long for a row")
    print(f"  {wrong} differences between the two on {len(sample):,} rows")
    limit = LIMIT * options.rows / 1_000_000
    print(f"  slowest {max(fast.wall) / 1000:.2f} s, limit {limit:.2f} s")
    sys.exit(1 if wrong or max(fast.wall) / 1000 > limit else 0)


if __name__ == "__main__":
    main()
