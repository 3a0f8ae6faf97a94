"""Keep a list page's address under a name. Personal, so the journal is not told."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict, Invalid
from users.access import Actor
from users.models import SavedView

MOST_VIEWS = 20  # a page's tabs stay readable


class CannotSaveView(Invalid):
    """Without a name, or for no list."""

    code = "cannot_save_view"
    message = _("A view needs a name of at most 60 characters.")


class TooManyViews(Conflict):
    """The list has as many views as its tabs can show."""

    code = "too_many_views"
    message = _("There are %(most)s saved views of this list already.")
    remedy = _("Delete one of them first.")


def save_view(*, actor: Actor, page: str, name: str, query: str, at: datetime) -> SavedView:
    """Save the query string of a list under a name; the same name again replaces it.

    Raises `CannotSaveView` and `TooManyViews`.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60 or not page or len(page) > 60 or len(query) > 2000:
        raise CannotSaveView()
    with transaction.atomic():
        others = SavedView.objects.filter(user_id=actor.user_id, page=page).exclude(name=name)
        if others.count() >= MOST_VIEWS:
            raise TooManyViews(most=MOST_VIEWS)
        view, _created = SavedView.objects.update_or_create(
            user_id=actor.user_id, page=page, name=name, defaults={"query": query}
        )
    return view
