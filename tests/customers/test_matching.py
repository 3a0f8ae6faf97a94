"""Proposals of categories: what words, domains and registers say, what they do not, and what is learned."""

import csv
import html
import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from customers import names
from customers.actions.train_matching import SETTLED_AFTER, NothingToLearnFrom, train_matching, train_when_due
from customers.matching.categories import FAMILIES, family_of_category
from customers.matching.features import is_shared, subject_of
from customers.matching.learning import Example, learn
from customers.matching.model import CannotRead, from_bytes, shares, to_bytes
from customers.matching.proposing import Entry, propose
from customers.models import ImportRun, ImportState, MatchingModel, RegisterSnapshot, TrainingRun
from customers.proposal_words import sentence
from customers.proposals import Asked, propose_for
from journal.models import Entry as JournalEntry
from kit.reason import Reason
from tests import make
from tests.sql import refused
from users.access import SYSTEM
from users.roles import Role

EMAIL_DOMAINS = Path(__file__).resolve().parents[3] / "shared" / "data" / "email_domains"


def best(name, country="", *domains, **more):
    return propose(subject_of(name, country=country, domains=domains, **more))[0]


def codes(proposal):
    return [reason.code for reason in proposal.reasons]


# --- what words and domains say ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "country", "category", "family"),
    [
        ("Polizeipräsidium Köln", "DE", "FR-POLICE", "first_responder"),
        ("Duke University Police Department", "US", "FR-POLICE", "first_responder"),
        ("Komenda Główna Policji, Policja Państwowa", "PL", "FR-POLICE", "first_responder"),
        ("Freiwillige Feuerwehr Musterstadt", "DE", "FR-FIRE", "first_responder"),
        ("Service départemental: Sapeurs-Pompiers du Rhône", "FR", "FR-FIRE", "first_responder"),
        ("Bergwacht Bayern, Rettungsdienst", "DE", "FR-EMS", "first_responder"),
        ("Universitätsklinikum Köln", "DE", "HE-ACUTE", "health"),
        ("CENTRE HOSPITALIER DE BOURG-EN-BRESSE", "FR", "HE-ACUTE", "health"),
        ("OSPEDALE S. MARIA DELLA MISERICORDIA", "IT", "HE-ACUTE", "health"),
        ("東京大学医学部附属病院", "JP", "HE-ACUTE", "health"),
        ("Bundesministerium für Gesundheit", "DE", "GV-CORE", "government"),
        ("City of Akron, Ohio", "US", "GV-OTHER", "government"),
        ("Amtsgericht Musterstadt", "DE", "GV-JUSTICE", "government"),
        ("Technisches Hilfswerk", "DE", "EM-AUTHORITY", "government"),
        ("Université de Lille", "FR", "ED-REMOTE", "education"),
        ("東京大学", "JP", "ED-REMOTE", "education"),
        ("Stiftung Preußischer Kulturbesitz, Museum", "DE", "CU-NEW", "research_nonprofit"),
        ("Deutsches Rotes Kreuz", "DE", "EM-AID", "research_nonprofit"),
        ("Musterwerke Maschinenbau GmbH", "DE", "CU-NEW", "commercial"),
    ],
)
def test_words_of_many_languages_name_a_category(name, country, category, family):
    found = best(name, country)
    assert (found.category, found.family) == (category, family)
    assert "name_says" in codes(found)
    assert 0 < found.confidence <= 1000


def test_a_domain_speaks_and_so_does_that_of_a_contact():
    assert best("Musterstadt", "US", "musterstadt.gov").family == "government"
    assert best("Abteilung 7", "GB", email="jo@kent.police.uk").category == "FR-POLICE"
    found = best("Institut", "FR", "https://www.univ-lille.fr/labo")
    assert "domain_says" in [
        code for one in propose(subject_of("Institut", domains=("univ-lille.fr",))) for code in codes(one)
    ]
    assert not found.is_offered


def test_a_hospital_at_a_university_is_a_hospital():
    for name in ("University Hospital Musterstadt", "Hôpital universitaire", "Klinikum der Universität"):
        ranked = propose(subject_of(name, domains=("med.muster.edu",)))
        assert ranked[0].category == "HE-ACUTE", name
        assert "ED-REMOTE" in [one.category for one in ranked], name


def test_nothing_known_is_never_offered():
    for name in ("Zzyzx", "", "?!", "\ufffd\ufffd", "a" * 196, "1234"):
        found = best(name)
        assert not found.is_offered
        assert "nothing_says" in codes(found)


