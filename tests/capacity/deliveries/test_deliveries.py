"""Hardware is planned, expected as crews allow, and raises its pool once it lands; raw SQL is held to it too."""

from datetime import timedelta

import pytest

from capacity.deliveries.actions.cancel_delivery import SayWhyCanceled, cancel_delivery
from capacity.deliveries.actions.land_delivery import CannotLand, land_delivery
from capacity.deliveries.actions.plan_delivery import CannotPlanDelivery
from capacity.deliveries.models import Delivery
from capacity.deliveries.queries import landings_in, landings_of, planned_among
from capacity.desk.invariants import check_invariants
from capacity.pools.models import SupplyChange
from capacity.usage.actions.refresh_forecasts import supply_ahead
from journal.models import Entry
from kit import clock
from kit.refusal import NotFound
from kit.transitions import MoveRefused
from tests import make
from tests.make import NOW
from tests.sql import refused
from users.access import NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(db):
    return make.pool("westeurope", powered_on=1000)


def landing_at(delivery, at=NOW):
    return landings_of(planned_among(Delivery.objects.all()), at)[delivery.pk]


def test_its_life_raises_the_pool_once_in_raw_sql_too(pool):
    operator = make.acting(Role.REGION_OPERATOR, regions=["westeurope"])
    delivery = make.delivery(pool, by=operator)
    for change, field in (
        ({"quantity": 0}, "quantity"),
        ({"planned_hours": 0}, "planned_hours"),
        ({"ahead": -1}, "due_date"),
        ({"note": "x" * 301}, "note"),
    ):
        with pytest.raises(CannotPlanDelivery) as refusal:
            make.delivery(pool, by=operator, **change)
        assert list(refusal.value.fields) == [field]
    with pytest.raises(NeedsRole):
        make.delivery(pool, by=make.acting(Role.REGION_OPERATOR, regions=["eastus"]))
    for actor, wrong in ((make.acting(Role.DUTY_MANAGER), NeedsRole), (make.acting(Role.ACCOUNT_MANAGER), NotFound)):
        with pytest.raises(wrong):
            land_delivery(actor=actor, delivery_id=delivery.public_id, quantity=1, at=NOW)
    with pytest.raises(CannotLand):
        land_delivery(actor=operator, delivery_id=delivery.public_id, quantity=501, at=NOW)
    elsewhere = make.pool("eastus").region.datacenters.first()
    copied = (
        "INSERT INTO capacity_delivery (public_id, row_version, quantity, due_date, planned_hours, note, state,"
        " planned_at, cancel_reason, datacenter_id, planned_by_id, pool_id) SELECT gen_random_uuid(), 1, %s, due_date,"
        " planned_hours, note, %s, planned_at, '', %s, planned_by_id, pool_id FROM capacity_delivery LIMIT 1"
    )
    here = delivery.datacenter_id
    assert "goes to a datacenter of its pool" in refused(copied, 5, "planned", elsewhere.pk)
    assert "delivery_is_something" in refused(copied, 0, "planned", here)
    assert "begins as a plan" in refused(copied, 5, "landed", here)
    assert "permission denied" in refused("UPDATE capacity_delivery SET due_date = due_date + 1")
    assert "permission denied" in refused("DELETE FROM capacity_delivery")
    landing = (
        "UPDATE capacity_delivery SET state = 'landed', landed_quantity = %s, landed_at = now(),"
        " landed_by_id = planned_by_id, supply_change_id = %s"
    )
    assert "lands with its change of supply" in refused(landing, 500, None)
    assert "lands with its change of supply" in refused(landing, 500, SupplyChange.objects.latest("pk").pk)

    landed = land_delivery(actor=operator, delivery_id=delivery.public_id, quantity=480, at=NOW)
    pool.refresh_from_db()
    assert (pool.powered_on, landed.supply_change.cause, landed.state) == (1480, "delivery", "landed")
    assert Entry.objects.filter(action="delivery.landed").count() == 1
    with pytest.raises(MoveRefused):
        land_delivery(actor=operator, delivery_id=delivery.public_id, quantity=480, at=NOW)
    assert "delivery_ends_once" in refused("UPDATE capacity_delivery SET landed_quantity = 500")

    other = make.delivery(pool, by=operator)
    with pytest.raises(SayWhyCanceled):
        cancel_delivery(actor=operator, delivery_id=other.public_id, reason=" ", at=NOW)
    assert "delivery_canceled_with_reason" in refused(
        f"UPDATE capacity_delivery SET state = 'canceled' WHERE id = {other.pk}"
    )
    assert cancel_delivery(actor=operator, delivery_id=other.public_id, reason="Lost.", at=NOW).state == "canceled"
    found = list(check_invariants("deliveries_landed_with_their_supply", "pools_equal_their_ledger"))
    assert [fault for finding in found for fault in finding.faults] == []


