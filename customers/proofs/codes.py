"""Codes that are mailed to a domain: where to, what they look like, and the letter that carries one."""

import hashlib
import logging
import secrets
from smtplib import SMTPException

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from customers.proofs.models import MailedCode

logger = logging.getLogger("vorrang.customers")

# Mailboxes that only who runs a domain can have (RFC 2142, and what certificate authorities accept).
MAILBOXES = ("postmaster", "hostmaster", "admin", "webmaster", "info")
# Neither vowels, so that no word comes up, nor signs that look alike.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"
LENGTH = 8


def draw_code() -> str:
    """A fresh code; 28 to the power of 8 are too many for five tries."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """The code in two halves, as it is read and typed."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def plain(typed: str) -> str:
    """What somebody typed, without what does not count: blanks, dashes, small letters."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def hash_of(link: str) -> str:
    """What is kept of a link's secret. It is long and random, so a plain hash does."""
    return hashlib.sha256(link.encode()).hexdigest()


def mail_code(sent: MailedCode, code: str, address: str) -> bool:
    """Send the code with the page to enter it (`address`), in both languages; whether it went."""
    parts, domain = [], sent.challenge.domain
    for language in ("de", "en"):
        with translation.override(language):
            context = {"sent": sent, "code": shown(code), "address": address, "domain": domain}
            parts.append(render_to_string("customers/code_mail.txt", context).strip())
    try:
        with translation.override("de"):
            subject = gettext("Code for %(domain)s") % {"domain": domain}
        send_mail(subject, "\n\n-- \n\n".join(parts), None, [sent.address])
    except (SMTPException, OSError) as error:
        logger.warning("The code %s was not mailed: %s", sent.public_id, error)
        return False
    return True
