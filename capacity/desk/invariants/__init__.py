"""What must hold over all rows at any moment, asked of the rows themselves and not of the code that wrote them.

Most of it the database refuses to break anyway; this proves that it did, and checks what no constraint can say: that
pools add up, that every decision left its traces, and that stored rankings and diagnoses come out the same again.
Reads only. Each check is independent of the others and names what breaks it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from capacity.desk.invariants import lives, people, registers, requests, supply, usage
from capacity.desk.invariants.checking import CHECKS

__all__ = ["CHECKS", "Finding", "check_invariants", "lives", "people", "registers", "requests", "supply", "usage"]

# More would only repeat what the first few say.
MOST_TOLD = 20


@dataclass(frozen=True)
class Finding:
    """One check: its name, how many rows it looked at, and what breaks it (the first few, and how many in all)."""

    name: str
    looked_at: int
    faults: tuple[str, ...]
    fault_count: int

    @property
    def holds(self) -> bool:
        return self.fault_count == 0


def check_invariants(*names: str) -> Iterator[Finding]:
    """Run the named checks, or all of them, one after the other. Raises KeyError for an unknown name."""
    for name in names or CHECKS:
        looked_at = count = 0
        told: list[str] = []
        for fault in CHECKS[name]():
            looked_at += 1
            if fault is not None:
                count += 1
                if len(told) < MOST_TOLD:
                    told.append(fault)
        yield Finding(name, looked_at, tuple(told), count)
