"""Imports: every row gets a result, a second run changes nothing, a bad file leaves nothing behind."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from customers.actions.run_imports import run_next_import
from customers.actions.start_import import CannotImport, start_import
from customers.models import ImportRun, ImportState, Organization, RegisterRow, RegisterSnapshot
from kit.refusal import NotAllowed
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DOTGOV = "domain,domain_type,organization,suborganization,city,state\n"
ROR_COLUMNS = "id,name,types,status,country,city,website,domains\n"
CUSTOMERS = "legal_name,country,offer_type,portfolio,domains,external_ids,customer_since\n"


def take_in(kind: str, text: str | bytes, *, actor=SYSTEM, dry=False, as_of=date(2020, 2, 29)) -> ImportRun:
    content = text if isinstance(text, bytes) else text.encode()
    start_import(
        actor=actor,
        kind=kind,
        file_name="file.csv",
        content=content,
        is_dry_run=dry,
        as_of_date=None if kind == "organizations" else as_of,
        at=make.NOW,
    )
    run = run_next_import(at=make.NOW)
    assert run is not None
    assert run.content is None
    return run


def outcomes(run: ImportRun) -> list[tuple[int, str]]:
    return list(run.results.order_by("row_number").values_list("row_number", "outcome"))


def test_a_register_is_read_row_by_row_and_again_without_effect():
    text = DOTGOV + (
        "abc.gov,City,Town of Abc,,Abc,NY\n"
        "not a domain,City,Nowhere,,Nowhere,NY\n"
        "abc.gov,City,Town of Abc again,,Abc,NY\n"
        "xyz.gov,County,County of Xyz\n"
    )
    dry = take_in("dotgov", text, dry=True)
    assert outcomes(dry) == [(2, "created"), (3, "refused"), (4, "refused"), (5, "refused")]
    assert not RegisterSnapshot.objects.exists()
    first = take_in("dotgov", text)
    assert outcomes(first) == outcomes(dry)
    assert "Row 2" in first.results.get(row_number=4).message
    row = RegisterRow.objects.get()
    assert (row.key, row.name, row.domain, row.country, row.region, row.kind) == (
        "abc.gov", "Town of Abc", "abc.gov", "US", "NY", "City",
    )  # fmt: skip
    second = take_in("dotgov", text)
    assert outcomes(second) == [(2, "unchanged"), (3, "refused"), (4, "refused"), (5, "refused")]
    assert RegisterRow.objects.count() == 1


def test_another_file_for_the_same_day_is_refused_whole():
    take_in("dotgov", DOTGOV + "abc.gov,City,Abc,,Abc,NY\n")
    run = take_in("dotgov", DOTGOV + "abc.gov,City,Changed,,Abc,NY\n")
    assert run.state == ImportState.FAILED
    assert "2020-02-29" in run.problem
    assert not run.results.exists()
    assert RegisterRow.objects.get().name == "Abc"
    later = take_in("dotgov", DOTGOV + "abc.gov,City,Changed,,Abc,NY\n", as_of=date(2020, 3, 25))
    assert later.state == ImportState.DONE
    assert RegisterRow.objects.count() == 2


def test_namibia_is_a_country_and_what_is_not_active_is_marked():
    run = take_in(
        "ror",
        ROR_COLUMNS
        + "0abc,Ministry of Health,government,active,NA,Windhoek,https://www.health.gov.na/path,\n"
        + "0def,Old Institute,facility|funder,withdrawn,DE,Köln,,old.de|older.de\n",
    )
    assert run.rows_created == 2
    namibia, old = RegisterRow.objects.order_by("key")
    assert (namibia.country, namibia.domain, namibia.is_active) == ("NA", "health.gov.na", True)
    assert (old.domain, old.kind, old.is_active) == ("old.de", "facility, funder", False)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"domain,domain_type\n", DOTGOV.encode() + b'"unclosed,City,X,,Y,Z\n'],
)
def test_a_file_that_cannot_be_read_fails_with_a_sentence_and_leaves_nothing(content):
    if not content:
        with pytest.raises(CannotImport) as refusal:
            take_in("dotgov", content)
        assert "file" in refusal.value.fields
        return
    run = take_in("dotgov", content)
    assert run.state == ImportState.FAILED
    assert run.problem
    assert not RegisterSnapshot.objects.exists()
    assert not run.results.exists()


def test_customers_are_registered_once_and_known_ones_stay_as_they_are():
    portfolio = make.portfolio()
    text = CUSTOMERS + (
        f"Klinikum Musterstadt,DE,enterprise,{portfolio.code},klinikum-musterstadt.example,ror:0muster1,2015-01-01\n"
        f"Stadtwerke Beispielheim,DE,pay_as_you_go,{portfolio.code},,,\n"
        f"Nowhere Ltd,ZZ,enterprise,{portfolio.code},,,\n"
        "Somebody Else,DE,enterprise,unknown,,,\n"
        f"Bad Day,DE,enterprise,{portfolio.code},,,1.1.2015\n"
    )
    dry = take_in("organizations", text, dry=True)
    assert not Organization.objects.exists()
    first = take_in("organizations", text)
    expected = ["created", "created", "refused", "refused", "refused"]
    assert [outcome for _row, outcome in outcomes(dry)] == expected
    assert [outcome for _row, outcome in outcomes(first)] == expected
    second = take_in("organizations", text)
    assert [outcome for _row, outcome in outcomes(second)] == ["unchanged", "unchanged", *expected[2:]]
    assert Organization.objects.count() == 2


def test_account_managers_import_into_their_own_portfolios_and_no_registers():
    own, other = make.portfolio(), make.portfolio()
    manager = make.acting(Role.ACCOUNT_MANAGER, portfolios=[own])
    text = CUSTOMERS + f"One,DE,enterprise,{own.code},,,\nTwo,DE,enterprise,{other.code},,,\n"
    assert [outcome for _row, outcome in outcomes(take_in("organizations", text, actor=manager))] == [
        "created",
        "refused",
    ]
    with pytest.raises(NotAllowed):
        take_in("dotgov", DOTGOV + "abc.gov,City,Abc,,Abc,NY\n", actor=manager)
    with pytest.raises(CannotImport):
        take_in("dotgov", DOTGOV, as_of=make.NOW.date() + timedelta(days=1))


def test_the_pages_take_a_file_in_and_show_what_became_of_it(visit):
    manager = make.person(Role.ACCOUNT_MANAGER, portfolios=[portfolio := make.portfolio()])
    new = reverse("customers:import")
    assert visit(new, as_=make.person(Role.EXECUTIVE)).status_code == 403
    visit(new, as_=manager)
    content = (CUSTOMERS + f"One,DE,enterprise,{portfolio.code},,,\n").encode()
    sent = {"kind": "organizations", "is_dry_run": "", "file": SimpleUploadedFile("customers.csv", content)}
    assert visit(new, as_=manager, method="post", data=sent).status_code == 302
    run = ImportRun.objects.get()
    waiting = visit(reverse("customers:import_run", args=[run.public_id]), as_=manager)
    assert "Waiting for its turn" in waiting.content.decode()
    run_next_import(at=make.NOW)
    page = visit(reverse("customers:import_run", args=[run.public_id]), as_=manager).content.decode()
    assert "One" in page
    assert "Created" in page
    visit(reverse("customers:imports"), as_=manager)
    hidden = visit(reverse("customers:import_run", args=[run.public_id]), as_=make.person(Role.VERIFIER))
    assert hidden.status_code == 404


@pytest.mark.skipif(not DATA.exists(), reason="the shared public data are not on this machine")
def test_the_command_takes_a_real_register_in_whole():
    out = StringIO()
    call_command(
        "import_register", "dotgov", DATA / "dotgov/dotgov_2020-02-29.csv", "--as-of", "2020-02-29", stdout=out
    )
    assert "4,854 rows: 4,854 taken in, 0 unchanged, 0 refused." in out.getvalue()


def test_the_command_says_in_one_sentence_what_is_wrong(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_register", "dotgov", tmp_path / "missing.csv", "--as-of", "2020-02-29")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="Missing"):
        call_command("import_register", "dotgov", wrong, "--as-of", "2020-02-29", stdout=StringIO())


def test_the_register_page_finds_entries_of_the_newest_snapshot_only(visit):
    take_in("dotgov", DOTGOV + "abc.gov,City,Town of Abc,,Abc,NY\n", as_of=date(2020, 2, 29))
    take_in("dotgov", DOTGOV + "xyz.gov,City,Town of Xyz,,Xyz,NY\n", as_of=date(2020, 3, 20))
    url, verifier = reverse("customers:registers"), make.person(Role.VERIFIER)
    page = visit(url, as_=verifier).content.decode()
    assert "Town of Xyz" in page
    assert "Town of Abc" not in page
    assert "Town of Xyz" in visit(f"{url}?q=xyz&register=dotgov&active=true", as_=verifier).content.decode()
    assert "Town of Xyz" not in visit(f"{url}?q=nowhere", as_=verifier).content.decode()
    assert visit(f"{url}?register=unknown", as_=verifier).status_code == 400
