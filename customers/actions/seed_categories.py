"""What a new installation starts with: the sector categories an organization may claim."""

from django.db import transaction

from customers.models import SectorCategory

# Life-safety and state-critical: two independent items of evidence, looked at again every year.
STRONG_CATEGORIES = (
    ("FR-POLICE", "Polizei", "Police"),
    ("FR-FIRE", "Feuerwehr", "Fire service"),
    ("FR-EMS", "Rettungsdienst", "Rescue and emergency medical service"),
    ("FR-DISPATCH", "Leitstelle für Notrufe", "Emergency call center"),
    ("HE-ACUTE", "Krankenhaus", "Hospital"),
    ("HE-PUBLIC", "Gesundheitsbehörde", "Public-health agency"),
    ("HE-SUPPLY", "Medizinische Versorgung, Blut, Labore", "Medical supply, blood, laboratories"),
    ("EM-AUTHORITY", "Katastrophen- und Zivilschutz", "Emergency management and civil protection"),
    ("EM-AID", "Anerkannte Hilfsorganisation", "Recognized aid organization"),
    ("GV-CORE", "Kritische staatliche Infrastruktur", "Critical government infrastructure"),
    ("RW-CORE", "Kernfunktionen der Fernarbeit", "Core functions of remote work"),
)
OTHER_CATEGORIES = (
    ("CI-ENERGY", "Kritische Infrastruktur: Energie", "Critical infrastructure: energy"),
    ("CI-WATER", "Kritische Infrastruktur: Wasser", "Critical infrastructure: water"),
    ("CI-TELECOM", "Kritische Infrastruktur: Telekommunikation", "Critical infrastructure: telecommunications"),
    ("CI-FOOD", "Kritische Infrastruktur: Ernährung", "Critical infrastructure: food"),
    ("CI-TRANSPORT", "Kritische Infrastruktur: Verkehr", "Critical infrastructure: transport"),
    ("CI-FINANCE", "Kritische Infrastruktur: Finanzwesen", "Critical infrastructure: finance"),
    ("CI-WASTE", "Kritische Infrastruktur: Entsorgung", "Critical infrastructure: waste"),
    ("CI-MEDIA", "Kritische Infrastruktur: Medien", "Critical infrastructure: media"),
    ("GV-JUSTICE", "Gerichte und Justiz", "Courts and justice"),
    ("GV-DEFENCE", "Verteidigung", "Defense"),
    ("ED-REMOTE", "Schulen und Hochschulen", "Schools and universities"),
    ("RS-CRISIS", "Krisenforschung", "Crisis research"),
    ("GV-OTHER", "Andere öffentliche Stelle", "Other public body"),
)
STRONG_VALIDITY_MONTHS = 12
OTHER_VALIDITY_MONTHS = 24


def seed_categories() -> int:
    """Create the categories of the default taxonomy that are missing; returns how many were.

    Repeating it changes nothing, and what was edited since stays as it is. Paying, new and free
    customers have no category here: nobody claims them, they follow from the offer type.
    """
    created = 0
    rows = [(*row, True, STRONG_VALIDITY_MONTHS) for row in STRONG_CATEGORIES]
    rows += [(*row, False, OTHER_VALIDITY_MONTHS) for row in OTHER_CATEGORIES]
    with transaction.atomic():
        for position, (code, name_de, name_en, is_strong, months) in enumerate(rows, start=1):
            _category, is_new = SectorCategory.objects.get_or_create(
                code=code,
                defaults={
                    "name_de": name_de,
                    "name_en": name_en,
                    "needs_strong_evidence": is_strong,
                    "validity_months": months,
                    "position": position,
                },
            )
            created += is_new
    return created
