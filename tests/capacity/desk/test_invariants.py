"""What must hold does so after real acts, and each kind of breach is found and named."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import AlarmKind
from capacity.desk.invariants import CHECKS, check_invariants
from capacity.regions.threshold_models import ThresholdProposal
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_grant import confirm_grant
from capacity.review.actions.decline_request import decline_request
from capacity.watch.actions.look_at_regions import look_at_regions
from tests import make, sql
from tests.conftest import owner_connection
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def decided():
    """One request of each kind: granted, signed twice, declined, overridden."""
    make.region(condition="constrained")
    make.pool(powered_on=1000)
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    small = make.tier1_request(quantity=10)
    approve_request(actor=reviewer, request_id=small.public_id, region_code="westeurope", at=make.NOW)
    large = make.tier1_request(quantity=200)
    approve_request(actor=reviewer, request_id=large.public_id, region_code="westeurope", at=make.NOW)
    signer = make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW)
    confirm_grant(actor=signer, request_id=large.public_id, at=make.NOW)
    refused = make.request(quantity=5000, confirmed=True)
    decline_request(actor=reviewer, request_id=refused.public_id, reason="Too much.", at=make.NOW)
    make.override(make.request())
    make.released(make.pulled_lever(), 40)
    make.live_campaign()
    make.delivery()
    return small


def tamper(statement: str) -> None:
    """As the owner with the triggers off, which the application cannot; foreign keys and checks stay."""
    owner = owner_connection()
    owner.autocommit = False
    try:
        with owner, owner.cursor() as cursor:
            cursor.execute("SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'")
            tables = [row[0] for row in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement)
            assert cursor.rowcount
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    finally:
        owner.close()


def broken() -> set[str]:
    return {finding.name for finding in check_invariants() if not finding.holds}


def test_everything_holds_after_real_acts_and_every_check_had_something_to_look_at(decided):
    make.verified_claim()
    make.forecast(make.pool(), at=make.NOW)
    keep_alarms(AlarmKind.USAGE_SURGE, {(make.pool().region_id, "vcpu"): {}}, region_ids=[], at=make.NOW)
    make.response_plan()
    make.evidence_review()
    # Most is free there, for longer than a day.
    for hours in (0, 13, 26):
        look_at_regions(at=make.NOW + timedelta(hours=hours))
    findings = list(check_invariants())
    assert [finding for finding in findings if not finding.holds] == []
    assert [finding.name for finding in findings if not finding.looked_at] == []
    out = StringIO()
    call_command("check_invariants", stdout=out)
    assert sum(line.endswith(" holds") for line in out.getvalue().splitlines()) == len(CHECKS)


# Each breach, and the checks that must name it.
BREACHES = {
    "UPDATE capacity_pool SET granted = granted + 1, committed_reserve = committed_reserve + 1 WHERE granted > 0": (
        "pools_equal_their_ledger"
    ),
    "UPDATE capacity_levermeasurement SET after_level = 0": "pools_count_what_levers_were_measured_to_release",
    "UPDATE capacity_pool SET supply_critical = supply_critical + 1": "supplies_follow_from_their_terms",
    "UPDATE capacity_pool SET gate_permille = 500": "gates_follow_crews",
    "DELETE FROM capacity_grant": "states_and_promises_agree",
    "UPDATE capacity_grant SET quantity = quantity + 1": "grants_equal_their_entries",
    "UPDATE capacity_ledgerentry SET quantity = quantity + 1 WHERE kind = 'release_hold'": (
        "releases_repeat_what_they_release"
    ),
    "UPDATE capacity_capacityrequest SET state = 'declined' WHERE state = 'approved'": "lives_follow_their_tables",
    "UPDATE capacity_requestmove SET old_state = 'declined' WHERE new_state = 'approved'": "lives_follow_their_tables",
    "UPDATE capacity_decision SET outcome = 'waitlist' WHERE outcome = 'decline'": "every_decided_request_was_decided",
    "UPDATE capacity_decision SET explanation = '{}', circumstances = '{}' WHERE stage = 'second_signature'": (
        "every_decision_is_in_the_journal"
    ),
    "DELETE FROM journal_entry WHERE action = 'request.declined'": "every_decision_is_in_the_journal",
    "DELETE FROM journal_entry WHERE action = 'request.filed'": "every_filed_request_is_in_the_journal",
    "UPDATE capacity_ranking SET result = jsonb_set(result, '{score}', '999')": "rankings_come_out_the_same",
    "UPDATE capacity_ranking SET facts = jsonb_set(facts, '{is_internal}', 'true')": "rankings_come_out_the_same",
    "UPDATE capacity_ranking SET tier = 4": "rankings_come_out_the_same",
    "UPDATE capacity_capacityrequest SET claimed_tier = 2": "requests_point_at_their_last_ranking",
    "UPDATE capacity_decision SET circumstances = jsonb_set(circumstances, '{ask,tier}', '5')"
    " WHERE stage = 'final'": "diagnoses_come_out_the_same",
    "DELETE FROM customers_evidence WHERE kind = 'domain_control'": "verified_claims_rest_on_evidence",
    "UPDATE customers_organization SET merged_at = now(),"
    " merged_into_id = (SELECT min(o.id) FROM customers_organization o)"
    " WHERE id = (SELECT max(o.id) FROM customers_organization o)": "merged_organizations_hold_nothing",
    "UPDATE priorities_override SET subject_key = gen_random_uuid()": "overrides_keep_to_their_windows",
    "UPDATE capacity_decision SET stage = 'final' WHERE stage = 'first_signature'": "large_grants_have_two_signatures",
    "UPDATE capacity_region SET condition = 'normal'": "conditions_are_those_declared",
    "UPDATE capacity_capacityrequest r SET filed_by_id = d.by_id FROM capacity_decision d"
    " WHERE d.request_id = r.id AND d.outcome = 'decline'": "acts_are_separated",
}


@pytest.mark.parametrize(("breach", "check"), BREACHES.items(), ids=range(len(BREACHES)))
def test_each_breach_is_found_and_named(decided, breach, check):
    tamper(breach)
    assert check in broken()


def test_each_breach_of_alarms_proposals_registers_and_samples_is_found_and_named():
    """Together, as none of them stands in the way of another."""
    pool = make.pool()
    make.forecast(pool)
    make.evidence_review()
    keep_alarms(AlarmKind.USAGE_SURGE, {(pool.region_id, "vcpu"): {}}, region_ids=[], at=make.NOW)
    ThresholdProposal.objects.create(
        region=pool.region, current="normal", condition="watch", reasons=[], since=make.NOW, raised_at=make.NOW
    )
    breaches = {
        f"UPDATE capacity_alarm SET owner_id = {make.person().pk}, acknowledged_by_id = {make.person().pk},"
        " acknowledged_at = now()": "alarms_belong_to_people_who_may_act",
        "UPDATE capacity_thresholdproposal SET state = 'lapsed', closed_at = raised_at - interval '1 day'": (
            "proposals_of_thresholds_were_answered_as_they_say"
        ),
        "UPDATE customers_registersnapshot SET row_count = row_count + 1": "snapshots_hold_their_rows",
        "UPDATE customers_evidencereview SET snapshot_id = (SELECT min(id) FROM customers_registersnapshot)": (
            "register_entries_are_of_their_snapshots"
        ),
        "CREATE TABLE capacity_usagesample_199001 PARTITION OF capacity_usagesample"
        " FOR VALUES FROM ('1990-02-01') TO ('1990-03-01')": "samples_lie_in_their_month",
    }
    assert broken() == set()
    try:
        for breach in breaches:
            tamper(breach)
        assert broken() == set(breaches.values())
    finally:
        with sql.owner() as cursor:
            cursor.execute("DROP TABLE IF EXISTS capacity_usagesample_199001")


def test_the_command_fails_and_says_what_does_not_hold(decided):
    tamper("DELETE FROM journal_entry WHERE action = 'request.declined'")
    out = StringIO()
    with pytest.raises(CommandError, match="every_decision_is_in_the_journal"):
        call_command("check_invariants", "every_decision_is_in_the_journal", "--json", stdout=out)
    (finding,) = json.loads(out.getvalue())
    assert finding["fault_count"] == 1
    assert "has no journal entry" in finding["faults"][0]
