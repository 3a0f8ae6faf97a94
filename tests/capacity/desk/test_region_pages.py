"""The pages of regions show each role its part, in few questions to the database."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from capacity.pools.models import Pool
from capacity.regions.models import ConditionDeclaration, Datacenter, Region
from capacity.response.actions.link_plan import link_to_plan
from capacity.response.actions.move_plan import stand_down
from capacity.usage.models import UsageForecast
from capacity.usage.queries import soonest_by_region, soonest_first
from capacity.usage.wording import lasts_short
from kit import clock
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

SEE_ALL = [Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.AUDITOR]
SEE_CONDITION = [Role.ACCOUNT_MANAGER, Role.VERIFIER, Role.NOTICE_EDITOR, Role.ADMINISTRATOR]


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def west_europe(db) -> Region:
    pool = make.pool("westeurope", powered_on=1000, failure_reserve=100)
    make.promised(pool, 450)
    make.shift_reported(Datacenter.objects.get(code="westeurope-1"), at=clock.now())
    make.declared("westeurope", "constrained")
    return Region.objects.get(code="westeurope")


@pytest.mark.parametrize("role", SEE_ALL)
def test_those_who_work_with_numbers_see_them(visit, west_europe, role):
    who = make.person(role)
    tiles = text(visit("/regions/", as_=who))
    assert "50%" in tiles.replace("\N{NO-BREAK SPACE}", "")
    assert "v-strip" in tiles
    page = text(visit("/regions/westeurope/", as_=who))
    assert "Failure reserve" in page
    assert "westeurope-1" in page
    assert "Headroom below five percent" in page
    assert visit("/pools/westeurope/vcpu/", as_=who).status_code == 200


@pytest.mark.parametrize("role", SEE_CONDITION)
def test_others_see_the_condition_and_no_number(visit, west_europe, role):
    who = make.person(role)
    for url in ("/regions/", "/regions/table/", "/regions/westeurope/"):
        shown = text(visit(url, as_=who))
        assert "Constrained" in shown
        assert "v-strip" not in shown
        assert "v-fall" not in shown
        assert "Headroom below five percent" not in shown
        assert "Fullest pool" not in shown
    for url in ("/pools/westeurope/vcpu/", "/staffing/", "/staffing/westeurope-1/", "/alarms/"):
        assert visit(url, as_=who).status_code == 403
    proposal = ConditionDeclaration.objects.get()
    assert visit(f"/regions/conditions/{proposal.public_id}/", as_=who).status_code == 403


def test_an_executive_sees_how_full_and_how_staffed_but_no_ledger_and_no_crew(visit, west_europe):
    executive = make.person(Role.EXECUTIVE)
    assert "v-strip" in text(visit("/regions/", as_=executive))
    page = text(visit("/regions/westeurope/", as_=executive))
    assert "v-fall" in page
    assert "Ledger and terms" not in page
    board = text(visit("/staffing/", as_=executive))
    assert "Above minimum" in board
    assert "3/2" not in board
    assert "3/2" in text(visit("/staffing/", as_=make.person(Role.AUDITOR)))
    assert visit("/pools/westeurope/vcpu/", as_=executive).status_code == 403
    assert visit("/staffing/westeurope-1/", as_=executive).status_code == 403


def test_an_operator_of_another_region_sees_no_number_of_this_one(visit, west_europe):
    make.region("eastus", name="East US", geography_group="US")
    make.promised(make.pool("eastus", powered_on=100), 25)
    operator = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    page = text(visit("/regions/westeurope/", as_=operator))
    assert "v-fall" not in page
    assert "Failure reserve" in text(visit("/regions/eastus/", as_=operator))
    assert visit("/pools/westeurope/vcpu/", as_=operator).status_code == 403
    rows = b"".join(visit("/regions/table/?format=csv", as_=operator).streaming_content).decode().splitlines()
    fullest = rows[0].split(",").index("Fullest pool (%)")
    assert {row.split(",")[1]: row.split(",")[fullest] for row in rows[1:]} == {"westeurope": "", "eastus": "25.0"}


def test_nobody_is_sent_to_sign_in(visit, west_europe):
    for url in ("/regions/", "/regions/westeurope/", "/staffing/", "/alarms/", "/pools/westeurope/vcpu/"):
        assert visit(url).status_code == 302


def test_58_regions_cost_as_many_questions_as_one(visit):
    call_command("import_regions", verbosity=0)
    for datacenter in Datacenter.objects.filter(code__endswith="-1").select_related("region")[:5]:
        make.shift_reported(datacenter, at=clock.now())
    make.rostered(datacenter, 4, at=clock.now())
    operator = make.person(Role.REGION_OPERATOR)
    assert text(visit("/regions/", as_=operator, queries=11)).count('class="v-tile ') == 58
    visit("/regions/table/", as_=operator, queries=8)
    visit("/regions/westeurope/", as_=operator, queries=12)
    board = text(visit("/staffing/", as_=operator, queries=12))
    assert board.count('<td class="v-cell') == 50 * 27
    assert "50 rows of 101" in board
    visit("/staffing/?as_of=2026-11-01&late=no&status=not_tracked&region=eastus", as_=operator, queries=12)
    visit("/alarms/", as_=operator, queries=9)
    visit("/regions/westeurope/ahead/", as_=operator, queries=12)


def test_regions_say_when_their_first_pool_runs_out_and_lists_can_be_asked_for_it(visit, west_europe):
    make.forecast(Pool.objects.get(region=west_europe, resource__code="vcpu"), p50=40, at=clock.now())
    make.forecast(Pool.objects.get(region=west_europe, resource__code="gpu"), p50=20, at=clock.now())
    make.region("eastus", name="East US", geography_group="US", country="USA")
    operator = make.person(Role.REGION_OPERATOR)
    assert "20 days left (10–40)" in text(visit("/regions/", as_=operator))
    rows = "columns=name,country,lasts,lasts_p10,lasts_p90&format=csv"
    found = b"".join(visit(f"/regions/table/?runs_out=30&{rows}", as_=operator).streaming_content).decode().splitlines()
    assert found[1:] == ["Westeurope,Netherlands,20,10,40"]
    assert (
        "East US,United States,," in b"".join(visit(f"/regions/table/?{rows}", as_=operator).streaming_content).decode()
    )
    outsider = make.person(Role.ACCOUNT_MANAGER)
    assert "days left" not in text(visit("/regions/", as_=outsider))
    assert visit("/regions/table/?runs_out=30", as_=outsider).status_code == 400


def test_forecasts_that_are_old_or_broken_say_nothing_of_how_long_a_region_lasts(visit, west_europe):
    at, operator = clock.now(), make.person(Role.REGION_OPERATOR)
    vcpu, gpu = (Pool.objects.get(region=west_europe, resource__code=code) for code in ("vcpu", "gpu"))
    make.forecast(vcpu, p50=20, at=at - timedelta(days=2, minutes=1))
    broken = make.forecast(gpu, p50=30, at=at)
    assert [soonest_first(Pool.objects.all(), then).count() for then in (broken.made_at, at - timedelta(days=1))] == [
        1,
        1,
    ]
    UsageForecast.objects.filter(pk=broken.pk).update(broken_at=at)
    assert "days left" not in text(visit("/regions/", as_=operator))
    rows = "/regions/table/?columns=name,lasts,lasts_p10,lasts_p90&format=csv"
    assert b"Westeurope,,," in b"".join(visit(rows, as_=operator).streaming_content)
    # Whoever may run out, by its earliest tenth, comes before who is not thought to at all.
    make.forecast(vcpu, at=at)
    later = make.forecast(gpu, at=at + timedelta(seconds=1), exhausted_p10=70)
    assert soonest_by_region(Pool.objects.all(), later.made_at)[west_europe.pk] == later


def test_a_bound_that_is_not_reached_is_said_in_words():
    assert lasts_short(UsageForecast(exhausted_p10=14, exhausted_p50=36)) == "36 days left (14 or more)"


def test_what_lies_ahead_is_a_part_of_the_page_and_a_page(visit, west_europe):
    make.forecast(Pool.objects.get(region=west_europe, resource__code="vcpu"), p50=40, at=clock.now())
    operator = make.person(Role.REGION_OPERATOR)
    assert 'hx-get="/regions/westeurope/ahead/"' in text(visit("/regions/westeurope/", as_=operator))
    page = text(visit("/regions/westeurope/ahead/", as_=operator))
    assert "Compute cores: 40 days left (20–80)" in page
    assert "Mean of damped trend, theta method and last week" in page
    assert "repeating the season would have missed by 4" in page
    assert "/pools/westeurope/vcpu/usage/" in page
    assert "No offer is restricted here." in page
    assert "<html" not in text(visit("/regions/westeurope/ahead/", as_=operator, htmx="ahead"))
    outsider = text(visit("/regions/westeurope/ahead/", as_=make.person(Role.ACCOUNT_MANAGER)))
    assert "days left" not in outsider
    assert "Levers" not in outsider.split("<main")[1]
    assert visit("/regions/nowhere/ahead/", as_=operator).status_code == 404


def test_response_plans_are_found_from_the_region_they_belong_to_while_they_last(visit, west_europe):
    plan = make.response_plan(title="Short of crews")
    operator, asked = make.acting(Role.REGION_OPERATOR), "/regions/westeurope/ahead/"
    outsider = make.person(Role.ACCOUNT_MANAGER)
    assert "Short of crews" not in text(visit(asked, as_=outsider))
    declared = ConditionDeclaration.objects.filter(region=west_europe).latest("pk").public_id
    link_to_plan(actor=operator, plan_id=plan.public_id, kind="condition", target=declared, at=make.NOW)
    page = text(visit(asked, as_=outsider))
    assert "Short of crews" in page
    assert "Contain · 1 open task" in page
    stand_down(actor=make.acting(Role.DUTY_MANAGER), plan_id=plan.public_id, reason="Over.", at=make.NOW)
    assert "Short of crews" not in text(visit(asked, as_=outsider))


def test_no_regions_yet_says_how_they_get_here(visit):
    who = make.person(Role.REGION_OPERATOR)
    assert "import_regions" in text(visit("/regions/", as_=who))
    assert "import_regions" in text(visit("/regions/table/", as_=who))
    assert visit("/regions/nowhere/", as_=who).status_code == 404


def test_tiles_can_be_asked_for_one_condition_and_not_for_nonsense(visit, west_europe):
    make.region("eastus")
    who = make.person(Role.REGION_OPERATOR)
    assert text(visit("/regions/?condition=constrained", as_=who)).count('class="v-tile ') == 1
    assert "No region is in this condition" in text(visit("/regions/?condition=critical", as_=who))
    assert visit("/regions/?condition=panic", as_=who).status_code == 400
    assert visit("/regions/table/?condition=panic", as_=who).status_code == 400
    assert visit("/regions/table/?sort=secret", as_=who).status_code == 400


# --- Declaring a condition ------------------------------------------------------------------------


def _declaration(region, **fields):
    return {
        "condition": "constrained",
        "evidence": "Two percent left.",
        "review_date": str(clock.now().date() + timedelta(days=7)),
        "row_version": region.row_version,
        **fields,
    }


def test_an_operator_declares_and_a_duty_manager_confirms(visit):
    region = make.region("westeurope")
    operator, duty_manager = make.person(Role.REGION_OPERATOR), make.person(Role.DUTY_MANAGER)
    assert visit("/regions/westeurope/condition/", as_=operator).status_code == 200
    answer = visit("/regions/westeurope/condition/", as_=operator, method="post", data=_declaration(region))
    assert answer.status_code == 302
    proposal = ConditionDeclaration.objects.get(state="proposed")
    assert "Waits for a second signature" in text(visit("/regions/westeurope/", as_=operator))

    address = f"/regions/conditions/{proposal.public_id}/"
    assert "Your signature" in text(visit(address, as_=duty_manager))
    assert "Withdraw my proposal" in text(visit(address, as_=operator))
    assert visit(f"{address}confirm/", as_=operator, method="post").status_code == 403
    stale = visit(f"{address}confirm/", as_=duty_manager, method="post", fresh=False)
    assert stale.status_code == 302
    assert "confirm" in stale.headers["Location"]
    region.refresh_from_db()
    assert region.condition == "normal"

    assert visit(f"{address}confirm/", as_=duty_manager, method="post").status_code == 302
    region.refresh_from_db()
    assert region.condition == "constrained"
    assert visit(f"{address}confirm/", as_=make.person(Role.DUTY_MANAGER), method="post").status_code == 409
    assert "history" in text(visit(address, as_=duty_manager)) or "in force" in text(visit(address, as_=duty_manager))


def test_a_refusal_needs_its_reason_and_is_shown(visit):
    make.region("westeurope")
    proposal = make.declared("westeurope", "critical", confirmed=False)
    duty_manager = make.person(Role.DUTY_MANAGER)
    address = f"/regions/conditions/{proposal.public_id}/refuse/"
    assert visit(address, as_=duty_manager, method="post", data={"answer": " "}).status_code == 400
    assert visit(address, as_=duty_manager, method="post", data={"answer": "Not yet."}).status_code == 302
    assert "Not yet." in text(visit("/regions/westeurope/", as_=duty_manager))


def test_a_stale_or_wrong_form_comes_back_with_what_is_wrong(visit):
    region = make.region("westeurope")
    operator = make.person(Role.REGION_OPERATOR)

    def post(**fields):
        answer = visit(
            "/regions/westeurope/condition/", as_=operator, method="post", data=_declaration(region, **fields)
        )
        return answer.status_code, text(answer)

    assert post(condition="panic")[0] == 400
    assert post(review_date="2020-01-01")[0] == 400
    assert post(evidence="")[0] == 400
    assert post(row_version=99)[0] == 409
    status, shown = post(condition="normal")
    assert status == 400, shown
    assert not ConditionDeclaration.objects.exists()
    assert visit("/regions/westeurope/condition/", as_=make.person(Role.VERIFIER)).status_code == 403


# --- Who waits for the region ---------------------------------------------------------------------


def test_open_requests_are_counted_by_the_tier_they_queue_in(visit, west_europe):
    make.tier1_request()
    make.request()
    reviewer = make.person(Role.CAPACITY_REVIEWER)
    page = visit("/regions/westeurope/", as_=reviewer)
    waiting = {row.tier: (row.requests, row.organizations) for row in page.context["waiting"]}
    assert waiting[1] == (1, 1)
    assert sum(requests for requests, _organizations in waiting.values()) == 2
    assert "/queue/?region=westeurope&amp;tier=1" in text(page)
    assert visit("/queue/?region=westeurope&tier=1", as_=reviewer).status_code == 200

    elsewhere = make.person(Role.CAPACITY_REVIEWER, regions=["eastus"])
    page = visit("/regions/westeurope/", as_=elsewhere)
    assert all(row.requests == 0 for row in page.context["waiting"])
    assert "waiting" not in visit("/regions/westeurope/", as_=make.person(Role.NOTICE_EDITOR)).context


def test_a_condition_past_its_review_date_asks_to_be_looked_at(visit):
    make.region("westeurope")
    make.declared("westeurope", "watch")  # of March 2020
    page = text(visit("/regions/westeurope/", as_=make.person(Role.REGION_OPERATOR)))
    assert "To be looked at again" in page