def test_critical_infrastructure_is_only_hinted_at():
    ranked = propose(subject_of("Stadtwerke Musterstadt GmbH", country="DE", domains=("stadtwerke-musterstadt.com",)))
    hinted = next(one for one in ranked if one.category == "CI-ENERGY")
    assert not hinted.is_offered
    assert codes(hinted) == ["name_hints"]


# --- shared domains ----------------------------------------------------------------------------------


def test_mail_providers_and_consumer_hosts_prove_nothing():
    for domain in ("gmail.com", "centurytel.net", "mustertown.homestead.com"):
        assert is_shared(domain)
        subject = subject_of("Village of Muster", country="US", domains=(domain,))
        assert subject.domains == ()
        assert "domain_set_aside" in codes(propose(subject)[0])


@pytest.mark.skipif(not EMAIL_DOMAINS.exists(), reason="the shared public data are not on this machine")
def test_a_public_list_of_mail_providers_does_not_set_institutions_aside():
    listed = names.free_mail_domains((EMAIL_DOMAINS / "free_email_domains.txt").read_text().splitlines())
    assert {"nus.edu.sg", "unican.es", "berlin.de", "centurytel.net"} <= listed
    # A suffix of institutions outweighs the list; otherwise a register has to name the domain.
    assert not is_shared("nus.edu.sg", listed)
    named = frozenset({"unican.es", "berlin.de"})
    for domain in ("nus.edu.sg", "unican.es", "berlin.de"):
        assert subject_of("X", domains=(domain,), institutions=named, free_mail=listed).domains == (domain,)
    assert subject_of("X", domains=("centurytel.net",), institutions=named, free_mail=listed).set_aside


# --- registers ---------------------------------------------------------------------------------------


def entry(category, name, *, domain="", country="US", kind="", is_clear=True, register="Register"):
    return Entry(f"{register}/{name}", register, name, domain, country, kind, category, is_clear)


def test_an_entry_of_the_name_is_offered_with_its_reference():
    found = propose(
        subject_of("Muster County Sheriff's Office", country="US"),
        entries=[entry("FR-POLICE", "Muster County Sheriffs Office", register="Police")],
    )
    assert (found[0].category, found[0].is_offered) == ("FR-POLICE", True)
    assert found[0].entries == ("Police/Muster County Sheriffs Office",)
    assert "entry_agrees" in codes(found[0])


def test_an_entry_of_the_name_in_another_country_says_nothing():
    found = propose(
        subject_of("Ministry of Health", country="KE"), entries=[entry("GV-CORE", "Ministry of Health", country="GH")]
    )
    assert all(not one.entries for one in found)


def test_a_fire_department_on_a_government_domain_keeps_both():
    found = propose(
        subject_of("Muster Fire Department", country="US", domains=("muster.gov",)),
        entries=[
            entry("FR-FIRE", "Muster Fire Department", register="Fire"),
            entry("GV-OTHER", "City of Muster", domain="muster.gov", register="Gov"),
        ],
    )
    assert [one.category for one in found[:2]] == ["FR-FIRE", "GV-OTHER"]
    assert [one.is_offered for one in found[:2]] == [True, False]
    assert "entry_has_domain" in codes(found[1])


def test_a_railway_in_the_police_register_asks():
    found = propose(
        subject_of("Norfolk Southern Railway", country="US"),
        entries=[entry("FR-POLICE", "Norfolk Southern Railway", kind="Other", is_clear=False)],
    )
    assert not any(one.is_offered for one in found)
    assert {"FR-POLICE", "CI-TRANSPORT"} <= {one.category for one in found}


def test_a_college_without_a_domain_may_be_its_police():
    assert best("Muster State University", "US", "muster.edu").is_offered
    found = best("Muster State University", "US")
    assert not found.is_offered
    assert "campus_police" in codes(found)
    campus = entry("FR-POLICE", "Muster State University", kind="University or College", is_clear=False)
    college = entry("ED-REMOTE", "Muster State University", domain="muster.edu")
    asked = propose(subject_of("Muster State University", country="US"), entries=[campus, college])
    assert not any(one.is_offered for one in asked)
    sure = propose(
        subject_of("Muster State University", country="US", domains=("muster.edu",)), entries=[campus, college]
    )
    assert (sure[0].category, sure[0].is_offered) == ("ED-REMOTE", True)
    assert "FR-POLICE" in [one.category for one in sure]


