"""The public registers as they stand: what an entry says, and of which day."""

from django.db.models import Max
from django.http import HttpResponseBase

from customers.lists import REGISTER_ROWS
from customers.models import RegisterRow, RegisterSnapshot
from kit.lists import list_page
from kit.refusal import require
from users.http import ActorRequest
from users.roles import Role


def registers(request: ActorRequest) -> HttpResponseBase:
    """GET /registers/: the newest snapshot of each register."""
    require(request.actor.needs(Role.VERIFIER, Role.ACCOUNT_MANAGER, Role.AUDITOR))
    newest = RegisterSnapshot.objects.values("register").annotate(key=Max("pk")).values("key")
    rows = RegisterRow.objects.filter(snapshot__in=newest).select_related("snapshot__register")
    return list_page(request, REGISTER_ROWS, rows)
