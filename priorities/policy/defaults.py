"""Version 1: the default taxonomy."""

from priorities.policy.facts import FREE_OFFERS, PAID_OFFERS, Verification, Workload
from priorities.policy.version import Policy, Rule, TierTerms

FIRST_RESPONDERS = ("FR-POLICE", "FR-FIRE", "FR-EMS", "FR-DISPATCH")
HEALTH_AND_EMERGENCY = ("HE-ACUTE", "HE-PUBLIC", "HE-SUPPLY", "EM-AUTHORITY", "EM-AID")
CRITICAL_INFRASTRUCTURE = (
    "CI-ENERGY",
    "CI-WATER",
    "CI-TELECOM",
    "CI-FOOD",
    "CI-TRANSPORT",
    "CI-FINANCE",
    "CI-WASTE",
    "CI-MEDIA",
)
CATEGORIES = (
    *FIRST_RESPONDERS,
    *HEALTH_AND_EMERGENCY,
    "GV-CORE",
    "RW-CORE",
    *CRITICAL_INFRASTRUCTURE,
    "GV-JUSTICE",
    "GV-DEFENCE",
    "ED-REMOTE",
    "RS-CRISIS",
    "GV-OTHER",
)


def default_policy() -> Policy:
    """Version 1: the taxonomy and the defaults a new installation starts with.

    The four criteria of tier 1 (clauses 1.1 to 1.4) are those announced on 21 March 2020; they are equal among each
    other.
    """
    emergency = (Workload.EMERGENCY_DISPATCH, Workload.EMERGENCY_ROUTING, Workload.ALERTING)
    health = (Workload.MEDICAL_SUPPLY, Workload.HEALTH_BOTS, Workload.HEALTH_RECORDS)
    # Sectors that are tier 2, and tier 1 for a service whose vital tasks an authority has certified.
    essential: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
        (
            CRITICAL_INFRASTRUCTURE,
            (
                *emergency,
                Workload.MEDICAL_SUPPLY,
                Workload.PUBLIC_ADMINISTRATION,
                Workload.REMOTE_CONTACT_CENTER,
            ),
        ),
        (("GV-JUSTICE", "GV-DEFENCE"), (*emergency, Workload.PUBLIC_ADMINISTRATION)),
        (("ED-REMOTE",), (Workload.EDUCATION,)),
        (("RS-CRISIS",), (Workload.ALERTING, *health)),
    )
    rules = (
        Rule("1.1", 1, categories=FIRST_RESPONDERS, workloads=(*emergency, Workload.HEALTH_RECORDS)),
        Rule("1.2", 1, categories=HEALTH_AND_EMERGENCY, workloads=(*emergency, *health)),
        Rule("1.3", 1, categories=("GV-CORE",), workloads=(*emergency, Workload.PUBLIC_ADMINISTRATION)),
        Rule("1.4", 1, categories=("RW-CORE",), workloads=(Workload.REMOTE_WORK_CORE,), internal=True),
        *(
            Rule(f"1.{number}", 1, categories=categories, workloads=workloads, needs_certificate=True)
            for number, (categories, workloads) in enumerate(essential, start=5)
        ),
        *(
            Rule(f"2.{number}", 2, categories=categories, workloads=workloads)
            for number, (categories, workloads) in enumerate(essential, start=1)
        ),
        Rule("3.1", 3, categories=("GV-OTHER",)),
        Rule("3.2", 3, offers=PAID_OFFERS, existing=True),
        Rule("4.1", 4, offers=PAID_OFFERS, existing=False),
        Rule("5.1", 5, offers=FREE_OFFERS),
    )
    return Policy(
        version=1,
        rules=rules,
        tiers=(
            TierTerms(1, aging_points=0, max_wait_days=None, target_hours=4, working_days=False, binding_wishes=True),
            TierTerms(2, aging_points=20, max_wait_days=14, target_hours=24, working_days=True, binding_wishes=True),
            TierTerms(3, aging_points=15, max_wait_days=30, target_hours=72, working_days=True),
            TierTerms(4, aging_points=10, max_wait_days=60, target_hours=120, working_days=True),
            TierTerms(5, aging_points=5, max_wait_days=90, target_hours=240, working_days=True),
        ),
        workload_scores=(
            (Workload.EMERGENCY_DISPATCH, 1000),
            (Workload.EMERGENCY_ROUTING, 900),
            (Workload.ALERTING, 900),
            (Workload.MEDICAL_SUPPLY, 800),
            (Workload.HEALTH_RECORDS, 800),
            (Workload.HEALTH_BOTS, 700),
            (Workload.PUBLIC_ADMINISTRATION, 600),
            (Workload.REMOTE_WORK_CORE, 600),
            (Workload.REMOTE_CONTACT_CENTER, 400),
            (Workload.EDUCATION, 400),
            (Workload.GENERAL, 100),
        ),
        verification_scores=((Verification.VERIFIED, 1000), (Verification.PROVISIONAL, 500)),
        weight_workload=500,
        weight_certificate=250,
        weight_verification=250,
        reserve_permille=100,
        mark_permille=600,
        second_signature_permille=50,
        override_hours=72,
        override_max_days=14,
        override_renewals=2,
        break_glass_hours=24,
        provisional_cap_permille=10,
        floors=(("RW-CORE", 20),),
    )
