"""Who drafts and publishes notices. The published ones are everybody's."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.notices.models import Notice
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.roles import Role

EDITORS = (Role.NOTICE_EDITOR, Role.DUTY_MANAGER)
READERS = (*EDITORS, Role.AUDITOR)


class OwnNotice(NotAllowed):
    """Separation of duties: who drafts does not publish."""

    code = "own_notice"
    message = _("You drafted this notice, so another person publishes it.")
    remedy = _("It waits for the other notice editors and the duty manager.")


def may_see_notices(actor: Actor) -> Refusal | None:
    """Whether one may see drafts."""
    return actor.needs(*READERS)


def visible_notices(actor: Actor) -> QuerySet[Notice]:
    """All notices, drafts included, for those who work on them."""
    return Notice.objects.all() if actor.holds(*READERS) else Notice.objects.none()


def may_draft_notice(actor: Actor) -> Refusal | None:
    """Notice editors draft."""
    return None if actor.is_system else actor.needs(Role.NOTICE_EDITOR)


def may_publish_notice(actor: Actor, notice: Notice) -> Refusal | None:
    """A notice editor or duty manager other than who drafted it."""
    if refusal := actor.needs(*EDITORS):
        return refusal
    return OwnNotice() if actor.user_id == notice.drafted_by_id else None
