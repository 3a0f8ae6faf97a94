"""Control of a domain is shown by the domain: a record in its DNS, or a code that reached a mailbox there."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from customers.actions.check_evidence import NotShown, check_evidence
from customers.actions.show_domain import (
    CODE_VALID_FOR,
    MOST_CODES,
    MOST_TRIES,
    RecordNotFound,
    TooManyCodes,
    UnknownMailbox,
    check_dns,
    redeem_code,
    send_code,
)
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.models import ClaimState, DomainProof, EvidenceKind, MailedCode
from customers.proofs import dns
from customers.proofs.codes import ALPHABET, draw_code, plain, shown
from journal.models import Entry
from kit.clock import now
from kit.refusal import NotFound
from tests import make
from tests.sql import refused, run
from users.access import NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

# What the DNS of these tests holds; see `look_up`.
RECORDS: dict[str, list[str]] = {}


def look_up(name):
    found = RECORDS.get(name, [])
    if found is None:
        raise dns.ResolverUnavailable(domain=name)
    return found


@pytest.fixture(autouse=True)
def _records(settings):
    settings.DOMAIN_RESOLVER = f"{__name__}.look_up"
    RECORDS.clear()
    cache.clear()


@pytest.fixture
def manager():
    return make.account_manager(portfolios=[make.portfolio()])


@pytest.fixture
def claim(manager):
    """An unlisted hospital's claim: a letter and its domain, of which nothing is shown yet."""
    home = manager.assignments.get().portfolios.get()
    hospital = make.hospital(portfolio=home, manager=manager, domains=["klinik.example"])
    return make.claim(of=hospital, evidence=[make.letter(), make.domain("klinik.example")], shown=False, at=now())


def item_of(claim):
    return claim.evidence.select_related("claim").get(kind=EvidenceKind.DOMAIN_CONTROL)


def publish(claim):
    challenge = claim.challenges.get()
    RECORDS[f"_vorrang-challenge.{challenge.domain}"] = ["v=spf1 -all", f"vorrang-verification={challenge.token}"]


def mailed(claim, manager, at=None):
    return send_code(actor=make.actor(manager), evidence=item_of(claim), mailbox="postmaster", at=at or now())


def text(response):
    return response.getvalue().decode()


def on(claim, act):
    return reverse(f"customers:{act}", args=[claim.public_id, item_of(claim).public_id])


# --- DNS ---------------------------------------------------------------------------------------------


def test_the_record_of_this_claim_shows_control_and_no_other_does(claim, manager):
    actor = make.actor(manager)
    with pytest.raises(RecordNotFound) as refusal:
        check_dns(actor=actor, evidence=item_of(claim), at=now())
    assert "_vorrang-challenge.klinik.example" in refusal.value.sentence
    another = make.claim("FR-FIRE", of=claim.organization, evidence=[make.domain("klinik.example")], shown=False)
    publish(another)
    with pytest.raises(RecordNotFound):
        check_dns(actor=actor, evidence=item_of(claim), at=now())
    publish(claim)
    proof = check_dns(actor=actor, evidence=item_of(claim), at=now())
    assert claim.challenges.get().token in proof.seen
    assert Entry.objects.get(action="evidence.domain_shown").after["method"] == "dns"


def test_silent_name_servers_are_no_answer(claim, manager):
    RECORDS["_vorrang-challenge.klinik.example"] = None
    with pytest.raises(dns.ResolverUnavailable):
        check_dns(actor=make.actor(manager), evidence=item_of(claim), at=now())
    assert not DomainProof.objects.exists()


def test_a_verifier_s_word_is_no_proof_and_sql_says_so_too(claim):
    verifier = make.acting(Role.VERIFIER)
    take_up_claim(actor=verifier, claim=claim, at=now())
    item = item_of(claim)
    with pytest.raises(NotShown):
        check_evidence(actor=verifier, evidence=item, holds=True, at=now())
    holding = "UPDATE customers_evidence SET holds = true, checked_by_id = %s, checked_at = now() WHERE id = %s"
    assert "control of a domain holds once it was shown" in refused(holding, verifier.user_id, item.pk)
    proving = "INSERT INTO customers_domainproof (challenge_id, method, seen, at) VALUES (%s, %s, %s, now())"
    challenge = claim.challenges.get()
    for method, seen in (("dns", "something else"), ("mail", challenge.token), ("word", challenge.token)):
        assert "shows the token or a used code" in refused(proving, challenge.pk, method, seen)
    run(proving, challenge.pk, "dns", f"vorrang-verification={challenge.token}")
    run(holding, verifier.user_id, item.pk)
    assert "permission denied" in refused("UPDATE customers_domainchallenge SET token = 'x'")


def test_a_renewal_needs_control_shown_anew(claim, manager):
    verified = make.verified_claim(of=claim.organization, code="CI-WATER", at=now())
    verified.state = ClaimState.REVALIDATION_DUE
    verified.save(update_fields=["state"])
    item, verifier = item_of(verified), make.acting(Role.VERIFIER)
    later = now() + timedelta(days=300)
    with pytest.raises(NotShown):
        check_evidence(actor=verifier, evidence=item, holds=True, at=later)
    make.show_domains(verified, at=later)
    assert check_evidence(actor=verifier, evidence=item, holds=True, at=later).holds


# --- mailed codes ------------------------------------------------------------------------------------


