"""What must always hold, asked of the database from outside the code that keeps it.

Each question is one statement that returns what breaks the rule; a healthy installation answers
every one with nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from capacity.requests.models import Ranking
from priorities import policy
from priorities.models import PolicyVersion
from priorities.policies import policy_of

BATCH = 2_000


@dataclass(frozen=True)
class Breach:
    """A rule that does not hold, and an example of where."""

    rule: str
    example: str


_STANDING = """
    SELECT entry.pool_id, entry.kind, entry.level, sum(entry.quantity) AS quantity
    FROM capacity_ledgerentry entry
    WHERE entry.kind IN ('hold', 'grant')
      AND NOT EXISTS (SELECT 1 FROM capacity_ledgerentry release WHERE release.releases_id = entry.id)
    GROUP BY entry.pool_id, entry.kind, entry.level
"""

RULES: dict[str, str] = {
    "What a pool has promised is what its ledger says": f"""
        SELECT pool.id FROM capacity_pool pool LEFT JOIN (
            SELECT pool_id,
                   sum(quantity) FILTER (WHERE kind = 'hold') AS held,
                   sum(quantity) FILTER (WHERE kind = 'grant') AS granted,
                   sum(quantity) FILTER (WHERE level = 'general') AS general,
                   sum(quantity) FILTER (WHERE level = 'critical') AS critical,
                   sum(quantity) FILTER (WHERE level = 'reserve') AS reserve
            FROM ({_STANDING}) standing GROUP BY pool_id
        ) ledger ON ledger.pool_id = pool.id
        WHERE (pool.held, pool.granted, pool.committed_general, pool.committed_critical, pool.committed_reserve)
            <> (coalesce(ledger.held, 0), coalesce(ledger.granted, 0), coalesce(ledger.general, 0),
                coalesce(ledger.critical, 0), coalesce(ledger.reserve, 0))
    """,  # noqa: S608 - put together from the constant above
    "No pool has promised more than its supply, but for a recorded deficit": """
        SELECT id FROM capacity_pool
        WHERE held + granted > greatest(supply, 0) + deficit
           OR committed_general > supply_open + deficit_open
           OR committed_general + committed_critical > supply_critical + deficit_critical
    """,
    "A request stands where its last move took it": """
        SELECT request.id FROM capacity_capacityrequest request
        JOIN LATERAL (
            SELECT new_state FROM capacity_requestmove move WHERE move.request_id = request.id
            ORDER BY move.id DESC LIMIT 1
        ) last ON true
        WHERE last.new_state <> request.state
    """,
    "Every request has a move": """
        SELECT id FROM capacity_capacityrequest request
        WHERE NOT EXISTS (SELECT 1 FROM capacity_requestmove move WHERE move.request_id = request.id)
    """,
    "A granted request has a decision": """
        SELECT id FROM capacity_capacityrequest request
        WHERE state IN ('approved', 'partly_approved', 'approved_elsewhere', 'declined', 'fulfilled')
          AND NOT EXISTS (SELECT 1 FROM capacity_decision decision WHERE decision.request_id = request.id)
    """,
    "Every decision stands in the journal": """
        SELECT decision.id FROM capacity_decision decision
        JOIN capacity_capacityrequest request ON request.id = decision.request_id
        WHERE NOT EXISTS (
            SELECT 1 FROM journal_entry entry
            WHERE entry.subject_type = 'request' AND entry.subject_id = request.public_id::text
        )
    """,
    "A claim stands where its last move took it": """
        SELECT claim.id FROM customers_claim claim
        JOIN LATERAL (
            SELECT new_state FROM customers_claimmove move WHERE move.claim_id = claim.id
            ORDER BY move.id DESC LIMIT 1
        ) last ON true
        WHERE last.new_state <> claim.state
    """,
    "Nobody decided what they filed": """
        SELECT decision.id FROM capacity_decision decision
        JOIN capacity_capacityrequest request ON request.id = decision.request_id
        WHERE decision.by_id = request.filed_by_id
    """,
    "Nobody verified what they filed": "SELECT id FROM customers_claim WHERE decided_by_id = filed_by_id",
    "Nobody confirmed an override of their own": """
        SELECT id FROM priorities_override WHERE confirmed_by_id = proposed_by_id
    """,
}


def breaches() -> Iterator[Breach]:
    """Every rule that does not hold, with the key of one row that breaks it."""
    with connection.cursor() as cursor:
        for rule, question in RULES.items():
            cursor.execute(f"{question} LIMIT 1")
            if found := cursor.fetchone():
                yield Breach(rule, str(found[0]))
    yield from _changed_rankings()


def _changed_rankings() -> Iterator[Breach]:
    """Re-running the policy on the facts that a ranking rests on gives the same answer, years later."""
    policies = {version.pk: policy_of(version) for version in PolicyVersion.objects.all()}
    for row in Ranking.objects.order_by("pk").iterator(chunk_size=BATCH):
        facts = policy.Facts.from_dict(row.facts)
        again = policy.rank(facts, policies[row.policy_version_id])
        if policy.digest(facts) != row.facts_hash or again != policy.Ranking.from_dict(row.result):
            yield Breach("A ranking follows from its facts", str(row.pk))
            return
