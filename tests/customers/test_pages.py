"""Pages of customers: who sees what, what they cost, what they say when something is wrong."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.actions.make_provisional import make_provisional
from customers.actions.request_information import request_information
from customers.actions.take_up_claim import take_up_claim
from customers.models import Claim, ClaimState, EvidenceKind, Organization
from customers.panels import OrganizationPanel, _providers, provide_organization_panel
from customers.register_matches import reference_of
from journal.models import Entry
from kit.clock import now
from priorities.actions.seed_policy import seed_policy
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

LIST = "/organizations/"
QUEUE = "/verification/"


def page_of(organization):
    return reverse("customers:organization", args=[organization.public_id])


def claim_page(claim):
    return reverse("customers:claim", args=[claim.public_id])


def case_of(claim):
    return reverse("customers:case", args=[claim.public_id])


def act_on(claim, key):
    return reverse("customers:act", args=[claim.public_id, key])


@pytest.fixture
def home():
    return make.portfolio("North")


@pytest.fixture
def manager(home):
    return make.account_manager(portfolios=[home])


@pytest.fixture
def verifier():
    return make.person(Role.VERIFIER)


def text(response):
    return response.getvalue().decode()


# --- who sees what ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.ACCOUNT_MANAGER, 404),
        (Role.VERIFIER, 200),
        (Role.CAPACITY_REVIEWER, 200),
        (Role.DUTY_MANAGER, 200),
        (Role.AUDITOR, 200),
        (Role.EXECUTIVE, 200),
        (Role.REGION_OPERATOR, 403),
        (Role.NOTICE_EDITOR, 403),
        (Role.ADMINISTRATOR, 403),
    ],
)
def test_each_role_sees_organizations_as_far_as_its_work_needs_them(visit, role, status):
    claim = make.verified_claim(at=now())
    other = make.portfolio()
    reader = make.person(role, portfolios=[other] if role == Role.ACCOUNT_MANAGER else [])
    for url in (page_of(claim.organization), claim_page(claim)):
        assert visit(url, as_=reader).status_code == status
    listed = visit(LIST, as_=reader)
    if status == 403:
        assert listed.status_code == 403
    else:
        assert listed.status_code == 200
        assert (claim.organization.legal_name in text(listed)) == (status == 200)


def test_nobody_is_sent_to_sign_in(visit):
    claim = make.claim()
    for url in (
        LIST,
        page_of(claim.organization),
        claim_page(claim),
        QUEUE,
        case_of(claim),
        "/organizations/portfolio/",
    ):
        response = visit(url)
        assert response.status_code == 302
        assert response.url.startswith("/account/")


def test_an_account_manager_sees_the_own_portfolio_and_no_trace_of_others(visit, home, manager):
    mine = make.organization("Klinikum Nordhafen", portfolio=home, manager=manager)
    make.organization("Klinikum Südhafen")
    page = text(visit(LIST, as_=manager))
    assert mine.legal_name in page
    assert "Südhafen" not in page
    assert "Südhafen" not in text(visit(LIST + "?q=suedhafen", as_=manager))
    assert "Südhafen" not in text(visit(LIST + "?format=csv", as_=manager))


def test_an_executive_reads_names_and_states_but_nothing_people_wrote(visit):
    hospital = make.hospital()
    claim = make.claim(of=hospital, evidence=[*make.strong_evidence(hospital), make.letter(note="Confidential note.")])
    verifier = make.acting(Role.VERIFIER)
    take_up_claim(actor=verifier, claim=claim, at=now())
    make_provisional(actor=verifier, claim=claim, reason="Secret reason.", at=now())
    executive, auditor = make.person(Role.EXECUTIVE), make.person(Role.AUDITOR)
    for url in (claim_page(claim), page_of(hospital)):
        assert "Secret reason." in text(visit(url, as_=auditor))
        assert "Secret reason." not in text(visit(url, as_=executive))
    assert "Confidential note." in text(visit(claim_page(claim), as_=auditor))
    assert "Confidential note." not in text(visit(claim_page(claim), as_=executive))


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.VERIFIER, Role.AUDITOR)])
def test_the_queue_and_its_cases_are_for_verifiers_and_the_auditor(visit, role):
    claim = make.claim()
    reader = make.person(role)
    assert visit(QUEUE, as_=reader).status_code == 403
    assert visit(case_of(claim), as_=reader).status_code == 403
    assert visit(act_on(claim, "take-up"), as_=reader, method="post", data={"row_version": 1}).status_code == 403
    claim.refresh_from_db()
    assert claim.state == ClaimState.SUBMITTED


def test_the_auditor_reads_a_case_and_changes_nothing(visit):
    claim = make.claim()
    auditor = make.person(Role.AUDITOR)
    page = text(visit(case_of(claim), as_=auditor))
    assert "act=" not in page
    assert act_on(claim, "take-up") not in page
    assert visit(act_on(claim, "take-up"), as_=auditor, method="post", data={"row_version": 1}).status_code == 403


# --- lists -----------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_many_rows_as_for_few(visit, home):
    reader = make.person(Role.VERIFIER)
    for number in range(3):
        make.verified_claim("CI-WATER", of=make.organization(portfolio=home, domains=[f"w{number}.example"]), at=now())
    few = visit(LIST, as_=reader, queries=11)
    assert few.status_code == 200
    for _ in range(60):
        make.organization(portfolio=home)
    assert "50 rows of 63" in text(visit(LIST, as_=reader, queries=11))


def test_the_list_is_found_filtered_and_exported(visit, home, manager):
    make.organization("Uniklinik Köln", portfolio=home, manager=manager, country="AT", offer_type="credits")
    claim = make.verified_claim(of=make.hospital("Klinikum Musterstadt", portfolio=home, manager=manager), at=now())
    reader = make.person(Role.CAPACITY_REVIEWER)
    for query, found in [
        ("q=koeln+uniklinik", ["Uniklinik Köln"]),
        ("country=at", ["Uniklinik Köln"]),
        ("offer_type=credits", ["Uniklinik Köln"]),
        ("category=HE-ACUTE", ["Klinikum Musterstadt"]),
        ("state=verified", ["Klinikum Musterstadt"]),
        ("state=none", ["Uniklinik Köln"]),
        ("category=HE-ACUTE&state=submitted", []),
        (f"portfolio={home.code}&sort=-name", ["Uniklinik Köln", "Klinikum Musterstadt"]),
        ("sort=since", ["Klinikum Musterstadt", "Uniklinik Köln"]),
    ]:
        page = text(visit(f"{LIST}?{query}", as_=reader))
        shown = [name for name in ("Uniklinik Köln", "Klinikum Musterstadt") if f">{name}</a>" in page]
        assert sorted(shown) == sorted(found), query
    file = visit(f"{LIST}?state=verified&format=csv", as_=reader)
    rows = text(file).splitlines()
    assert len(rows) == 2
    assert "HE-ACUTE Verified" in rows[1]
    assert claim.organization.legal_name in rows[1]


@pytest.mark.parametrize(
    "query",
    [
        "country=XX",
        "country=ABC",
        "category=NO",
        "state=odd",
        "portfolio=none",
        "sort=password",
        "foo=1",
        "after=x",
        "size=0",
    ],
)
def test_odd_addresses_are_refused_with_a_sentence(visit, query):
    assert visit(f"{LIST}?{query}", as_=make.person(Role.VERIFIER)).status_code == 400


def test_an_empty_list_says_how_something_gets_there(visit):
    assert "No organizations yet" in text(visit(LIST, as_=make.person(Role.VERIFIER)))
    assert "Nothing waits for verification" in text(visit(QUEUE, as_=make.person(Role.VERIFIER)))


# --- registering -----------------------------------------------------------------------------------


def registration(home, **changes):
    return {
        "legal_name": "Uniklinik Köln",
        "country": "DE",
        "offer_type": "enterprise",
        "portfolio": str(home.public_id),
        "domains": "uk-koeln.de\nhttps://www.uniklinik-köln.de/",
        "external_ids": "ror 05mxhda18",
        **changes,
    }


def test_registering_by_form_leads_to_the_page_and_a_second_press_changes_nothing(visit, home, manager):
    data = registration(home, idempotency_key="press-1-press-1")
    assert visit("/organizations/new/", as_=manager).status_code == 200
    first = visit("/organizations/new/", as_=manager, method="post", data=data)
    again = visit("/organizations/new/", as_=manager, method="post", data=data)
    organization = Organization.objects.get()
    assert first.url == again.url == page_of(organization)
    page = text(visit(first.url, as_=manager))
    assert "uniklinik-köln.de" in page
    assert "05mxhda18" in page
    assert Entry.objects.filter(action="organization.registered").count() == 1


def test_a_duplicate_is_shown_before_saving_and_registered_anyway_with_a_reason(visit, home, manager):
    first = make.organization("UNIKLINIK KOELN", portfolio=home, manager=manager)
    response = visit("/organizations/new/", as_=manager, method="post", data=registration(home))
    page = text(response)
    assert response.status_code == 409
    assert page_of(first) in page
    assert "Register anyway" in page
    assert 'name="anyway_reason"' in page
    assert Organization.objects.count() == 1
    data = registration(home, anyway_reason="The dental clinic, a body of its own.")
    assert visit("/organizations/new/", as_=manager, method="post", data=data).status_code == 302
    assert Organization.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"legal_name": " "}, "This field is required"),
        ({"country": "XX"}, "valid choice"),
        ({"portfolio": "not-a-uuid"}, "not a valid UUID"),
        ({"domains": "10.0.0.1"}, "not a domain"),
        ({"external_ids": "ror"}, "write the registry and the id"),
        ({"customer_since": "2999-01-01"}, "in the future"),
        ({"customer_since": "yesterday"}, "valid date"),
        ({"parent": "Nobody Holding"}, "No organization that you can see"),
        ({"legal_name": "Klinik\x00um"}, "Null characters"),
        ({"legal_name": "x" * 300}, "at most 250"),
    ],
)
def test_wrong_fields_come_back_with_what_was_typed(visit, home, manager, changes, says):
    response = visit("/organizations/new/", as_=manager, method="post", data=registration(home, **changes))
    assert response.status_code == 400
    assert says in text(response)
    assert "uniklinik-köln.de" in text(response) or "domains" in changes
    assert not Organization.objects.exists()


def test_registering_is_for_account_managers_and_into_their_own_portfolios(visit, home, manager):
    assert visit("/organizations/new/", as_=make.person(Role.VERIFIER)).status_code == 403
    elsewhere = make.portfolio()
    response = visit("/organizations/new/", as_=manager, method="post", data=registration(elsewhere))
    assert response.status_code == 400
    assert not Organization.objects.exists()


def test_changing_shows_the_present_values_and_refuses_a_stale_form(visit, home, manager):
    organization = make.hospital(portfolio=home, manager=manager)
    url = reverse("customers:change", args=[organization.public_id])
    page = visit(url, as_=manager)
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    changed = visit(url, as_=manager, method="post", data={**data, "legal_name": "Klinikum Neustadt"})
    assert changed.status_code == 302
    stale = visit(url, as_=manager, method="post", data={**data, "legal_name": "Klinikum Altstadt"})
    assert stale.status_code == 409
    organization.refresh_from_db()
    assert organization.legal_name == "Klinikum Neustadt"
    assert visit(url, as_=make.person(Role.AUDITOR)).status_code == 403
    assert visit(url, as_=make.account_manager(portfolios=[make.portfolio()])).status_code == 404


def test_the_page_of_an_organization_costs_the_same_for_many_claims(visit, home, manager):
    organization = make.hospital(portfolio=home, manager=manager)
    make.verified_claim(of=organization, at=now())
    reader = make.person(Role.CAPACITY_REVIEWER)
    visit(page_of(organization), as_=reader, queries=11)
    for code in ("CI-WATER", "CI-ENERGY", "ED-REMOTE"):
        make.verified_claim(code, of=organization, at=now())
    page = text(visit(page_of(organization), as_=reader, queries=11))
    assert "CI-ENERGY" in page


def test_family_in_another_portfolio_is_not_named_and_does_not_hinder_changes(visit, home, manager):
    group = make.organization("Rheinische Klinikgruppe")
    mine = make.organization("Klinikum Rheinufer", portfolio=home, manager=manager)
    below = make.organization("Praxisverbund Rheinufer")
    Organization.objects.filter(pk=mine.pk).update(parent=group)
    Organization.objects.filter(pk=below.pk).update(parent=mine)
    page = text(visit(page_of(mine), as_=manager))
    assert group.legal_name not in page
    assert below.legal_name not in page
    assert "in another portfolio" in page
    full = text(visit(page_of(mine), as_=make.person(Role.AUDITOR)))
    assert group.legal_name in full
    assert below.legal_name in full
    url = reverse("customers:change", args=[mine.public_id])
    form = visit(url, as_=manager).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    changed = visit(url, as_=manager, method="post", data={**data, "offer_type": "credits"})
    assert changed.status_code == 302
    mine.refresh_from_db()
    assert (mine.parent, mine.offer_type) == (group, "credits")


def test_others_show_their_panels_on_the_page(visit):
    organization = make.organization()
    provide_organization_panel(
        lambda actor, shown: OrganizationPanel("customers/_what_suffices.html", {}) if shown == organization else None
    )
    try:
        assert "What suffices" in text(visit(page_of(organization), as_=make.person(Role.AUDITOR)))
    finally:
        _providers.pop()


# --- proposing -------------------------------------------------------------------------------------


def test_a_claim_is_proposed_with_an_entry_found_in_a_register_and_a_domain(visit, home, manager):
    organization = make.hospital("Uniklinik Köln", portfolio=home, manager=manager, domains=["uk-koeln.de"])
    row = make.register_row("University Hospital Cologne", domain="uk-koeln.de", country="DE")
    other = make.register_row("Charité", domain="charite.de")
    make.category()
    url = reverse("customers:propose", args=[organization.public_id])
    page = text(visit(url, as_=manager))
    assert reference_of(row) in page
    assert reference_of(other) not in page
    assert reference_of(other) in text(visit(url + "?q=charite", as_=manager))
    data = {
        "category": "HE-ACUTE",
        "statement": "A hospital.",
        "register_row": reference_of(row),
        "control_of": ["uk-koeln.de"],
    }
    response = visit(url, as_=manager, method="post", data=data)
    claim = Claim.objects.get()
    assert response.url == claim_page(claim)
    assert {item.kind for item in claim.evidence.all()} == {EvidenceKind.REGISTER_MATCH, EvidenceKind.DOMAIN_CONTROL}
    assert claim.evidence.get(kind=EvidenceKind.REGISTER_MATCH).register_row == row
    again = visit(url, as_=manager, method="post", data=data)
    assert again.status_code == 409
    assert "already has a claim" in text(again)


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        ({}, 400, "at least one item"),
        ({"category": "NO", "attestation": "We are."}, 400, "valid choice"),
        ({"category": "RW-CORE", "attestation": "We are."}, 400, "valid choice"),
        ({"register_row": "ror/2020-13-01/x"}, 400, "Choose the entry"),
        ({"register_row": "x"}, 400, "Choose the entry"),
        ({"control_of": "else.example"}, 400, "valid choice"),
        ({"letter_issuer": "Ministry"}, 400, "file number"),
        ({"certificate_issuer": "M", "certificate_reference": "1"}, 400, "service that the certificate names"),
        ({"attestation": "x" * 2001}, 400, "at most 2000"),
    ],
)
def test_a_proposal_with_something_wrong_says_where(visit, home, manager, data, status, says):
    seed_policy(at=make.NOW)
    organization = make.hospital(portfolio=home, manager=manager)
    make.category()
    url = reverse("customers:propose", args=[organization.public_id])
    response = visit(url, as_=manager, method="post", data={"category": "HE-ACUTE", **data})
    assert response.status_code == status
    assert says in text(response)
    assert not Claim.objects.exists()


def test_proposing_and_adding_evidence_are_for_the_portfolio(visit, home, manager):
    claim = make.claim(of=make.hospital(portfolio=home, manager=manager))
    propose = reverse("customers:propose", args=[claim.organization.public_id])
    add = reverse("customers:evidence", args=[claim.public_id])
    stranger = make.account_manager(portfolios=[make.portfolio()])
    assert visit(propose, as_=stranger).status_code == 404
    assert visit(add, as_=stranger).status_code == 404
    assert visit(propose, as_=make.person(Role.VERIFIER)).status_code == 403
    assert visit(add, as_=make.person(Role.AUDITOR)).status_code == 403
    assert visit(add, as_=manager).status_code == 200
    data = {"letter_issuer": "Ministry of Health", "letter_reference": "12/2020"}
    assert visit(add, as_=manager, method="post", data=data).status_code == 302
    assert claim.evidence.count() == 3
    assert visit(add, as_=manager, method="post", data={}).status_code == 400


# --- verification ----------------------------------------------------------------------------------


def test_the_queue_shows_the_most_urgent_then_the_oldest_and_costs_the_same(visit, verifier):
    old, new, urgent = (make.claim(at=make.NOW + timedelta(hours=n)) for n in range(3))
    Claim.objects.filter(pk=urgent.pk).update(urgency=100)
    page = text(visit(QUEUE, as_=verifier, queries=9))
    assert page.index(case_of(urgent)) < page.index(case_of(old)) < page.index(case_of(new))
    for n in range(5):
        make.claim("CI-WATER", at=make.NOW + timedelta(days=n))
    visit(QUEUE, as_=verifier, queries=9)


def test_the_queue_tells_apart_what_i_may_decide(visit):
    hospital = make.hospital()
    own, other = make.claim(of=hospital), make.claim("CI-WATER")
    both = make.person(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[hospital.portfolio])
    mine, others = text(visit(QUEUE + "?mine=yes", as_=both)), text(visit(QUEUE + "?mine=no", as_=both))
    assert case_of(other) in mine
    assert case_of(own) not in mine
    assert case_of(own) in others
    page = text(visit(case_of(own), as_=both))
    assert "is in your own portfolio" in page
    assert act_on(own, "take-up") not in page
    response = visit(act_on(own, "take-up"), as_=both, method="post", data={"row_version": own.row_version})
    assert response.status_code == 403
    assert "is in your own portfolio" in text(response)


def test_a_case_shows_the_entry_beside_the_organization_and_marks_what_differs(visit, verifier):
    hospital = make.hospital("Klinikum Musterstadt", domains=["klinikum.example"])
    row = make.register_row("Klinikum Musterstadt", country="AT", domain="klinikum.example")
    claim = make.claim(of=hospital, evidence=[make.match(row), *make.strong_evidence(hospital)[1:]])
    page = text(visit(case_of(claim), as_=verifier, queries=11))
    assert "<mark>Austria</mark>" in page
    assert page.count("agrees") >= 2
    for number in range(4):
        make.add_letter(claim, reference=str(number))
    visit(case_of(claim), as_=verifier, queries=11)


def test_a_case_is_worked_from_the_queue_to_verified_in_the_browser(visit, verifier):
    claim = make.claim()
    items = list(claim.evidence.all())

    def post(url, **data):
        claim.refresh_from_db()
        return visit(url, as_=verifier, method="post", data={"row_version": claim.row_version, **data})

    assert post(act_on(claim, "take-up")).url == case_of(claim)
    page = text(visit(case_of(claim), as_=verifier))
    assert "Missing:" in page
    early = post(act_on(claim, "verify"), valid_until_date=(now() + timedelta(days=300)).date().isoformat())
    assert early.status_code == 409
    assert "cannot be verified yet" in text(early)
    wrong = post(reverse("customers:check", args=[claim.public_id, items[0].public_id]), holds="no")
    assert wrong.status_code == 400
    for item in items:
        check = reverse("customers:check", args=[claim.public_id, item.public_id])
        assert post(check, holds="yes").status_code == 302
    far = post(act_on(claim, "verify"), valid_until_date="2999-01-01")
    assert far.status_code == 400
    assert "At most until" in text(far)
    done = post(act_on(claim, "verify"), valid_until_date=(now() + timedelta(days=300)).date().isoformat())
    assert done.status_code == 302
    claim.refresh_from_db()
    assert claim.state == ClaimState.VERIFIED
    assert "Ranks follow within a minute" in text(visit(done.url, as_=verifier))


def test_a_stale_form_on_a_case_is_refused_and_shows_the_present_state(visit, verifier):
    claim = make.claim()
    seen = claim.row_version
    take_up_claim(actor=make.acting(Role.VERIFIER), claim=claim, at=now())
    response = visit(act_on(claim, "take-up"), as_=verifier, method="post", data={"row_version": seen})
    assert response.status_code == 409
    assert "In verification" in text(response)


@pytest.mark.parametrize(
    ("key", "data", "status"),
    [
        ("reject", {"reason_code": "no_answer", "reason": "Nobody answered."}, 302),
        ("reject", {"reason_code": "no_answer", "reason": ""}, 400),
        ("reject", {"reason_code": "odd", "reason": "x"}, 400),
        ("provisional", {"reason": "The letter is on its way."}, 302),
        ("ask", {"question": "Which site?"}, 302),
        ("suspend", {"reason_code": "complaint", "reason": "A call."}, 409),
        ("revoke", {"reason_code": "mistake", "reason": "Ours."}, 409),
        ("nonsense", {}, 404),
        ("verify", {"valid_until_date": "soon"}, 400),
        ("take-up", {"row_version": "many"}, 400),
    ],
)
def test_each_act_on_a_case_succeeds_or_says_why_not(visit, verifier, key, data, status):
    claim = make.claim()
    take_up_claim(actor=make.acting(Role.VERIFIER), claim=claim, at=now())
    claim.refresh_from_db()
    response = visit(act_on(claim, key), as_=verifier, method="post", data={"row_version": claim.row_version, **data})
    assert response.status_code == status
    if status != 302:
        claim.refresh_from_db()
        assert claim.state == ClaimState.IN_VERIFICATION


def test_a_question_is_answered_on_the_claims_page(visit, home, manager, verifier):
    claim = make.claim(of=make.hospital(portfolio=home, manager=manager))
    actor = make.actor(verifier)
    take_up_claim(actor=actor, claim=claim, at=now())
    request_information(actor=actor, claim=claim, question="Which of the two sites?", at=now())
    claim.refresh_from_db()
    url = reverse("customers:answer", args=[claim.public_id])
    page = text(visit(claim_page(claim), as_=manager, queries=11))
    assert "Which of the two sites?" in page
    assert url in page
    assert url not in text(visit(claim_page(claim), as_=verifier))
    data = {"row_version": claim.row_version, "answer": ""}
    assert visit(url, as_=manager, method="post", data=data).status_code == 400
    data["answer"] = "The northern one."
    assert visit(url, as_=manager, method="post", data=data).status_code == 302
    assert visit(url, as_=manager, method="post", data=data).status_code == 409
    assert "The northern one." in text(visit(case_of(claim), as_=verifier))


# --- portfolio -------------------------------------------------------------------------------------


def test_the_portfolio_shows_what_waits_and_what_runs_out(visit, home, manager, verifier):
    at = now()
    ending = make.verified_claim(
        of=make.hospital("Endet Bald Klinik", portfolio=home, manager=manager),
        at=at,
        valid_until_date=(at + timedelta(days=20)).date(),
    )
    waiting = make.claim("CI-WATER", of=make.hospital("Wasserwerk Wartet", portfolio=home, manager=manager))
    asked = make.claim("CI-ENERGY", of=make.hospital("Kraftwerk Gefragt", portfolio=home, manager=manager))
    actor = make.actor(verifier)
    take_up_claim(actor=actor, claim=asked, at=at)
    request_information(actor=actor, claim=asked, question="Which?", at=at)
    make.claim(of=make.hospital("Fremde Klinik"))
    page = text(visit("/organizations/portfolio/", as_=manager, queries=12))
    order = [page.index(claim_page(claim)) for claim in (asked, ending, waiting)]
    assert order == sorted(order)
    assert "Fremde" not in page
    assert visit("/organizations/portfolio/", as_=verifier).status_code == 403


def test_an_empty_portfolio_says_so(visit, manager):
    page = text(visit("/organizations/portfolio/", as_=manager))
    assert "No question waits for you" in page
    assert "Nothing runs out soon" in page
