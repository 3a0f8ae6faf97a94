"""Commands: POSTs that change something, once each.

A page's form carries a hidden `idempotency_key` (`{% command_fields %}`); `perform` runs the
action under it and puts a refusal onto the form, so a view stays parse, one call, answer:

    form = form_of(request, OrganizationForm)
    if form.is_valid():
        done = perform(request, lambda: register_organization(actor=request.actor, at=now(), **form.cleaned_data), form)
        if done:
            return redirect("customers:organization", done.subject)
    return form_page(request, "customers/organization_new.html", form)
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kit.forms import Form
from kit.idempotency import Performed, once
from kit.refusal import Invalid, Refusal

# Fields that say how a form was sent and not what it asks for.
_ENVELOPE = {"csrfmiddlewaretoken", "idempotency_key"}
AnyForm = TypeVar("AnyForm", bound=Form)
_KEY = re.compile(r"[\x21-\x7e]{8,80}")


class NoKey(Invalid):
    """The command came without an idempotency key, or with one that cannot be one."""

    code = "idempotency_key_missing"
    message = _("This form came without the key that keeps it from being carried out twice.")
    remedy = _("Reload the page and send the form again.")


def perform(request: HttpRequest, act: Callable[[], Any], form: Form | None = None) -> Performed | None:
    """Run `act` once for this form submission, in one transaction.

    `act` returns what the answer leads to: a model with `public_id`, a string, or None. Where it
    refuses, nothing is kept: with a form the refusal is put onto it and None comes back, so that
    the view shows the form again with `form.status`; without one the refusal is raised.
    """
    try:
        return once(
            actor_key=actor_key(request),
            key=checked_key(request.POST.get("idempotency_key", "")),
            fingerprint=_fingerprint(request),
            act=act,
        )
    except Refusal as refusal:
        if form is None or refusal.interrupts:
            raise
        form.add_refusal(refusal)
        return None


def form_of(request: HttpRequest, form: type[AnyForm], **options: Any) -> AnyForm:
    """The form, holding what a POST sent; empty for any other method, and then never valid.

    An empty POST is a wrong form, not an unasked one, which `request.POST or None` would make of it.
    """
    if request.method == "POST":
        return form(request.POST, request.FILES, **options)
    return form(**options)


def form_page(
    request: HttpRequest, template: str, form: Form, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The page of a form, with the status that tells how it went: 200, 400 or the refusal's."""
    return render(request, template, {**(context or {}), "form": form}, status=form.status)


def actor_key(request: Any) -> str:
    """Whose keys these are: two people may use the same key for different things."""
    if request.actor.public_id is not None:
        return str(request.actor.public_id)
    # Nobody has no name; the browser's CSRF secret tells one nobody from another.
    secret = request.META.get("CSRF_COOKIE", "") or request.META.get("REMOTE_ADDR", "")
    return f"nobody:{hashlib.sha256(secret.encode()).hexdigest()[:40]}"


def checked_key(key: str) -> str:
    """The key if it is 8 to 80 printable ASCII signs; raises `NoKey`."""
    if not _KEY.fullmatch(key):
        raise NoKey()
    return key


def fingerprint_of(*parts: Any) -> str:
    """A hash of what a command asks for, from JSON-like parts; equal content gives equal hashes."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _fingerprint(request: HttpRequest) -> str:
    fields = {name: values for name, values in request.POST.lists() if name not in _ENVELOPE}
    files = [(name, file) for name, uploads in request.FILES.lists() for file in uploads]
    contents = [[name, file.name, _digest(file)] for name, file in files]
    return fingerprint_of(request.method, request.path, fields, contents)


def _digest(file: UploadedFile) -> str:
    """The hash of an uploaded file, which is left at its beginning."""
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
