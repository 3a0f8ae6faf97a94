"""The demonstration can be told at any hour, the same way twice, and only where it belongs."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from capacity.desk.invariants import check_invariants
from capacity.requests.models import CapacityRequest
from config.demo import usage
from config.demo.build import Size, build_demo
from journal.sealing import verify_chain
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", ["99", "-1", "0x10", "200001"])
def test_sizes_out_of_bounds_are_refused(number):
    with pytest.raises(CommandError, match="not a number from 100"):
        call_command("demo", f"--requests={number}")


def test_it_is_not_for_production(settings):
    settings.IN_PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        call_command("demo")


# Clocks change at the end of March.
CLOCKS_CHANGE = datetime(2020, 3, 29, 1, 5, tzinfo=UTC)
# Shifts change at six in each region's own time; a year begins; a day that most years do not have.
MOMENTS = (
    datetime(2026, 1, 1, 5, 58, tzinfo=UTC),
    datetime(2024, 2, 29, 18, 20, tzinfo=UTC),
    datetime(2026, 7, 12, 22, 31, tzinfo=UTC),
)


@pytest.mark.parametrize("now", MOMENTS, ids=[f"{moment:%Y-%m-%d %H:%M}" for moment in MOMENTS])
def test_it_can_be_told_at_any_hour(settings, tmp_path, now):
    settings.DATA_DIR = tmp_path
    build_demo(Size(organizations=120, requests=150, seed=now.hour), now=now, tell=lambda name, seconds: None)
    assert_in_order()


def test_usage_is_the_same_story_at_any_hour():
    pool = make.pool(powered_on=5000)
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    early, late = (usage._rows(usage.COURSES[0], pool, midnight.replace(hour=hour), 0) for hour in (2, 19))
    assert len(late) == len(early) + 17
    assert late[: len(early)] == early


def assert_in_order() -> None:
    """Every rule holds, and the journal is whole."""
    assert [finding for finding in check_invariants() if not finding.holds] == []
    assert verify_chain().fault is None


def told() -> list[tuple]:
    """What a demonstration is about, without the keys that are drawn anew each time."""
    rows = CapacityRequest.objects.order_by("number").prefetch_related("lines__resource", "acceptable__region")
    return [
        (
            row.organization.legal_name,
            row.state,
            row.tier,
            row.filed_at,
            [(line.resource.code, line.quantity) for line in row.lines.all()],
            [wish.region.code for wish in row.acceptable.all()],
        )
        for row in rows.select_related("organization")
    ]


def test_the_same_seed_tells_the_same_story(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    stories = []
    for _time in range(2):
        with transaction.atomic():
            build_demo(Size(100, 120, 7), now=CLOCKS_CHANGE, tell=lambda name, seconds: None)
            stories.append(told())
            if len(stories) == 1:
                assert_in_order()
            transaction.set_rollback(True)
    assert len(stories[0]) > 100
    assert stories[0] == stories[1]
