"""Register adapters: what a row of each public register says, and that odd rows are told and never guessed."""

import gzip
from datetime import date
from pathlib import Path

import pytest
from django.db.models import Q

from customers.actions.seed_categories import OTHER_CATEGORIES, STRONG_CATEGORIES
from customers.importing.registers import import_register
from customers.models import ImportRowResult, RegisterRow, RegisterSnapshot
from customers.registers.adapters import REGISTERS
from customers.registers.declaring import MAX_NAME
from kit.csvfiles import CannotReadFile
from tests import make
from users.access import SYSTEM

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = pytest.mark.skipif(not DATA.exists(), reason="the shared public data are not on this machine")
DAY = date(2020, 3, 1)
Outcome = ImportRowResult.Outcome


def take_in(register: str, content: bytes | str, *, day=DAY, dry=False):
    """The results of the rows, by import as the system."""
    results: list = []
    import_register(
        actor=SYSTEM,
        register=REGISTERS[register],
        content=content if isinstance(content, bytes) else content.encode(),
        as_of_date=day,
        is_dry_run=dry,
        at=make.NOW,
        on_row=results.append,
    )
    return results


# How many rows SOURCE.md names for the file, and how many of these cannot be taken (addresses that stand twice).
# `bench/imports.py` takes all of them in; here the larger ones are only tried.
FILES = {
    "dotgov": ("dotgov/dotgov_2026-08-22.csv", 13_249, 0),
    "ror": ("ror_orgs/ror_orgs.csv.gz", 41_203, 0),
    "govt_urls": ("govt_urls/govt_urls.csv", 7_349, 17),
    "hospitals_us": ("hospitals_us/hospitals_us.csv", 4_349, 0),
    "law_enforcement_us": ("law_enforcement_us/law_enforcement_agencies.csv", 14_902, 0),
    "fire_departments_us": ("fire_departments_us/fire_departments.csv", 2_579, 0),
    "hospitals_eu": ("hospitals_eu/hospitals_fr_it.csv", 5_292, 0),
    "gov_domains_de": ("gov_domains_de/gov_domains_de.csv", 7_183, 0),
    "gov_domains_fr": ("gov_domains_fr/gov_domains_fr.csv", 1_724, 0),
    "gov_domains_uk": ("gov_domains_uk/gov_uk_domains_2016.csv", 2_417, 0),
    "first_responders_uk": ("gov_domains_uk/police_and_fire_services.csv", 67, 0),
    "universities": ("universities/universities.csv", 8_180, 0),
}


TAKEN_IN = ("hospitals_eu", "gov_domains_fr", "first_responders_uk", "fire_departments_us")


def real(register: str) -> bytes:
    """The register's public file."""
    file = DATA / FILES[register][0]
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


@REAL
def test_the_real_registers_have_as_many_rows_as_they_say():
    for register, (_file, rows, refused) in FILES.items():
        results = take_in(register, real(register), dry=register not in TAKEN_IN)
        assert (len(results), sum(one.outcome == Outcome.REFUSED for one in results)) == (rows, refused), register
        stored = RegisterRow.objects.filter(snapshot__register__code=register).count()
        assert stored == (rows - refused if register in TAKEN_IN else 0)
    broken = RegisterRow.objects.filter(Q(name__contains="\ufffd") | Q(kind__contains="\ufffd"), country="IT")
    assert broken.count() == 23
    # Overseas territories are not France.
    assert RegisterRow.objects.filter(snapshot__register__code="hospitals_eu", country="FR").count() == 4_150
    again = take_in("gov_domains_fr", real("gov_domains_fr"))
    assert {one.outcome for one in again} == {Outcome.UNCHANGED}
    assert RegisterSnapshot.objects.count() == len(TAKEN_IN)


FIRE = "fdid,name,state,website,org_type\n"
LOCAL = "Local (includes career, combination, and volunteer fire departments and fire districts)"
POLICE = "ori,name,agency_type,state\n"
HOSPITAL = "facility_id,name,state,hospital_type\n"
ROR = "id,name,types,status,country,city,website,domains\n"


