"""Do the pages of organizations feel how many there are: `script/bench organizations [--many N] [--runs N]`.

Method: an empty database of its own (`DATABASE_URL`, `DATABASE_OWNER_URL`), filled through the import to 1,000 and then
to 100,000 organizations, a tenth of them with a claim. In both sizes a verifier and an account manager open the list,
two searches, a filtered list and one organization, in turn with a page that reads no organization, in one process and
through every middleware. The ratio is that of the medians, each divided by the median of the page without
organizations, so that it holds on a busy machine. The limit is 1.3, and twelve statements.
"""

import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.urls import reverse

from bench._measuring import alternating, browser, machine, page, statements, table, vacuum
from bench.imports import customers
from config.demo.cast import PASSWORD
from customers.actions.register_organization import register_organization
from customers.actions.seed_categories import seed_categories
from customers.importing.organizations import import_organizations
from customers.models import Claim, ClaimMove, Organization, SectorCategory
from kit.clock import now
from kit.copying import copy_in, number_rows
from users.access import SYSTEM
from users.models import Portfolio, RoleAssignment, User
from users.roles import Role

FEW = 1_000
LIMIT, MOST_STATEMENTS = 1.3, 12


@dataclass(frozen=True)
class Measured:
    """A page's medians in milliseconds, on the clock and of the processor; relative to the plain page; statements."""

    wall: float
    cpu: float
    relative: float
    statements: int


def person(role: str) -> str:
    """A person who holds the role everywhere; their address."""
    user = User(email=f"{role}@bench.example", name=role, language="en", time_zone="UTC")
    user.set_password(PASSWORD)
    user.save()
    RoleAssignment.objects.create(user=user, role=role, started_at=now())
    return user.email


def fill(count: int) -> None:
    """Import organizations until there are so many, a tenth of them with a claim."""
    with tempfile.TemporaryDirectory() as folder:
        content = customers(Path(folder), count).read_bytes()
    import_organizations(actor=SYSTEM, content=content, is_dry_run=False, at=now(), keep=lambda results: None)
    category = SectorCategory.objects.get(code="HE-ACUTE")
    bare = Organization.objects.filter(claims=None).order_by("pk")[: count // 10]
    claims = [Claim(organization=row, category=category, state="submitted", filed_at=now()) for row in bare]
    number_rows(claims)
    copy_in(claims)
    copy_in([ClaimMove(claim=claim, new_state="submitted", at=now()) for claim in claims])
    vacuum()


def measure(people: dict[str, str], runs: int) -> dict[str, Measured]:
    """Each page of each person."""
    one = Organization.objects.get(legal_name="Uniklinik Köln")
    there = reverse("customers:organizations")
    addresses = {
        "list": there,
        "search, one found": f"{there}?q=koeln+uniklinik",
        "search, most found": f"{there}?q=gmbh",
        "filtered": f"{there}?category=HE-ACUTE&country=DE",
        "organization": reverse("customers:organization", args=[one.public_id]),
    }
    plain = reverse("regions:table")
    found = {}
    for role, email in people.items():
        client = browser(email)
        acts = {name: partial(page, client, address) for name, address in addresses.items()}
        samples = alternating(runs, 3, partial(page, client, plain), *acts.values())
        base = samples[0].p50
        for (name, act), sample in zip(acts.items(), samples[1:], strict=True):
            found[f"{role}: {name}"] = Measured(
                sample.p50, statistics.median(sample.cpu), sample.p50 / base, statements(act)
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench organizations")
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=25, help="openings of each page (default %(default)s)")
    options = parser.parse_args()
    if Organization.objects.exists():
        raise SystemExit("There are organizations already. Give a database of its own.")
    seed_categories()
    people = {"verifier": person(Role.VERIFIER), "account manager": person(Role.ACCOUNT_MANAGER)}
    portfolio = Portfolio.objects.create(code="bench", name="Bench")
    register_organization(
        actor=SYSTEM, portfolio=portfolio, legal_name="Uniklinik Köln", country="DE", offer_type="enterprise",
        domains=["uniklinik-koeln.example"], external_ids=[("ror", "bench")], at=now(),
    )  # fmt: skip
    sizes = []
    for count in (FEW, options.many):
        fill(count)
        sizes.append((Organization.objects.count(), measure(people, options.runs)))
    (few, before), (many, after) = sizes
    print(f"Pages of organizations, N = {options.runs}; {machine()}")
    rows: list[list[object]] = [["page", f"{few:,}", f"{many:,}", "ratio", "CPU", "CPU", "statements"]]
    worst, most = 0.0, 0
    for name, one in before.items():
        other = after[name]
        ratio = other.relative / one.relative
        worst, most = max(worst, ratio), max(most, one.statements, other.statements)
        rows.append(
            [name, f"{one.wall:.1f} ms", f"{other.wall:.1f} ms", f"{ratio:.2f}", f"{one.cpu:.1f} ms",
             f"{other.cpu:.1f} ms", f"{one.statements}, {other.statements}"]
        )  # fmt: skip
    print(table(rows))
    print(f"  worst ratio {worst:.2f}, limit {LIMIT}; at most {most} statements, limit {MOST_STATEMENTS}")
    sys.exit(1 if worst > LIMIT or most > MOST_STATEMENTS else 0)


if __name__ == "__main__":
    main()
