"""Bounds on guessing: by account and address together, so that nobody can lock out somebody else.

django-axes counts wrong passwords in the database, where they survive a restart; allauth bounds
all sign-in posts of one address and the codes tried for one person. Settings name what stands here.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kit.refusal import Refusal


class TooManyAttempts(Refusal):
    """One address sends more than people do."""

    code = "too_many_attempts"
    status = 429
    message = _("That was too often in a short time.")
    remedy = _("Wait a minute and try again.")


def account_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The account that a sign-in is for, the same however its address is written."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login")
    return str(name).strip().lower()[:254] if name else None


def address_of(request: HttpRequest) -> str | None:
    """The client's address; a forwarding header counts only from a proxy that settings trust."""
    return get_adapter().get_client_ip(request)


def locked_out(request: HttpRequest, original: HttpResponse, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """The page for an account that is locked for this address; it does not tell whether the account exists."""
    cool_off = get_cool_off(request)
    minutes = round(cool_off.total_seconds() / 60) if cool_off else 0
    return render(request, "users/locked_out.html", {"minutes": minutes}, status=429)


def too_many(request: HttpRequest) -> HttpResponse:
    """allauth's `handler429`: refuses like everything else does."""
    raise TooManyAttempts()
