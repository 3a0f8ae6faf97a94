"""Draft a notice, or change a draft."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.notices.access import may_draft_notice
from capacity.notices.models import Notice, NoticeMove, NoticeState
from capacity.regions.models import Region
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, StaleForm, require
from users.access import Actor


class CannotDraftNotice(Invalid):
    """A text is missing or a region unknown."""

    code = "cannot_draft_notice"


class NoDraftAnyMore(Conflict):
    """What was published is not edited; a new notice supersedes it."""

    code = "no_draft_any_more"
    message = _("This notice was published and is not edited any more.")
    remedy = _("Draft a notice that supersedes it.")


def draft_notice(
    *,
    actor: Actor,
    title_de: str,
    body_de: str,
    title_en: str = "",
    body_en: str = "",
    region_codes: Sequence[str] = (),
    supersedes: UUID | None = None,
    at: datetime,
) -> Notice:
    """Keep a draft. German is needed at once, English before publishing. Raises `CannotDraftNotice`."""
    with transaction.atomic():
        require(may_draft_notice(actor))
        _check(title_de, body_de, region_codes)
        replaced = None
        if supersedes is not None:
            replaced = Notice.objects.filter(public_id=supersedes, state=NoticeState.PUBLISHED).first()
            if replaced is None or hasattr(replaced, "superseded_by"):
                raise CannotDraftNotice({"supersedes": [_("Choose a published notice that no other one supersedes.")]})
        notice = Notice.objects.create(
            title_de=title_de.strip(),
            body_de=body_de.strip(),
            title_en=title_en.strip(),
            body_en=body_en.strip(),
            region_codes=list(region_codes),
            supersedes=replaced,
            drafted_by_id=actor.user_id,
            drafted_at=at,
        )
        NoticeMove.objects.create(notice=notice, new_state=NoticeState.DRAFT, by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="notice.drafted",
            subject_type="notice",
            subject_id=notice.public_id,
            after=_texts(notice),
            at=at,
        )
        return notice


def change_draft(
    *,
    actor: Actor,
    notice_id: UUID,
    row_version: int,
    title_de: str,
    body_de: str,
    title_en: str,
    body_en: str,
    region_codes: Sequence[str],
    at: datetime,
) -> Notice:
    """Change a draft; who last changed it counts as its drafter. Raises `NoDraftAnyMore`, `StaleForm`."""
    with transaction.atomic():
        require(may_draft_notice(actor))
        notice = Notice.objects.select_for_update().filter(public_id=notice_id).first()
        if notice is None:
            raise NotFound()
        if notice.state != NoticeState.DRAFT:
            raise NoDraftAnyMore()
        if notice.row_version != row_version:
            raise StaleForm(row_version=notice.row_version)
        _check(title_de, body_de, region_codes)
        before = _texts(notice)
        notice.title_de, notice.body_de = title_de.strip(), body_de.strip()
        notice.title_en, notice.body_en = title_en.strip(), body_en.strip()
        notice.region_codes = list(region_codes)
        notice.drafted_by_id = actor.user_id or notice.drafted_by_id
        notice.row_version += 1
        notice.save()
        record(
            actor=actor,
            action="notice.changed",
            subject_type="notice",
            subject_id=notice.public_id,
            before=before,
            after=_texts(notice),
            at=at,
        )
        return notice


def _check(title_de: str, body_de: str, region_codes: Sequence[str]) -> None:
    fields: dict[str, list[Any]] = {}
    if not title_de.strip():
        fields["title_de"] = [_("The German title is missing.")]
    if not body_de.strip():
        fields["body_de"] = [_("The German text is missing.")]
    known = set(Region.objects.filter(code__in=region_codes).values_list("code", flat=True))
    if unknown := [code for code in region_codes if code not in known]:
        fields["region_codes"] = [_("No region has the code %(code)s.") % {"code": unknown[0][:40]}]
    if fields:
        raise CannotDraftNotice(fields)


def _texts(notice: Notice) -> dict[str, Any]:
    return {
        "title_de": notice.title_de,
        "title_en": notice.title_en,
        "body_de": notice.body_de,
        "body_en": notice.body_en,
        "regions": notice.region_codes,
    }