@pytest.mark.parametrize(
    ("register", "row", "said", "category"),
    [
        ("fire_departments_us", FIRE + f'00154,Forestdale Fire,AL,https://www.forestdalefire.com/,"{LOCAL}"',
         {"key": "AL-00154", "domain": "forestdalefire.com", "region": "AL"}, "FR-FIRE"),
        ("fire_departments_us", FIRE + ",Silver Spring Fire,MD,None,Private or industrial fire brigade",
         {"key": "MD-silver spring fire", "domain": ""}, ""),
        ("law_enforcement_us", POLICE + "AK0010100,Anchorage Police Department,City,AK",
         {"key": "AK0010100", "kind": "City"}, "FR-POLICE"),
        # The entry is the campus police, but carries the name of the university.
        ("law_enforcement_us", POLICE + "TX1390400,Paris Junior College,University or College,TX", {}, ""),
        ("law_enforcement_us", POLICE + "TXNRR0000,Norfolk Southern Railway,Other,TX", {}, ""),
        ("hospitals_us", HOSPITAL + "01005F,MEMORIAL HOSPITAL,AL,Childrens", {"key": "01005F"}, "HE-ACUTE"),
        ("hospitals_eu", "id,name,city,country,facility_type,website\nMQ-1,CH DE LA TRINIT\ufffd,FORT,MQ,Centre,",
         {"country": "MQ", "name": "CH DE LA TRINIT\ufffd"}, "HE-ACUTE"),
        ("gov_domains_de", "domain,domain_type,agency,city,state\nKöln-Amt.de,City,Non-Federal Agency,Köln,NW",
         {"key": "köln-amt.de", "name": "Köln", "domain": "xn--kln-amt-90a.de", "region": "NW"}, "GV-OTHER"),
        ("gov_domains_de", "domain,domain_type,agency,city,state\nxn--fachkrfte-allianz-vqb.de,Federal Agency,BMAS,,",
         {"name": "BMAS", "domain": "xn--fachkrfte-allianz-vqb.de"}, "GV-CORE"),
        ("gov_domains_fr", 'domain,category\n"www.chu-Toulouse.fr""",hopitaux',
         {"key": "www.chu-toulouse.fr/hopitaux", "domain": "chu-toulouse.fr"}, "HE-ACUTE"),
        ("gov_domains_uk", "domain,owner,representing\nkentfire.gov.uk,Kent Council,Kent Fire",
         {"name": "Kent Fire", "details": {"owner": "Kent Council"}}, "GV-OTHER"),
        # Anybody may register under gov.uk: the entry stands, and its domain proves nothing.
        ("gov_domains_uk", "domain,owner,representing\nwww.gov.uk,,Cabinet Office",
         {"key": "www.gov.uk", "domain": ""}, "GV-OTHER"),
        ("first_responders_uk", "kind,code,name\nfire-service,043,West Midlands Fire",
         {"key": "fire-service-043"}, "FR-FIRE"),
        ("govt_urls", "url_or_domain,agency,maintaining_office,level,state\ncenturytel.net/Town,,,Local,Iowa",
         {"key": "centurytel.net/town", "domain": "", "name": "centurytel.net/town"}, "GV-OTHER"),
        ("universities", "name,country_code,state_province,domains\nUniversity of Namibia,NA,,unam.na|unam.edu.na",
         {"key": "NA-unam.na|unam.edu.na university of namibia", "country": "NA", "domain": "unam.na"}, "ED-REMOTE"),
        ("ror", ROR + f"0a,{'x' * 196},healthcare,active,XK,Prishtina,,", {"name": "x" * 196, "country": "XK"},
         "HE-ACUTE"),
        # Several types mean that somebody must be asked.
        ("ror", ROR + "0b,Clinic,healthcare|funder,active,DE,,,", {"kind": "healthcare, funder"}, ""),
    ],
)  # fmt: skip
def test_a_row_says(register, row, said, category):
    (result,) = take_in(register, row + "\n")
    assert result.outcome == Outcome.CREATED
    found = RegisterRow.objects.get()
    assert {name: getattr(found, name) for name in said} == said
    assert ("broken" in result.message) is ("\ufffd" in found.name)
    assert REGISTERS[register].category_of(found.kind) == category


