"""Customers that a register lists for tier 1 and that have no claim: found by id, domain or name, claimed at once."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.claim_matches import NothingSelected, claim_matches
from customers.actions.find_register_matches import find_register_matches, matches_are_due
from customers.models import Claim, ClaimState, ImportRun
from customers.registers.eligible import unclaimed_matches
from customers.registers.models import MatchRun, RegisterMatch
from kit.refusal import NotAllowed
from tests import make
from tests.customers.test_registers import FIRE, HOSPITAL, LOCAL, POLICE, take_in
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

HOSPITALS = HOSPITAL + (
    "010005,MARSHALL MEDICAL CENTERS,AL,Acute Care Hospitals\n"
    "010006,MEMORIAL HOSPITAL,AL,Acute Care Hospitals\n"
    "010007,MEMORIAL HOSPITAL,AK,Acute Care Hospitals\n"
    "010008,CONCORD,AK,Acute Care Hospitals\n"
)
FIRES = FIRE + (
    f'00154,Forestdale Fire District,AL,https://www.forestdale.example/,"{LOCAL}"\n'
    f'25400,Houston Fire Department,AK,https://www.houston-ak.example/,"{LOCAL}"\n'
    "60001,Acme Fire Brigade,AK,,Private or industrial fire brigade\n"
)
POLICES = POLICE + "TX1390400,Paris Junior College,University or College,TX\n"


@pytest.fixture(autouse=True)
def _registers():
    make.category()
    take_in("hospitals_us", HOSPITALS)
    take_in("fire_departments_us", FIRES)
    take_in("law_enforcement_us", POLICES)


def organization(name: str, **fields):
    return make.organization(name, country=fields.pop("country", "US"), **fields)


def found():
    find_register_matches(at=make.NOW)
    return {
        (match.organization.legal_name, match.category.code, match.by, match.entry.key)
        for match in RegisterMatch.objects.select_related("organization", "category", "entry")
    }


def test_a_customer_is_found_by_its_id_its_domain_or_its_name():
    organization("Whatever they call it", external_ids=[("cms", "010006")])
    organization("Forestdale Fire District Inc", domains=["forestdale.example"])
    organization("Marshall Medical Centers")
    assert found() == {
        ("Whatever they call it", "HE-ACUTE", "id", "010006"),
        ("Forestdale Fire District Inc", "FR-FIRE", "domain", "AL-00154"),
        ("Marshall Medical Centers", "HE-ACUTE", "name", "010005"),
    }


def test_what_could_be_another_is_not_proposed():
    organization("Memorial Hospital")  # two of this name in the country
    organization("Marshall Medical Centers", country="DE")
    organization("Concord")  # one word is nobody's name
    organization("City of Houston", domains=["houston-ak.example"])  # the fire department's site is the city's
    organization("Paris Junior College")  # its police stands in the register, under the college's name
    organization("Acme Fire Brigade")  # a private one
    organization("Forestdale Bank", domains=["forestdale.example", "gmail.com"])
    assert found() == set()


def test_a_domain_register_speaks_by_its_domain_alone_unless_several_customers_share_it():
    head = "domain,domain_type,organization,city,state\n"
    take_in("dotgov", head + "cdc.gov,Federal - Executive,Department of Health,Atlanta,GA\nabc.gov,City,Abc,Abc,NY\n")
    organization("Disease Control", domains=["cdc.gov"])
    organization("Town of Abc", domains=["abc.gov"])
    assert found() == {("Disease Control", "GV-CORE", "domain", "cdc.gov")}
    organization("Cafeteria of Disease Control", domains=["cdc.gov"])
    assert found() == set()


def test_finding_again_changes_nothing_and_follows_what_changed():
    one = organization("Marshall Medical Centers")
    found()
    kept = RegisterMatch.objects.get()
    assert found() == {("Marshall Medical Centers", "HE-ACUTE", "name", "010005")}
    assert (RegisterMatch.objects.get().pk, RegisterMatch.objects.get().row_version) == (kept.pk, 1)
    take_in("hospitals_us", HOSPITALS.replace("MARSHALL", "MARTIAL"), day=date(2020, 3, 20))
    assert found() == set()
    type(one).objects.filter(pk=one.pk).update(sort_name="martial medical centers")
    assert len(found()) == 1


def test_it_is_due_when_something_was_imported_or_an_hour_passed():
    assert matches_are_due(at=make.NOW)
    find_register_matches(at=make.NOW + timedelta(seconds=1))
    assert not matches_are_due(at=make.NOW + timedelta(minutes=59))
    assert matches_are_due(at=make.NOW + timedelta(minutes=61))
    MatchRun.objects.update(ran_at=make.NOW - timedelta(seconds=1))
    assert matches_are_due(at=make.NOW)


def test_a_claim_to_any_tier_1_category_takes_it_from_the_list_at_once():
    of = organization("Marshall Medical Centers", domains=["marshall.example"])
    find_register_matches(at=make.NOW)
    assert unclaimed_matches(SYSTEM).count() == 1
    claim = make.claim("FR-EMS", of=of, evidence=[make.letter()])
    assert unclaimed_matches(SYSTEM).count() == 0
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.IN_VERIFICATION)
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.REJECTED)
    assert unclaimed_matches(SYSTEM).count() == 1


def test_the_selected_are_claimed_each_by_itself_with_one_result():
    home, elsewhere = make.portfolio(), make.portfolio()
    manager = make.account_manager(portfolios=[home])
    mine = organization("Marshall Medical Centers", portfolio=home, manager=manager)
    claimed = organization("Forestdale Fire District", portfolio=home, manager=manager, domains=["forestdale.example"])
    theirs = organization("Houston Fire Department", portfolio=elsewhere)
    find_register_matches(at=make.NOW)
    matches = {match.organization_id: match.public_id for match in RegisterMatch.objects.all()}
    make.claim("FR-FIRE", of=claimed, evidence=[make.letter()])
    ids = [matches[one.pk] for one in (mine, claimed, theirs)]
    run = claim_matches(actor=make.actor(manager), match_ids=[*ids, ids[0]], at=make.NOW)
    assert list(run.results.order_by("row_number").values_list("outcome", flat=True)) == [
        "created", "refused", "refused",
    ]  # fmt: skip
    claim = Claim.objects.get(organization=mine)
    assert (claim.category.code, claim.state) == ("HE-ACUTE", ClaimState.SUBMITTED)
    assert claim.evidence.get(kind="register_match").register_row.key == "010005"
    with pytest.raises(NothingSelected):
        claim_matches(actor=make.actor(manager), match_ids=[], at=make.NOW)
    with pytest.raises(NotAllowed):
        claim_matches(actor=make.acting(Role.VERIFIER), match_ids=ids, at=make.NOW)


def test_an_entry_that_is_no_longer_current_is_refused_in_its_row():
    home = make.portfolio()
    manager = make.account_manager(portfolios=[home])
    organization("Marshall Medical Centers", portfolio=home, manager=manager)
    find_register_matches(at=make.NOW)
    take_in("hospitals_us", HOSPITALS, day=date(2020, 3, 20))
    ids = [RegisterMatch.objects.get().public_id]
    run = claim_matches(actor=make.actor(manager), match_ids=ids, at=make.NOW)
    assert run.rows_refused == 1
    assert not Claim.objects.exists()


def test_account_managers_see_their_own_and_claim_with_one_click(visit):
    home = make.portfolio("Hospitals of the South")
    manager = make.account_manager(portfolios=[home])
    of = organization("Marshall Medical Centers", portfolio=home, manager=manager)
    organization("Houston Fire Department")
    find_register_matches(at=make.NOW)
    url = reverse("customers:matches")
    page = visit(url, as_=manager).content.decode()
    assert "Marshall Medical Centers" in page
    assert "Houston" not in page
    assert "Compared" in page
    assert "Houston" in visit(f"{url}?category=FR-FIRE&country=US", as_=make.person(Role.VERIFIER)).content.decode()
    assert "Nothing matches" in visit(f"{url}?q=nowhere", as_=manager).content.decode()
    assert visit(url, as_=make.person(Role.EXECUTIVE)).status_code == 403
    match = RegisterMatch.objects.get(organization=of)
    click = reverse("customers:match_claim", args=[match.public_id])
    form = visit(click, as_=manager, follow=True, queries=24).content.decode()
    chosen = re.search(r'<input type="radio"[^>]*value="hospitals_us/2020-03-01/010005"[^>]*>', form)
    assert chosen
    assert "checked" in chosen.group()
    assert visit(click, as_=make.account_manager(portfolios=[make.portfolio()])).status_code == 404
    done = visit(
        reverse("customers:claim_matches"), as_=manager, method="post", data={"selected": [str(match.public_id)]}
    )
    run = ImportRun.objects.get(kind="register_matches")
    assert done.headers["Location"] == reverse("customers:import_run", args=[run.public_id])
    assert "Claimed" in visit(done.headers["Location"], as_=manager).content.decode()
    assert "Nobody eligible" in visit(url, as_=manager).content.decode()
    nothing = visit(reverse("customers:claim_matches"), as_=manager, method="post", data={"selected": "x"})
    assert nothing.status_code == 400


def test_a_long_list_asks_no_more_often_than_a_short_one(visit):
    manager = make.account_manager(portfolios=[home := make.portfolio()])
    url = reverse("customers:matches")
    rows = "".join(f"{number}00,NEW HOSPITAL {number},AL,Childrens\n" for number in range(1000, 1010))
    take_in("hospitals_us", HOSPITAL + rows, day=date(2020, 3, 20))
    counts = []
    visit(url, as_=manager)
    for number in range(1000, 1010):
        organization(f"New hospital {number}", portfolio=home, manager=manager)
        if number in (1000, 1009):
            find_register_matches(at=make.NOW)
            with CaptureQueriesContext(connection) as asked:
                assert f"New hospital {number}" in visit(url, as_=manager).content.decode()
            counts.append(len(asked))
    assert counts[0] == counts[1]
