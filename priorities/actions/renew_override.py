"""Renew an override: a new row that continues it where it ends, with signatures of its own."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict, require, require_version
from priorities.access import may_propose_override
from priorities.actions.propose_override import About, Effect, check, check_window, keep, record_beginning
from priorities.models import Override, OverrideState
from priorities.override_models import MOST_RENEWALS
from priorities.policies import active_policy
from users.access import Actor


class CannotRenew(Conflict):
    """It was renewed often enough, is being renewed already, or does not stand any more."""

    code = "cannot_renew_override"


class RenewedOftenEnough(CannotRenew):
    """Whoever still needs it has to make the case anew."""

    code = "override_renewed_often_enough"
    message = _("An override is renewed %(most)s times at most, and this one has been.")
    remedy = _("Propose a new one, or correct the facts that the policy ranks by.")


class NothingToRenew(CannotRenew):
    """Only what is confirmed and runs can go on."""

    code = "nothing_to_renew"
    message = _("Only a confirmed override that has not ended can be renewed.")
    remedy = _("Propose it anew if it is still needed.")


class RenewalWaits(CannotRenew):
    """One renewal at a time."""

    code = "renewal_waits"
    message = _("A renewal of this override stands already.")


def renew_override(
    *,
    actor: Actor,
    override: Override,
    hours: int,
    reason: str,
    at: datetime,
    ticket: str = "",
    row_version: int | None = None,
    overtakes: list[dict[str, Any]] | None = None,
) -> Override:
    """Propose that it goes on for `hours` from its end; a second person confirms, as for every proposal.

    Raises `CannotRenew`, `CannotProposeOverride` and `StaleForm`.
    """
    with transaction.atomic():
        earlier = Override.objects.select_for_update().get(pk=override.pk)
        require(may_propose_override(actor, region=earlier.region_code or None))
        if row_version is not None:
            require_version(earlier, row_version)
        if earlier.state != OverrideState.ACTIVE or earlier.ends_at <= at:
            raise NothingToRenew()
        _version, terms = active_policy(at)
        most = min(terms.override_renewals, MOST_RENEWALS)
        if earlier.renewal >= most:
            raise RenewedOftenEnough(most=most)
        if earlier.renewals.filter(state__in=[OverrideState.PROPOSED, OverrideState.ACTIVE]).exists():
            raise RenewalWaits()
        about = About(earlier.subject_key, earlier.subject_label, earlier.workload_code, earlier.region_code)
        effect = Effect(earlier.kind, earlier.to_tier, earlier.cap_permille)
        check(about, effect, reason_code=earlier.reason_code, reason=reason, ticket=ticket)
        check_window(terms, hours=hours, starts_at=None, at=at)
        renewed = keep(
            actor=actor,
            about=about,
            effect=effect,
            at=at,
            reason_code=earlier.reason_code,
            reason=reason.strip(),
            ticket=ticket.strip() or earlier.ticket,
            starts_at=earlier.ends_at,
            ends_at=earlier.ends_at + timedelta(hours=hours),
            renews=earlier,
            renewal=earlier.renewal + 1,
            overtakes=overtakes or [],
        )
        record_beginning(renewed, "override.renewed", actor=actor, at=at)
        return renewed
