"""The DNS record with which an organization shows that it controls a domain, and the look at it."""

from collections.abc import Callable
from typing import Any

import dns.exception
import dns.name
import dns.resolver
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict

LABEL = "_vorrang-challenge"
PREFIX = "vorrang-verification="
PATIENCE = 5.0  # seconds for all servers together

# Gives the texts of the TXT records of a name; raises `ResolverUnavailable`.
Lookup = Callable[[str], list[str]]


class ResolverUnavailable(Conflict):
    """The name servers did not answer, so nothing is known either way."""

    code = "resolver_unavailable"
    message = _("The name servers of %(domain)s did not answer just now.")
    remedy = _("Try again in a minute, or mail a code.")


def record_name(domain: str) -> str:
    """Where the record stands."""
    return f"{LABEL}.{domain}"


def record_text(token: str) -> str:
    """What the record says."""
    return f"{PREFIX}{token}"


def find_record(domain: str, token: str) -> str:
    """The record with this token as it stands in the DNS now; empty if there is none. Raises `ResolverUnavailable`."""
    lookup: Lookup = import_string(settings.DOMAIN_RESOLVER)
    wanted = record_text(token)
    return next((text for text in lookup(record_name(domain)) if text.strip() == wanted), "")


def look_up(name: str) -> list[str]:
    """The TXT records of a name, asked of the machine's own resolver; the default of `DOMAIN_RESOLVER`."""
    try:
        answer: Any = dns.resolver.resolve(name, "TXT", lifetime=PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.NameTooLong):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise ResolverUnavailable(domain=name.removeprefix(f"{LABEL}.")) from error
    # A text longer than 255 bytes comes in pieces.
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]
