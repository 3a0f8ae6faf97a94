"""Who asked for what, and when: requests of such sizes that each region fills as its story says."""

import itertools
import math
import random
from datetime import datetime, timedelta

from capacity.pools.models import Resource
from capacity.regions.models import Condition
from capacity.requests.models import CapacityRequest, RequestLine
from config.demo.cast import Cast
from config.demo.chronicle import Story
from config.demo.customers import Customer
from config.demo.pools import Pools
from config.demo.world import DAYS, DECLARED
from kit.copying import draw_numbers, number_rows
from priorities import policy
from priorities.models import WorkloadClass
from users.access import Actor

# What of a region's supply thirty days of requests ask for, so that it fills as its story says.
DEMAND = {
    Condition.CRITICAL: 1.5,
    Condition.CONSTRAINED: 1.25,
    Condition.RECOVERING: 1.05,
    Condition.WATCH: 0.8,
    Condition.NORMAL: 0.45,
}
# What part of what is asked for is granted by the end, roughly.
GRANTED_PART = 0.6
LARGE = 0.004

JUSTIFICATIONS = {
    "emergency_dispatch": "Emergency calls have tripled; a second dispatch instance takes over at night.",
    "emergency_routing": "The situation map for crews in the field runs at its limit.",
    "alerting": "The warning app has to reach everybody in the district within a minute.",
    "medical_supply": "We plan beds, masks and ventilators for all sites of the region with it.",
    "health_bots": "A screening bot answers questions before people call the hotline.",
    "health_records": "Records must stay readable while three more wards open.",
    "public_administration": "Applications for short-time work arrive online only.",
    "remote_contact_center": "The contact center works from home since Monday.",
    "education": "Lectures moved online; 4,000 students follow at the same time.",
    "general": "Our own growth.",
}


class Filing:
    """Thirty days of filing. Quantities follow from the supply of the pools, workloads from what the criteria know."""

    def __init__(self, cast: Cast, source: random.Random, pools: Pools, terms: policy.Policy, *, now: datetime) -> None:
        self.cast, self.random, self.pools, self.terms = cast, source, pools, terms
        self.begin, self.now = now - timedelta(days=DAYS), now
        self.resources = {resource.code: resource for resource in Resource.objects.all()}
        self.workloads = {workload.code: workload for workload in WorkloadClass.objects.all()}

    def stories(self, customers: list[Customer], count: int) -> list[Story]:
        """So many requests in the order of their filing, numbered and with their lines."""
        weights = list(itertools.accumulate(4.0 if customer.claims else 1.0 for customer in customers))
        span = (self.now - self.begin).total_seconds()
        stories = []
        for customer in self.random.choices(customers, cum_weights=weights, k=count):
            # Demand grows: every week brings more than the one before.
            at = self.begin + timedelta(seconds=span * self.random.random() ** 0.62)
            at = max(at, customer.row.registered_at + timedelta(hours=1))
            stories.append(self._story(customer, min(at, self.now - timedelta(minutes=3))))
        stories.sort(key=lambda story: story.row.filed_at)
        for story, number in zip(stories, draw_numbers("capacity_request_number", count), strict=True):
            story.row.number = number
        number_rows([story.row for story in stories])
        self._size(stories)
        return stories

    def _story(self, customer: Customer, at: datetime) -> Story:
        pick = self.random
        codes = list(customer.regions)
        start = pick.choices(range(len(codes)), [max(1, 8 - 4 * place) for place in range(len(codes))])[0]
        wishes = [
            self.pools.regions[code]
            for code in (codes[start:] + codes[:start])[: pick.choices((1, 2, 3), (55, 30, 15))[0]]
        ]
        geography = ""
        if pick.random() < 0.15:
            geography = wishes[0].geography
            wishes = [region for region in wishes if region.geography == geography]
        manager = self.cast.manager_of(customer.row.portfolio_id)
        workload = self.workloads[self._workload(customer)]
        row = CapacityRequest(
            organization=customer.row,
            claimed_workload=workload,
            justification=JUSTIFICATIONS[workload.code],
            needed_by_date=at.date() + timedelta(days=pick.randrange(3, 60)),
            residency_geography=geography,
            filed_by=manager,
            filed_at=at,
            order_at=at,
        )
        filer = Actor(user_id=manager.pk, public_id=manager.public_id, name=manager.name)
        return Story(row, customer, wishes, filer, pick.lognormvariate(0, 0.9), pick.random())

    def _workload(self, customer: Customer) -> str:
        if customer.claims and self.random.random() < 0.72:
            listed = self.terms.workloads_for(customer.claims[0].row.category.code)
            if listed:
                return self.random.choice(listed)
        return self.random.choices(("general", "remote_contact_center", "education"), (84, 11, 5))[0]

    def _size(self, stories: list[Story]) -> None:
        """Quantities such that each region is asked for what its story says."""
        asked: dict[str, float] = {}
        for story in stories:
            asked[story.codes[0]] = asked.get(story.codes[0], 0.0) + story.weight
        conditions = {code: condition for code, (condition, _hours, _why) in DECLARED.items()}
        for story in stories:
            code = story.codes[0]
            demand = DEMAND[conditions.get(code, Condition.NORMAL)]
            share = demand / GRANTED_PART * story.weight / asked[code]
            if self.random.random() < LARGE:
                share = self.random.uniform(0.052, 0.09)
            story.lines = [
                self._line(story, resource, self.pools.supply(code, resource) * part)
                for resource, part in self._bundle(min(share, 0.25))
            ]

    def _bundle(self, share: float) -> list[tuple[str, float]]:
        """Which resources, and what share of each pool. Rare lines are larger, so that their pools fill, too."""
        match self.random.choices(("usual", "cores", "disks", "graphics"), (70, 12, 8, 10))[0]:
            case "usual":
                return [("vcpu", share), ("memory", share * self.random.choice((0.7, 0.9, 1.3)))]
            case "cores":
                return [("vcpu", share)]
            case "disks":
                return [("storage", min(share * 7, 0.2))]
            case _:
                return [("gpu", min(share * 7, 0.2)), ("vcpu", share * 0.5)]

    def _line(self, story: Story, resource: str, units: float) -> RequestLine:
        quantity = _round(units)
        part = self.random.choice((1.0, 0.6, 0.5, 0.25))
        minimum = max(1, math.ceil(quantity * part))
        return RequestLine(
            request=story.row, resource=self.resources[resource], quantity=quantity, minimum=min(minimum, quantity)
        )


def _round(units: float) -> int:
    """A quantity as people ask for it: two leading digits."""
    if units < 10:
        return max(1, round(units))
    step = 10 ** (int(math.log10(units)) - 1)
    return int(round(units / step) * step)