@pytest.mark.parametrize(
    ("register", "row", "problem"),
    [
        # What a spreadsheet makes of 010005.
        ("hospitals_us", HOSPITAL + "10005,MARSHALL,AL,Childrens", "leading zeros"),
        ("hospitals_us", HOSPITAL + '"10,005",MARSHALL,AL,Childrens', "leading zeros"),
        ("hospitals_us", HOSPITAL + "010005,,AL,Childrens", "name is missing"),
        ("law_enforcement_us", POLICE + ",Police,City,AK", "id is missing"),
        ("universities", "name,country_code,state_province,domains\nA,Namibia,,a.na", "two-letter code"),
        ("universities", "name,country_code,state_province,domains\nA,NA,,", "domain is missing"),
        ("gov_domains_fr", "domain,category\nnot a domain,aphp", "not a domain"),
        ("first_responders_uk", "kind,code,name\nambulance,1,X", "not a kind"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_and_the_others_stand(register, row, problem):
    results = take_in(register, row + "\n")
    assert [one.outcome for one in results] == [Outcome.REFUSED]
    assert problem in results[0].message
    assert not RegisterRow.objects.exists()


def test_a_name_longer_than_its_column_is_cut_and_text_stays_in_its_row():
    text = ROR + f'0a,"{"y" * 400}",facility,active,DE,"two\nlines\tand a tab",,\n'
    assert [one.outcome for one in take_in("ror", text)] == [Outcome.CREATED]
    row = RegisterRow.objects.get()
    assert (len(row.name), row.region) == (MAX_NAME, "two lines and a tab")


def test_every_register_speaks_only_for_categories_that_there_are():
    known = {row[0] for row in (*STRONG_CATEGORIES, *OTHER_CATEGORIES)} | {""}
    for register in REGISTERS.values():
        assert {register.category, *register.categories.values()} <= known
        assert len(register.code) <= 30


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"x" * 2_000, "larger"),
        (FIRE.encode() + b"1,Two\xff,AL,,Local\n", "UTF-8"),
        (FIRE.encode() + b'1,"Cut off', "complete"),
        (b"fdid,name\n1,x\n", "Missing"),
        (FIRE.encode() + b"," * 200_000, "columns"),
    ],
)
def test_a_file_that_cannot_be_a_register_is_refused_in_one_sentence(content, says, monkeypatch):
    # A real limit of a hundred megabytes would make this test slow and prove nothing more.
    if says == "larger":
        monkeypatch.setattr("customers.importing.registers.MAX_BYTES", 1_000)
    with pytest.raises(CannotReadFile) as refusal:
        take_in("fire_departments_us", content)
    assert says in f"{refusal.value.sentence} {refusal.value.advice}"
    assert not RegisterSnapshot.objects.exists()


def test_a_row_that_is_cut_off_is_refused_and_the_rows_before_it_stand():
    results = take_in("fire_departments_us", FIRE + f'1,One,AL,,"{LOCAL}"\n2,Tw')
    assert [one.outcome for one in results] == [Outcome.CREATED, Outcome.REFUSED]
    assert "cut off" in results[1].message


def test_two_rows_that_claim_one_id_are_told_apart_by_the_first():
    results = take_in(
        "fire_departments_us", FIRE + f'1,One,AL,,"{LOCAL}"\n1,Other,AL,,"{LOCAL}"\n1,Third,AK,,"{LOCAL}"\n'
    )
    assert [one.outcome for one in results] == [Outcome.CREATED, Outcome.REFUSED, Outcome.CREATED]
    assert set(RegisterRow.objects.values_list("key", "name")) == {("AL-1", "One"), ("AK-1", "Third")}
