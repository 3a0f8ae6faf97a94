"""What others ask about the liaison log."""

from django.db.models import QuerySet

from customers.liaison.access import visible_items
from customers.liaison.models import LiaisonItem
from customers.models import Organization
from users.access import Actor


def steps_of(actor: Actor) -> QuerySet[LiaisonItem]:
    """The open steps the actor owns, the earliest first."""
    return LiaisonItem.objects.filter(owner=actor.user_id, closed_at=None).order_by("due_date", "pk")


def contacts_with(actor: Actor, organization: Organization) -> QuerySet[LiaisonItem]:
    """The contacts with one organization that the actor may read, the latest first."""
    return (
        visible_items(actor).filter(organization=organization).select_related("owner").order_by("-happened_date", "-pk")
    )
