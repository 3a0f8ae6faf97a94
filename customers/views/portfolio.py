"""The account manager's home: what waits, what runs out."""

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from customers.access import own_portfolios, visible_duplicates
from customers.models import CLAIM_COUNTS_AS_VERIFIED, CLAIM_STANDING, Claim, ClaimState, Organization
from customers.queries import WAITS_FOR_VERIFIER, running_out, waiting_for_account_manager
from customers.signs import claim_sign
from kit.clock import now
from kit.refusal import require
from users.http import ActorRequest
from users.roles import Role

SHOWN = 20


def portfolio(request: ActorRequest) -> HttpResponse:
    """GET /organizations/portfolio/"""
    actor = request.actor
    require(actor.needs(Role.ACCOUNT_MANAGER))
    at = now()
    portfolios = list(own_portfolios(actor)[: SHOWN + 1])
    mine = Organization.objects.filter(portfolio__in=own_portfolios(actor))
    claims = Claim.objects.filter(organization__portfolio__in=own_portfolios(actor)).select_related(
        "organization", "category"
    )
    figures = claims.aggregate(
        verified=Count("pk", filter=Q(state__in=CLAIM_COUNTS_AS_VERIFIED, valid_until__gt=at)),
        waiting=Count("pk", filter=Q(state__in=WAITS_FOR_VERIFIER)),
    )
    pairs = visible_duplicates(actor)
    figures |= mine.aggregate(
        organizations=Count("pk"),
        duplicates=Count("pk", filter=Q(pk__in=pairs.values("one")) | Q(pk__in=pairs.values("other"))),
        unclaimed=Count("pk", filter=~Q(pk__in=Claim.objects.filter(state__in=CLAIM_STANDING).values("organization"))),
    )
    questions = waiting_for_account_manager(actor).select_related("organization", "category").order_by("filed_at", "pk")
    ending = running_out(actor, at).select_related("organization", "category").order_by("valid_until", "pk")
    waiting = claims.filter(state__in=WAITS_FOR_VERIFIER).order_by("filed_at", "pk")
    rejected = claims.filter(state=ClaimState.REJECTED).order_by("-decided_at", "-pk")
    context = {
        "portfolios": portfolios,
        "figures": figures,
        "questions": list(questions[:SHOWN]),
        "ending": [(claim, claim_sign(claim, at)) for claim in ending[:SHOWN]],
        "waiting": list(waiting[:SHOWN]),
        "rejected": list(rejected[:5]),
        "shown": SHOWN,
    }
    return render(request, "customers/portfolio.html", context)
