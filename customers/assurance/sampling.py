"""Which verifications a monthly audit looks at: a pure, repeatable draw."""

import random
from collections.abc import Sequence

# Of a hundred verifications of strong categories; twice as many where tier 1 holds more than its mark, because a list
# on which everybody stands protects nobody (product rule 5).
SHARE_PERCENT = 5


def sample(keys: Sequence[int], *, percent: int, seed: int) -> list[int]:
    """So many percent of the keys, rounded up, drawn at random; the same seed and keys give the same draw.

    The order of `keys` does not matter. At least one is drawn where there is any.
    """
    count = -(-len(keys) * percent // 100)
    return sorted(random.Random(seed).sample(sorted(keys), min(count, len(keys))))  # noqa: S311 - repeatable on purpose
