"""Who comes first when new capacity is short: facts and a policy in, a ranking with its reasons out.

Pure: no database, no clock, no randomness, integers only. The same facts under the same policy give
the same bytes, so every stored decision can be replayed. `Facts` has no field for quantity, price or
revenue, so neither can become part of a rank.

How a tier is found:

* Every rule of the policy that matches names a tier. The best one counts (lowest tier; verified before
  provisional; criterion of a strict tier 1; higher score; earlier rule), so one more good fact never worsens a rank.
* A rule with categories matches only on a claim that is verified or provisional. A rule with workload
  classes counts only once a reviewer has confirmed the class. Until then the request queues at
  `claimed_tier`, while `tier` says what it has on confirmed facts alone.
* An override changes the outcome as one more fact with its own reason, never the facts beneath it.
"""

from priorities.policy.bulk import FactTable, Ranks, order_of, rank_many, table_of, table_of_dicts
from priorities.policy.changes import Change, what_would_change
from priorities.policy.defaults import CATEGORIES, default_policy
from priorities.policy.difference import Difference, differences
from priorities.policy.facts import (
    FREE_OFFERS,
    LOWEST_TIER,
    PAID_OFFERS,
    PERMILLE,
    TIERS,
    Facts,
    OfferType,
    OverrideFact,
    OverrideKind,
    OverrideScope,
    SectorClaim,
    Verification,
    Workload,
)
from priorities.policy.order import aged_score, due_at, is_overdue, order_key, waited_days
from priorities.policy.ranking import Ranking, Term, digest, rank
from priorities.policy.sentences import Sentence, sentences
from priorities.policy.validation import problems
from priorities.policy.version import Policy, Rule, TierTerms

__all__ = [
    "CATEGORIES",
    "FREE_OFFERS",
    "LOWEST_TIER",
    "PAID_OFFERS",
    "PERMILLE",
    "TIERS",
    "Change",
    "Difference",
    "FactTable",
    "Facts",
    "OfferType",
    "OverrideFact",
    "OverrideKind",
    "OverrideScope",
    "Policy",
    "Ranking",
    "Ranks",
    "Rule",
    "SectorClaim",
    "Sentence",
    "Term",
    "TierTerms",
    "Verification",
    "Workload",
    "aged_score",
    "default_policy",
    "differences",
    "digest",
    "due_at",
    "is_overdue",
    "order_key",
    "order_of",
    "problems",
    "rank",
    "rank_many",
    "sentences",
    "table_of",
    "table_of_dicts",
    "waited_days",
    "what_would_change",
]
