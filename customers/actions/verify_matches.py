"""Verify many claims at once that rest on an exact match in a register: each by itself, with a result of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.access import may_decide_claim, may_verify, visible_claims
from customers.actions.add_evidence import has_newer_snapshot
from customers.actions.check_evidence import check_evidence
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.claims import locked
from customers.evidence import is_shown
from customers.models import Claim, ClaimState, Evidence, EvidenceKind
from customers.register_matches import compare
from kit.refusal import Conflict, NotFound, Refusal, require
from users.access import Actor

MOST_AT_ONCE = 100
OPEN = (ClaimState.SUBMITTED, ClaimState.IN_VERIFICATION)


class NotExact(Conflict):
    """The match needs a person's eye."""

    code = "not_exact"
    message = _("This needs a look of its own: %(why)s.")


@dataclass(frozen=True)
class Shown:
    """A case of the set that was shown, in the version that was shown."""

    claim_id: UUID
    row_version: int


@dataclass(frozen=True)
class Result:
    """What became of one case; `refusal` is None where it is (or would be) verified."""

    claim: Claim
    refusal: Refusal | None


class _Undone(Exception):
    """Takes a trial back."""


def verify_matches(*, actor: Actor, shown: Sequence[Shown], at: datetime, is_trial: bool = False) -> list[Result]:
    """Verify each case of the set whose register entry agrees in name, country and domain, and check it as holding.

    Whatever changed since it was shown is refused like everything else: alone, and the others go on. A trial does
    all of it and takes it back, so that what it says is what would happen. Raises the refusal of `may_verify` and
    `NotFound` for a case one may not see.
    """
    require(may_verify(actor))
    claims = {
        claim.public_id: claim
        for claim in visible_claims(actor)
        .filter(public_id__in=[one.claim_id for one in shown])
        .select_related("organization", "category")
        .order_by("pk")
    }
    if len(claims) < len({one.claim_id for one in shown}):
        raise NotFound()
    results = []
    with transaction.atomic():
        for one in shown:
            claim, refusal = claims[one.claim_id], None
            try:
                with transaction.atomic():
                    _verify(actor, claim, one.row_version, at)
                    if is_trial:
                        raise _Undone()
            except _Undone:
                pass
            except Refusal as said:
                refusal = said
            results.append(Result(claim, refusal))
    return results


def _verify(actor: Actor, shown: Claim, row_version: int, at: datetime) -> None:
    claim = locked(shown, row_version=row_version)
    require(may_decide_claim(actor, claim))
    if claim.state not in OPEN:
        raise NotExact(why=claim.get_state_display())
    items = list(claim.evidence.select_related("register_row__snapshot__register").order_by("pk"))
    domains = list(claim.organization.domains.values_list("domain", flat=True))
    held = [item for item in items if item.holds is not False]
    exact = [item for item in held if item.register_row is not None and not _differences(claim, domains, item)]
    if not exact:
        raise NotExact(why=_why(claim, domains, held))
    if claim.state == ClaimState.SUBMITTED:
        take_up_claim(actor=actor, claim=claim, at=at)
    for item in held:
        is_proven = item.kind == EvidenceKind.DOMAIN_CONTROL and is_shown(claim, item.domain)
        if item.holds is None and (item in exact or is_proven):
            check_evidence(actor=actor, evidence=item, holds=True, at=at)
    verify_claim(actor=actor, claim=claim, at=at)


def _differences(claim: Claim, domains: list[str], item: Evidence) -> list[Any]:
    """What keeps the entry from being an exact match, as phrases."""
    row = item.register_row
    assert row is not None
    found: list[Any] = []
    called = {names.sort_key(name) for name in (claim.organization.legal_name, *claim.organization.aliases)}
    if row.sort_name not in called:
        found.append(_("the names differ"))
    for line in compare(claim.organization, domains, row):
        if line.agrees is False and line.label != _("Name"):
            found.append(_("%(field)s differs") % {"field": line.label})
    if not row.is_active or has_newer_snapshot(row):
        found.append(_("the entry is not the register's newest"))
    return found


def _why(claim: Claim, domains: list[str], items: list[Evidence]) -> str:
    for item in items:
        if item.register_row is not None:
            return "; ".join(str(phrase) for phrase in _differences(claim, domains, item))
    return str(_("no register entry is among the evidence"))