def test_several_kinds_in_one_entry_ask():
    kinds = "government, healthcare"
    found = propose(
        subject_of("Muster Health Institute", country="NO", domains=("muster.no",)),
        entries=[
            entry(category, "Muster Health Institute", country="NO", domain="muster.no", kind=kinds, is_clear=False)
            for category in ("GV-OTHER", "HE-ACUTE")
        ],
    )
    assert not any(one.is_offered for one in found)
    assert {"GV-OTHER", "HE-ACUTE"} <= {one.category for one in found}


def test_words_rank_what_an_entry_leaves_open():
    found = propose(
        subject_of("Universitätsklinikum Muster", country="DE"),
        entries=[
            entry(category, "Universitätsklinikum Muster", country="DE", kind="education, healthcare", is_clear=False)
            for category in ("ED-REMOTE", "HE-ACUTE")
        ],
    )
    assert [one.category for one in found] == ["HE-ACUTE", "ED-REMOTE"]
    assert {"entry_unclear", "name_says"} <= set(codes(found[0]))
    assert not any(one.is_offered for one in found)


def test_registers_that_disagree_ask():
    found = propose(
        subject_of("Muster Institute", country="US"),
        entries=[entry("GV-OTHER", "Muster Institute"), entry("HE-ACUTE", "Muster Institute")],
    )
    assert not any(one.is_offered for one in found)


# --- learning ----------------------------------------------------------------------------------------

_KINDS = {
    "health": ("Lunaria", "lun"),
    "education": ("Skolarium", "sko"),
    "commercial": ("Handelix", "han"),
    "government": ("Regulon", "reg"),
}


def invented(count=400):
    """Names that no lexicon knows: whoever tells them apart has learned to."""
    chance = random.Random(2020)
    found = []
    for number in range(count):
        family = list(_KINDS)[number % len(_KINDS)]
        word, stem = _KINDS[family]
        place = "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(3)).title()
        domain = f"{stem}-{place.lower()}{number}.example" if number % 3 else ""
        found.append(Example(f"{word} {place}", "DE", domain, family, f"invented: {family}"))
    return found


@pytest.fixture(scope="module")
def model():
    return learn(invented())


def test_learning_is_repeatable_and_tells_what_rules_cannot(model):
    again = learn(invented())
    assert to_bytes(again) == to_bytes(model)
    for family, (word, _stem) in _KINDS.items():
        found = propose(subject_of(f"{word} Neustadt", country="DE"), model=model)[0]
        assert (found.family, found.is_offered) == (family, True), family
        assert "learned" in codes(found)
        assert not propose(subject_of(f"{word} Neustadt", country="DE"))[0].is_offered


def test_what_was_learned_survives_storing(model):
    stored = from_bytes(to_bytes(model))
    subjects = [subject_of(one.name, domains=(one.domain,) if one.domain else ()) for one in invented(40)]
    likely = [shares(one.scores(subjects), one.sharpness) for one in (model, stored)]
    assert np.allclose(*likely, atol=0.01)
    assert (stored.sharpness, stored.offer_from, stored.entries) == (model.sharpness, model.offer_from, model.entries)
    for broken in (b"", b"PK\x03\x04", to_bytes(model)[:-50], b"\x80\x04\x95."):
        with pytest.raises(CannotRead):
            from_bytes(broken)


def test_too_little_teaches_nothing():
    assert learn([]) is None
    assert learn(invented(20)) is None
    assert learn([replace(one, family="health") for one in invented()]) is None


def test_two_families_are_enough():
    examples = [one for one in invented() if one.family in ("health", "commercial")]
    examples += [replace(one, name=f"{one.name} II") for one in examples]
    model = learn(examples)
    assert propose(subject_of("Lunaria Neustadt"), model=model)[0].family == "health"
    assert propose(subject_of("Handelix Neustadt"), model=model)[0].family == "commercial"


def test_shares_are_shares():
    likely = shares(np.array([[1.0, 2.0, 900.0], [-900.0, 0.0, 0.0]]), 0.7)
    assert np.allclose(likely.sum(axis=1), 1)
    assert np.isfinite(likely).all()


def test_every_category_has_a_family():
    for code in ("FR-EMS", "HE-SUPPLY", "EM-AUTHORITY", "EM-AID", "GV-DEFENCE", "CI-WATER", "RS-CRISIS", "CU-NEW"):
        assert family_of_category(code) in FAMILIES


# --- with the database -------------------------------------------------------------------------------


