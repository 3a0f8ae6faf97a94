"""Registers at size: `script/bench registers [--data FOLDER] [--rows 250000] [--organizations 100000] [--runs 3]`.

Three parts, each in a transaction that is rolled back:

1. Every public register of the data folder is taken in whole, as the command does after reading the file: rows read,
   taken in and refused beside the count its SOURCE.md names. Exits with 1 where they differ.
2. The same rows of many registers in one snapshot each, until there are `--rows`: our import (COPY) beside the ORM's
   `bulk_create` of the same facts, in turn, so that the ratio holds on a busy machine.
3. Customers taken from these registers are compared with all entries, and the pages that show registers, entries and
   the eligible without a claim are opened: statements and time, at a hundredth of the customers and at all of them.
"""

import argparse
import gzip
import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from bench._measuring import browser, machine, page, statements, table
from config.demo.cast import PASSWORD
from customers.actions.compare_snapshots import compare_snapshots
from customers.actions.find_register_matches import find_register_matches
from customers.actions.open_evidence_reviews import open_evidence_reviews
from customers.importing.registers import MAX_BYTES, MAX_ROWS, import_register, store_snapshot
from customers.importing.runs import Outcome
from customers.models import Organization, OrganizationDomain, RegisterRow, RegisterSnapshot
from customers.names import name_key, search_text, sort_key
from customers.registers.adapters import REGISTERS
from customers.registers.declaring import RegisterFacts
from kit.clock import now
from kit.copying import copy_in, number_rows
from kit.csvfiles import read_csv
from users.access import SYSTEM
from users.models import Portfolio, RoleAssignment, User
from users.roles import Role

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
# Each register's file and the number of rows that its SOURCE.md names; 17 addresses of govt_urls stand twice.
FILES = {
    "dotgov": ("dotgov/dotgov_2026-08-22.csv", 13_249, 0),
    "govt_urls": ("govt_urls/govt_urls.csv", 7_349, 17),
    "hospitals_us": ("hospitals_us/hospitals_us.csv", 4_349, 0),
    "law_enforcement_us": ("law_enforcement_us/law_enforcement_agencies.csv", 14_902, 0),
    "fire_departments_us": ("fire_departments_us/fire_departments.csv", 2_579, 0),
    "hospitals_eu": ("hospitals_eu/hospitals_fr_it.csv", 5_292, 0),
    "gov_domains_de": ("gov_domains_de/gov_domains_de.csv", 7_183, 0),
    "gov_domains_fr": ("gov_domains_fr/gov_domains_fr.csv", 1_724, 0),
    "gov_domains_uk": ("gov_domains_uk/gov_uk_domains_2016.csv", 2_417, 0),
    "first_responders_uk": ("gov_domains_uk/police_and_fire_services.csv", 67, 0),
    "ror": ("ror_orgs/ror_orgs.csv.gz", 41_203, 0),
    "universities": ("universities/universities.csv", 8_180, 0),
}
DAY = date(2020, 1, 1)
MOST_STATEMENTS = 12


class _Undo(Exception):
    """Takes back what was measured."""


def content(data: Path, register: str) -> bytes:
    """The register's public file, unpacked."""
    file = data / FILES[register][0]
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def take_everything_in(data: Path) -> bool:
    """Part 1; whether every count is what it should be."""
    rows = []
    are_right = True
    for register, (_file, expected, doubled) in FILES.items():
        text = content(data, register)
        results: list[str] = []
        began = time.perf_counter()
        with suppress(_Undo), transaction.atomic():
            import_register(
                actor=SYSTEM, register=REGISTERS[register], content=text, as_of_date=DAY, is_dry_run=False, at=now(),
                on_row=lambda result, told=results: told.append(result.outcome),
            )  # fmt: skip
            seconds = time.perf_counter() - began
            stored = RegisterRow.objects.filter(snapshot__register__code=register, snapshot__as_of_date=DAY).count()
            raise _Undo
        refused = results.count(Outcome.REFUSED)
        is_right = (len(results), refused, stored) == (expected, doubled, expected - doubled)
        are_right = are_right and is_right
        rows.append(
            [register, f"{expected:,}", f"{len(results):,}", f"{stored:,}", str(refused), f"{seconds:.1f}",
             "yes" if is_right else "NO"]
        )  # fmt: skip
    print(table([["register", "SOURCE.md", "read", "taken in", "refused", "seconds", "as it should be"], *rows]))
    return are_right