def test_rosters_stretch_and_withdraw_and_forecasts_count_what_is_expected(pool):
    delivery = make.delivery(pool, planned_hours=300)
    due = delivery.due_date
    assert landing_at(delivery).expected == due  # the crew is not rostered
    assert landings_in([pool], NOW) == {pool.pk: [(due, 500)]}
    minimum = delivery.datacenter.requirements.get(role="data_hall", shift="day").minimum
    make.rostered(delivery.datacenter, minimum + 2)
    thin = landing_at(delivery)
    assert thin.expected is not None
    assert thin.expected > due
    # What is due before it takes its hours first.
    make.delivery(pool, ahead=5, planned_hours=100)
    later = landing_at(delivery).expected
    assert later is None or later > thin.expected
    make.rostered(delivery.datacenter, minimum, at=NOW + timedelta(minutes=1))
    assert landing_at(delivery, NOW + timedelta(minutes=2)).expected is None
    assert landings_in([pool], NOW + timedelta(minutes=2)) == {}
    first = NOW.date()
    plain, more = supply_ahead(pool, [], first), supply_ahead(pool, [(due, 500)], first)
    assert (more - plain).tolist() == [0.0] * 10 + [500.0] * 80


def test_pages_show_what_comes_when_and_why(visit, pool):
    operator = make.person(Role.REGION_OPERATOR)
    place = pool.region.datacenters.order_by("code").first()
    minimum = place.requirements.get(role="data_hall", shift="day").minimum
    make.rostered(place, minimum + 2, at=clock.now())
    sent = {
        "datacenter": str(place.public_id),
        "resource": "vcpu",
        "quantity": "500",
        "due_date": (clock.now().date() + timedelta(days=10)).isoformat(),
        "planned_hours": "900",
    }
    assert "Write a whole number" in _text(
        visit("/deliveries/new/", as_=operator, method="post", data={**sent, "quantity": "five"})
    )
    page = _text(visit("/deliveries/new/", as_=operator, method="post", data=sent, follow=True))
    assert "Later than due" in page
    delivery = Delivery.objects.get()
    make.delivery(make.pool("eastus"), at=clock.now())
    visit("/deliveries/?size=1", as_=operator, queries=12)
    listed = _text(visit("/deliveries/", as_=operator, queries=12))
    assert "Later than due" in listed
    assert "is not rostered" in listed
    assert "hours above minimum until" in listed
    # Numbers of a crew are not for everybody who sees how full pools are.
    assert "hours above minimum until" not in _text(visit("/deliveries/", as_=make.person(Role.EXECUTIVE)))
    file = b"".join(visit("/deliveries/?region=eastus&format=csv", as_=operator).streaming_content).decode()
    assert "is not rostered" in file
    assert "Later than due" not in file
    part = "/deliveries/to/westeurope/vcpu/"
    assert part in _text(visit("/pools/westeurope/vcpu/", as_=operator))
    assert "Later than due" in _text(visit(part, as_=operator, queries=12))
    assert "<html" not in _text(visit(part, as_=operator, htmx="any"))
    lands_next = _text(visit("/deliveries/to/westeurope/", as_=operator, queries=12))
    assert "hours above minimum until" in lands_next
    seen_by_executive = _text(visit("/deliveries/to/westeurope/", as_=make.person(Role.EXECUTIVE)))
    assert "Later than due" in seen_by_executive
    assert "hours above minimum until" not in seen_by_executive
    url = f"/deliveries/{delivery.public_id}/"
    assert visit(url, as_=make.person(Role.REGION_OPERATOR, regions=["eastus"])).status_code == 404
    assert visit(f"{url}land/", as_=operator, method="post", data={"quantity": "501"}).status_code == 400
    for _ in range(2):  # the same key again changes nothing
        key = {"quantity": "500", "idempotency_key": "twice-and-once"}
        visit(f"{url}land/", as_=operator, method="post", data=key)
    pool.refresh_from_db()
    assert pool.powered_on == 1500
    assert "Delivery landed" in _text(visit("/pools/westeurope/vcpu/", as_=operator))


def _text(response) -> str:
    return response.content.decode()
