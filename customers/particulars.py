"""What is said about an organization when it is registered or corrected, checked field by field.

Pages, the API and imports hand over what somebody typed; what comes out fits the columns.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers import names
from customers.countries import is_country
from customers.models import OfferType
from kit.refusal import Invalid

MAX_NAME = 250
MAX_ALIASES = 20
MAX_DOMAINS = 50
MAX_EXTERNAL_IDS = 50
MAX_EXTERNAL_ID = 120
# A field with more problems than that is of another kind altogether; nobody reads on.
MAX_TOLD = 5
OFFER_TYPES = frozenset(OfferType.values)
LOST_CHARACTER = "\N{REPLACEMENT CHARACTER}"
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,29}")

DOMAIN_PROBLEMS = {
    "empty": _("“%(text)s” is not a domain. Write it like uniklinik-koeln.de."),
    "no_dot": _("“%(text)s” is not a domain. Write it like uniklinik-koeln.de."),
    "ip_address": _("“%(text)s” is an address of a computer, not a domain."),
    "bad_label": _("“%(text)s” is not a domain: “%(label)s” cannot be a part of one."),
    "too_long": _("“%(text)s” is longer than a domain can be."),
    "not_public": _("“%(text)s” does not exist on the public internet."),
    "shared_suffix": _("“%(text)s” is shared by many organizations. Add the part in front of it."),
}


class CannotTakeParticulars(Invalid):
    """A field is wrong; `fields` says which and why."""

    code = "organization_invalid"


@dataclass(frozen=True)
class Particulars:
    """Checked facts about an organization. External ids are pairs of kind and value."""

    legal_name: str
    country: str
    offer_type: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    external_ids: tuple[tuple[str, str], ...] = ()
    customer_since: date | None = None

    @property
    def sort_name(self) -> str:
        """How the name sorts."""
        return names.sort_key(self.legal_name)

    @property
    def name_key(self) -> str:
        """What tells the name from others."""
        return names.name_key(self.legal_name)

    @property
    def search_text(self) -> str:
        """The words it is found by: those of all its names, its ids and its domains."""
        return names.search_text(
            self.legal_name, *self.aliases, *self.domains, *(value for _kind, value in self.external_ids)
        )

    @property
    def identity(self) -> names.Identity:
        """As the comparison with other organizations sees it."""
        return names.Identity(self.legal_name, self.aliases, self.country, self.domains)


def check_particulars(
    *,
    legal_name: str,
    country: str,
    offer_type: str,
    aliases: Iterable[str] = (),
    domains: Iterable[str] = (),
    external_ids: Iterable[Sequence[str]] = (),
    customer_since: date | None = None,
    today: date,
) -> Particulars:
    """What was typed, cleaned; raises `CannotTakeParticulars` with every problem at its field."""
    fields: dict[str, list[Any]] = {}

    def wrong(field: str, message: Any, **values: Any) -> None:
        told = fields.setdefault(field, [])
        if len(told) < MAX_TOLD:
            told.append(message % values if values else message)

    name = one_line(legal_name)
    if not names.plain_words(name):
        wrong("legal_name", _("Write the legal name, with at least one letter or digit."))
    elif len(name) > MAX_NAME:
        wrong("legal_name", _("At most %(most)s characters."), most=MAX_NAME)
    if has_control_characters(legal_name):
        wrong("legal_name", _("The name contains characters that cannot be shown."))
    if LOST_CHARACTER in name:
        # Somebody saved it in the wrong encoding; taken in, the broken name would have to be found again.
        wrong(
            "legal_name", _("A character of the name was lost (“%(lost)s”). Write the name anew."), lost=LOST_CHARACTER
        )

    others = list(dict.fromkeys(alias for alias in map(one_line, aliases) if alias and alias != name))
    if len(others) > MAX_ALIASES:
        wrong("aliases", _("At most %(most)s other names."), most=MAX_ALIASES)
    if any(len(alias) > MAX_NAME or has_control_characters(alias) for alias in others):
        wrong("aliases", _("Each other name has at most %(most)s visible characters."), most=MAX_NAME)

    code = country.strip().upper()
    if not is_country(code):
        wrong("country", _("“%(code)s” is not a country code. Use two letters such as DE."), code=code[:20])
    if offer_type not in OFFER_TYPES:
        wrong("offer_type", _("Choose an offer type."))
    if customer_since is not None and customer_since > today:
        wrong("customer_since", _("This day is in the future. Leave it empty for a new customer."))

    registered: dict[str, None] = {}
    for text in domains:
        if not text.strip():
            continue
        try:
            registered[names.normalize_domain(text)] = None
        except names.BadDomain as error:
            wrong("domains", DOMAIN_PROBLEMS[error.code], text=text.strip()[:100], label=error.label[:60])
    if len(registered) > MAX_DOMAINS:
        wrong("domains", _("At most %(most)s domains."), most=MAX_DOMAINS)

    ids = _external_ids(external_ids, wrong)
    if fields:
        raise CannotTakeParticulars(fields)
    return Particulars(name, code, offer_type, tuple(others), tuple(registered), ids, customer_since)


def _external_ids(external_ids: Iterable[Sequence[str]], wrong: Any) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for kind, value in external_ids:
        kind, value = kind.strip().lower(), one_line(value)
        if not kind and not value:
            continue
        if not _KIND.fullmatch(kind):
            wrong("external_ids", _("“%(kind)s” is not the name of a registry. Write it like ror."), kind=kind[:40])
        elif not value or len(value) > MAX_EXTERNAL_ID or has_control_characters(value):
            wrong(
                "external_ids",
                _("The id of %(kind)s must have 1 to %(most)s characters."),
                kind=kind,
                most=MAX_EXTERNAL_ID,
            )
        else:
            found.setdefault((kind, value.upper()), (kind, value))
    if len(found) > MAX_EXTERNAL_IDS:
        wrong("external_ids", _("At most %(most)s ids."), most=MAX_EXTERNAL_IDS)
    return tuple(found.values())


def one_line(text: str) -> str:
    """The text without blanks around it and with single ones inside."""
    return " ".join(text.split())


def has_control_characters(text: str) -> bool:
    """Whether there are characters no reader can see: controls, unassigned ones, half surrogates."""
    if text.isprintable():
        return False  # none of them is
    return any(unicodedata.category(char) in ("Cc", "Cn", "Cs") and char not in "\t\r\n" for char in text)
