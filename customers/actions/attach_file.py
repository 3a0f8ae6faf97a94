"""Attach a file to a paper in evidence."""

import hashlib
from datetime import datetime
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_add_evidence
from customers.actions.add_evidence import ClaimIsClosed
from customers.claims import journal_facts, locked
from customers.evidence import PAPERS
from customers.models import CLAIM_STANDING, Evidence, EvidenceFile
from customers.proofs.documents import inspect
from customers.proofs.scanner import scan
from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor

MOST_FILES = 5


class NotAPaper(Conflict):
    """Only papers have files."""

    code = "not_a_paper"
    message = _("Files belong to letters, certificates and documents.")


class TooManyFiles(Conflict):
    """A paper has a bounded number of files."""

    code = "too_many_files"
    message = _("A paper holds at most %(most)s files.")


class AlreadyChecked(Conflict):
    """What a verifier looked at stays as it was."""

    code = "already_checked"
    message = _("A verifier has checked this item already; a file attached now would not have been seen.")
    remedy = _("Add a new item of evidence with this file.")


def attach_file(*, actor: Actor, evidence: Evidence, file_name: str, content: bytes, at: datetime) -> EvidenceFile:
    """Keep a file with a letter, certificate or document that nobody has checked yet.

    Raises `FileRefused`, `Infected`, `ScannerUnavailable`, `NotAPaper`, `AlreadyChecked`, `TooManyFiles`,
    `ClaimIsClosed`.
    """
    require(may_add_evidence(actor, evidence.claim))
    if evidence.kind not in PAPERS:
        raise NotAPaper()
    # Before anything is locked: a scanner takes its time.
    inspected = inspect(content, file_name)
    scanned_by = scan(content)
    with transaction.atomic():
        claim = locked(evidence.claim)
        require(may_add_evidence(actor, claim))
        if claim.state not in CLAIM_STANDING:
            raise ClaimIsClosed(state=claim.get_state_display())
        current = Evidence.objects.get(pk=evidence.pk)
        if current.checked_at is not None:
            raise AlreadyChecked()
        if current.files.count() >= MOST_FILES:
            raise TooManyFiles(most=MOST_FILES)
        kept = EvidenceFile.objects.create(
            evidence=current,
            stored_name=uuid4().hex,
            original_name=inspected.name,
            media_type=inspected.media_type,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            scanned_by=scanned_by,
            uploaded_by_id=actor.user_id,
            uploaded_at=at,
        )
        record(
            actor=actor,
            action="evidence.file_attached",
            subject_type="claim",
            subject_id=claim.public_id,
            after={
                **journal_facts(claim),
                "evidence": str(current.public_id),
                "file": str(kept.public_id),
                "sha256": kept.sha256,
                "media_type": kept.media_type,
                "bytes": kept.size_bytes,
            },
            at=at,
        )
        # Last, so that a refused row leaves no file; one that a later rollback leaves is swept (`sweep_files`).
        storages["evidence"].save(kept.stored_name, ContentFile(content))
        return kept
