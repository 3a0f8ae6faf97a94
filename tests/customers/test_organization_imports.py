"""Importing customers: all rows in one transaction, each with a result, whatever somebody puts into a file."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from customers.actions.register_organization import register_organization
from customers.actions.run_imports import run_next_import
from customers.actions.start_import import start_import
from customers.models import ExternalId, ImportRun, ImportState, Organization
from journal.models import Entry
from journal.sealing import seal_entries, verify_chain
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

COLUMNS = "legal_name,country,offer_type,portfolio,domains,external_ids,aliases,customer_since,different_because\n"


def take_in(*rows: str, actor=SYSTEM, dry=False, content: bytes | None = None) -> ImportRun:
    if content is None:
        content = (COLUMNS + "".join(row + "\n" for row in rows)).encode()
    start_import(actor=actor, kind="organizations", file_name="file.csv", content=content, is_dry_run=dry, at=make.NOW)
    run = run_next_import(at=make.NOW)
    assert run is not None
    return run


def outcomes(run: ImportRun) -> list[str]:
    return list(run.results.order_by("row_number").values_list("outcome", flat=True))


def message(run: ImportRun, row: int) -> str:
    return run.results.get(row_number=row).message


@pytest.fixture
def portfolio():
    return make.portfolio(code="north")


def test_everything_a_row_says_is_kept_and_told_to_the_journal(portfolio):
    manager = make.acting(Role.ACCOUNT_MANAGER, portfolios=[portfolio])
    run = take_in(
        "Klinikum Köln AöR,de,enterprise,north,https://www.klinikum-köln.example/x|zweite.example,"
        "ror:0007|cms:012345,Städtisches Klinikum|Ko\\ln,2015-01-02,",
        actor=manager,
    )
    assert outcomes(run) == ["created"]
    one = Organization.objects.get()
    assert (one.legal_name, one.country, one.aliases) == (
        "Klinikum Köln AöR", "DE", ["Städtisches Klinikum", "Ko\\ln"],
    )  # fmt: skip
    assert one.sort_name == "klinikum koln aor"
    assert one.registered_by_id == manager.user_id
    assert str(one.customer_since) == "2015-01-02"
    assert sorted(one.domains.values_list("domain", flat=True)) == ["xn--klinikum-kln-ejb.example", "zweite.example"]
    # Zeros in front are part of an id.
    assert sorted(one.external_ids.values_list("kind", "value")) == [("cms", "012345"), ("ror", "0007")]
    entry = Entry.objects.get(action="organization.registered")
    assert entry.actor_id == manager.public_id
    assert entry.after["external_ids"] == ["cms 012345", "ror 0007"]
    while seal_entries():
        pass
    assert verify_chain().fault is None


def test_the_same_file_again_changes_nothing(portfolio):
    rows = [
        "Amt Eins,DE,enterprise,north,eins.example,ror:01,,,",
        "Amt Zwei,DE,enterprise,north,,,,,",
        "Amt Drei,DE,enterprise,north,drei.example,,,,",
        "Amt Drei,DE,enterprise,north,andere-drei.example,,,,",
        "Amt Vier,XX,enterprise,north,,,,,",
    ]
    dry = take_in(*rows, dry=True)
    assert not Organization.objects.exists()
    first = take_in(*rows)
    assert outcomes(dry) == outcomes(first) == ["created"] * 4 + ["refused"]
    assert (first.rows_total, first.rows_done, first.rows_created, first.rows_refused) == (5, 5, 4, 1)
    assert "row 4" in message(first, 5)
    entries = Entry.objects.count()
    assert outcomes(take_in(*rows)) == ["unchanged"] * 4 + ["refused"]
    assert Organization.objects.count() == 4
    assert Entry.objects.filter(action="organization.registered").count() == 4
    assert Entry.objects.count() == entries + 1  # that somebody sent a file


def test_a_known_row_says_whose_it_is_and_a_row_may_stand_below_a_known_organization(portfolio):
    hidden = make.organization("Geheim AG", portfolio=make.portfolio(), external_ids=[("ror", "9")])
    manager = make.acting(Role.ACCOUNT_MANAGER, portfolios=[portfolio])
    take_in("Land Nord,DE,enterprise,north,,ror:1,,,", actor=manager)
    header = COLUMNS.replace("\n", ",parent\n")
    rows = ["Land Nord GmbH,DE,enterprise,north,,ror:1,,,,", "Amt,DE,enterprise,north,,,,,,ror:1"]
    bad = ["A,DE,enterprise,north,,,,,,ror:9", "B,DE,enterprise,north,,ror:2,,,,ror:3", "C,DE,enterprise,north,,,,,,x"]
    run = take_in(content="\n".join([header.strip(), *rows, *bad]).encode(), actor=manager)
    assert outcomes(run) == ["unchanged", "created", "refused", "refused", "refused"]
    assert message(run, 2) == "Known as Land Nord. A file changes nothing that is known."
    assert message(run, 4) == "parent: no organization that you can see has the id ror 9."
    amt = Organization.objects.get(legal_name="Amt")
    assert amt.parent is not None
    assert amt.parent.legal_name == "Land Nord"
    told = Entry.objects.get(action="organization.registered", subject_id=amt.public_id)
    assert told.after["parent"] == str(amt.parent.public_id)
    assert not hidden.children.exists()


def test_an_id_names_one_organization(portfolio):
    taken = take_in(
        "Amt Eins,DE,enterprise,north,,ror:0Abc,,,",
        "Amt Zwei,DE,enterprise,north,,ror:02|cms:9,,,",
        "Amt Drei,DE,enterprise,north,,ror:02,,,",
        "Amt Vier,DE,enterprise,north,,ror:04,,,",
    )
    assert outcomes(taken) == ["created", "refused", "refused", "created"]
    assert "3, 4" in message(taken, 3) == message(taken, 4)
    known = take_in(
        "Eins Amt,DE,enterprise,north,,ROR:0aBC,,,",
        "Ganz anders,DE,enterprise,north,,ror:0ABC|cms:1,,,",
        "Amt Vier,AT,enterprise,north,,ror:04,,,",
        "Amt Fünf,DE,enterprise,north,,ror:0abc|ror:04,,,",
    )
    # The first four all claim one id; alone, each says something else.
    assert outcomes(known) == ["refused", "refused", "refused", "refused"]
    assert outcomes(take_in("Eins Amt,DE,enterprise,north,,ROR:0aBC,,,")) == ["unchanged"]
    other_name = take_in("Ganz anders,DE,enterprise,north,,ror:0ABC|cms:1,,,")
    assert "belongs to Amt Eins" in message(other_name, 2)
    assert "belongs to Amt Vier" in message(take_in("Amt Vier,AT,enterprise,north,,ror:04,,,"), 2)
    both = take_in("Amt Fünf,DE,enterprise,north,,ror:0abc|ror:04,,,")
    assert "different organizations: Amt Eins; Amt Vier" in message(both, 2)
    assert ExternalId.objects.count() == 2


def test_what_only_looks_like_somebody_is_taken_in_with_a_warning(portfolio):
    other = make.portfolio(code="south")
    register_organization(
        actor=SYSTEM, portfolio=other, legal_name="Klinikum Köln gGmbH", country="DE", offer_type="enterprise",
        domains=["klinikum.example"], at=make.NOW,
    )  # fmt: skip
    rows = [
        "Koeln Klinikum AG,DE,enterprise,north,,,,,",
        "Labor Meier,DE,enterprise,north,klinikum.example,,,,",
        "Koeln Klinikum AG,AT,enterprise,north,,,,,",
        "Kölner Klinikum,DE,enterprise,north,gmail.com,,,,",
        "Klinikum Köln,DE,enterprise,north,neu.example,,,,The new company beside the old",
    ]
    dry = take_in(*rows, dry=True)
    taken = take_in(*rows)
    assert outcomes(taken) == ["created"] * 5
    for run in (dry, taken):
        assert message(run, 2) == "May be the same as Klinikum Köln gGmbH: the names agree."
        assert message(run, 3) == "May be the same as Klinikum Köln gGmbH: both have the domain klinikum.example."
        assert [message(run, row) for row in (4, 5)] == ["", ""]
    reasoned = Organization.objects.get(legal_name="Klinikum Köln")
    assert Entry.objects.get(subject_id=reasoned.public_id).reason == "The new company beside the old"
    assert reasoned.compared_at == make.NOW
    assert Organization.objects.filter(compared_at=None).count() == 4


def test_a_warning_names_nobody_from_a_portfolio_one_may_not_see(portfolio):
    hidden = make.portfolio(name="South")
    register_organization(
        actor=SYSTEM, portfolio=hidden, legal_name="Geheim AG", country="DE", offer_type="enterprise",
        external_ids=[("ror", "01")], at=make.NOW,
    )  # fmt: skip
    manager = make.acting(Role.ACCOUNT_MANAGER, portfolios=[portfolio])
    run = take_in("Geheim GmbH,DE,enterprise,north,,,,,", "Anders,DE,enterprise,north,,ror:01,,,", actor=manager)
    assert message(run, 2) == "May be the same as an organization of the portfolio South: the names agree."
    assert "an organization of the portfolio South" in message(run, 3)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Universit\N{REPLACEMENT CHARACTER} di Roma,IT,enterprise,north,,,,,", "A character of the name was lost"),
        ("Nul\x01l,DE,enterprise,north,,,,,", "cannot be shown"),
        (f"{'x' * 251},DE,enterprise,north,,,,,", "At most 250"),
        (f"{'x' * 20_001},DE,enterprise,north,,,,,", "longer than 20,000"),
        ("Amt,DE,enterprise,north,exa mple.org/a/b,,,,", "is not a domain"),
        ("Amt,DE,enterprise,north,xn--a,,,,", "is not a domain"),
        ("Amt,DE,enterprise,north,10.0.0.1,,,,", "is an address of a computer"),
        ("Amt,DE,enterprise,north,co.uk,,,,", "is shared by many"),
        ("Amt,DE,enterprise,north,,0123,,,", "is not the name of a registry"),
        ("Amt,DE,enterprise,north,,ror:,,,", "must have 1 to 120"),
        ('Amt,DE,enterprise,north,,,,"1,999",', "write the day"),
        ("Amt,DE,enterprise,north,,,,2999-01-01,", "in the future"),
        ("Amt,Germany,enterprise,north,,,,,", "is not a country code"),
        ("Amt,DE,gratis,north,,,,,", "Choose an offer type"),
        ("Amt,DE,enterprise,elsewhere,,,,,", "is not a portfolio of yours"),
        ("Amt,DE", "has 2 columns"),
        (",DE,enterprise,north,,,,,", "Write the legal name"),
    ],
    ids=lambda value: value[:40],
)
def test_a_bad_row_is_refused_by_itself(portfolio, row, says):
    run = take_in(row, "Ministry of Health,NA,enterprise,north,,,,,")
    assert outcomes(run) == ["refused", "created"]
    assert says in message(run, 2)
    assert Organization.objects.get().country == "NA"  # Namibia, not nothing


def test_long_names_and_unusual_letters_are_taken_in(portfolio):
    names = [
        "N" * 196,
        "Ministério da Saúde",
        "Ελληνικό Νοσοκομείο",
        "東京大学",
        "\N{OGHAM LETTER BEITH}",
        "O'Neill\\'s",
    ]
    run = take_in(*(f"{name},DE,enterprise,north,,,,," for name in names))
    assert outcomes(run) == ["created"] * len(names)
    assert set(Organization.objects.values_list("legal_name", flat=True)) == set(names)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (COLUMNS.encode() + b"Amt \xe4,DE,enterprise,north,,,,,\n", "is not text in UTF-8"),
        (COLUMNS.encode() + b"A,DE,enterprise,north,,,,,\n" + b'"cut off in the mid', "cannot be split"),
        (COLUMNS.encode() + b"," * 2_000_000 + b"\n", "columns"),
        (b"," * 2_000_000 + b"\n", "columns"),
        (COLUMNS.encode() + b'"' + b"x" * 3_000_000 + b'",DE\n', "cannot be split"),
        (b"name,country\nA,DE\n", "Missing: legal_name"),
        (COLUMNS.encode() + b"A,DE,enterprise,north,,,,,\n" * 100_001, "more than 100,000 rows"),
    ],
    ids=["latin-1", "cut off", "wide row", "wide header", "huge field", "wrong columns", "too many rows"],
)
def test_a_bad_file_is_refused_in_one_sentence_and_leaves_nothing(portfolio, content, says):
    run = take_in(content=content)
    assert run.state == ImportState.FAILED
    assert says in run.problem
    assert not run.results.exists()
    assert not Organization.objects.exists()


def test_a_file_that_ends_in_the_middle_of_a_row_says_so_for_that_row(portfolio):
    run = take_in(content=COLUMNS.encode() + b"A,DE,enterprise,north,,,,,\nB,DE,enterpr")
    assert outcomes(run) == ["created", "refused"]
    assert "may be cut off" in message(run, 3)


def test_a_huge_file_is_refused_at_the_door(portfolio, visit, tmp_path, monkeypatch):
    monkeypatch.setattr("customers.importing.files.MAX_UNPACKED_BYTES", 1024)
    huge = tmp_path / "huge.csv"
    huge.write_bytes(b"x" * 1025)
    with pytest.raises(CommandError, match="Split it"):
        call_command("import_organizations", huge, stdout=StringIO())
    monkeypatch.setattr("customers.forms_import.MAX_UPLOAD_BYTES", 1024)
    sent = {"kind": "organizations", "file": SimpleUploadedFile("huge.csv", b"x" * 1025)}
    manager = make.person(Role.ACCOUNT_MANAGER, portfolios=[portfolio])
    answer = visit(reverse("customers:import"), as_=manager, method="post", data=sent)
    assert answer.status_code == 400
    assert "larger than 20 MB" in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_a_run_that_breaks_leaves_nothing_and_is_done_again(portfolio, monkeypatch):
    content = (COLUMNS + "Amt,DE,enterprise,north,,,,,\n").encode()
    start_import(actor=SYSTEM, kind="organizations", file_name="x.csv", content=content, is_dry_run=False, at=make.NOW)
    with monkeypatch.context() as broken:
        broken.setattr("customers.importing.runs.Progress.keep", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_next_import(at=make.NOW)
    assert not Organization.objects.exists()
    run = run_next_import(at=make.NOW)
    assert run is not None
    assert outcomes(run) == ["created"]


def test_the_results_of_all_rows_are_a_file(portfolio, visit, tmp_path):
    manager = make.person(Role.ACCOUNT_MANAGER, portfolios=[portfolio])
    run = take_in("Amt,DE,enterprise,north,,,,,", "Bad,ZZ,enterprise,north,,,,,", actor=make.actor(manager))
    page = visit(reverse("customers:import_run", args=[run.public_id]) + "?format=csv", as_=manager)
    lines = b"".join(page.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "ZZ" in lines[2]
