"""Names and domains: how they sort, how they are found, when two look like one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.names import (
    FREE_MAIL,
    WARN_FROM,
    BadDomain,
    Identity,
    display_domain,
    free_mail_domains,
    is_found,
    is_free_mail,
    likeness,
    name_likeness,
    normalize_domain,
    plain_words,
    query_words,
    search_text,
    sort_key,
    spelled_words,
)

EMAIL_DOMAINS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "email_domains"

names = st.text(max_size=40) | st.sampled_from(
    [
        "Universitätsklinikum Köln",
        "St. Mary's Hospital",
        "Côte d'Or",
        "Ålesund sjukehus",
        "Straßenmeisterei Süd",
        "東京都",
    ]
)


# --- sorting and searching ---


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Uniklinik Köln", "uniklinik koln"),
        ("Straßenbau-Amt", "strassenbau amt"),
        ("ÄRZTE  ohne/Grenzen", "arzte ohne grenzen"),
        ("St. Mary's Hospital", "st marys hospital"),
        ("Côte d\u2019Or", "cote d or"),
        ("Łódź", "lodz"),
        ("İzmir", "izmir"),
        ("Οργανισμός", "οργανισμοσ"),
        ("हिन्दी", "हिन्दी"),
        ("", ""),
        ("...", ""),
    ],
)
def test_a_name_sorts_by_its_letters_without_accents(name, key):
    assert sort_key(name) == key


def test_sorting_follows_din_5007_1():
    written = ["Oz", "Öl", "Olm", "Oel", "Göthe", "Goethe", "Gotha", "Fuß", "Fussel"]
    assert sorted(written, key=sort_key) == ["Fuß", "Fussel", "Goethe", "Gotha", "Göthe", "Oel", "Öl", "Olm", "Oz"]


def test_a_sort_key_fits_its_column_whatever_the_name():
    assert len(sort_key("ß" * 250)) == 300
    assert len(sort_key("ß" * 250, limit=350)) == 350


@pytest.mark.parametrize(
    "query",
    ["koeln uniklinik", "Köln", "koln", "KÖLN  Uniklinik", "unikl", "uni koe", "köl", "", "Ko\u0308ln"],
)
def test_a_german_name_is_found_in_every_spelling(query):
    assert is_found(query, "Uniklinik Köln")


@pytest.mark.parametrize("query", ["bonn", "uniklinik bonn", "klinik", "oeln", "koelnn"])
def test_a_name_is_found_only_by_beginnings_of_its_words(query):
    assert not is_found(query, "Uniklinik Köln")


def test_a_name_is_found_by_an_alias_and_a_spelled_out_name_by_its_umlaut():
    assert is_found("charite", "Universitätsmedizin Berlin", "Charité")
    assert is_found("köln", "Klinikum Koeln")
    assert is_found("Ålesund", "Aalesund sjukehus")
    assert is_found("Mary's", "St Marys Hospital")
    assert is_found("l'hopital", "L\u2019Hôpital")


def test_search_text_has_each_word_once():
    assert search_text("Köln Messe", "Messe Köln GmbH") == " koln messe gmbh koeln "
    assert search_text("...") == ""


@given(names)
def test_every_name_is_found_by_itself_and_by_each_beginning_of_its_words(name):
    assert is_found(name, name)
    for word in plain_words(name):
        for end in range(1, len(word) + 1):
            assert f" {word[:end]}" in search_text(name)
    assert is_found(sort_key(name), name)


@given(names)
def test_both_forms_have_the_same_words_and_normalizing_again_changes_nothing(name):
    assert len(plain_words(name)) == len(spelled_words(name))
    assert plain_words(" ".join(plain_words(name))) == plain_words(name)
    for spellings in query_words(name):
        assert 1 <= len(spellings) <= 2
        assert all(spelling and " " not in spelling for spelling in spellings)


# --- domains ---


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("uniklinik.example", "uniklinik.example"),
        ("  HTTPS://www.Uniklinik-Köln.de/kontakt?x=1#top ", "xn--uniklinik-kln-smb.de"),
        ("uniklinik-ko\u0308ln.de.", "xn--uniklinik-kln-smb.de"),
        ("xn--uniklinik-kln-smb.de", "xn--uniklinik-kln-smb.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("mailto:info@klinik.example", "klinik.example"),
        ("info@klinik.example", "klinik.example"),
        ("http://user:secret@klinik.example:8080/a@b", "klinik.example"),
        ("//klinik.example", "klinik.example"),
        ("klinik.example\\path", "klinik.example"),
        ("klinik.example:", "klinik.example"),
        ("www.klinik.example", "klinik.example"),
        ("www.de", "www.de"),
        ("a.b.c.nhs.uk", "a.b.c.nhs.uk"),
        ("klinik。example", "klinik.example"),
        ("東京.jp", "xn--1lqs71d.jp"),
        ("a" * 63 + ".de", "a" * 63 + ".de"),
    ],
)
def test_a_domain_is_taken_out_of_what_people_type(typed, domain):
    assert normalize_domain(typed) == domain
    assert normalize_domain(domain) == domain


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("https:///path", "empty"),
        ("info@", "empty"),
        ("klinik", "no_dot"),
        ("localhost", "not_public"),
        ("server.local", "not_public"),
        ("hidden.onion", "not_public"),
        ("192.168.0.1", "ip_address"),
        ("https://192.168.0.1/", "ip_address"),
        ("[2001:db8::1]", "ip_address"),
        ("2001:db8::1:1", "ip_address"),
        ("1.2.3", "bad_label"),
        ("kli nik.de", "bad_label"),
        ("klinik..de", "bad_label"),
        (".klinik.de", "bad_label"),
        ("-klinik.de", "bad_label"),
        ("klinik-.de", "bad_label"),
        ("kli_nik.de", "bad_label"),
        ("kli\x00nik.de", "bad_label"),
        ("klinik💊.de", "bad_label"),
        ("xn--99999999999.de", "bad_label"),
        ("xn--i-7iq.de", "bad_label"),  # a heart
        ("xn--klinik-.de", "bad_label"),
        ("xn--kln-!na.de", "bad_label"),
        ("a" * 64 + ".de", "bad_label"),
        ("ä" * 60 + ".de", "bad_label"),
        (".".join(["a" * 63] * 4) + ".de", "too_long"),
        ("co.uk", "shared_suffix"),
        ("https://www.gov.uk/", "shared_suffix"),
    ],
)
def test_what_is_no_domain_is_refused_with_the_reason(typed, code):
    with pytest.raises(BadDomain) as refused:
        normalize_domain(typed)
    assert refused.value.code == code


def test_the_longest_domain_is_accepted():
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert len(longest) == 253
    assert normalize_domain(longest) == longest
    with pytest.raises(BadDomain, match="too_long"):
        normalize_domain(".".join(["a" * 63] * 3 + ["b" * 62]))


@given(st.text(max_size=80) | st.text("abäß.:/@-xn1[] \\", max_size=40))
def test_any_text_gives_a_clean_domain_or_a_refusal(typed):
    try:
        domain = normalize_domain(typed)
    except BadDomain:
        return
    assert domain.isascii()
    assert domain == domain.lower()
    assert normalize_domain(domain) in (domain, domain.removeprefix("www."))
    assert normalize_domain(display_domain(domain)) in (domain, domain.removeprefix("www."))


def test_a_domain_is_shown_with_its_own_letters():
    assert display_domain("xn--uniklinik-kln-smb.de") == "uniklinik-köln.de"
    assert display_domain("klinik.example") == "klinik.example"


def test_a_free_mail_provider_proves_nothing():
    assert is_free_mail("gmx.de")
    assert is_free_mail("mail.gmx.de")
    assert not is_free_mail("gmx.example")
    assert not is_free_mail("notgmx.de")
    assert not is_free_mail("de")
    known = free_mail_domains(["# a list", "", " Mail.Example  # theirs", "no domain at all", "gmx.de"])
    assert known == FREE_MAIL | {"mail.example"}
    assert is_free_mail("mail.example", known)


def test_the_public_list_of_free_mail_domains_is_read_whole():
    listed = EMAIL_DOMAINS / "free_email_domains.txt"
    if not listed.exists():
        pytest.skip("the list of free mail domains is not here")
    lines = listed.read_text(encoding="utf-8").splitlines()
    known = free_mail_domains(lines)
    assert len(known) > 0.99 * len({line.strip() for line in lines if line.strip()})
    assert is_free_mail("gmail.com", known)


# --- likeness ---

words = st.sampled_from(["klinikum", "uniklinik", "köln", "koeln", "bonn", "feuerwehr", "gmbh", "stadt", "hospital"])
identities = st.builds(
    Identity,
    st.lists(words, max_size=4).map(" ".join) | names,
    st.lists(st.lists(words, max_size=3).map(" ".join), max_size=2).map(tuple),
    st.sampled_from(["", "DE", "FR"]),
    st.lists(st.sampled_from(["klinik.example", "feuerwehr.example", "gmx.de"]), unique=True, max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Klinikum Köln gGmbH", "KLINIKUM KOELN"),
        ("Klinikum Koln", "Köln, Klinikum"),
        ("Müller & Söhne KG", "Mueller und Soehne"),
        ("Feuerwehr Hambrug", "Feuerwehr Hamburg"),
        ("St. Mary's Hospital", "Saint Marys Hospital"),
        ("Deutsches Rotes Kreuz e.V.", "Rotes Kreuz"),
    ],
)
def test_spellings_of_one_name_are_alike(one, other):
    assert name_likeness(one, other) >= WARN_FROM
    assert likeness(Identity(one), Identity(other)).is_warning


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Klinikum Köln gGmbH", "Klinikum Bonn gGmbH"),
        ("Stadtwerke Münster GmbH", "Stadtwerke Mainz GmbH"),
        ("Polizei Hessen", "Feuerwehr Hessen"),
        ("Alpha GmbH", "Beta GmbH"),
        ("", ""),
    ],
)
def test_different_names_are_not(one, other):
    assert name_likeness(one, other) < WARN_FROM
    assert not likeness(Identity(one), Identity(other)).is_warning


def test_a_name_made_of_legal_forms_alone_still_compares():
    assert name_likeness("SE AG", "SE AG") == 1000
    assert name_likeness("SE AG", "Bonn") == 0


def test_a_shared_domain_speaks_for_one_and_another_country_against():
    cologne = Identity("Uniklinik Köln", country="DE", domains=("uk.example", "gmx.de"))
    other = Identity("Polizei Bonn", country="DE", domains=("uk.example", "gmx.de"))
    found = likeness(cologne, other)
    assert found.is_warning
    assert [(reason.code, dict(reason.params)) for reason in found.reasons] == [
        ("shared_domain", {"domain": "uk.example"})
    ]
    assert likeness(cologne, Identity("Polizei Bonn", domains=("gmx.de",))).score < WARN_FROM
    assert likeness(cologne, other, free_mail=FREE_MAIL | {"uk.example"}).score < WARN_FROM
    abroad = Identity("Uniklinik Köln", country="FR")
    found = likeness(cologne, abroad)
    assert [reason.code for reason in found.reasons] == ["same_name", "other_country"]
    assert found.score == 700
    assert found.is_warning
    assert likeness(cologne, Identity("Uniklinik Köln")).score == 1000


def test_the_best_pair_of_names_and_aliases_counts():
    one = Identity("Charité", aliases=("Universitätsmedizin Berlin",))
    assert likeness(one, Identity("Universitaetsmedizin Berlin")).score == 1000
    reasons = likeness(Identity("Charité"), Identity("Charite Berlin")).reasons
    assert [reason.code for reason in reasons] == ["similar_name"]
    assert likeness(Identity("Alpha"), Identity("Bonn")).reasons == ()


@given(identities, identities)
def test_likeness_is_symmetric_and_bounded(one, other):
    found = likeness(one, other)
    assert found == likeness(other, one)
    assert 0 <= found.score <= 1000
    if one == other and plain_words(one.name):
        assert found.score == 1000


@given(identities, identities)
def test_a_shared_domain_never_lowers_the_score_and_another_country_never_raises_it(one, other):
    def with_domain(identity):
        return Identity(identity.name, identity.aliases, identity.country, (*identity.domains, "new.example"))

    def within(identity, country):
        return Identity(identity.name, identity.aliases, country, identity.domains)

    assert likeness(with_domain(one), with_domain(other)).score >= likeness(one, other).score
    assert likeness(within(one, "DE"), within(other, "FR")).score <= likeness(one, other).score
    assert likeness(within(one, "DE"), within(other, "DE")).score >= likeness(one, other).score
