"""Contacts with responders and authorities, people to talk to, doubts about verifications, a monthly sample."""

from datetime import datetime, timedelta

from config.demo.cast import Cast
from customers.actions.keep_contact import keep_contact
from customers.assurance.actions.complain import complain
from customers.assurance.actions.draw_audits import draw_audits
from customers.assurance.actions.remind_of_expiry import plan_reminders
from customers.assurance.actions.resolve_review import resolve_review
from customers.liaison.actions.log_contact import log_contact
from customers.liaison.actions.move_item import move_item
from customers.models import Claim, ClaimState

# Counterpart, authority, country, days ago, what was said, what they need, next step, whose, due in days.
_AUTHORITIES = (
    (
        "authority", "Landesamt für Katastrophenschutz (erfunden)", "DE", 6,
        "Der Stab tagt täglich um 8 Uhr und will die Lage der Regionen vorher sehen.",
        "Ein Ansprechpartner auch nachts; Daten bleiben im Land.",
        "Lagebild um 7:30 Uhr zusenden", "duty", 0,
    ),
    (
        "first_responder", "Leitstellenverbund Nord (erfunden)", "DE", 4,
        "Drei Leitstellen ziehen in ein gemeinsames Ausweichzentrum.",
        "Zweite Region, getrennte Stromversorgung.",
        "Liste der Leitstellen prüfen", "verifier", 2,
    ),
    (
        "authority", "Ministry of Transport (invented)", "NL", 3,
        "Technicians need papers to reach the datacenters during the curfew.",
        "Letters per site, renewed every two weeks.",
        "Send the list of sites", "operator", -1,
    ),
    (
        "health", "Association of hospitals (invented)", "GB", 9,
        "Members ask how to have their category verified quickly.",
        "A page they can pass on.",
        "", "", 0,
    ),
)  # fmt: skip
_WITH_CUSTOMERS = 6
_SAID = "The control room moves to a second site; the lines are to be tested before the weekend."
_DOUBTS = 3


def liaise(cast: Cast, *, now: datetime) -> None:
    """Contacts with authorities and customers, some steps late; complaints, one resolved; last month's sample."""
    for counterpart, authority, country, days, summary, needs, step, owner, due in _AUTHORITIES:
        at = now - timedelta(days=days)
        log_contact(
            actor=cast.actor(owner or "duty", at=at),
            counterpart=counterpart,
            authority=authority,
            country=country,
            happened_date=at.date(),
            summary=summary,
            requirements=needs,
            next_step=step,
            owner=cast.user(owner).public_id if owner else None,
            due_date=max((now + timedelta(days=due)).date(), at.date()) if step else None,
            at=at,
        )
    verified = list(
        Claim.objects.filter(state=ClaimState.VERIFIED, category__needs_strong_evidence=True)
        .select_related("organization", "category")
        .order_by("pk")[: _WITH_CUSTOMERS + _DOUBTS]
    )
    for number, claim in enumerate(verified[:_WITH_CUSTOMERS]):
        _talk_with(cast, claim, number, now)
    for claim in verified[_WITH_CUSTOMERS:]:
        _doubt(cast, claim, now, is_resolved=claim is verified[-1])
    draw_audits(at=now)
    plan_reminders(at=now)


def _talk_with(cast: Cast, claim: Claim, number: int, now: datetime) -> None:
    at = now - timedelta(days=2, hours=number)
    person = cast.manager_of(claim.organization.portfolio_id)
    key = next(key for key, user in cast.people.items() if user == person)
    manager = cast.actor(key, at=at)
    keep_contact(
        actor=manager,
        organization=claim.organization,
        name="Control room",
        role="On duty",
        email=f"control-room@{claim.organization.domains.all()[0].domain}" if claim.organization.domains.all() else "",
        phone="+49 30 23125 200",
        at=at,
    )
    item = log_contact(
        actor=manager,
        organization=claim.organization.public_id,
        counterpart="health" if claim.category.code.startswith("HE") else "first_responder",
        happened_date=at.date(),
        summary=_SAID,
        next_step="Test the lines together",
        owner=manager.public_id,
        due_date=at.date() + timedelta(days=number),
        at=at,
    )
    if number == 0:
        move_item(actor=manager, item_id=item.public_id, row_version=1, outcome="Tested; all lines work.", at=now)


def _doubt(cast: Cast, claim: Claim, now: datetime, *, is_resolved: bool) -> None:
    at = now - timedelta(days=1)
    review = complain(
        actor=cast.actor("auditor", at=at),
        claim_id=claim.public_id,
        complaint="A neighbor writes that the building stands empty.",
        at=at,
    )
    if is_resolved:
        involved = {claim.decided_by_id, *claim.evidence.values_list("checked_by_id", flat=True)}
        key = next(key for key in ("verifier", "verifier2") if cast.user(key).pk not in involved)
        resolve_review(
            actor=cast.actor(key, at=now),
            review_id=review.public_id,
            outcome="stands",
            finding="The register lists the new address; the domain answers.",
            row_version=review.row_version,
            at=now,
        )
