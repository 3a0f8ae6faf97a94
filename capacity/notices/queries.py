"""What the public reads."""

from django.db.models import QuerySet

from capacity.notices.models import Notice, NoticeState


def published_notices() -> QuerySet[Notice]:
    """Notices that are or were public, the newest first; superseded ones stay readable."""
    return Notice.objects.exclude(state=NoticeState.DRAFT).order_by("-published_at", "-pk")
