"""What a new installation starts with: the workload classes and the default policy, in force."""

from datetime import datetime

from django.db import transaction

from journal.record import record
from kit import clock
from priorities import policy
from priorities.models import PolicyMove, PolicyState, PolicyVersion, WorkloadClass
from priorities.policies import store_policy
from users.access import SYSTEM

WORKLOAD_NAMES: dict[str, tuple[str, str]] = {
    policy.Workload.EMERGENCY_DISPATCH: ("Notruf und Einsatzleitung", "Emergency dispatch"),
    policy.Workload.EMERGENCY_ROUTING: ("Notfall-Routing und Lagemeldung", "Emergency routing and reporting"),
    policy.Workload.ALERTING: ("Warnung der Bevölkerung", "Alerting the public"),
    policy.Workload.MEDICAL_SUPPLY: ("Steuerung medizinischer Versorgung", "Medical supply management"),
    policy.Workload.HEALTH_BOTS: ("Gesundheitsbots und Vorabklärung", "Health bots and screening"),
    policy.Workload.HEALTH_RECORDS: ("Patientenakten", "Health records"),
    policy.Workload.PUBLIC_ADMINISTRATION: ("Dienste der öffentlichen Verwaltung", "Public administration services"),
    policy.Workload.REMOTE_WORK_CORE: ("Kernfunktionen der Fernarbeit", "Core functions of remote work"),
    policy.Workload.REMOTE_CONTACT_CENTER: ("Kundendienst aus der Ferne", "Remote contact center"),
    policy.Workload.EDUCATION: ("Fernunterricht", "Remote education"),
    policy.Workload.GENERAL: ("Allgemeine Nutzung", "General use"),
}


def seed_policy(*, at: datetime | None = None) -> None:
    """Create the workload classes and, where no version exists yet, activate the default policy.

    Repeating it changes nothing. The default is put in force by the system, because nobody is
    there yet to propose and to activate; every later version takes two people.
    """
    at = at or clock.now()
    with transaction.atomic():
        for position, (code, (name_de, name_en)) in enumerate(WORKLOAD_NAMES.items(), start=1):
            WorkloadClass.objects.get_or_create(
                code=str(code), defaults={"name_de": name_de, "name_en": name_en, "position": position}
            )
        if PolicyVersion.objects.exists():
            return
        version = store_policy(policy.default_policy(), title="Kriterien vom 21. März 2020 / Criteria of 21 March 2020")
        PolicyMove.objects.create(version=version, new_state=PolicyState.DRAFT, at=at)
        for state in (PolicyState.PROPOSED, PolicyState.ACTIVE):
            old, version.state = version.state, state
            version.active_from = at if state == PolicyState.ACTIVE else None
            version.save(update_fields=["state", "active_from"])
            PolicyMove.objects.create(version=version, old_state=old, new_state=state, at=at)
        record(
            actor=SYSTEM,
            action="policy.activated",
            subject_type="policy_version",
            subject_id=version.public_id,
            reason="Default policy of a new installation",
            after={"number": version.number, "digest": policy.digest(policy.default_policy())},
            at=at,
        )