def taught(count=240):
    """A register of hospitals and one of governments in the database, of invented words."""
    for number in range(count // 2):
        make.register_row(f"Lunaria {number}", key=f"l{number}", domain="", kind="healthcare")
        make.register_row(f"Regulon {number}", key=f"r{number}", domain="", kind="government")


@pytest.mark.django_db
def test_training_keeps_each_result_once_and_journals_it():
    with pytest.raises(NothingToLearnFrom):
        train_matching(actor=SYSTEM, at=make.NOW)
    taught()
    kept = train_matching(actor=SYSTEM, at=make.NOW)
    assert kept.entries == 240
    assert train_matching(actor=SYSTEM, at=make.NOW).pk == kept.pk
    assert JournalEntry.objects.filter(action="matching.trained").count() == 1
    assert propose_for([Asked("Lunaria Neustadt", "DE")])[0][0].family == "health"
    assert "permission denied" in refused("UPDATE customers_matchingmodel SET entries = 1")
    assert "permission denied" in refused("DELETE FROM customers_matchingmodel")


@pytest.mark.django_db
def test_what_was_imported_is_learned_once_no_more_is_on_its_way():
    assert train_when_due(at=make.NOW) is None
    make.register_row()
    later = make.NOW + SETTLED_AFTER
    assert train_when_due(at=later - timedelta(seconds=1)) is None
    assert train_when_due(at=later) is None  # too little to learn from; not tried again
    assert TrainingRun.objects.get().ran_at == later
    taught()
    later += SETTLED_AFTER
    RegisterSnapshot.objects.update(imported_at=later)
    later += SETTLED_AFTER
    run = ImportRun.objects.create(kind="ror", file_name="more.csv", file_hash="0", started_at=later)
    assert train_when_due(at=later) is None
    ImportRun.objects.filter(pk=run.pk).update(state=ImportState.DONE)
    assert (train_when_due(at=later).entries, train_when_due(at=later)) == (241, None)
    RegisterSnapshot.objects.update(imported_at=later + timedelta(minutes=1))
    train_matching(actor=SYSTEM, at=later + timedelta(minutes=2))
    assert train_when_due(at=later + 2 * SETTLED_AFTER) is None, "somebody did it already"
    assert TrainingRun.objects.get().ran_at == later + timedelta(minutes=2)


@pytest.mark.django_db
def test_a_model_of_another_version_leaves_the_rules_in_force():
    MatchingModel.objects.create(trained_at=make.NOW, entries=1, content=b"of long ago", content_hash="0" * 64)
    assert propose_for([Asked("Klinikum Neustadt", "DE")])[0][0].category == "HE-ACUTE"


@pytest.mark.django_db
def test_register_entries_are_found_by_name_and_by_domain(django_assert_num_queries):
    row = make.register_row("Haus Sonnenschein", domain="haus-sonnenschein.de", kind="healthcare", country="DE")
    with django_assert_num_queries(4):
        by_name, by_domain, neither = propose_for(
            [
                Asked("HAUS SONNENSCHEIN", "DE"),
                Asked("Sonnenschein", "DE", ("https://www.haus-sonnenschein.de/",)),
                Asked("Sonnenuntergang", "DE"),
            ]
        )
    assert (by_name[0].category, by_name[0].is_offered) == ("HE-ACUTE", True)
    assert row.key in by_name[0].entries[0]
    assert "HE-ACUTE" in [one.category for one in by_domain]
    assert not any(one.is_offered for one in by_domain)
    assert not any(one.entries for one in neither)
    assert not any(one.entries for one in propose_for([Asked("HAUS SONNENSCHEIN", "DE")], with_registers=False)[0])


# --- the command -------------------------------------------------------------------------------------


def classified(tmp_path, text, *options):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    call_command("classify", str(source), "--output", str(target), *options)
    with target.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.django_db
def test_classify_writes_a_row_for_every_row(tmp_path, capsys):
    text = (
        "id,name,country,region,domain\n"
        "007,Klinikum Köln,DE,NW,\n"
        "008,Windhoek City Police,NA,,not a domain\n"
        '009,"Universit\ufffd di Pisa, Ateneo",IT,,unipi.it\n'
        "010,,US,TX,https://www.muster.gov/kontakt\n"
        f"011,{'ß' * 196},,,\n"
    )
    rows = classified(tmp_path, text, "--without-registers")
    assert list(rows[0]) == ["id", "category", "family", "confidence", "proposed"]
    assert [row["id"] for row in rows] == ["007", "008", "009", "010", "011"]
    assert [row["family"] for row in rows[:4]] == ["health", "first_responder", "education", "government"]
    assert all(0 <= float(row["confidence"]) <= 1 and row["proposed"] in ("true", "false") for row in rows)
    assert rows[4]["proposed"] == "false"
    assert "5 organizations classified" in capsys.readouterr().out
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.csv", "out.csv"]


@pytest.mark.django_db
def test_classify_passes_over_columns_that_it_does_not_know(tmp_path):
    rows = classified(tmp_path, "name;id;notes\nKlinikum Köln;1;x\n")
    assert rows[0]["category"] == "HE-ACUTE"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("name,country\nX,DE\n", "Missing: id"),
        (b"id,name\n1,\xff\xfe\n", "not text"),
        ('id,name\n1,"X\n', "cannot be split"),
    ],
)
def test_classify_refuses_a_bad_file_in_one_sentence(tmp_path, text, told):
    with pytest.raises(CommandError, match=told):
        classified(tmp_path, text)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.django_db
