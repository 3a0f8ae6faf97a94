"""Mail to people: invitations, and what their work asks of them."""

import logging
from collections.abc import Callable
from smtplib import SMTPException, SMTPRecipientsRefused
from zoneinfo import ZoneInfo

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from users.models import Invitation, User

logger = logging.getLogger("vorrang.users")


def send_letter(person: User, compose: Callable[[], tuple[str, str]]) -> bool:
    """Send subject and body, composed in the person's language and time zone; whether the mail server took the address.

    An address that is refused must not keep the letters of others. A server that is down raises, so that the caller
    rolls back and writes again.
    """
    with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
        subject, body = compose()
        try:
            send_mail(subject, body, None, [person.email])
        except SMTPRecipientsRefused as error:
            codes = sorted({code for code, _words in error.recipients.values()})
            logger.warning("The address of %s was refused by the mail server: %s", person.public_id, codes)
            return False
    return True


def mail_invitation(invitation: Invitation, address: str) -> bool:
    """Send the link of an invitation, in both languages as nobody knows which one is read; whether it went."""
    parts = []
    for language in ("de", "en"):
        with translation.override(language):
            parts.append(
                render_to_string("users/invitation_mail.txt", {"invitation": invitation, "address": address}).strip()
            )
    try:
        with translation.override("de"):
            subject = gettext("Invitation to Vorrang")
        send_mail(subject, "\n\n-- \n\n".join(parts), None, [invitation.email])
    except (SMTPException, OSError) as error:
        logger.warning("The invitation %s was not mailed: %s", invitation.public_id, error)
        return False
    return True
