"""How sign-in behaves for staff: nobody signs up by themself, invitations are the only way in."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

logger = logging.getLogger("vorrang.users")


class StaffAccountAdapter(DefaultAccountAdapter):
    """The library's sign-in with our bounds; the address a person signs in with is the only one there is."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """No count by account alone: with it anybody could lock out anybody. See `users.lockout`."""

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Whether this is the person's password; wrong ones count as at sign-in."""
        found = self.authenticate(self.request, email=user.get_username(), password=password)
        return found is not None and found.pk == user.pk

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the person that the way they sign in was changed."""
        super().send_notification_mail(template_prefix, user, context, email or user.get_username())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, but let nothing fail because mail does: what it tells of is already done."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.warning("Mail %s was not sent: %s", template_prefix, error)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to one's settings."""
        return "/account/"
