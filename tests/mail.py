"""Mail servers as they are met: one that does not take an address."""

from collections.abc import Sequence
from smtplib import SMTPRecipientsRefused

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

UNKNOWN = "unknown@vorrang.example"
REFUSES_UNKNOWN = "tests.mail.RefusesUnknown"


class RefusesUnknown(EmailBackend):
    """Takes every letter but those to `UNKNOWN`."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            if UNKNOWN in message.to:
                raise SMTPRecipientsRefused({UNKNOWN: (550, b"5.1.1 User unknown")})
        return super().send_messages(messages)
