"""Whom to call, as the demonstration shows it. Numbers and addresses are from ranges set apart for invented ones."""

from datetime import date

from capacity.notices.models import ResourceContact

# (audience de, audience en, name de, name en, phone, link)
CONTACTS = (
    (
        "Ersthelfer und Leitstellen",
        "First responders and dispatch centers",
        "Kapazität für Einsatz und Notruf",
        "Capacity for dispatch and emergency calls",
        "+49 30 23125 110",
        "https://dispatch.vorrang.example/",
    ),
    (
        "Krankenhäuser und Gesundheitsämter",
        "Hospitals and public-health agencies",
        "Kapazität für das Gesundheitswesen",
        "Capacity for health care",
        "+49 30 23125 120",
        "https://health.vorrang.example/",
    ),
    (
        "Behörden und Katastrophenschutz",
        "Authorities and civil protection",
        "Verbindungsstelle für Behörden",
        "Liaison office for authorities",
        "+49 30 23125 130",
        "https://authorities.vorrang.example/",
    ),
    ("Alle Kunden", "All customers", "Ihr Kundenbetreuer", "Your account manager", "", ""),
)


def seed_contacts(*, review_date: date) -> None:
    """Create the directory where it is empty. Repeating it changes nothing."""
    if ResourceContact.objects.exists():
        return
    ResourceContact.objects.bulk_create(
        ResourceContact(
            audience_de=audience_de,
            audience_en=audience_en,
            name_de=name_de,
            name_en=name_en,
            phone=phone,
            link=link,
            review_date=review_date,
            position=position,
        )
        for position, (audience_de, audience_en, name_de, name_en, phone, link) in enumerate(CONTACTS, start=1)
    )
