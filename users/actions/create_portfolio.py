"""Open a portfolio: a set of customers that account managers look after."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor, may_invite
from users.models import Portfolio


class PortfolioExists(Conflict):
    """The code is taken."""

    code = "portfolio_exists"
    message = _("There is a portfolio with this code already.")


def create_portfolio(*, actor: Actor, code: str, name: str, at: datetime) -> Portfolio:
    """Add a portfolio. Raises `PortfolioExists`."""
    with transaction.atomic():
        require(may_invite(actor))
        try:
            with transaction.atomic():
                portfolio = Portfolio.objects.create(code=code, name=" ".join(name.split()))
        except IntegrityError as error:
            raise PortfolioExists({"code": [PortfolioExists.message]}) from error
        record(
            actor=actor,
            action="portfolio.created",
            subject_type="portfolio",
            subject_id=portfolio.public_id,
            after={"code": portfolio.code, "name": portfolio.name},
            at=at,
        )
        return portfolio
