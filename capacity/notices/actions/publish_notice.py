"""Publish a notice: another person than who drafted it, in both languages."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.notices.access import may_publish_notice
from capacity.notices.models import NOTICE_LIFE, Notice, NoticeMove, NoticeState
from journal.record import record
from kit.refusal import Invalid, NotFound, require
from users.access import Actor


class NeedsBothLanguages(Invalid):
    """German and English are equal; neither is published alone."""

    code = "needs_both_languages"
    message = _("A notice is published in German and English together. The English title or text is missing.")
    remedy = _("Complete the draft first.")


def publish_notice(*, actor: Actor, notice_id: UUID, at: datetime) -> Notice:
    """Publish a draft and take back the notice it supersedes. Raises `NeedsBothLanguages`, `MoveRefused`."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().filter(public_id=notice_id).first()
        if notice is None:
            raise NotFound()
        require(may_publish_notice(actor, notice))
        NOTICE_LIFE.require(notice.state, NoticeState.PUBLISHED)
        if not (notice.title_en and notice.body_en):
            raise NeedsBothLanguages()
        if notice.supersedes is not None:
            _move(notice.supersedes, NoticeState.SUPERSEDED, actor, at)
        notice.published_by_id = actor.user_id
        notice.published_at = at
        _move(notice, NoticeState.PUBLISHED, actor, at)
        record(
            actor=actor,
            action="notice.published",
            subject_type="notice",
            subject_id=notice.public_id,
            before={"state": NoticeState.DRAFT},
            after={"state": NoticeState.PUBLISHED},
            at=at,
        )
        return notice


def _move(notice: Notice, state: NoticeState, actor: Actor, at: datetime) -> None:
    NOTICE_LIFE.require(notice.state, state)
    old = notice.state
    notice.state = state
    notice.row_version += 1
    notice.save()
    NoticeMove.objects.create(notice=notice, old_state=old, new_state=state, by_id=actor.user_id, at=at)
