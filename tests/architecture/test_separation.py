"""Separation of duties: what the database holds is proven by a test that tries raw SQL, rule by rule."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from capacity.requests.models import Outcome
from customers.assurance.actions.complain import complain
from customers.models import Evidence
from priorities.models import PolicyVersion
from tests import make
from tests.architecture.test_relations import ROOT
from tests.sql import refused, run
from users.models import RoleAssignment
from users.roles import Role

HERE = Path(__file__)

# Rules of this kind are named so; a trigger that holds one is listed here by what it says.
SAYS = {
    "administrators_appoint": "only an administrator appoints",
    "decision_needs_others": "who filed a request does not decide it",
    "no_decision_in_own_portfolio": "nobody decides a claim of the own portfolio",
    "no_check_in_own_portfolio": "nobody checks evidence of the own claim or portfolio",
    "no_inheritance_in_own_portfolio": "nobody decides what an organization of the own portfolio inherits",
    "no_case_in_own_portfolio": "nobody takes up a case of the own claim or portfolio",
}


def rules() -> set[str]:
    """The names of the constraints and triggers that keep people apart."""
    found = set()
    for model in apps.get_models():
        for rule in [*model._meta.constraints, *getattr(model._meta, "triggers", [])]:
            if re.search(r"nobody_|another|needs_others|appoint|own_portfolio|two_people", rule.name):
                found.add(rule.name)
    return found


def test_every_rule_is_tried_by_sql():
    # Of this file only what stands below, or the lists above would prove themselves.
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path != HERE]
    texts.append(HERE.read_text(encoding="utf-8").partition("# --- Tries")[2])
    untried = {rule for rule in rules() if not any(rule in text or SAYS.get(rule, rule) in text for text in texts)}
    assert not untried, "no test tries these against the database"


def test_the_rules_are_known():
    assert rules() >= {
        "nobody_appoints_self",
        "nobody_dismisses_self",
        "nobody_accepts_own_invitation",
        "nobody_verifies_own_claim",
        "nobody_confirms_own_override",
        "nobody_confirms_own_lever",
        "nobody_publishes_own_notice",
        "deputy_is_another",
        *SAYS,
    }


# --- Tries as the application role -----------------------------------------------------------------


@pytest.mark.django_db
def test_a_claim_is_not_verified_by_who_filed_it_nor_within_the_own_portfolio():
    claim = make.claim()
    verifying = "UPDATE customers_claim SET decided_by_id = %s, decided_at = now() WHERE id = %s"
    colleague = make.account_manager(portfolios=[claim.organization.portfolio])
    own = "nobody decides a claim of the own portfolio"
    assert own in refused(verifying, colleague.pk, claim.pk)
    assert own in refused(verifying, make.account_manager().pk, claim.pk), (
        "who reaches every portfolio reaches this one"
    )
    run("UPDATE users_roleassignment SET ended_at = now() WHERE user_id = %s", claim.filed_by_id)
    assert "nobody_verifies_own_claim" in refused(verifying, claim.filed_by_id, claim.pk)
    stranger = make.person(Role.VERIFIER)
    assert "claim_origin_stays" in refused("UPDATE customers_claim SET filed_by_id = %s", stranger.pk)
    run(verifying, stranger.pk, claim.pk)


@pytest.mark.django_db
def test_evidence_is_not_checked_by_who_added_it():
    make.claim()
    evidence = Evidence.objects.exclude(added_by=None).first()
    checking = "UPDATE customers_evidence SET checked_by_id = %s, checked_at = now(), holds = true WHERE id = %s"
    assert "nobody_checks_own_evidence" in refused(checking, evidence.added_by_id, evidence.pk)
    for change in ("added_by_id = NULL", "issuer = 'Ministry'"):
        assert "evidence_stays" in refused(f"UPDATE customers_evidence SET {change}")
    run(checking, make.person(Role.VERIFIER).pk, evidence.pk)


@pytest.mark.django_db
def test_evidence_is_neither_checked_nor_a_case_taken_up_by_who_is_close():
    claim = make.claim()
    found_by = make.person(Role.VERIFIER)
    make.add_letter(claim, by=found_by)
    evidence = Evidence.objects.exclude(added_by=None).first()
    checking = "UPDATE customers_evidence SET checked_by_id = %s, checked_at = now(), holds = true WHERE id = %s"
    leasing = "INSERT INTO customers_caselease (claim_id, holder_id, until) VALUES (%s, %s, now())"
    deciding = "UPDATE customers_claim SET decided_by_id = %s, decided_at = now() WHERE id = %s"
    colleague = make.account_manager(portfolios=[claim.organization.portfolio])
    for close in (colleague.pk, make.account_manager().pk, claim.filed_by_id):
        letter = Evidence.objects.get(added_by=found_by)
        assert "nobody checks evidence of the own claim or portfolio" in refused(checking, close, letter.pk)
        assert "nobody takes up a case of the own claim or portfolio" in refused(leasing, claim.pk, close)
    assert "nobody takes up a case" in refused(leasing, claim.pk, found_by.pk)
    assert "brought evidence for" in refused(deciding, found_by.pk, claim.pk)
    assert "what_holds_was_checked" in refused("UPDATE customers_evidence SET holds = true")
    run(checking, found_by.pk, evidence.pk)
    run(leasing, claim.pk, make.person(Role.VERIFIER).pk)


@pytest.mark.django_db
def test_who_was_far_and_came_close_renews_nothing_in_the_old_name():
    claim = make.verified_claim()
    RoleAssignment.objects.create(user=claim.decided_by, role=Role.ACCOUNT_MANAGER, started_at=make.NOW)
    renewing = "UPDATE customers_claim SET decided_at = now(), valid_until = now() + interval '1 year' WHERE id = %s"
    assert "nobody decides a claim of the own portfolio" in refused(renewing, claim.pk)
    run("UPDATE customers_claim SET state = 'revalidation_due' WHERE id = %s", claim.pk)
    assert "nobody decides" in refused("UPDATE customers_claim SET state = 'verified' WHERE id = %s", claim.pk)


@pytest.mark.django_db
def test_nothing_becomes_verified_that_rests_on_nothing():
    claim = make.claim()
    verifier = make.person(Role.VERIFIER).pk
    run("UPDATE customers_claim SET state = 'in_verification' WHERE id = %s", claim.pk)
    verifying = (
        "UPDATE customers_claim SET state = 'verified', decided_by_id = %s, decided_at = now(),"
        " valid_until = now() + interval '1 year' WHERE id = %s"
    )
    checking = "UPDATE customers_evidence SET checked_by_id = %s, checked_at = now(), holds = true WHERE kind = %s"
    rule = "a verification rests on evidence that was checked and holds"
    assert rule in refused(verifying, verifier, claim.pk)
    run(checking, verifier, "register_match")
    assert rule in refused(verifying, verifier, claim.pk), "life-safety categories need control of a domain, too"
    run(checking, verifier, "domain_control")
    run(verifying, verifier, claim.pk)


@pytest.mark.django_db
def test_a_complaint_is_not_resolved_by_who_made_it():
    claim = make.verified_claim()
    review = complain(actor=make.acting(Role.AUDITOR), claim_id=claim.public_id, complaint="Doubtful.", at=make.NOW)
    resolving = (
        "UPDATE customers_claimreview SET resolved_by_id = %s, resolved_at = now(), outcome = 'stands', finding = 'x'"
    )
    assert "nobody_resolves_own_complaint" in refused(resolving, review.opened_by_id)
    for involved in (claim.filed_by_id, claim.decided_by_id, make.account_manager().pk):
        assert "a review is for somebody who was not involved" in refused(resolving, involved)
    run(resolving, make.person(Role.VERIFIER).pk)


@pytest.mark.django_db
def test_an_account_manager_lets_nothing_be_inherited_and_nothing_merges_into_itself():
    parent, child = make.organization("Stadt Muster"), make.organization("Klinikum Muster")
    deciding = (
        "INSERT INTO customers_inheritance (organization_id, parent_id, is_accepted, reason, decided_by_id, decided_at)"
        " VALUES (%s, %s, true, 'Part of the town', %s, now())"
    )
    close = make.account_manager(portfolios=[child.portfolio]).pk
    said = refused(deciding, child.pk, parent.pk, close)
    assert "nobody decides what an organization of the own portfolio inherits" in said
    run(deciding, child.pk, parent.pk, make.person(Role.VERIFIER).pk)
    merging = "UPDATE customers_organization SET merged_into_id = id WHERE id = %s"
    assert "organization_merged_into_another" in refused(merging, child.pk)


@pytest.mark.django_db
def test_a_policy_is_not_activated_by_who_proposed_it():
    person = make.person(Role.CAPACITY_REVIEWER)
    version = PolicyVersion.objects.create(number=99, title="Next", proposed_by=person, proposed_at=make.NOW)
    activating = "UPDATE priorities_policyversion SET activated_by_id = %s WHERE id = %s"
    assert "nobody_activates_own_policy" in refused(activating, person.pk, version.pk)
    run(activating, make.person(Role.DUTY_MANAGER).pk, version.pk)


@pytest.mark.django_db
def test_an_override_is_not_confirmed_by_who_proposed_it():
    override = make.override(make.request())
    confirming = "UPDATE priorities_override SET confirmed_by_id = %s WHERE id = %s"
    assert "nobody_confirms_own_override" in refused(confirming, override.proposed_by_id, override.pk)
    run(confirming, make.person(Role.DUTY_MANAGER).pk, override.pk)


@pytest.mark.django_db
def test_a_region_condition_takes_two_people():
    make.region("westeurope")
    declaration = make.declared("westeurope", "constrained", confirmed=False)
    table, key = "capacity_conditiondeclaration", declaration.pk
    proposer, other = declaration.proposed_by_id, make.person(Role.DUTY_MANAGER).pk
    confirming = f"UPDATE {table} SET confirmed_by_id = %s WHERE id = %s"
    assert "nobody_confirms_own_condition" in refused(confirming, proposer, key)
    refusing = f"UPDATE {table} SET refused_by_id = %s, answer = %s WHERE id = %s"
    assert "another_person_refuses_with_reason" in refused(refusing, proposer, "No.", key)
    assert "another_person_refuses_with_reason" in refused(refusing, other, "", key)
    alone = f"UPDATE {table} SET state = 'in_force', in_force_at = now() WHERE id = %s"
    assert "scarce_condition_has_two_people" in refused(alone, key)
    run(confirming, other, key)


@pytest.mark.django_db
def test_a_workload_is_not_confirmed_and_a_request_not_decided_by_who_filed_it():
    request = make.request()
    confirming = (
        "UPDATE capacity_capacityrequest SET confirmed_by_id = %s, confirmed_workload_id = claimed_workload_id"
        " WHERE id = %s"
    )
    assert "nobody_confirms_own_workload" in refused(confirming, request.filed_by_id, request.pk)
    deciding = (
        "INSERT INTO capacity_decision"
        " (public_id, request_id, outcome, stage, circumstances, block, explanation, reason, by_id, at, follows_id)"
        " VALUES (gen_random_uuid(), %s, %s, %s, '{}', '', '{}', '', %s, now(), %s) RETURNING id"
    )
    decline, reviewer = str(Outcome.DECLINE), make.person(Role.CAPACITY_REVIEWER).pk
    said = refused(deciding, request.pk, decline, "final", request.filed_by_id, None)
    assert "who filed a request does not decide it" in said
    ((first,),) = run(deciding, request.pk, decline, "first_signature", reviewer, None)
    for signer, follows in ((reviewer, first), (make.person(Role.DUTY_MANAGER).pk, None)):
        said = refused(deciding, request.pk, decline, "second_signature", signer, follows)
        assert "a second signature follows the first signature of another person" in said
    run(deciding, request.pk, decline, "second_signature", make.person(Role.DUTY_MANAGER).pk, first)


@pytest.mark.django_db
def test_a_duty_holder_is_not_the_own_deputy():
    person = make.person(Role.DUTY_MANAGER)
    planning = (
        "INSERT INTO users_dutyshift (public_id, row_version, holder_id, deputy_id, starts_at, ends_at)"
        " VALUES (gen_random_uuid(), 1, %s, %s, now(), now() + interval '8 hours')"
    )
    assert "deputy_is_another" in refused(planning, person.pk, person.pk)


@pytest.mark.django_db
def test_the_application_role_ends_no_appointment_in_another_s_name():
    auditor = make.person(Role.AUDITOR)
    held = RoleAssignment.objects.get(user=auditor)
    ending = "UPDATE users_roleassignment SET ended_at = now(), ended_by_id = %s WHERE id = %s"
    assert "only an administrator dismisses" in refused(ending, make.person(Role.DUTY_MANAGER).pk, held.pk)
