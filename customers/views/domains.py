"""Showing control of a domain: the look into the DNS, the mailed code, and the page on which it is entered."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from rest_framework.throttling import SimpleRateThrottle

from customers.access import may_add_evidence, may_see_organizations, visible_claims
from customers.actions.show_domain import MailProvider, TooManyCodes, check_dns, open_code, redeem_code, send_code
from customers.forms_verification import CodeForm
from customers.models import Evidence
from customers.proofs.codes import mail_code
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.refusal import Conflict, NotFound, Refusal, require
from users.http import ActorRequest


class CodeRate(SimpleRateThrottle):
    """Guesses from one address, whatever codes they are for; each code has its own few tries besides."""

    scope = "enter_code"
    rate = "30/hour"

    def get_cache_key(self, request: Any, view: Any) -> str:
        """Counted by the client's address, as the API counts: a forwarding header counts only behind our proxy."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class TooManyTries(Refusal):
    """One address tries more codes than people do."""

    code = "too_many_tries"
    status = 429
    message = gettext_lazy("That was too often in a short time.")
    remedy = gettext_lazy("Wait an hour and try again.")


@require_POST
def check_record(request: ActorRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """POST /organizations/claims/<id>/evidence/<id>/dns/"""
    item = evidence_of(request, public_id, evidence_id)
    try:
        perform(request, lambda: str(check_dns(actor=request.actor, evidence=item, at=now()).pk))
    except Conflict as refusal:
        warn(request, f"{refusal.sentence} {refusal.advice}".strip())
    else:
        flash(request, _("The record is there: control of %(domain)s is shown.") % {"domain": item.domain})
    return back_to(request, item)


@require_POST
def mail(request: ActorRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """POST /organizations/claims/<id>/evidence/<id>/code/"""
    item = evidence_of(request, public_id, evidence_id)
    mailbox = request.POST.get("mailbox", "")[:20]
    try:
        done = perform(request, lambda: send_code(actor=request.actor, evidence=item, mailbox=mailbox, at=now()))
    except (MailProvider, TooManyCodes) as refusal:
        warn(request, f"{refusal.sentence} {refusal.advice}".strip())
        return back_to(request, item)
    mailing = done.value if done else None
    # Sent twice by a nervous finger, the second time has nothing to mail.
    if mailing is not None:
        address = request.build_absolute_uri(reverse("customers:enter_code", args=[mailing.link]))
        if mail_code(mailing.sent, mailing.code, address):
            flash(request, _("The code is on its way to %(address)s.") % {"address": mailing.sent.address})
        else:
            warn(request, _("The mail could not be sent just now. Try again, or use the DNS record."))
    return back_to(request, item)


@login_not_required
@never_cache
def enter(request: ActorRequest, link: str) -> HttpResponse:
    """GET and POST /domain-code/<link>/: whoever received the mail enters its code, once."""
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        if not CodeRate().allow_request(request, None):  # type: ignore[arg-type] # asks for headers alone
            raise TooManyTries()
        if form.is_valid():
            typed = form.cleaned_data["code"]
            done = perform(request, lambda: redeem_code(link=link, typed=typed, at=now()))
            redeemed = done.value if done else None
            if redeemed is None or redeemed.is_right:
                return render(request, "customers/code_taken.html")
            if not redeemed.tries_left:
                return render(request, "customers/code_used_up.html", status=409)
            form.add_error("code", _not_it(redeemed.tries_left))
    sent = open_code(link, now())
    return form_page(request, "customers/code_enter.html", form, {"domain": sent.challenge.domain, "sent": sent})


def _not_it(left: int) -> str:
    text = ngettext(
        "That is not the code. %(left)s try is left.", "That is not the code. %(left)s tries are left.", left
    )
    return text % {"left": left}


def evidence_of(request: ActorRequest, public_id: UUID, evidence_id: UUID) -> Evidence:
    """The item that one may show to be true. Raises `NotFound` and the refusals of `may_add_evidence`."""
    require(may_see_organizations(request.actor))
    item = (
        Evidence.objects.select_related("claim__organization", "claim__category")
        .filter(public_id=evidence_id, claim__in=visible_claims(request.actor).filter(public_id=public_id))
        .first()
    )
    if item is None:
        raise NotFound()
    require(may_add_evidence(request.actor, item.claim))
    return item


def back_to(request: ActorRequest, item: Evidence) -> HttpResponse:
    """To the item on the page that the form was sent from."""
    page = "customers:case" if request.POST.get("on") == "case" else "customers:claim"
    return redirect(f"{reverse(page, args=[item.claim.public_id])}#evidence-{item.public_id}")
