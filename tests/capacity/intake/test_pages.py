"""Filing by form: what is wrong is said at its field, the outlook stands beside it, and everything works by itself."""

from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.requests.models import CapacityRequest, RequestState
from kit.clock import now
from priorities.actions.seed_policy import seed_policy
from priorities.policies import active_policy
from tests import make
from tests.capacity.review.test_pages import text_of
from users.roles import Role

pytestmark = pytest.mark.django_db
NEW_QUERIES = 9
CHECK_QUERIES = 12


@pytest.fixture
def organization(db):
    seed_policy(at=make.NOW)
    make.region()
    make.region("northeurope")
    return make.organization("Stadtwerke Musterstadt")


@pytest.fixture
def manager(organization):
    return organization.registered_by


def filled(**changes):
    return {
        "resource": "vcpu",
        "quantity": "40",
        "region": "westeurope",
        "needed_by_date": (now() + timedelta(days=10)).date().isoformat(),
        "workload": "general",
        **changes,
    }


def test_first_for_whom_then_what(visit, organization, manager):
    other = make.organization("Gemeinde Anderswo")
    text = text_of(visit("/requests/new/", as_=manager))
    assert organization.legal_name in text
    assert other.legal_name not in text
    assert "No organization of yours has this name" in text_of(visit("/requests/new/?q=nowhere", as_=manager))
    page = visit(f"/requests/new/?organization={organization.public_id}", as_=manager, queries=NEW_QUERIES)
    assert "New request" in text_of(page)
    for wrong in (other.public_id, "x"):
        assert visit(f"/requests/new/?organization={wrong}", as_=manager).status_code == 404
    for role in (Role.CAPACITY_REVIEWER, Role.AUDITOR, Role.EXECUTIVE):
        assert visit("/requests/new/", as_=make.person(role)).status_code == 403


def test_five_fields_file_a_request_and_lead_to_where_it_stands(visit, organization, manager):
    make.pool(powered_on=1000)
    url = f"/requests/new/?organization={organization.public_id}"
    answer = visit(url, as_=manager, method="post", data=filled())
    request = CapacityRequest.objects.get()
    assert (request.state, request.organization_id) == (RequestState.QUEUED, organization.pk)
    assert answer.url == reverse("intake:standing", args=[request.public_id])
    text = text_of(visit(answer.url, as_=manager, queries=9))
    assert "Place 1 of 1 in the queue." in text
    assert "All of it could be granted now." in text
    assert "No quota is set." in text
    part = visit(answer.url, as_=manager, htmx=True)
    assert b"<html" not in part.content


def test_more_lines_minimum_and_further_regions_in_order(visit, organization, manager):
    data = filled(
        minimum="20", resource_2="memory", quantity_2="160", minimum_2="80", region_2="northeurope",
        residency_geography="Europe", justification="The night shift.",
    )  # fmt: skip
    visit(f"/requests/new/?organization={organization.public_id}", as_=manager, method="post", data=data)
    request = CapacityRequest.objects.get()
    lines = list(request.lines.order_by("pk").values_list("resource__code", "quantity", "minimum"))
    assert lines == [("vcpu", 40, 20), ("memory", 160, 80)]
    assert list(request.acceptable.values_list("region__code", flat=True)) == ["westeurope", "northeurope"]
    assert request.residency_geography == "Europe"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"quantity": ""}, "This field is required."),
        ({"quantity": "4.000"}, "Write the number without separators: 4000."),
        ({"quantity": "-4"}, "Write a number that is not negative."),
        ({"quantity": "0"}, "At least 1."),
        ({"quantity": "9" * 40}, "At most"),
        ({"minimum": "41"}, "The least that is useful is positive and at most the quantity."),
        ({"region": "atlantis"}, "Select a valid choice."),
        ({"needed_by_date": "2001-01-01"}, "This day is past"),
        ({"needed_by_date": "soon"}, "Enter a valid date."),
        ({"workload": ""}, "This field is required."),
        ({"resource_2": "memory"}, "Say how much of it."),
        ({"quantity_2": "4"}, "Choose the resource."),
        ({"resource_2": "vcpu", "quantity_2": "4"}, "Each resource stands in one line only."),
        ({"region_2": "westeurope"}, "Each region stands in the list only once."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(visit, organization, manager, changes, told):
    url = f"/requests/new/?organization={organization.public_id}"
    answer = visit(url, as_=manager, method="post", data=filled(justification="Keep this.", **changes))
    assert answer.status_code == 400
    text = text_of(answer)
    assert told in text
    assert "Keep this." in text
    assert not CapacityRequest.objects.exists()


def test_a_draft_is_kept_gone_on_with_and_filed(visit, organization, manager):
    url = f"/requests/new/?organization={organization.public_id}"
    visit(url, as_=manager, method="post", data=filled(draft="1", quantity="7"))
    draft = CapacityRequest.objects.get()
    assert draft.state == RequestState.DRAFT
    page = visit(reverse("intake:draft", args=[draft.public_id]), as_=manager, queries=NEW_QUERIES + 3)
    assert 'value="7"' in page.content.decode()
    stale = visit(
        reverse("intake:draft", args=[draft.public_id]), as_=manager, method="post", data=filled(row_version="9")
    )
    assert stale.status_code == 409
    data = filled(quantity="8", row_version=str(draft.row_version))
    visit(reverse("intake:draft", args=[draft.public_id]), as_=manager, method="post", data=data)
    draft.refresh_from_db()
    assert (draft.state, draft.lines.get().quantity) == (RequestState.QUEUED, 8)
    assert visit(reverse("intake:draft", args=[draft.public_id]), as_=manager).status_code == 409


def test_the_outlook_while_it_is_written_names_no_figures_to_those_who_may_not_see_them(visit, organization, manager):
    make.pool(powered_on=100)
    url = f"/requests/check/?organization={organization.public_id}"
    active_policy(now())  # is read once per process
    told = "&".join(f"{name}={value}" for name, value in filled(quantity="400", minimum="20").items())
    text = text_of(visit(f"{url}&{told}", as_=manager, htmx=True, queries=CHECK_QUERIES))
    assert "A part of it could be granted now." in text
    assert "Only a part of it is left now." in text
    assert "90" not in text
    assert not CapacityRequest.objects.exists()
    incomplete = text_of(visit(f"{url}&resource=vcpu", as_=manager, htmx=True))
    assert "Fill in resource, quantity, region, date and use to see it." in incomplete
    assert visit("/requests/check/", as_=manager).status_code == 404


def test_a_repeated_press_files_once(visit, organization, manager):
    url = f"/requests/new/?organization={organization.public_id}"
    data = filled(idempotency_key="one-press-of-the-button")
    first = visit(url, as_=manager, method="post", data=data)
    again = visit(url, as_=manager, method="post", data=data)
    assert first.url == again.url
    assert CapacityRequest.objects.count() == 1
