"""Regions come in from a list, once, with a result for every row."""

import json
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from capacity.pools.models import Pool, Resource, SupplyChange
from capacity.regions.actions.import_regions import import_regions
from capacity.regions.listing import read_list, read_own_list
from capacity.regions.models import Datacenter, Region
from capacity.staffing.models import CrewRequirement
from journal.models import Entry
from kit.csvfiles import CannotReadFile
from kit.refusal import NotAllowed
from tests import make

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "azure_regions" / "azure_regions.csv"
HEADER = "name,display_name,geography,geography_group,physical_location,latitude,longitude,paired_region,iso3,zones\n"
WEST_EUROPE = "westeurope,West Europe,Europe,Europe,Netherlands,52.3667,4.9,northeurope,NLD,3\n"


def run(*arguments, **options) -> dict:
    out = StringIO()
    call_command("import_regions", *arguments, "--json", stdout=out, **options)
    return json.loads(out.getvalue())


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "regions.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.django_db
def test_the_own_list_makes_58_regions_with_pools_and_crews_and_a_second_run_changes_nothing():
    first = run()
    assert first["counts"] == {"added": 58, "changed": 0, "unchanged": 0, "dropped": 0, "refused": 0}
    assert Region.objects.count() == 58
    assert Pool.objects.count() == 58 * 4
    assert not Pool.objects.filter(supply_open__lte=0).exists()
    assert {1, 2, 3} == {region.datacenters.count() for region in Region.objects.prefetch_related("datacenters")}
    assert not Datacenter.objects.filter(requirements=None).exists()

    counted = [SupplyChange.objects.count(), Entry.objects.count(), CrewRequirement.objects.count()]
    second = run()
    assert second["counts"]["unchanged"] == 58
    assert (second["pools_created"], second["pools_filled"], second["crews_set_up"]) == (0, 0, 0)
    assert counted == [SupplyChange.objects.count(), Entry.objects.count(), CrewRequirement.objects.count()]


@pytest.mark.django_db
def test_the_published_table_gives_the_same_58_regions_without_canary_and_stage():
    if not SHARED.exists():
        pytest.skip("The published table of regions is not here.")
    run()
    result = run(str(SHARED))
    assert result["counts"]["dropped"] == 4
    assert result["counts"]["added"] == result["counts"]["refused"] == 0
    assert result["pools_created"] == 0
    assert Region.objects.count() == 58
    assert not Region.objects.filter(code__contains="euap").exists()
    assert run(str(SHARED))["counts"]["unchanged"] == 58


@pytest.mark.django_db
def test_without_supply_pools_are_empty_until_a_sample_is_asked_for(tmp_path):
    path = written(tmp_path, HEADER + WEST_EUROPE)
    run(path, "--supply", "none")
    assert set(Pool.objects.values_list("supply", flat=True)) == {0}
    assert run(path)["pools_filled"] == 4
    assert not Pool.objects.filter(supply__lte=0).exists()


@pytest.mark.django_db
def test_terms_that_an_operator_set_survive_an_import():
    pool = make.pool("westeurope", powered_on=70)
    run()
    pool.refresh_from_db()
    assert pool.powered_on == 70


@pytest.mark.django_db
def test_a_dry_run_keeps_nothing():
    assert run("--dry-run")["counts"]["added"] == 58
    assert not Region.objects.exists()
    assert not Resource.objects.exists()


@pytest.mark.django_db
def test_every_wrong_row_is_named_and_the_others_are_read(tmp_path):
    path = written(
        tmp_path,
        HEADER
        + WEST_EUROPE
        + WEST_EUROPE
        + "north europe,North Europe,Europe,Europe,Ireland,53.3,-6.2,westeurope,IRL,3\n"
        + "uksouth,,United Kingdom,UK,London,51.5,-0.1,ukwest,GBR,3\n"
        + "ukwest,UK West,United Kingdom,UK,Cardiff,north,-3.1,uksouth,GBR,0\n"
        + "polarsouth,Polar South,Antarctica,Antarctica,Pole,-90.5,0,,ATA,0\n"
        + "germanynorth,Germany North,Germany,Europe,Berlin,52.5,13.4,,DE,0\n"
        + "francecentral,France Central,France\n",
    )
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_regions", path, "--json", stdout=out)
    result = json.loads(out.getvalue())
    assert [(row["row"], row["outcome"]) for row in result["rows"]] == [
        (2, "added"), *((number, "refused") for number in range(3, 10)),
    ]  # fmt: skip
    assert all(row["problem"] for row in result["rows"] if row["outcome"] == "refused")
    assert list(Region.objects.values_list("code", flat=True)) == ["westeurope"]


@pytest.mark.django_db
def test_a_changed_row_changes_its_region_alone_and_is_told(tmp_path):
    run(written(tmp_path, HEADER + WEST_EUROPE))
    result = run(written(tmp_path, HEADER + WEST_EUROPE.replace("Netherlands", "Amsterdam")))
    assert result["counts"]["changed"] == 1
    region = Region.objects.get()
    assert (region.place, region.row_version) == ("Amsterdam", 2)
    entry = Entry.objects.get(action="region.changed")
    assert (entry.before, entry.after) == ({"place": "Netherlands"}, {"code": "westeurope", "place": "Amsterdam"})


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "name,display_name\nasia,Asia\n", "a;b\n1;2\n", "\udcff"])
def test_a_file_that_is_no_list_of_regions_is_refused_in_one_sentence(tmp_path, text):
    path = tmp_path / "regions.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CommandError):
        run(str(path))
    with pytest.raises(CommandError):
        run(str(tmp_path / "missing.csv"))
    assert not Region.objects.exists()


def test_a_list_with_unknown_columns_says_which_it_knows():
    with pytest.raises(CannotReadFile, match="code"):
        list(read_list(BytesIO(b"kode,name\nx,y\n")))


@pytest.mark.django_db
def test_nobody_imports_regions_but_the_system():
    with pytest.raises(NotAllowed):
        import_regions(actor=make.acting("administrator"), lines=read_own_list(), at=make.NOW)