def test_a_code_goes_to_a_role_s_mailbox_of_the_domain_and_is_kept_as_a_hash(claim, manager):
    for wrong in ("chief", "", "postmaster@elsewhere.example"):
        with pytest.raises(UnknownMailbox):
            send_code(actor=make.actor(manager), evidence=item_of(claim), mailbox=wrong, at=now())
    mailing = mailed(claim, manager)
    assert mailing.sent.address == "postmaster@klinik.example"
    assert mailing.code not in mailing.sent.code_hash
    assert mailing.link not in mailing.sent.link_hash
    assert redeem_code(link=mailing.link, typed=shown(mailing.code).lower(), at=now()).is_right
    with pytest.raises(NotFound):
        redeem_code(link=mailing.link, typed=mailing.code, at=now())
    assert Entry.objects.get(action="evidence.domain_shown").after["mailbox"] == "postmaster"


def test_five_wrong_tries_use_a_code_up_and_a_late_one_is_none(claim, manager):
    mailing = mailed(claim, manager)
    left = [redeem_code(link=mailing.link, typed="WRONG", at=now()).tries_left for _ in range(MOST_TRIES)]
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(NotFound):
        redeem_code(link=mailing.link, typed=mailing.code, at=now())
    late = mailed(claim, manager)
    with pytest.raises(NotFound):
        redeem_code(link=late.link, typed=late.code, at=now() + CODE_VALID_FOR)
    assert "code_is_tried_a_few_times" in refused(
        f"UPDATE customers_mailedcode SET tries = 6 WHERE id = {late.sent.pk}"
    )
    assert "closed_code_stays_closed" in refused(
        "UPDATE customers_mailedcode SET voided_at = NULL WHERE voided_at IS NOT NULL"
    )
    assert not DomainProof.objects.exists()


def test_a_new_code_ends_the_old_one_and_a_domain_gets_few_a_day(claim, manager):
    first = mailed(claim, manager)
    mailed(claim, manager)
    with pytest.raises(NotFound):
        redeem_code(link=first.link, typed=first.code, at=now())
    for _ in range(MOST_CODES - 2):
        mailed(claim, manager)
    with pytest.raises(TooManyCodes):
        mailed(claim, manager)
    assert mailed(claim, manager, at=now() + timedelta(hours=25))


def test_sending_is_for_who_may_add_evidence(claim):
    for role in (Role.CAPACITY_REVIEWER, Role.AUDITOR):
        with pytest.raises(NeedsRole):
            send_code(actor=make.acting(role), evidence=item_of(claim), mailbox="info", at=now())
    assert not MailedCode.objects.exists()


def test_codes_are_easy_to_type():
    code = draw_code()
    assert set(code) <= set(ALPHABET)
    assert not set("AEIOU01") & set(ALPHABET)
    assert plain(f" {shown(code).lower()} ") == code


# --- pages -------------------------------------------------------------------------------------------


def test_the_customer_enters_the_code_once_without_an_account(visit, claim, manager):
    page = reverse("customers:claim", args=[claim.public_id])
    shown_page = text(visit(page, as_=manager))
    assert f"vorrang-verification={claim.challenges.get().token}" in shown_page
    assert visit(on(claim, "mail_code"), as_=manager, method="post", data={"mailbox": "info"}).status_code == 302
    assert "on its way to info@klinik.example" in text(visit(page, as_=manager))
    (letter,) = mail.outbox
    assert letter.to == ["info@klinik.example"]
    (link,) = set(re.findall(r"http://testserver(/domain-code/\S+/)", letter.body))
    (code,) = set(re.findall(r"\b[B-Z2-9]{4}-[B-Z2-9]{4}\b", letter.body))
    english = {"Accept-Language": "en"}
    assert "klinik.example" in text(visit(link, headers=english))
    wrong = visit(link, method="post", data={"code": "AAAA-AAAA"}, headers=english)
    assert wrong.status_code == 400
    assert "tries are left" in text(wrong)
    assert "Thank you" in text(visit(link, method="post", data={"code": code}, headers=english))
    assert visit(link).status_code == 404
    assert DomainProof.objects.get().method == "mail"


def test_guessing_from_one_address_ends_whatever_the_links(visit, claim, manager):
    answers = [
        visit(reverse("customers:enter_code", args=["x" * 43]), method="post", data={"code": "AAAA"}).status_code
        for _ in range(32)
    ]
    assert answers[:30] == [404] * 30
    assert answers[30:] == [429, 429]


def test_the_dns_is_looked_at_from_the_page_and_says_what_it_found(visit, claim, manager):
    verifier = make.person(Role.VERIFIER)
    case = reverse("customers:case", args=[claim.public_id])
    answer = visit(on(claim, "dns"), as_=verifier, method="post", data={"on": "case"}, follow=True)
    assert "does not hold this record yet" in text(answer)
    publish(claim)
    answer = visit(on(claim, "dns"), as_=verifier, method="post", data={"on": "case"}, follow=True)
    assert answer.redirect_chain[0][0].startswith(case)
    assert "control of klinik.example is shown" in text(answer)
    assert visit(on(claim, "dns"), as_=make.person(Role.CAPACITY_REVIEWER), method="post").status_code == 403
    assert visit(on(claim, "dns"), as_=make.account_manager(), method="post").status_code in (302, 404)


def test_an_unlisted_german_hospital_is_verified_within_ten_minutes(visit, claim, manager):
    """Letter and domain: the account manager files at 0:00, the record is set, two checks and a decision follow."""
    began = claim.filed_at
    publish(claim)
    visit(on(claim, "dns"), as_=manager, method="post")
    verifier = make.actor(make.person(Role.VERIFIER))
    take_up_claim(actor=verifier, claim=claim, at=began + timedelta(minutes=4))
    for minutes, item in enumerate(claim.evidence.all(), start=5):
        check_evidence(actor=verifier, evidence=item, holds=True, at=began + timedelta(minutes=minutes))
    verified = verify_claim(actor=verifier, claim=claim, at=began + timedelta(minutes=8))
    assert verified.state == ClaimState.VERIFIED
    assert verified.decided_at - began < timedelta(minutes=10)
