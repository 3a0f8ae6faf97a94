"""State what a pool's supply is made of."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.pools.access import may_change_terms
from capacity.pools.models import Pool, SupplyCause, SupplyChange
from capacity.pools.terms import STATED, change_terms, keep_deficit_alarms, lock_pools
from kit.forms import MAX_QUANTITY
from kit.refusal import Conflict, Invalid, require, require_version
from users.access import Actor


class CannotSetTerms(Invalid):
    """A quantity or the reason does not do."""

    code = "cannot_set_terms"
    message = _("Please correct what is marked.")


class TermsHold(Conflict):
    """Nothing would change."""

    code = "terms_hold"
    message = _("These terms are in force already.")


def set_supply_terms(
    *,
    actor: Actor,
    pool: Pool,
    powered_on: int,
    out_of_service: int,
    organic_growth: int,
    failure_reserve: int,
    reason: str,
    row_version: int,
    at: datetime,
) -> SupplyChange:
    """Set the four stated terms of a pool, in whole units of its resource, as the region's operator.

    Where the supply falls below what is promised, the deficit is recorded and alarmed; nothing is
    revoked. Raises `CannotSetTerms`, `TermsHold` or `StaleForm`.
    """
    stated = dict(
        zip(STATED, (powered_on, out_of_service, organic_growth, failure_reserve), strict=True),
    )
    with transaction.atomic():
        pools = lock_pools(Pool.objects.filter(region=pool.region_id))
        locked = next(one for one in pools if one.pk == pool.pk)
        require(may_change_terms(actor, locked))
        _check(stated, reason)
        require_version(locked, row_version)
        change = change_terms(locked, stated, cause=SupplyCause.TERMS, actor=actor, at=at, reason=reason.strip())
        if change is None:
            raise TermsHold()
        keep_deficit_alarms(pools, at)
        return change


def _check(stated: dict[str, int], reason: str) -> None:
    fields: dict[str, list[Any]] = {}
    for name, quantity in stated.items():
        if not 0 <= quantity <= MAX_QUANTITY:
            fields[name] = [_("Write a number from 0 to %(most)s.") % {"most": f"{MAX_QUANTITY:,}"}]
    if not reason.strip():
        fields["reason"] = [_("Say why the supply changes.")]
    if fields:
        raise CannotSetTerms(fields)
