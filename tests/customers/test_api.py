"""The API of customers follows the rules of the pages."""

import pytest

from customers.models import Claim, Organization
from customers.register_matches import reference_of
from kit.clock import now
from tests import make
from tests.customers.test_merging import merge
from users.roles import Role

pytestmark = pytest.mark.django_db

ORGANIZATIONS = "organizations/"


@pytest.fixture
def home():
    return make.portfolio("North")


@pytest.fixture
def manager(home):
    return make.account_manager(portfolios=[home])


def new(home, **changes):
    return {
        "portfolio": home.code,
        "legal_name": "Uniklinik Köln",
        "country": "DE",
        "offer_type": "enterprise",
        "domains": ["https://uk-koeln.de/"],
        "external_ids": [{"kind": "ror", "value": "05mxhda18"}],
        "customer_since": "2019-01-01",
        **changes,
    }


def test_nobody_gets_401(call):
    organization = make.organization()
    for method, path in [
        ("get", ORGANIZATIONS),
        ("post", ORGANIZATIONS),
        ("get", f"{ORGANIZATIONS}{organization.public_id}/"),
        ("post", f"{ORGANIZATIONS}{organization.public_id}/claims/"),
        ("get", "sector-categories/"),
    ]:
        assert call(method, path).status_code == 401


def test_what_was_merged_is_named_by_its_former_id(call, home, manager):
    one, other = (make.organization(name, portfolio=home) for name in ("Amt Eins", "Amt Zwei"))
    merge(manager, one, other)
    told = call("get", f"{ORGANIZATIONS}{other.public_id}/", as_=manager)
    assert (told.status_code, told.json()["code"]) == (404, "merged")
    assert str(one.public_id) in told.content.decode()
    stranger = make.account_manager(portfolios=[make.portfolio()])
    assert call("get", f"{ORGANIZATIONS}{other.public_id}/", as_=stranger).json()["code"] == "not_found"