def test_classify_names_bad_rows_and_files_that_are_not_there(tmp_path):
    with pytest.raises(CommandError, match="1 rows could not be read"):
        classified(tmp_path, "id,name,country\n1,Klinikum,DE\n2,Cut off\n")
    assert (tmp_path / "out.csv").read_text().count("\n") == 2
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("classify", str(tmp_path / "none.csv"), "--output", str(tmp_path / "out.csv"))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("classify", str(tmp_path / "in.csv"), "--output", str(tmp_path / "none" / "out.csv"))


# --- the page ----------------------------------------------------------------------------------------


def organization_page(organization):
    return reverse("customers:organization", args=[organization.public_id])


def proposals_of(organization):
    return reverse("customers:proposals", args=[organization.public_id])


@pytest.mark.django_db
def test_the_page_gives_reasons_and_one_click_opens_the_claim_filled_in(visit):
    home = make.portfolio("North")
    manager = make.account_manager(portfolios=[home])
    make.category()
    row = make.register_row("Klinikum Nordhafen", domain="klinikum-nordhafen.de")
    organization = make.organization("Klinikum Nordhafen", portfolio=home, manager=manager)
    page = visit(proposals_of(organization), as_=manager, queries=12).getvalue().decode()
    assert "Krankenhaus" in page or "Hospital" in page
    assert "99 %" in page
    assert "Research Organization Registry" in page
    href = html.unescape(re.search(r'href="([^"]*claims/new/[^"]*)"', page)[1])
    form = visit(href, as_=manager).getvalue().decode()
    assert re.search(r'value="HE-ACUTE" selected', form)
    assert re.search(rf'value="[^"]*{row.key}"[^>]*checked', form)
    assert proposals_of(organization) in visit(organization_page(organization), as_=manager).getvalue().decode()


@pytest.mark.django_db
def test_a_claimed_category_is_not_proposed_again_and_readers_get_no_button(visit):
    claim = make.claim()
    page = visit(proposals_of(claim.organization), as_=make.person(Role.AUDITOR)).getvalue().decode()
    assert "claims/new/" not in page
    stranger = make.account_manager(portfolios=[make.portfolio()])
    assert visit(proposals_of(claim.organization), as_=stranger).status_code == 404
    assert visit(proposals_of(claim.organization), as_=make.person(Role.REGION_OPERATOR)).status_code == 403


def test_every_reason_has_a_sentence():
    subjects = [
        subject_of("Muster State University", country="US"),
        subject_of("Stadtwerke GmbH", domains=("gmail.com", "muster.gov")),
        subject_of("Zzyzx"),
    ]
    entries = [
        entry("FR-POLICE", "Zzyzx", is_clear=False, kind="Other"),
        entry("HE-ACUTE", "Zzyzx"),
        entry("GV-OTHER", "City", domain="muster.gov"),
    ]
    told = set()
    for subject in subjects:
        for proposal in propose(subject, entries=entries) + propose(subject):
            for reason in proposal.reasons:
                assert "%(" not in sentence(reason)
                told.add(reason.code)
    assert told >= {"name_says", "domain_says", "nothing_says", "domain_set_aside", "campus_police", "name_hints"}
    assert told >= {"entry_agrees", "entry_unclear", "entry_has_domain"}
    assert "12,345" in sentence(Reason("learned", {"permille": 985, "entries": 12345}))
    assert sentence(Reason("service_not_named"))
