"""What may become part of a rank is a matter of types: quantity and revenue have no place to stand.

And no clock, locale, process or order of rows can change a byte of it.
"""

import ast
import dataclasses
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from priorities import policy

ROOT = Path(__file__).parents[2]
PURE = [
    *sorted((ROOT / "priorities/policy").glob("*.py")),
    *(ROOT / "capacity/allocation" / name for name in ("fairness.py", "serving.py", "material.py", "comparing.py")),
]


@pytest.mark.parametrize("file", PURE, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_cores_know_no_framework_no_clock_and_no_chance(file):
    imported = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & {"django", "random", "secrets", "time", "os", "locale"}
    assert ".now(" not in file.read_text()


def test_facts_have_no_place_for_quantity_or_revenue():
    names = {
        kind.__name__: {field.name for field in dataclasses.fields(kind)}
        for kind in (policy.Facts, policy.SectorClaim, policy.OverrideFact)
    }
    assert names == {
        "Facts": {
            *("claims", "workload", "workload_confirmed", "offer_type", "is_existing", "is_internal", "completed_at"),
            *("request_number", "overrides"),
        },
        "SectorClaim": {"category", "verification", "certificate"},
        "OverrideFact": {"kind", "value", "scope", "reference"},
    }
    for kind in (policy.Facts, policy.SectorClaim, policy.OverrideFact):
        assert "__slots__" in vars(kind)  # nothing can be hung onto it
    assert list(inspect.signature(policy.rank).parameters) == ["facts", "policy"]
    assert list(inspect.signature(policy.rank_many).parameters) == ["table", "policy"]


TOLD = """
import json, sys
from priorities import policy
facts = policy.Facts.from_dict(json.loads(sys.argv[1]))
terms = policy.default_policy()
print(policy.digest(facts), policy.digest(policy.rank(facts, terms)), policy.digest(terms))
"""


def test_the_same_facts_give_the_same_bytes_in_any_process_locale_and_time_zone():
    claims = [
        {"category": category, "verification": verification, "certificate": certificate}
        for category, verification, certificate in (
            ("HE-ACUTE", "provisional", False),
            ("FR-FIRE", "verified", True),
            ("CI-WATER", "none", False),
        )
    ]
    facts = {
        "claims": claims,
        "workload": "alerting",
        "workload_confirmed": False,
        "offer_type": "enterprise",
        "is_existing": True,
        "is_internal": False,
        "completed_at": "2020-03-29T01:30:00+00:00",
        "request_number": 7,
        "overrides": [{"kind": "cap", "value": 500, "scope": "request", "reference": "Ä-1"}],
    }
    said = set()
    for seed, zone, locale, order in (("0", "UTC", "C.UTF-8", 1), ("17", "Asia/Kolkata", "de_DE.UTF-8", -1)):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        given = json.dumps({**facts, "claims": claims[::order]})
        done = subprocess.run(
            [sys.executable, "-c", TOLD, given], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    assert len(said) == 1
