"""Files of evidence: taking one in, giving one out."""

import hashlib
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from customers.access import may_see_organizations, sees_notes, visible_claims
from customers.actions.attach_file import attach_file
from customers.forms_evidence import FileForm
from customers.models import EvidenceFile
from customers.proofs.documents import ENDINGS
from customers.views.domains import back_to, evidence_of
from kit.clock import now
from kit.commands import form_of, perform
from kit.flash import flash, warn
from kit.refusal import Conflict, NotAllowed, NotFound, require
from users.http import ActorRequest


class FileGone(Conflict):
    """The file is not there any more, or is not what was uploaded."""

    code = "file_gone"
    message = gettext_lazy("This file was erased or is damaged; its hash is kept with the claim.")


class NotForYou(NotAllowed):
    """What people wrote is for those who work on the case."""

    code = "files_not_for_you"
    message = gettext_lazy("Files of evidence are for those who work on the case.")


@require_POST
def attach(request: ActorRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """POST /organizations/claims/<id>/evidence/<id>/files/"""
    item = evidence_of(request, public_id, evidence_id)
    form = form_of(request, FileForm)
    if form.is_valid():
        file: Any = form.cleaned_data["file"]
        done = perform(
            request,
            lambda: attach_file(actor=request.actor, evidence=item, file_name=file.name, content=file.read(), at=now()),
            form,
        )
        if done:
            flash(request, _("The file is attached."))
            return back_to(request, item)
    for messages in form.errors.values():
        warn(request, " ".join(map(str, messages)))
    return back_to(request, item)


@require_GET
@never_cache
def download(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /evidence-files/<id>/: as a download under a name of our own, never shown in the browser."""
    require(may_see_organizations(request.actor))
    file = (
        EvidenceFile.objects.filter(public_id=public_id, evidence__claim__in=visible_claims(request.actor))
        .select_related("evidence__claim__organization")
        .first()
    )
    if file is None:
        raise NotFound()
    if not sees_notes(request.actor, file.evidence.claim.organization):
        raise NotForYou()
    content = _content(file)
    answer = HttpResponse(content, content_type=file.media_type)
    answer["Content-Disposition"] = f'attachment; filename="evidence-{file.public_id}.{ENDINGS[file.media_type][0]}"'
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _content(file: EvidenceFile) -> bytes:
    store = storages["evidence"]
    if file.erased_at is not None or not store.exists(file.stored_name):
        raise FileGone()
    with store.open(file.stored_name) as kept:
        content = kept.read()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise FileGone()
    return content
