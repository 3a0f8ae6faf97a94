"""Registers move on: a newer snapshot lost entries that claims rest on, and one lists customers without a claim."""

import hashlib
from datetime import datetime, timedelta

from config.demo.cast import Cast
from config.demo.claims import REGISTER
from customers.actions.compare_snapshots import compare_with_neighbors
from customers.actions.find_register_matches import find_register_matches
from customers.actions.open_evidence_reviews import open_evidence_reviews
from customers.actions.register_organization import register_organization
from customers.importing.registers import store_snapshot
from customers.models import ClaimState, Evidence, RegisterRow, RegisterSnapshot
from customers.registers.adapters import REGISTERS
from customers.registers.declaring import RegisterFacts
from journal.record import record
from kit.copying import copy_in
from users.access import actor_of

# Invented hospitals: the first few are customers that claimed nothing yet.
HOSPITALS = (
    "Klinikum Brennhausen",
    "Klinikum Tiefenau am Lohn",
    "Marienhospital Sollbeck",
    "Kreiskrankenhaus Wielandsee",
    "Klinikum Ostermarsch",
    "Elbwiesen-Klinik Harl",
    "Krankenhaus Nordlingen am Tann",
    "Klinikum Sankt Ottilien Grohl",
)
CUSTOMERS = 5


def follow_registers(cast: Cast, *, now: datetime) -> None:
    """A week-old snapshot of the invented register with reviews that follow, and hospitals that could claim."""
    week_ago = now - timedelta(days=7)
    _move_on(cast, at=week_ago)
    verifier = cast.user_as_actor("verifier")
    facts = [
        RegisterFacts(
            key=f"https://ror.example/{number:06}",
            name=name,
            country="DE",
            kind="healthcare",
            details={"city": name.split()[1]},
        )
        for number, name in enumerate(HOSPITALS, start=1)
    ]
    digest = hashlib.sha256(b"invented hospitals").hexdigest()
    store_snapshot(verifier, REGISTERS["ror"], facts, digest, week_ago.date(), week_ago)
    for number, name in enumerate(HOSPITALS[:CUSTOMERS]):
        register_organization(
            actor=actor_of(cast.user("account")),
            portfolio=cast.portfolios[number % 3],
            legal_name=name,
            country="DE",
            offer_type="enterprise",
            domains=[f"klinik-{number + 1}.example"],
            customer_since=week_ago.date() - timedelta(days=400),
            at=now,
        )
    find_register_matches(at=now)
    open_evidence_reviews(at=now)


def _move_on(cast: Cast, *, at: datetime) -> None:
    """The register as before, but for four entries under verified claims: two are gone, two moved."""
    old = RegisterSnapshot.objects.select_related("register").get(register__code=REGISTER[0])
    resting = Evidence.objects.filter(register_row__snapshot=old, holds=True, claim__state=ClaimState.VERIFIED)
    first, second, *gone = resting.order_by("pk").values_list("register_row", flat=True)[:4]
    rows = []
    for row in RegisterRow.objects.filter(snapshot=old).exclude(pk__in=gone).order_by("pk"):
        if row.pk in (first, second):
            row.details = {**row.details, "city": "Neustadt"}
        rows.append(row)
    new = RegisterSnapshot.objects.create(
        register=old.register,
        as_of_date=at.date(),
        file_hash=hashlib.sha256(b"invented, a while later").hexdigest(),
        row_count=len(rows),
        imported_at=at,
        imported_by=cast.user("verifier"),
    )
    for row in rows:
        row.pk, row.snapshot = None, new
    copy_in(rows)
    record(
        actor=cast.user_as_actor("verifier"),
        action="register.imported",
        subject_type="register_snapshot",
        subject_id=f"{REGISTER[0]}@{new.as_of_date.isoformat()}",
        after={"rows": len(rows), "file_sha256": new.file_hash},
        at=at,
    )
    compare_with_neighbors(new, at=at)
