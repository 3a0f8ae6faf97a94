"""From an empty database to a crisis: the order in which the demonstration comes together."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from capacity.notices.actions.seed_contacts import seed_contacts
from capacity.pools.actions.seed_resources import seed_resources
from capacity.regions.models import Datacenter
from capacity.requests.actions.rerank_requests import rerank_all
from capacity.watch.actions.look_at_pools import look_at_pools
from config.demo import operations, usage, world
from config.demo.cast import gather, write_logins
from config.demo.claims import Claims
from config.demo.customers import Organizations, internal_service
from config.demo.delivering import deliver
from config.demo.liaising import liaise
from config.demo.names import Names
from config.demo.registering import follow_registers
from config.demo.requests import History
from config.demo.responding import respond
from customers.actions.seed_categories import seed_categories
from journal.models import Entry
from journal.record import record
from journal.sealing import seal_entries
from kit.copying import collecting_later, copy_in
from priorities.actions.seed_policy import seed_policy
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import active_policy
from users.access import SYSTEM
from users.actions.ask_for_signatures import ask_for_signatures

# The house opened this long ago: long enough for verifications to run out.
OPENED = timedelta(days=150)


@dataclass(frozen=True)
class Size:
    """How many organizations and requests, from which seed."""

    organizations: int = 5_000
    requests: int = 20_000
    seed: int = 2020


def build_demo(size: Size, *, now: datetime, tell: Callable[[str, float], None]) -> None:
    """Fill the database; all of it or nothing. `tell` is given each part's name and how many seconds it took.

    The same seed at the same moment tells the same story. Sealing the journal comes after the data is committed.
    """

    @contextmanager
    def part(name: str) -> Iterator[random.Random]:
        began = time.monotonic()
        yield random.Random(f"{size.seed}/{name}")  # noqa: S311 - repeatable on purpose
        tell(name, time.monotonic() - began)

    opening = now - OPENED
    with collecting_later(), transaction.atomic():
        with part("People, policy, regions"):
            seed_categories()
            seed_resources()
            _open_house(opening, now)
            world.build_world(at=opening)
            cast = gather(at=opening, now=now)
        with part("Organizations and claims") as source:
            names = Names(source)
            organizations = Organizations(cast, source, names, opening=opening, now=now)
            customers = organizations.invent(max(0, size.organizations - 1))
            claims = Claims(cast, source, names, opening=opening, now=now)
            claims.give(customers)
            claims.store(customers)
            entries = organizations.entries + claims.entries
            internal = internal_service(cast, at=opening)
        with part("Crews") as source:
            crews = world.roster(cast, source, now=now)
            entries += crews.entries
        with part("Requests and decisions") as source:
            version, terms = active_policy(now)
            history = History(
                cast,
                source,
                customers,
                count=size.requests,
                closed=crews.closed,
                datacenters=Counter(Datacenter.objects.values_list("region__code", flat=True)),
                version=version,
                terms=terms,
                now=now,
            )
            history.tell()
        with part("Writing them"):
            history.book.store(history.stories)
            entries += history.book.entries
        with part("Watch"):
            world.declare_past(cast, now=now)
            world.declare(cast, now=now)
            world.store_crews(crews, now=now)
            world.plan_ahead(cast, now=now)
        with part("Journal"):
            entries.sort(key=lambda entry: entry.at)
            copy_in(entries)
        with part("The last day, act by act") as source:
            operations.live_through(cast, source, internal=internal, now=now)
        with part("Deliveries"):
            deliver(cast, now=now)
        with part("Usage"):
            usage.measure(now=now)
        with part("Order and alarms"):
            rerank_all(actor=SYSTEM, at=now)
            look_at_pools(at=now)
            world.let_thresholds_propose(cast, now=now)
            operations.take_up_alarms(cast, now=now)
            liaise(cast, now=now)
            respond(cast, now=now)
            follow_registers(cast, now=now)
            seed_contacts(review_date=now.date() + timedelta(days=90))
            ask_for_signatures(at=now)
    with part("Sealing the journal"):
        while seal_entries(limit=20_000):
            pass
    write_logins()


def _open_house(opening: datetime, now: datetime) -> None:
    """The criteria have been in force since the opening, so that what was decided since rests on them.

    A new installation has put them in force a moment ago; no decision rests on them yet.
    """
    seed_policy(at=opening)
    version = PolicyVersion.objects.get(state=PolicyState.ACTIVE)
    if version.active_from is not None and version.active_from > opening:
        version.active_from = opening
        version.row_version += 1
        version.save(update_fields=["active_from", "row_version"])
        record(
            actor=SYSTEM,
            action="policy.activated",
            subject_type="policy_version",
            subject_id=version.public_id,
            reason="Demonstration: in force since its invented opening.",
            after={"number": version.number, "active_from": opening.isoformat()},
            at=now,
        )


def is_empty() -> bool:
    """Whether nothing is there that the demonstration could be mixed up with."""
    from customers.models import Organization

    return not Organization.objects.exists() and not Entry.objects.filter(actor_id__isnull=False).exists()
