"""Notices: drafting, looking over, publishing."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.notices.access import may_draft_notice, may_publish_notice, may_see_notices, visible_notices
from capacity.notices.actions.draft_notice import change_draft, draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.notices.forms import DraftForm, NoticeForm
from capacity.notices.lists import NOTICES, state_badge
from capacity.notices.models import Notice, NoticeState
from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest


def notices(request: ActorRequest) -> HttpResponseBase:
    """GET /notices/"""
    require(may_see_notices(request.actor))
    rows = visible_notices(request.actor).select_related("drafted_by", "published_by")
    context = {"may_draft": may_draft_notice(request.actor) is None}
    return list_page(request, NOTICES, rows, template="notices/notices.html", context=context)


def draft(request: ActorRequest) -> HttpResponse:
    """GET and POST /notices/new/"""
    require(may_draft_notice(request.actor))
    form = form_of(request, NoticeForm)
    if request.method == "POST" and form.is_valid():
        done = perform(request, lambda: draft_notice(actor=request.actor, at=now(), **form.facts()), form)
        if done:
            flash(request, _("The draft is kept. Another person publishes it."))
            return redirect("notices:notice", done.subject)
    return form_page(request, "notices/new.html", form)


def notice(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /notices/<id>/: a draft is changed here, what was published is only read."""
    found = _visible(request, public_id)
    form = form_of(
        request,
        DraftForm,
        initial={
            name: getattr(found, name)
            for name in ("title_de", "body_de", "title_en", "body_en", "region_codes", "row_version")
        },
    )
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: change_draft(actor=request.actor, notice_id=found.public_id, at=now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("The draft is changed."))
            return redirect("notices:notice", done.subject)
    return _page(request, found, form, form)


@require_POST
def publish(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /notices/<id>/publish/"""
    found = _visible(request, public_id)
    shown = Form(request.POST)
    shown.is_valid()
    if perform(request, lambda: publish_notice(actor=request.actor, notice_id=found.public_id, at=now()), shown):
        flash(request, _("Published. The public can read it now."))
        return redirect("notices:notice", found.public_id)
    return _page(request, found, DraftForm(initial={"row_version": found.row_version}), shown)


def _visible(request: ActorRequest, public_id: UUID) -> Notice:
    require(may_see_notices(request.actor))
    found = (
        visible_notices(request.actor)
        .select_related("drafted_by", "published_by", "supersedes")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _page(request: ActorRequest, found: Notice, form: Form, shown: Form) -> HttpResponse:
    is_draft = found.state == NoticeState.DRAFT
    context = {
        "notice": found,
        "badge": state_badge(found),
        "draft_form": form,
        "shown": shown,
        "may_change": is_draft and may_draft_notice(request.actor) is None,
        "publishing": may_publish_notice(request.actor, found) if is_draft else None,
        "is_draft": is_draft,
        "history": timeline_of("notice", found.public_id),
    }
    return form_page(request, "notices/notice.html", shown, context)
