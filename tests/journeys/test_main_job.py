"""The main job from the first region to the public page, walked through pages as the people of the house walk it."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from playwright.sync_api import expect

from capacity.pools.models import LedgerEntry, Pool
from capacity.requests.models import CapacityRequest, RequestState
from capacity.requests.tasks import sweep
from capacity.staffing.models import ShiftReport
from customers.models import Claim, ClaimState, Organization, RegisterRow
from customers.tasks import run_imports
from kit import clock
from kit.clock import now
from priorities.tasks import expire
from tests import make
from tests.journeys.cast import Desk, Program
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)

REGION = "germanynorth"
REGION_NAME = "Germany North"
HOSPITAL = "Klinikum Musterstadt"
REGISTER = (
    "id,name,types,status,country,city,website,domains\n"
    "https://ror.org/0muster01,Klinikum Musterstadt,healthcare,active,DE,Musterstadt,https://klinikum.example,klinikum.example\n"
    "https://ror.org/0muster02,Institut Beispielburg,facility,inactive,DE,Beispielburg,,institut.example\n"
)


class Clock:
    """The clock of the house, moved on; sign-ins and cookies keep the real one."""

    def __init__(self, monkeypatch) -> None:
        self._real = clock.timezone.now
        self._ahead = timedelta()
        monkeypatch.setattr("kit.clock.timezone", self)

    def now(self):
        return self._real() + self._ahead

    def move(self, by: timedelta) -> None:
        self._ahead += by


def pool() -> Pool:
    return Pool.objects.get(region__code=REGION, resource__code="vcpu")


def figure(desk: Desk, label: str) -> str:
    """A number of the waterfall that stands on the page of a pool."""
    desk.open(f"/pools/{REGION}/vcpu/")
    row = desk.page.locator(".v-fall tr", has=desk.page.get_by_role("rowheader", name=label))
    return row.locator("td").first.inner_text()


@pytest.fixture
def office(browse):
    """An installation as it is set up, with one region whose supply is known, and its people signed in."""
    cache.clear()
    call_command("seed_reference", verbosity=0)
    call_command("import_regions", verbosity=0)
    make.pool(REGION, powered_on=1000)
    home = make.portfolio("North")
    # The account manager may verify too, and still not what is their own.
    return {
        "manager": Desk(
            browse, make.person(Role.ACCOUNT_MANAGER, Role.VERIFIER, name="Amelie Account", portfolios=[home])
        ),
        "verifier": Desk(browse, make.person(Role.VERIFIER, name="Vera Verifier")),
        "reviewer": Desk(browse, make.person(Role.CAPACITY_REVIEWER, name="Rosa Reviewer")),
        "duty": Desk(browse, make.person(Role.DUTY_MANAGER, name="Dora Duty")),
        "operator": Desk(browse, make.person(Role.REGION_OPERATOR, name="Olga Operator")),
        "executive": Desk(browse, make.person(Role.EXECUTIVE, name="Elif Executive")),
    }


def test_the_main_job(office, browse, live_server, monkeypatch):
    time = Clock(monkeypatch)
    manager, verifier, reviewer = office["manager"], office["verifier"], office["reviewer"]
    duty, operator, executive = office["duty"], office["operator"], office["executive"]
    soon = (time.now() + timedelta(days=14)).date().isoformat()

    assert_regions_are_there(operator)
    take_in_a_register(verifier)
    hospital = register_the_hospital(browse, manager)
    propose_its_category(manager)
    verify_it(manager, verifier)
    town, shop = make_other_customers(manager.user)

    make_the_region_scarce(operator, duty)
    case = file_for_the_hospital(manager, hospital, soon)
    manager.file_request(hospital, quantity=20, region=REGION, needed_by=soon, use="general")
    manager.sees("T3")
    approve_the_hospital(reviewer, case)
    decline_the_shop(manager, reviewer, shop, soon)
    override = let_the_town_overtake(manager, reviewer, duty, town, soon)
    alone = break_the_glass(reviewer, duty)
    report_shifts(operator)
    read_the_result(executive)
    read_in_public(browse)
    do_the_same_by_programs(manager, reviewer, operator, hospital, live_server.url, soon)
    time.move(timedelta(hours=1, minutes=1))
    see_the_overrides_end(reviewer, duty, override, alone)
    call_command("verify_journal", verbosity=0)


def assert_regions_are_there(operator):
    operator.open("/regions/table/?size=100")
    expect(operator.page.locator("tbody tr")).to_have_count(58)
    operator.sees(REGION_NAME)


def take_in_a_register(verifier):
    verifier.open("/organizations/imports/new/")
    verifier.choose("kind", "ror")
    verifier.page.locator("input[type=file]").set_input_files(
        {"name": "ror.csv", "mimeType": "text/csv", "buffer": REGISTER.encode()}
    )
    verifier.page.get_by_label("Taken on").fill("2026-06-23")
    verifier.page.get_by_label("Dry run").uncheck()
    verifier.press("Send the file")
    verifier.page.wait_for_url(re.compile(r"/organizations/imports/[0-9a-f-]{36}/"))
    run_imports()
    verifier.page.reload()
    expect(verifier.page.locator("tbody tr")).to_have_count(2)
    assert RegisterRow.objects.filter(is_active=False).count() == 1


def register_the_hospital(browse, manager) -> Organization:
    def fill_in():
        manager.open("/organizations/new/")
        manager.page.get_by_label("Legal name").fill(HOSPITAL)
        manager.choose("country", "DE")
        manager.page.get_by_label("Customer since").fill("2015-01-01")
        manager.page.get_by_label("Domains").fill("klinikum.example")
        manager.press("Register organization")

    fill_in()
    expect(manager.page.get_by_role("heading", name=HOSPITAL)).to_be_visible()
    fill_in()
    manager.is_refused(409, "Registered already:")
    expect(manager.page.get_by_role("button", name="Register anyway")).to_be_visible()
    return Organization.objects.get()


def propose_its_category(manager):
    manager.open("/organizations/")
    manager.follow(HOSPITAL)
    manager.follow("Propose category")
    page = manager.page
    # The register's entry of the same name is offered without a search.
    page.get_by_role("radio", name=re.compile(HOSPITAL)).check()
    page.get_by_role("checkbox", name="klinikum.example").check()
    manager.choose("category", "HE-ACUTE")
    manager.press("Submit for verification")
    manager.sees("A verifier takes it up.")


def verify_it(manager, verifier):
    address = f"/verification/{Claim.objects.get().public_id}/"
    manager.open(address)
    manager.sees("You filed this claim, so another verifier must decide it.")
    expect(manager.page.locator("#decide")).to_have_count(0)

    verifier.open(address)
    # The hospital has set the DNS record meanwhile (how it is looked up: tests/customers/test_browser.py).
    make.show_domains(Claim.objects.get(), at=now())
    verifier.unfold("Take up")
    verifier.press("Take up")
    for checked in (1, 2):
        verifier.page.locator("button[value=yes]:visible").first.click()
        expect(verifier.page.locator(".v-evidence .v-badge", has_text=re.compile("^Holds$"))).to_have_count(checked)
    verifier.unfold("Verify")
    expect(verifier.page.get_by_label("Counts up to and including")).not_to_have_value("")
    verifier.press("Verify")
    expect(verifier.page.get_by_role("heading", name=f"{HOSPITAL} Verified")).to_be_visible()
    claim = Claim.objects.get()
    assert claim.state == ClaimState.VERIFIED
    assert claim.valid_until > clock.now()


def make_other_customers(manager) -> tuple[Organization, Organization]:
    home = Organization.objects.get().portfolio
    town = make.organization("Stadtwerke Beispielburg", portfolio=home, manager=manager)
    shop = make.organization(
        "Beispiel Handel", portfolio=home, manager=manager, customer_since=None, offer_type="pay_as_you_go"
    )
    return town, shop


def make_the_region_scarce(operator, duty):
    operator.open(f"/regions/{REGION}/condition/")
    operator.page.get_by_role("radio", name=re.compile("Constrained")).check()
    operator.page.get_by_label("Evidence").fill("Headroom below five percent since Monday.")
    operator.page.get_by_label("Looked at again on").fill((clock.now() + timedelta(days=7)).date().isoformat())
    operator.press("Declare")
    operator.is_told("It takes effect when a duty manager confirms it.")
    expect(operator.page.locator("h1")).to_contain_text("Normal")

    duty.open("/today/")
    duty.follow(re.compile(REGION_NAME))
    duty.follow("Look at it")
    duty.press("Confirm")
    duty.is_told("The condition is in force.")
    expect(duty.page.locator("h1")).to_contain_text("Constrained")


def file_for_the_hospital(manager, hospital, soon) -> str:
    address = manager.file_request(hospital, quantity=40, region=REGION, needed_by=soon, use="health_records")
    manager.sees("It queues in tier 1; until a reviewer has confirmed the use, nothing is granted on it.")
    manager.sees("Place 1 of 1 in the queue. The order is by tier here.")
    manager.sees("All of it could be granted now.")
    return address


def approve_the_hospital(reviewer, case):
    assert figure(reviewer, "to tier 1") == "0"
    reviewer.open("/queue/")
    reviewer.sees("By tier.")
    expect(reviewer.page.locator("tbody tr").first).to_contain_text(HOSPITAL)
    reviewer.follow(HOSPITAL)
    page = reviewer.page
    expect(page.locator("#evidence")).to_contain_text("HE-ACUTE")
    expect(page.locator("#why")).to_contain_text("Score")
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    reviewer.press(re.compile("Confirm use: Health records"))
    reviewer.is_told("The use is confirmed.")
    reviewer.sees(f"Approve in {REGION_NAME}")
    reviewer.press(re.compile(f"Approve in {REGION_NAME}"))
    reviewer.is_told(f"40 vCPU granted in {REGION_NAME}.")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert CapacityRequest.objects.get(claimed_workload__code="health_records").state == RequestState.APPROVED
    assert figure(reviewer, "Promised") == "40"
    reviewer.open(case)
    expect(page.locator("#grants")).to_contain_text("40")


def decline_the_shop(manager, reviewer, shop, soon):
    address = manager.file_request(shop, quantity=1200, region=REGION, needed_by=soon, use="general")
    manager.sees("T4")
    reviewer.open(address.replace("/requests/", "/queue/"))
    reviewer.unfold("Decline")
    expect(reviewer.page.locator("#decline_reason")).not_to_have_value("")
    reviewer.page.locator("form[action$='/decline/']").get_by_role("button", name="Decline").click()
    reviewer.is_told("is declined.")

    manager.open(f"{address}?letter=en")
    letter = manager.page.locator(".v-letter")
    expect(letter).to_contain_text("You asked for 1,200 vCPU. We cannot grant it.")
    expect(letter).to_contain_text("What stands in the way: Capacity.")
    expect(letter).to_contain_text("We look at it again on")
    decision = CapacityRequest.objects.get(organization=shop).decisions.get()
    assert decision.block == "capacity"
    assert decision.explanation["ways_out"]
    assert decision.next_look_date > clock.now().date()


def let_the_town_overtake(manager, reviewer, duty, town, soon) -> str:
    address = manager.file_request(town, quantity=30, region=REGION, needed_by=soon, use="general")
    reviewer.open(f"{address}override/")
    reviewer.choose("kind", "retier")
    reviewer.choose("to_tier", "2")
    reviewer.page.get_by_label("Hours").fill("1")
    reviewer.page.get_by_label("Why", exact=True).fill("The water of the hospital depends on it.")
    reviewer.press("Show whom it overtakes")
    effect = reviewer.page.locator("#effect")
    expect(effect).to_contain_text("From place 2 to 1 of 2.")
    expect(effect).to_contain_text(HOSPITAL)
    reviewer.press("Propose")
    reviewer.is_told("It takes effect when a duty manager confirms it.")
    override = reviewer.page.url

    duty.made_long_ago()
    duty.open(override)
    expect(duty.page.locator("#overtakes")).to_contain_text("T3")
    duty.press("Confirm")
    duty.proves_it_is_them()
    expect(duty.page.locator("h1")).to_contain_text("In force")

    sweep()
    reviewer.open(f"/queue/?region={REGION}")
    expect(reviewer.page.locator("tbody tr").first).to_contain_text("Stadtwerke Beispielburg")
    expect(reviewer.page.locator("tbody tr").first).to_contain_text("T2")
    return override


def see_the_overrides_end(reviewer, duty, override, alone):
    # Whoever was away for an hour signs in again. No worker ran: that it is over is read from the window.
    duty.sign_in()
    duty.open(override)
    expect(duty.page.locator("h1")).to_contain_text("Expired")
    duty.open(alone)
    expect(duty.page.locator("h1")).to_contain_text("Ended unsigned")
    assert expire() == 2
    duty.open(alone)
    duty.sees("One person put this in force alone, and nobody confirmed it in time.")
    duty.choose("verdict", "right")
    duty.page.get_by_label("Lesson").fill("Call the deputy as well.")
    duty.press("Close the review")
    duty.is_told("Your verdict and the lesson are in the register.")
    sweep()
    reviewer.sign_in()
    reviewer.open(f"/queue/?region={REGION}")
    expect(reviewer.page.locator("tbody tr").first).to_contain_text(HOSPITAL)
    expect(reviewer.page.locator("tbody tr", has_text="Stadtwerke Beispielburg")).not_to_contain_text("T2")


def break_the_glass(reviewer, duty) -> str:
    """One person puts a request first alone, which counts at once; nobody will sign it."""
    hospital = CapacityRequest.objects.get(claimed_workload__code="general", organization__legal_name=HOSPITAL)
    reviewer.made_long_ago()
    reviewer.open(f"/requests/{hospital.public_id}/override/")
    reviewer.choose("kind", "pin")
    reviewer.page.get_by_label("Hours").fill("1")
    reviewer.page.get_by_label("Why", exact=True).fill("The ward's monitors run on it.")
    reviewer.press("Show whom it overtakes")
    expect(reviewer.page.locator("#effect")).to_contain_text("Stadtwerke Beispielburg")
    reviewer.press("Act alone now")
    reviewer.proves_it_is_them()
    expect(reviewer.page.locator("h1")).to_contain_text("In force, unsigned")
    reviewer.sees("It ends by itself unless another person confirms it by:")
    address = reviewer.page.url
    reviewer.open(f"/queue/?region={REGION}")
    expect(reviewer.page.locator("tbody tr").first).to_contain_text(HOSPITAL)
    duty.open("/overrides/?now=waits")
    duty.sees("one signature")
    return address


def report_shifts(operator):
    datacenter = f"/staffing/{REGION}-1/"
    make.promised(pool(), 400)
    operator.open(datacenter)
    operator.follow("Report a shift")
    operator.press("Everybody is here, as rostered")
    expect(operator.page.locator("h1")).to_contain_text("Above minimum")
    before = figure(operator, "Open to everybody")

    operator.open(datacenter)
    operator.follow("Report a shift")
    operator.page.get_by_label("Network: present").fill("1")
    operator.page.get_by_label("Why is it corrected?").fill("Two went home.")
    operator.press("Send correction")
    operator.is_told("The supply of 4 pools in Germany North follows")
    expect(operator.page.locator("h1")).to_contain_text("Below minimum")
    assert (before, figure(operator, "Open to everybody")) == ("900", "0")
    operator.sees("Nothing is revoked.")
    assert LedgerEntry.objects.filter(quantity__lt=0).count() == 0
    assert figure(operator, "Promised") == "440"
    operator.open("/alarms/")
    operator.sees("Promised more than there is now")


def read_the_result(executive):
    executive.open("/reports/")
    expect(executive.page.locator("h1")).to_contain_text("Where we stand")
    expect(executive.page.locator(".v-figure")).to_have_count(4)
    expect(executive.page.locator("#at-risk")).to_contain_text(REGION_NAME)
    executive.sees("1 of 58 regions are constrained, critical or recovering.")
    executive.sees("1 datacenter is below minimum crew")
    for figures in executive.page.locator(".v-figure").all():
        expect(figures.locator("table")).to_have_count(1)
    expect(executive.page.locator("#definitions dt")).not_to_have_count(0)


def read_in_public(browse):
    page = browse("/trust/")
    expect(page).to_have_url(re.compile("/trust/de/$"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    told = ""
    for language, word in (("de", "Knapp"), ("en", "Constrained")):
        page.goto(f"/trust/{language}/")
        expect(page.locator(f"#{REGION}")).to_contain_text(word)
        for part in ("", "policy/", "notices/", "contacts/", "notices.json"):
            answer = page.request.get(f"/trust/{language}/{part}")
            assert answer.status == 200
            told += answer.text()
    for secret in (HOSPITAL, "Stadtwerke", "Beispiel Handel", f"{REGION}-1", "440", "Below minimum", "vCPU"):
        assert secret not in told, f"the public reads of {secret}"
    assert page.context.cookies() == []


def do_the_same_by_programs(manager, reviewer, operator, hospital, address, soon):
    nobody = Program(address)
    for path in ("organizations/", "requests/", "regions/"):
        nobody("GET", path, expects=401)
    files = Program(address, manager.make_token("Nightly filing"))
    decides = Program(address, reviewer.make_token("Nightly review"))
    reports = Program(address, operator.make_token("Shift clock"))

    new = {"portfolio": hospital.portfolio.code, "legal_name": HOSPITAL, "country": "DE", "offer_type": "enterprise"}
    assert files("POST", "organizations/", new, expects=409)["code"]
    fire = files("POST", "organizations/", {**new, "legal_name": "Feuerwehr Beispielburg"}, expects=201)

    def ask(organization, quantity, workload):
        body = {
            "organization": organization,
            "workload": workload,
            "lines": [{"resource": "vcpu", "quantity": quantity}],
            "regions": [REGION],
            "needed_by_date": soon,
        }
        return files("POST", "requests/", body, expects=201)

    more = ask(hospital.public_id, 10, "health_records")
    assert (more["claimed_tier"], more["is_confirmed"]) == (1, False)
    act = f"requests/{more['id']}/"
    assert files("GET", act, expects=200)["ranking"]["reasons"]
    files("POST", f"{act}approve/", {"region": REGION}, expects=403)
    assert decides("POST", f"{act}approve/", {"region": REGION, "undated": True}, expects=409)["title"]
    assert decides("POST", f"{act}workload/", {"workload": "health_records"}, expects=200)["is_confirmed"]
    dated = decides("POST", f"{act}approve/", {"region": REGION}, expects=409)
    assert dated["code"] == "cannot_grant_staffing"
    assert f"{REGION}-1, " in dated["title"]
    assert "Network: 1 present, 2 is the minimum." in dated["title"]
    done = decides("POST", f"{act}approve/", {"region": REGION, "undated": True}, expects=200)
    assert done["decisions"][0]["granted"] == [{"resource": "vcpu", "quantity": 10}]
    assert pool().committed == 450

    other = ask(fire["id"], 5, "general")
    no = decides("POST", f"requests/{other['id']}/decline/", {"reason": "The crew is below minimum."}, expects=200)
    assert (no["state"], no["decisions"][0]["block"]) == ("declined", "staffing")

    def crew() -> str:
        rows = reports("GET", "datacenters/?size=200", expects=200)["results"]
        return next(row["status"] for row in rows if row["code"] == f"{REGION}-1")

    assert crew() == "red"
    last = ShiftReport.objects.latest("pk")
    shift = {"date": last.date, "shift": last.shift, "as_rostered": True, "note": "All came back."}
    path = f"datacenters/{REGION}-1/shift-reports/"
    assert files("POST", path, shift, expects=403)["code"] == "needs_role"
    reports("POST", path, shift, expects=201)
    assert crew() == "green"
    assert pool().supply_open == 900
