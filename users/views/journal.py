"""The pages of the journal."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from journal.checking import PROBLEMS, ask_for_check
from journal.diff import changes
from journal.queries import chain_state, entries, timeline_of, who
from journal.tasks import check
from journal.wording import action_label, subject_address, subject_label
from kit.clock import now
from kit.commands import perform
from kit.flash import flash
from kit.hints import hint
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.access import may_read_journal
from users.http import ActorRequest
from users.lists import JOURNAL


class NoSuchEntry(NotFound):
    """There is no entry behind this id."""

    code = "no_such_entry"
    message = gettext_lazy("The journal has no such entry.")


@require_safe
def journal(request: ActorRequest) -> HttpResponseBase:
    """Everything that happened, newest first, and how the chain stands."""
    require(may_read_journal(request.actor))
    context = {"chain": chain_state(), "problems": PROBLEMS}
    return list_page(request, JOURNAL, entries(), template="journal/entries.html", context=context)


@require_safe
def entry(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """One entry: what was before and after, and its place in the chain."""
    require(may_read_journal(request.actor))
    found = entries().filter(public_id=public_id).first()
    if found is None:
        raise NoSuchEntry()
    context = {
        "entry": found,
        "who": who(found),
        "what": action_label(found.action),
        "subject": subject_label(found.subject_type),
        "subject_address": subject_address(found.subject_type, found.subject_id),
        "seal": getattr(found, "seal", None),
        "changes": changes(found.before, found.after),
        "history": timeline_of(found.subject_type, found.subject_id, linked=True),
    }
    return render(request, "journal/entry.html", context)


@require_POST
def verify(request: ActorRequest) -> HttpResponse:
    """Has the whole chain verified in the background."""
    require(may_read_journal(request.actor))

    def ask() -> None:
        ask_for_check(asked_by=request.actor.public_id, at=now())
        hint(check)

    perform(request, ask)
    flash(request, _("The journal is being verified; the result will stand here."))
    return redirect("journal:entries")
