"""The pages on which crews are planned: a roster as a grid, a file of rosters, the papers and what runs out."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from capacity.regions.models import Datacenter
from capacity.staffing.models import DatacenterStatus
from capacity.staffing.planning_models import CrewPapers, RosterEntry
from kit import clock
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

ROSTER = "/staffing/westeurope-1/roster/"
IMPORT = "/staffing/rosters/import/"
PAPERS = "/staffing/papers/"
HEADER = "datacenter,date,shift,role,rostered\n"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def operator(db):
    make.pool("westeurope", powered_on=1000)
    return make.person(Role.REGION_OPERATOR, regions=["westeurope"])


def days_on(ahead: int):
    return clock.now().date() + timedelta(days=ahead)


def sent(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("rosters.csv", text.encode(), "text/csv")


def test_a_roster_is_a_grid_in_which_an_empty_field_says_nothing(visit, operator):
    page = text(visit(ROSTER, as_=operator, queries=12))
    field = f"{days_on(3)}_night_network"
    assert f'name="{field}"' in page
    assert "_night_logistics" not in page

    answer = visit(ROSTER, as_=operator, method="post", data={field: "1"}, follow=True)
    assert "1 shift is rostered" in text(answer)
    assert RosterEntry.objects.count() == 1
    make.shift_reported(Datacenter.objects.get(code="westeurope-1"), at=clock.now())
    assert DatacenterStatus.objects.get().status == "red"

    answer = visit(ROSTER, as_=operator, method="post", data={field: "4", "fill": "1"}, follow=True)
    # As a rule three are rostered where nothing was filed; what is entered wins.
    assert set(RosterEntry.objects.exclude(pk=RosterEntry.objects.earliest("pk").pk).values_list("rostered")) == {
        (3,),
        (4,),
    }
    answer = visit(ROSTER, as_=operator, method="post", data={field: "1.000"})
    assert answer.status_code == 400
    assert "without separators" in text(answer)
    for stranger in (make.person(Role.DUTY_MANAGER), make.person(Role.REGION_OPERATOR, regions=["eastus"])):
        assert visit(ROSTER, as_=stranger).status_code in (403, 404)


def test_a_file_of_rosters_is_taken_whole_or_told_row_by_row(visit, operator):
    rows = [f"westeurope-1,{days_on(ahead)},day,network,5\n" for ahead in range(1, 5)]
    wrong = [
        "westeurope-1,26.03.2020,day,network,5\n",
        f"westeurope-1,{days_on(6)},day,network,NA\n",
        f'westeurope-1,{days_on(7)},day,network,"1,000"\n',
        f"eastus-1,{days_on(7)},day,network,5\n",
        f"westeurope-1,{days_on(1)},day,network,6\n",
        "westeurope-1\n",
    ]
    assert visit(IMPORT, as_=operator, queries=12).status_code == 200
    answer = visit(IMPORT, as_=operator, method="post", data={"file": sent(HEADER + "".join(rows + wrong))})
    page = text(answer)
    assert answer.status_code == 400
    assert "7 of 10 rows cannot be taken, so nothing was written." in page
    for said in ("“26.03.2020” is no day", "“NA” is no number", "“1,000” is no number", "eastus-1", "twice", "columns"):
        assert said in page
    assert not RosterEntry.objects.exists()
    assert "Missing" in text(visit(IMPORT, as_=operator, method="post", data={"file": sent("date\n1\n")}))

    answer = visit(IMPORT, as_=operator, method="post", data={"file": sent(HEADER + "".join(rows))}, follow=True)
    assert "4 shifts are rostered" in text(answer)
    answer = visit(IMPORT, as_=operator, method="post", data={"file": sent(HEADER + "".join(rows) + "\n")}, follow=True)
    assert "Everything stands so already" in text(answer)
    assert RosterEntry.objects.count() == 4


def test_what_technicians_can_repair_and_install_is_reckoned_from_the_roster(visit, operator):
    page = "/staffing/westeurope-1/repair/"
    assert "No technicians are rostered yet" in text(visit(page, as_=operator))
    make.rostered(Datacenter.objects.get(code="westeurope-1"), 12, at=clock.now())
    make.papers(Datacenter.objects.get(code="westeurope-1"), 12, ahead=3, role="data_hall", at=clock.now())
    make.papers(Datacenter.objects.get(code="westeurope-1"), 12, ahead=9, role="data_hall", at=clock.now())
    rows = visit(f"{page}?servers=40000&tickets=1&hours=3&planned=30", as_=operator, queries=12).context["rows"]
    by_day = {(row.work.date, row.work.shift): row for row in rows}
    full, fewer, none = (by_day[days_on(ahead), "night"] for ahead in (1, 4, 10))
    # Eleven of twelve come on average; six of them repair slowly, five no longer keep up.
    assert (full.technicians, round(full.repair.hours, 1), round(full.throughput, 2)) == (11, 3.0, 0.88)
    assert (fewer.work.people, fewer.technicians, fewer.repair.is_stable, fewer.throughput) == (6, 5, False, 0)
    assert (none.technicians, none.stretch) == (0, None)
    assert "Backlog grows" in text(visit(f"{page}?servers=40000", as_=operator))
    assert visit(f"{page}?servers=many", as_=operator).status_code == 400
    assert visit(page, as_=make.person(Role.EXECUTIVE)).status_code in (403, 404)


def test_papers_are_listed_recorded_and_withdrawn_and_what_expires_stands_under_today(visit, operator):
    make.papers(Datacenter.objects.get(code="westeurope-1"), 9, ahead=60, at=clock.now())
    data = {
        "datacenter": "westeurope-1",
        "role": "network",
        "kind": "letter",
        "authority": "GGD Amsterdam",
        "place": "Amsterdam",
        "people": "7",
        "expires_date": str(days_on(5)),
    }
    assert visit(f"{PAPERS}new/?datacenter=westeurope-1", as_=operator, queries=12).status_code == 200
    assert visit(f"{PAPERS}new/", as_=operator, method="post", data={**data, "people": "0"}).status_code == 400
    past = {**data, "expires_date": str(days_on(-1))}
    assert visit(f"{PAPERS}new/", as_=operator, method="post", data=past).status_code == 400
    assert visit(f"{PAPERS}new/", as_=operator, method="post", data=data).status_code == 302
    page = text(visit(PAPERS, as_=operator, queries=12))
    assert page.index("GGD Amsterdam") < page.index("Gemeente Amsterdam")
    assert "GGD" not in text(visit(f"{PAPERS}?kind=permit", as_=operator))
    assert b"GGD Amsterdam" in b"".join(visit(f"{PAPERS}?format=csv", as_=operator))
    today = text(visit("/today/", as_=operator))
    assert "westeurope-1 · Network" in today

    made = CrewPapers.objects.get(kind="letter")
    address = f"{PAPERS}{made.public_id}/withdraw/"
    assert visit(address, as_=operator, queries=12).status_code == 200
    assert visit(address, as_=operator, method="post", data={"reason": ""}).status_code == 400
    assert visit(address, as_=operator, method="post", data={"reason": "Not asked for any more."}).status_code == 302
    assert "GGD" not in text(visit(f"{PAPERS}?state=held", as_=operator))
    assert "GGD" in text(visit(f"{PAPERS}?state=withdrawn", as_=operator))
    auditor, elsewhere = make.person(Role.AUDITOR), make.person(Role.REGION_OPERATOR, regions=["eastus"])
    assert "/withdraw/" in text(visit(PAPERS, as_=operator))
    read_only = text(visit(PAPERS, as_=auditor))
    assert ("Gemeente" in read_only, "/withdraw/" in read_only) == (True, False)
    assert "Gemeente" not in text(visit(PAPERS, as_=elsewhere))
    assert visit(address, as_=auditor).status_code == 403
    assert visit(address, as_=elsewhere).status_code == 404
    assert visit(PAPERS, as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