def facts_of(data: Path, count: int) -> list[RegisterFacts]:
    """So many facts, from the real registers again and again, each under a key of its own."""
    found: list[RegisterFacts] = []
    for name in FILES:
        register = REGISTERS[name]
        rows = read_csv(
            io.BytesIO(content(data, name)), required=register.required, optional=register.optional,
            max_bytes=MAX_BYTES, max_rows=MAX_ROWS,
        )  # fmt: skip
        found += [register.facts_of(row.values) for row in rows]
    times = -(-count // len(found))
    # Every second one as a hospital, so that there is much to find; names of their own, or none would tell who it is.
    return [
        replace(one, key=f"{turn}:{index}", name=f"{one.name} {turn}", kind="healthcare" if index % 2 else one.kind)
        for turn in range(times)
        for index, one in enumerate(found)
    ][:count]


def by_orm(facts: list[RegisterFacts]) -> None:
    """The same facts as objects through the ORM's `bulk_create`, in the usual portions."""
    snapshot = RegisterSnapshot.objects.create(
        register=RegisterSnapshot.objects.latest("pk").register, as_of_date=DAY + timedelta(days=2),
        file_hash="0" * 64, imported_at=now(),
    )  # fmt: skip
    RegisterRow.objects.bulk_create(
        [
            RegisterRow(
                snapshot=snapshot, key=one.key, name=one.name, sort_name=sort_key(one.name, 350),
                search_text=search_text(one.name, one.domain), domain=one.domain, country=one.country,
                region=one.region, kind=one.kind, is_active=one.is_active, details=dict(one.details),
            )
            for one in facts
        ],
        batch_size=1_000,
    )  # fmt: skip


def ours(facts: list[RegisterFacts], day: date = DAY) -> RegisterSnapshot:
    """What the import does with facts once it has them."""
    return store_snapshot(SYSTEM, REGISTERS["ror"], facts, "0" * 64, day, now())


def undone(act: Callable[[], object]) -> float:
    """Seconds that the act takes, constraints included; taken back."""
    began = time.perf_counter()
    with suppress(_Undo), transaction.atomic():
        act()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raise _Undo
    return time.perf_counter() - began


def measure_imports(facts: list[RegisterFacts], runs: int) -> None:
    """Part 2."""
    fast, slow = [], []
    ours(facts[:1])  # so that the register is there; part of the outer transaction, which is rolled back
    for _run in range(runs):
        fast.append(undone(lambda: ours(facts, DAY + timedelta(days=1))))
        slow.append(undone(lambda: by_orm(facts)))
    ratios = sorted(orm / copy for orm, copy in zip(slow, fast, strict=True))
    print(
        f"  {len(facts):,} facts into a snapshot: COPY p50 {statistics.median(fast):.1f} s, bulk_create p50"
        f" {statistics.median(slow):.1f} s, ratio {statistics.median(ratios):.2f} (lowest {ratios[0]:.2f})"
    )


def customers(facts: list[RegisterFacts], count: int, portfolio: Portfolio) -> None:
    """Customers under the names and domains of entries, one in three with a domain."""
    made, domains = [], []
    for number in range(count):
        one = facts[number * 7 % len(facts)]
        name = one.name if number % 2 else f"{one.name} {number}"
        made.append(
            Organization(
                legal_name=name[:250],
                sort_name=sort_key(name),
                search_text=search_text(name),
                name_key=name_key(name),
                country=one.country or "US",
                portfolio=portfolio,
                registered_at=now(),
            )
        )
    number_rows(made)
    for number, organization in enumerate(made):
        domain = facts[number * 7 % len(facts)].domain
        if domain and number % 3 == 0:
            domains.append(OrganizationDomain(organization_id=organization.pk, domain=domain))
    copy_in(made)
    copy_in(domains)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_organization, customers_organizationdomain, customers_registerrow")


def pages(client: Client) -> list[list[str]]:
    """Every page of registers: name, statements, median milliseconds of nine, the first left out."""
    entry = RegisterRow.objects.latest("pk")
    newest, older = RegisterSnapshot.objects.order_by("-as_of_date")[:2]
    code, day = "ror", newest.as_of_date.isoformat()
    found = []
    for name, url in (
        ("registers", reverse("customers:registers")),
        ("registers, a fragment", reverse("customers:registers") + "?q=klinik"),
        ("registers, kind and country", reverse("customers:registers") + "?kind=hospital&country=US"),
        ("snapshot", reverse("customers:snapshot", args=[code, day])),
        ("changes", reverse("customers:register_changes", args=[code, day, older.as_of_date.isoformat()])),
        ("entry", reverse("customers:register_entry", args=[code, day, entry.key])),
        ("reviews", reverse("customers:evidence_reviews")),
        ("eligible", reverse("customers:matches")),
        ("eligible, hospitals", reverse("customers:matches") + "?category=HE-ACUTE&country=US"),
    ):
        page(client, url)
        asked = statements(lambda url=url: page(client, url))
        times = []
        for _run in range(8):
            began = time.perf_counter()
            page(client, url)
            times.append((time.perf_counter() - began) * 1000)
        found.append([name, str(asked), f"{statistics.median(times):.0f}"])
    return found


def somebody() -> Client:
    """A browser of an account manager and verifier of everything."""
    user = User(email="bench@vorrang.example", name="Bench", joined_at=now())
    user.set_password(PASSWORD)
    user.save()
    for role in (Role.ACCOUNT_MANAGER, Role.VERIFIER):
        RoleAssignment.objects.create(user=user, role=role, assigned_by=None, started_at=now())
    return browser(user.email)


def measure_following(facts: list[RegisterFacts], organizations: int) -> bool:
    """Part 3; whether no page asks too often."""
    client = somebody()
    snapshots = [ours(facts, DAY + timedelta(days=3)), ours(facts[:-500], DAY + timedelta(days=4))]
    began = time.perf_counter()
    # Neighbors are compared by the import; these two are none.
    oldest = snapshots[0].register.snapshots.order_by("as_of_date")[0]
    told = compare_snapshots(old=oldest, new=snapshots[1], at=now())
    print(
        f"  two snapshots of {len(facts):,} compared in {time.perf_counter() - began:.1f} s: {told.gained} gained,"
        f" {told.lost} lost, {told.changed} changed"
    )
    began = time.perf_counter()
    open_evidence_reviews(at=now())
    print(f"  evidence looked through in {(time.perf_counter() - began) * 1000:.0f} ms")
    portfolio = Portfolio.objects.create(code="bench-registers", name="Bench")
    shown: dict[int, list[list[str]]] = {}
    few = organizations // 100
    for count, more in ((few, few), (organizations, organizations - few)):
        customers(facts[few:] if count != few else facts, more, portfolio)
        began = time.perf_counter()
        matches = find_register_matches(at=now())
        print(
            f"  {count:,} customers compared with {len(facts):,} entries in {time.perf_counter() - began:.1f} s:"
            f" {matches:,} matches"
        )
        with connection.cursor() as cursor:
            # As the database does by itself within a minute; inside a transaction it cannot.
            cursor.execute("ANALYZE customers_registermatch, customers_snapshotchange, customers_claim")
        shown[count] = pages(client)
    rows = [[*less, *more[1:]] for less, more in zip(*shown.values(), strict=True)]
    heads = [f"{what} at {count:,}" for count in shown for what in ("statements", "ms")]
    print(table([["page", *heads], *rows]))
    return all(int(row[3]) <= MOST_STATEMENTS for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench registers")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--organizations", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only-counts", action="store_true", help="only take every register in and count")
    options = parser.parse_args()
    if not options.data.exists():
        raise SystemExit(f"{options.data} is not there; --data names the folder of the public registers.")
    print(f"Registers; {machine()}")
    is_good = take_everything_in(options.data)
    if not options.only_counts:
        facts = facts_of(options.data, options.rows)
        with suppress(_Undo), transaction.atomic():
            measure_imports(facts, options.runs)
            is_good = measure_following(facts, options.organizations) and is_good
            raise _Undo
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
