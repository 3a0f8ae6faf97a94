"""Mail that the pages about people send."""

import logging
from smtplib import SMTPException

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from users.models import Invitation

logger = logging.getLogger("vorrang.users")


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
