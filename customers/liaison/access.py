"""Who reads the liaison log and writes into it."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.access import NotInYourPortfolio
from customers.liaison.models import LiaisonItem
from customers.models import Organization
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.models import User
from users.roles import Role

WRITERS = (Role.ACCOUNT_MANAGER, Role.VERIFIER, Role.REGION_OPERATOR, Role.DUTY_MANAGER)
# What was said with a customer is for those who may read notes about customers.
READERS_OF_ALL = (Role.VERIFIER, Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.AUDITOR)


class NotYourItem(NotAllowed):
    """Only its owner, its writer or a duty manager moves an item along."""

    code = "not_your_liaison_item"
    message = _("This item belongs to somebody else.")
    remedy = _("Ask its owner or a duty manager.")


def may_see_liaison(actor: Actor) -> Refusal | None:
    """Whether the log is for this role at all."""
    return actor.needs(*WRITERS, *READERS_OF_ALL)


def visible_items(actor: Actor) -> QuerySet[LiaisonItem]:
    """All for those who read notes; else contacts with authorities, the own portfolios', and what one wrote or owns."""
    if actor.holds(*READERS_OF_ALL):
        return LiaisonItem.objects.all()
    mine = Q(owner=actor.user_id) | Q(written_by=actor.user_id)
    if actor.holds(Role.REGION_OPERATOR) or actor.holds(Role.ACCOUNT_MANAGER):
        mine |= Q(organization=None)
    if actor.holds(Role.ACCOUNT_MANAGER):
        portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
        mine |= Q(organization__isnull=False) if portfolios is None else Q(organization__portfolio__in=portfolios)
    return LiaisonItem.objects.filter(mine) if actor.is_somebody else LiaisonItem.objects.none()


def may_log_contact(actor: Actor, organization: Organization | None) -> Refusal | None:
    """Account managers for their own portfolios; operators for authorities; verifiers and duty managers for all."""
    if refusal := actor.needs(*WRITERS):
        return refusal
    if organization is None or actor.holds(Role.VERIFIER, Role.DUTY_MANAGER):
        return None
    if actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=organization.portfolio_id):
        return None
    return NotInYourPortfolio(organization=organization.legal_name)


def may_move_item(actor: Actor, item: LiaisonItem) -> Refusal | None:
    """Its owner, who wrote it, or a duty manager."""
    if refusal := actor.needs(*WRITERS):
        return refusal
    if actor.holds(Role.DUTY_MANAGER) or actor.user_id in (item.owner_id, item.written_by_id):
        return None
    return NotYourItem()


def possible_owners() -> QuerySet[User]:
    """Who may be given a step: people of the roles that write into the log and still work here."""
    return User.objects.filter(is_active=True, assignments__role__in=WRITERS, assignments__ended_at=None).distinct()
