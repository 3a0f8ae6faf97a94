"""The queue, the review page and the requests: who sees them, what they say, and how little they ask the database."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.actions.submit_request import AskedLine
from capacity.requests.models import CapacityRequest, Decision, RequestState
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.decline_request import decline_request
from capacity.review.actions.request_information import request_information
from capacity.review.models import Lease
from kit.clock import now
from tests import make
from users.access import SYSTEM
from users.roles import Role

# What pages may ask, sign-in and roles included.
QUEUE_QUERIES = 12
CASE_QUERIES = 12
REQUESTS_QUERIES = 12
REQUEST_QUERIES = 12
STANDING_QUERIES = 9

pytestmark = pytest.mark.django_db
REVIEWERS_ONLY = [Role.ACCOUNT_MANAGER, Role.VERIFIER, Role.EXECUTIVE, Role.NOTICE_EDITOR, Role.ADMINISTRATOR]


@pytest.fixture
def at():
    """Pages look at the clock, so what they show is made now."""
    return now()


@pytest.fixture
def reviewer(db):
    return make.person(Role.CAPACITY_REVIEWER, name="Ada Example")


def case_url(request):
    return reverse("review:case", args=[request.public_id])


def post(visit, request, key, reviewer, **data):
    data.setdefault("row_version", CapacityRequest.objects.get(pk=request.pk).row_version)
    return visit(reverse("review:act", args=[request.public_id, key]), as_=reviewer, method="post", data=data)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("\xa0", " ")


# --- the queue ---------------------------------------------------------------------------------------------


def test_the_queue_is_by_completeness_until_a_region_is_scarce_and_says_why(visit, reviewer, at):
    first = make.request(at=at - timedelta(hours=3))
    hospital = make.tier1_request(at=at - timedelta(hours=2))
    page = visit("/queue/", as_=reviewer, queries=QUEUE_QUERIES)
    text = text_of(page)
    assert "By completeness." in text
    assert text.index(first.label) < text.index(hospital.label)
    assert "The order has not been looked over yet." in text
    rerank_all(actor=SYSTEM, at=at)
    make.declared("westeurope", "constrained", at=at)
    text = text_of(visit("/queue/", as_=reviewer, queries=QUEUE_QUERIES))
    assert "By tier." in text
    assert text.index(hospital.label) < text.index(first.label)
    assert "Order as of" in text


def test_the_queue_asks_as_often_for_many_rows_as_for_one(visit, reviewer, at):
    make.request(at=at)
    for _ in range(6):
        make.tier1_request(at=at)
    for path in ("/queue/", "/requests/"):
        for query in ("size=3", "size=3&region=westeurope&category=HE-ACUTE&tier=1&count=exact", "size=3&q=klinikum"):
            visit(f"{path}?{query}", as_=reviewer, queries=QUEUE_QUERIES)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("region=northeurope", {"north"}),
        ("tier=1", {"hospital"}),
        ("category=HE-ACUTE", {"hospital"}),
        ("confirmed=False", {"claimed"}),
        ("due=late", {"late"}),
        ("state=information_requested", {"asked"}),
        ("sort=-by_tier", {"hospital", "north", "claimed", "late"}),
    ],
)
def test_every_filter_of_the_queue(visit, reviewer, at, query, shown):
    made = {
        "hospital": make.tier1_request(at=at),
        "north": make.request(regions=["northeurope"], at=at),
        "late": make.request(at=at - timedelta(days=20)),
        "asked": make.request(at=at),
    }
    claimed = make.organization(domains=["school.example"])
    make.verified_claim("ED-REMOTE", of=claimed, at=at)
    made["claimed"] = make.request(claimed, workload="education", at=at)
    CapacityRequest.objects.exclude(pk__in=[one.pk for one in made.values()]).update(state="withdrawn")
    request_information(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=made["asked"].public_id, question="Which?", at=at
    )
    text = text_of(visit(f"/queue/?{query}", as_=reviewer))
    assert {name for name, one in made.items() if one.label in text} == shown


def test_a_search_finds_by_number_and_by_name(visit, reviewer, at):
    one = make.request(make.organization("Stadtwerke Musterstadt"), at=at)
    other = make.request(at=at)
    for query in (one.label, str(one.number), "stadtwerke"):
        text = text_of(visit(f"/queue/?q={query}", as_=reviewer))
        assert one.label in text
        assert other.label not in text


@pytest.mark.parametrize("query", ["region=atlantis", "tier=9", "due=never", "state=approved", "organization=x"])
def test_a_wrong_filter_is_said(visit, reviewer, query):
    assert visit(f"/queue/?{query}", as_=reviewer).status_code == 400


def test_the_queue_is_for_those_who_decide_in_their_regions(visit, at):
    request = make.request(at=at)
    for role in REVIEWERS_ONLY:
        assert visit("/queue/", as_=make.person(role)).status_code == 403
        assert visit(case_url(request), as_=make.person(role)).status_code == 403
    elsewhere = make.person(Role.CAPACITY_REVIEWER, regions=["northeurope"])
    assert request.label not in text_of(visit("/queue/", as_=elsewhere))
    assert visit(case_url(request), as_=elsewhere).status_code == 404
    for role in (Role.AUDITOR, Role.DUTY_MANAGER):
        assert request.label in text_of(visit("/queue/", as_=make.person(role)))


def test_an_empty_queue_says_how_something_gets_there(visit, reviewer):
    make.region()
    assert "Nothing waits for review" in text_of(visit("/queue/", as_=reviewer))


# --- the review page -------------------------------------------------------------------------------------------


def test_the_review_page_shows_request_evidence_reasons_and_effect_within_its_budget(visit, reviewer, at):
    make.region(condition="constrained")
    make.pool(powered_on=1000)
    make.tier1_request(at=at - timedelta(hours=1), quantity=20)
    hospital = make.hospital()
    make.verified_claim(of=hospital, at=at)
    request = make.request(
        hospital,
        workload="health_records",
        lines=[AskedLine("vcpu", 400, 200), AskedLine("memory", 1600, 800)],
        regions=["westeurope", "northeurope"],
        at=at,
    )
    make.pool(resource="memory", powered_on=10_000)
    text = text_of(visit(case_url(request), as_=reviewer, queries=CASE_QUERIES))
    assert "Place 2 of 2 in the queue." in text
    assert "HE-ACUTE" in text
    assert "Match in an official register" in text
    assert "clause 1.2" in text
    assert "not confirmed" in text
    assert "If a reviewer confirms the workload" in text
    assert "Confirm use" in text
    assert "Approve in" not in text
    assert post(visit, request, "confirm", reviewer, workload="health_records").status_code == 302
    text = text_of(visit(case_url(request), as_=reviewer, queries=CASE_QUERIES))
    assert "Approve in Westeurope" in text
    assert "Grants 400 vCPU, 1,600 GiB in Westeurope." in text
    assert "It is held until a duty manager signs." in text
    assert "Ahead of it wait:" in text


def test_opening_takes_a_lease_and_a_second_viewer_sees_who_has_it(visit, reviewer, at):
    make.pool()
    request = make.request(at=at)
    visit(case_url(request), as_=reviewer)
    lease = Lease.objects.get(request=request)
    assert lease.holder_id == reviewer.pk
    assert timedelta(minutes=14) < lease.until - now() <= timedelta(minutes=15)
    other = make.person(Role.CAPACITY_REVIEWER)
    text = text_of(visit(case_url(request), as_=other))
    assert "Ada Example has opened this request." in text
    assert Lease.objects.get(request=request).holder_id == reviewer.pk
    assert "Ada Example" in text_of(visit("/queue/", as_=other))
    Lease.objects.update(until=now() - timedelta(seconds=1))
    visit(case_url(request), as_=other)
    assert Lease.objects.get(request=request).holder_id == other.pk
    visit(case_url(request), as_=make.person(Role.AUDITOR))
    assert Lease.objects.get(request=request).holder_id == other.pk


def test_approving_leads_to_the_next_case_with_a_way_back(visit, reviewer, at):
    pool = make.pool(powered_on=1000)
    first, second = make.request(at=at - timedelta(hours=2)), make.request(at=at - timedelta(hours=1))
    answer = post(visit, first, "approve", reviewer, region="westeurope", reason="Fits.", expects_signature="False")
    assert answer.url == case_url(second)
    page = visit(answer.url, as_=reviewer)
    decision = Decision.objects.get()
    undo = reverse("review:undo", args=[decision.public_id])
    assert undo in page.content.decode()
    assert f"{first.label}: 10 vCPU granted in Westeurope." in text_of(page)
    pool.refresh_from_db()
    assert pool.granted == 10
    assert visit(undo, as_=reviewer, method="post").url == case_url(first)
    pool.refresh_from_db()
    assert pool.granted == 0


def test_a_clear_case_is_approved_by_one_key(visit, reviewer, at):
    """What the page offers under `a` is a whole form with nothing left to fill in."""
    make.pool(powered_on=1000)
    request = make.request(at=at)
    html = visit(case_url(request), as_=reviewer).content.decode()
    (form,) = re.findall(r"<form[^>]*is-direct.*?</form>", html, re.S)
    assert 'data-key="a"' in form
    data = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    data.pop("csrfmiddlewaretoken")
    answer = visit(reverse("review:act", args=[request.public_id, "approve"]), as_=reviewer, method="post", data=data)
    assert answer.status_code == 302
    assert CapacityRequest.objects.get().state == RequestState.APPROVED


def test_a_refusal_stays_on_the_page_with_the_reason_and_nothing_happened(visit, reviewer, at):
    make.region(condition="constrained")
    make.pool(powered_on=100)
    make.tier1_request(quantity=95, at=at - timedelta(hours=1))
    request = make.request(quantity=20, at=at)
    answer = post(visit, request, "approve", reviewer, region="westeurope")
    assert answer.status_code == 409
    assert "comes first in Westeurope" in text_of(answer)
    assert not Decision.objects.exists()


def test_the_later_of_two_is_told_who_decided(visit, reviewer, at):
    make.pool()
    request = make.request(at=at)
    version = CapacityRequest.objects.get().row_version
    approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER, name="Ben Example"),
        request_id=request.public_id,
        region_code="westeurope",
        at=at,
    )
    answer = post(visit, request, "decline", reviewer, reason="No.", next_look_date=at.date(), row_version=version)
    assert answer.status_code in (400, 409)
    day = (at + timedelta(days=5)).date()
    answer = post(
        visit, request, "decline", reviewer, reason="No.", block="quota", next_look_date=day, row_version=version
    )
    assert answer.status_code == 409
    assert "Ben Example has already decided" in text_of(answer)


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("part", {"region": "westeurope", "quantity_vcpu": "40", "reason": "Little is left."}),
        ("elsewhere", {"region": "northeurope", "quantity_vcpu": "400", "reason": "Agreed by phone."}),
        ("wait", {"reason": "Later.", "next_look_date": "in five days"}),
        ("decline", {"reason": "Too little.", "next_look_date": "in five days"}),
        ("ask", {"question": "Which service is it?"}),
    ],
)
def test_every_other_decision_by_its_form(visit, reviewer, at, key, data):
    make.pool(powered_on=100)
    make.pool("northeurope", powered_on=100_000)
    request = make.request(quantity=400, minimum=20, at=at)
    if "next_look_date" in data:
        data = {**data, "next_look_date": (at + timedelta(days=5)).date().isoformat()}
    wrong = post(visit, request, key, reviewer, **dict.fromkeys(data, ""))
    assert wrong.status_code == 400
    answer = post(visit, request, key, reviewer, **data)
    assert answer.status_code == 302, text_of(answer)
    states = {
        "part": RequestState.AWAITING_SECOND_SIGNATURE,
        "elsewhere": RequestState.APPROVED_ELSEWHERE,
        "wait": RequestState.WAITLISTED,
        "decline": RequestState.DECLINED,
        "ask": RequestState.INFORMATION_REQUESTED,
    }
    assert CapacityRequest.objects.get(pk=request.pk).state == states[key]


def test_a_duty_manager_signs_after_proving_who_they_are(visit, reviewer, at):
    make.pool(powered_on=100)
    request = make.request(quantity=40, at=at)
    post(visit, request, "approve", reviewer, region="westeurope")
    assert "Sign" not in text_of(visit(case_url(request), as_=reviewer)).split("Deciding now")[1][:200]
    manager = make.person(Role.DUTY_MANAGER)
    page = visit(case_url(request), as_=manager, queries=CASE_QUERIES)
    assert "Awaiting a second signature." in text_of(page)
    assert 'hx-get="/deliveries/to/westeurope/"' in page.content.decode()
    sign = reverse("review:act", args=[request.public_id, "sign"])
    version = CapacityRequest.objects.get().row_version
    stale = visit(sign, as_=manager, method="post", data={"row_version": version}, fresh=False)
    assert CapacityRequest.objects.get().state == RequestState.AWAITING_SECOND_SIGNATURE
    assert stale.status_code in (302, 403)
    assert visit(sign, as_=manager, method="post", data={"row_version": version}).status_code == 302
    assert CapacityRequest.objects.get().state == RequestState.APPROVED


def test_shortcuts_are_not_announced_to_those_who_switched_them_off(visit, at):
    make.pool(powered_on=1000)
    request = make.request(at=at)
    reviewer = make.person(Role.CAPACITY_REVIEWER, shortcuts_enabled=False)
    page = visit(case_url(request), as_=reviewer).content.decode()
    assert 'data-shortcuts="off"' in page
    assert "<kbd>A</kbd>" not in page


# --- requests -----------------------------------------------------------------------------------------------------


def test_account_managers_see_the_requests_of_their_portfolios_alone(visit, at):
    mine, other = make.request(at=at), make.request(at=at)
    manager = mine.filed_by
    text = text_of(visit("/requests/", as_=manager, queries=REQUESTS_QUERIES))
    assert mine.label in text
    assert other.label not in text
    assert visit(f"/requests/{mine.public_id}/", as_=manager, queries=REQUEST_QUERIES).status_code == 200
    assert visit(f"/requests/{other.public_id}/", as_=manager).status_code == 404
    assert visit(f"/requests/{other.public_id}/standing/", as_=manager).status_code == 404
    for role in (Role.VERIFIER, Role.NOTICE_EDITOR, Role.ADMINISTRATOR):
        assert visit("/requests/", as_=make.person(role)).status_code == 403


def test_executives_read_requests_without_what_people_wrote(visit, at):
    request = make.request(justification="The boss's nephew asked.", at=at)
    decline_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="Gossip.", block="quota", at=at
    )
    auditor = text_of(visit(f"/requests/{request.public_id}/", as_=make.person(Role.AUDITOR)))
    executive = text_of(visit(f"/requests/{request.public_id}/", as_=make.person(Role.EXECUTIVE)))
    assert "nephew" in auditor
    assert "nephew" not in executive


def test_the_page_of_a_declined_request_shows_the_letter_in_both_languages(visit, at):
    make.region(condition="constrained")
    make.pool(powered_on=100)
    make.pool("northeurope", powered_on=1000)
    request = make.request(
        make.organization(customer_since=None, offer_type="pay_as_you_go"), quantity=120, minimum=100, at=at
    )
    decline_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="Too little is left.", at=at
    )
    manager = request.filed_by
    english = text_of(visit(f"/requests/{request.public_id}/?letter=en", as_=manager))
    assert "What stands in the way: Capacity." in english
    assert "Only 90 vCPU are left; 100 vCPU is the minimum." in english
    assert "Northeurope, which was not asked for, has room for all of it: 120 vCPU." in english
    assert "Exactly 10 vCPU more in Westeurope would have let it be granted." in english
    assert "We look at it again on" in english
    assert "You can appeal" in english
    assert visit(f"/requests/{request.public_id}/?letter=de", as_=manager).status_code == 200
    assert visit(f"/requests/{request.public_id}/?letter=fr", as_=manager).status_code == 400


def test_a_letter_names_no_other_request(visit, at):
    make.region(condition="constrained")
    make.pool(powered_on=100)
    hospital = make.tier1_request(quantity=95, at=at)
    request = make.request(quantity=20, at=at)
    decline_request(actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="Later.", at=at)
    text = text_of(visit(f"/requests/{request.public_id}/?letter=en", as_=request.filed_by))
    assert "Requests that come first by the published order need what is left in Westeurope." in text
    assert hospital.label not in text
    assert hospital.organization.legal_name not in text


def test_the_account_manager_answers_and_withdraws_on_the_page(visit, reviewer, at):
    request = make.request(at=at)
    manager = request.filed_by
    request_information(actor=make.actor(reviewer), request_id=request.public_id, question="Which service?", at=at)
    page = visit(f"/requests/{request.public_id}/", as_=manager)
    assert "Which service?" in text_of(page)
    url = f"/requests/{request.public_id}/"
    version = CapacityRequest.objects.get().row_version
    assert visit(f"{url}answer/", as_=manager, method="post", data={"row_version": version}).status_code == 400
    answered = visit(f"{url}answer/", as_=manager, method="post", data={"row_version": version, "answer": "This."})
    assert answered.status_code == 302
    version = CapacityRequest.objects.get().row_version
    stale = visit(f"{url}withdraw/", as_=manager, method="post", data={"row_version": version - 1, "reason": "No."})
    assert stale.status_code == 409
    done = visit(f"{url}withdraw/", as_=manager, method="post", data={"row_version": version, "reason": "No."})
    assert done.status_code == 302
    assert CapacityRequest.objects.get().state == RequestState.WITHDRAWN


def test_the_operator_delivers_and_releases_on_the_page(visit, reviewer, at):
    make.pool(powered_on=1000)
    request = make.request(at=at)
    approve_request(actor=make.actor(reviewer), request_id=request.public_id, region_code="westeurope", at=at)
    operator = make.person(Role.REGION_OPERATOR, regions=["westeurope"])
    url = f"/requests/{request.public_id}/"
    assert "Delivered" in text_of(visit(url, as_=operator, queries=REQUEST_QUERIES))
    for key, data in (("fulfil", {}), ("release", {"reason": "Given back."})):
        version = CapacityRequest.objects.get().row_version
        done = visit(f"{url}{key}/", as_=operator, method="post", data={"row_version": version, **data})
        assert done.status_code == 302
    assert CapacityRequest.objects.get().state == RequestState.RELEASED


@pytest.mark.parametrize("path", ["/queue/x/", "/queue/00000000-0000-7000-8000-000000000000/", "/requests/nothing/"])
def test_addresses_that_lead_nowhere(visit, reviewer, path):
    assert visit(path, as_=reviewer).status_code == 404


def test_unknown_acts_and_wrong_methods_are_refused(visit, reviewer, at):
    request = make.request(at=at)
    assert post(visit, request, "explode", reviewer).status_code == 404
    assert visit(reverse("review:act", args=[request.public_id, "approve"]), as_=reviewer).status_code == 405
    url = reverse("requests:act", args=[request.public_id, "approve"])
    assert visit(url, as_=reviewer, method="post").status_code == 404


def test_every_request_says_why_it_ranks_where_it_does_and_what_would_better_it(visit, at):
    make.region()
    make.region("northeurope")
    make.declared("westeurope", "constrained", at=at)
    for _ in range(2):
        make.tier1_request(at=at - timedelta(hours=2))
    make.request(at=at - timedelta(hours=3))
    hospital = make.hospital()
    make.verified_claim(of=hospital, at=at)
    request = make.request(hospital, workload="health_records", regions=["northeurope", "westeurope"], at=at)
    url = f"/requests/{request.public_id}/"
    page = visit(url, as_=request.filed_by, queries=REQUEST_QUERIES)
    text = text_of(page)
    assert "Score 250 of 1,000" in text
    assert "Clause 1.2, tier 1" in text
    # By tier where it is scarce: the two confirmed hospitals; by completeness elsewhere: nobody else asks there.
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page.content.decode().split('id="why"')[1])
    told = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]
    assert told == ["Northeurope Normal 1 of 1 by completeness Nobody.", "Westeurope Constrained 3 of 4 by tier T1 2"]
    assert "If a reviewer confirms the workload" in text
    assert "a reviewer confirms the use" in text
    assert "What would worsen it" in text
    decline_request(actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="No.", at=now())
    text = text_of(visit(url, as_=request.filed_by))
    assert "Why this rank" in text
    assert "Place in the queues" not in text
    draft = make.request(complete=False, at=at)
    assert "Why this rank" not in text_of(visit(f"/requests/{draft.public_id}/", as_=draft.filed_by))
