"""The roles of the house, as product terms; what each may do stands beside the act."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is appointed to do. A person may hold several."""

    ACCOUNT_MANAGER = "account_manager", _("Account manager")
    VERIFIER = "verifier", _("Verifier")
    CAPACITY_REVIEWER = "capacity_reviewer", _("Capacity reviewer")
    DUTY_MANAGER = "duty_manager", _("Duty manager")
    REGION_OPERATOR = "region_operator", _("Region operator")
    NOTICE_EDITOR = "notice_editor", _("Notice editor")
    EXECUTIVE = "executive", _("Executive")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


# Roles whose work can be limited to regions or to portfolios; the others are whole or not at all.
REGION_SCOPED = {Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.REGION_OPERATOR}
PORTFOLIO_SCOPED = {Role.ACCOUNT_MANAGER}
