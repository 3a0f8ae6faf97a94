"""The page of a pool, with its ledger, and the form of its terms."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from capacity.pools.access import may_change_terms, pool_for
from capacity.pools.actions.set_supply_terms import set_supply_terms
from capacity.pools.arithmetic import PERMILLE
from capacity.pools.forms import TermsForm
from capacity.pools.lists import LEDGER
from capacity.pools.models import Pool
from capacity.pools.queries import ledger_of, supply_changes
from capacity.pools.terms import STATED, shortfall
from capacity.pools.waterfall import waterfall
from capacity.staffing.queries import closing_causes
from capacity.staffing.wording import cause_texts
from kit import clock
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.lists import list_page
from kit.reason import Reason
from kit.refusal import require
from users.http import ActorRequest


def pool(request: ActorRequest, region: str, resource: str) -> HttpResponseBase:
    """What a pool may promise and what it has promised, with every entry."""
    shown = pool_for(request.actor, region, resource)
    context: dict[str, Any] = {"pool": shown}
    htmx: Any = getattr(request, "htmx", None)
    if not (htmx and htmx.target == "list") and not request.GET.get("format"):
        context |= {
            "steps": waterfall(shown, _causes(shown)),
            "short": shortfall(shown),
            "changes": [
                (change, cause_texts(map(Reason.from_dict, change.reasons))) for change in supply_changes(shown)
            ],
            "may_change": may_change_terms(request.actor, shown) is None,
        }
    return list_page(request, LEDGER, ledger_of(shown), template="pools/pool.html", context=context)


def terms(request: ActorRequest, region: str, resource: str) -> HttpResponse:
    """State what a pool's supply is made of."""
    shown = pool_for(request.actor, region, resource)
    require(may_change_terms(request.actor, shown))
    initial = {name: getattr(shown, name) for name in (*STATED, "row_version")}
    form = TermsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: set_supply_terms(
                actor=request.actor,
                pool=shown,
                at=clock.now(),
                **form.cleaned_data,
            ),
            form,
        )
        if done:
            shown.refresh_from_db()
            short = shortfall(shown)
            if short:
                warn(request, _("The supply follows. %(n)s units more are promised than there are.") % {"n": short})
            else:
                flash(request, _("The supply follows."))
            return redirect(reverse("pools:pool", args=[region, resource]))
        shown.refresh_from_db()
    return form_page(request, "pools/terms.html", form, {"pool": shown, "steps": waterfall(shown, _causes(shown))})


def _causes(shown: Pool) -> list[str]:
    """Which crews keep a part of the supply behind the gate; asked only where one does."""
    return closing_causes(shown.region_id) if shown.gate_permille < PERMILLE else []