def test_an_account_manager_registers_reads_and_repeats_without_a_second_effect(call, home, manager):
    first = call("post", ORGANIZATIONS, new(home), as_=manager, key="register-cologne")
    assert first.status_code == 201
    said = first.json()
    assert said["legal_name"] == "Uniklinik Köln"
    assert said["domains"] == ["uk-koeln.de"]
    assert said["external_ids"] == [{"kind": "ror", "value": "05mxhda18"}]
    assert said["claims"] == []
    again = call("post", ORGANIZATIONS, new(home), as_=manager, key="register-cologne")
    assert (again.status_code, again.json()) == (201, said)
    assert again["Idempotency-Replayed"] == "true"
    assert call("post", ORGANIZATIONS, new(home, country="AT"), as_=manager, key="register-cologne").status_code == 409
    assert Organization.objects.count() == 1
    assert call("get", f"{ORGANIZATIONS}{said['id']}/", as_=manager, queries=6).json() == said


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"portfolio": "none"}, 400, "portfolio"),
        ({"legal_name": ""}, 400, "legal_name"),
        ({"legal_name": "..."}, 400, "legal_name"),
        ({"country": "ZZ"}, 400, "country"),
        ({"offer_type": "lifetime"}, 400, "offer_type"),
        ({"domains": ["10.0.0.1"]}, 400, "domains"),
        ({"domains": "uk-koeln.de"}, 400, "domains"),
        ({"external_ids": [{"kind": "ror"}]}, 400, "external_ids.0.value"),
        ({"customer_since": "2999-01-01"}, 400, "customer_since"),
        ({"parent": "01a20bb1-4e59-7ff5-9218-01cc165e6545"}, 400, "parent"),
        ({"surprise": 1}, 400, "surprise"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(call, home, manager, changes, status, field):
    answer = call("post", ORGANIZATIONS, new(home, **changes), as_=manager)
    assert answer.status_code == status
    assert field in answer.json()["fields"]
    assert not Organization.objects.exists()


def test_a_duplicate_is_refused_until_a_reason_says_otherwise(call, home, manager):
    make.organization("Uniklinik Koeln", portfolio=home, manager=manager)
    answer = call("post", ORGANIZATIONS, new(home), as_=manager)
    assert answer.status_code == 409
    assert answer.json()["code"] == "looks_like_duplicate"
    assert call("post", ORGANIZATIONS, new(home, anyway_reason="The dental clinic."), as_=manager).status_code == 201
    taken = call("post", ORGANIZATIONS, new(home, legal_name="Zebra", domains=[]), as_=manager)
    assert (taken.status_code, taken.json()["code"]) == (409, "external_id_taken")


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reads_as_far_as_its_pages_do(call, role):
    claim = make.verified_claim(at=now())
    reader = make.person(role, portfolios=[make.portfolio()] if role == Role.ACCOUNT_MANAGER else [])
    listed = call("get", ORGANIZATIONS, as_=reader, queries=8)
    one = call("get", f"{ORGANIZATIONS}{claim.organization.public_id}/", as_=reader)
    its_claim = call("get", f"claims/{claim.public_id}/", as_=reader)
    if role == Role.ACCOUNT_MANAGER:
        assert listed.json()["results"] == []
        assert (one.status_code, its_claim.status_code) == (404, 404)
    elif role in (Role.REGION_OPERATOR, Role.NOTICE_EDITOR, Role.ADMINISTRATOR):
        assert (listed.status_code, one.status_code, its_claim.status_code) == (403, 403, 403)
    else:
        (row,) = listed.json()["results"]
        assert row == one.json()
        assert row["claims"][0]["verification"] == "verified"
        assert its_claim.json()["evidence"][0]["holds"] is True
    posted = call("post", ORGANIZATIONS, new(make.portfolio()), as_=reader)
    assert posted.status_code in (400, 403)


def test_lists_filter_sort_and_page_and_refuse_the_rest(call, home, manager):
    for name in ("Uniklinik Köln", "Stadtwerke Bonn", "Feuerwehr Emden"):
        make.organization(name, portfolio=home, manager=manager)
    found = call("get", ORGANIZATIONS + "?q=koeln", as_=manager).json()["results"]
    assert [row["legal_name"] for row in found] == ["Uniklinik Köln"]
    page = call("get", ORGANIZATIONS + "?sort=-name&size=2", as_=manager).json()
    assert [row["legal_name"] for row in page["results"]] == ["Uniklinik Köln", "Stadtwerke Bonn"]
    assert page["next"]
    for query in ("?sort=password", "?foo=1", "?country=XX", "?size=0", "?after=x", "?category=NO"):
        assert call("get", ORGANIZATIONS + query, as_=manager).status_code == 400


def test_a_category_is_proposed_with_evidence(call, home, manager):
    hospital = make.hospital(portfolio=home, manager=manager)
    domain = hospital.domains.get().domain
    make.category()
    path = f"{ORGANIZATIONS}{hospital.public_id}/claims/"
    entry = reference_of(make.register_row(hospital.legal_name))
    body = {
        "category": "HE-ACUTE",
        "statement": "A hospital.",
        "evidence": [
            {"kind": "register_match", "register_entry": entry},
            {"kind": "domain_control", "domain": domain},
        ],
    }
    made = call("post", path, body, as_=manager)
    assert made.status_code == 201
    said = made.json()
    assert (said["state"], said["verification"], said["statement"]) == ("submitted", "none", "A hospital.")
    assert [item["register_entry"] for item in said["evidence"]] == [entry, None]
    assert call("get", f"claims/{said['id']}/", as_=manager).json() == said
    assert call("get", f"claims/{said['id']}/", as_=make.person(Role.EXECUTIVE)).json()["statement"] == ""
    assert call("post", path, body, as_=manager).json()["code"] == "already_claimed"
    assert call("post", path, body, as_=make.person(Role.VERIFIER)).status_code == 403
    stranger = make.account_manager(portfolios=[make.portfolio()])
    assert call("post", path, body, as_=stranger).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"category": "NO", "evidence": [{"kind": "self_attestation", "note": "We are."}]}, "category"),
        ({"category": "HE-ACUTE", "evidence": []}, "evidence.non_field_errors"),
        ({"category": "HE-ACUTE"}, "evidence"),
        ({"category": "HE-ACUTE", "evidence": [{"kind": "rumor"}]}, "evidence.0.kind"),
        (
            {"category": "HE-ACUTE", "evidence": [{"kind": "register_match", "register_entry": "x"}]},
            "evidence.register_entry",
        ),
        ({"category": "HE-ACUTE", "evidence": [{"kind": "authority_letter", "issuer": "M"}]}, "evidence.reference"),
    ],
)
def test_a_wrong_proposal_is_refused_whole(call, home, manager, body, field):
    hospital = make.hospital(portfolio=home, manager=manager)
    make.category()
    answer = call("post", f"{ORGANIZATIONS}{hospital.public_id}/claims/", body, as_=manager)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Claim.objects.exists()


def test_the_categories_are_listed_in_the_language_asked_for(call):
    make.category()
    codes = {row["code"]: row for row in call("get", "sector-categories/", as_=make.person(Role.AUDITOR)).json()}
    assert codes["HE-ACUTE"] == {
        "code": "HE-ACUTE",
        "name": "Hospital",
        "needs_strong_evidence": True,
        "validity_months": 12,
    }


def test_every_operation_stands_in_the_openapi_document(client):
    document = client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()
    named = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert named >= {"list_organizations", "register_organization", "read_organization", "propose_claim", "read_claim"}
