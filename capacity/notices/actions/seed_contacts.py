"""Whom to call, as a new installation starts with it; every entry is to be looked over before use."""

from datetime import date

from capacity.notices.models import ResourceContact

# (audience de, audience en, name de, name en, link)
CONTACTS = (
    (
        "Ersthelfer und Leitstellen",
        "First responders and dispatch centres",
        "Kapazität für Einsatz und Notruf",
        "Capacity for dispatch and emergency calls",
        "",
    ),
    (
        "Krankenhäuser und Gesundheitsämter",
        "Hospitals and public-health agencies",
        "Kapazität für das Gesundheitswesen",
        "Capacity for health care",
        "",
    ),
    (
        "Behörden und Katastrophenschutz",
        "Authorities and civil protection",
        "Verbindungsstelle für Behörden",
        "Liaison office for authorities",
        "",
    ),
    ("Alle Kunden", "All customers", "Ihr Kundenbetreuer", "Your account manager", ""),
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
            link=link,
            review_date=review_date,
            position=position,
        )
        for position, (audience_de, audience_en, name_de, name_en, link) in enumerate(CONTACTS, start=1)
    )
