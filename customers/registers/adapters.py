"""A declaration per public register: its columns, and what a row says. A new register is one more.

Pure: text in, `RegisterFacts` or a `RowProblem` out. Formats: the registers' own column names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from customers import names

MAX_NAME = 300


class RowProblem(ValueError):
    """Why a row cannot be taken; the message is for people."""


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What one row of a register says about an organization. `domain` is normalized or empty."""

    key: str
    name: str
    domain: str = ""
    country: str = ""
    region: str = ""
    kind: str = ""
    is_active: bool = True


@dataclass(frozen=True)
class Register:
    """A register: its code and name, the columns it must and may have, and how a row is read."""

    code: str
    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Mapping[str, str]], RegisterFacts]


def _dotgov(row: Mapping[str, str]) -> RegisterFacts:
    # The 2026 list has no `agency`; where the organization is blank, the agency is who holds the domain.
    name = row["organization"] or row.get("agency", "")
    return RegisterFacts(
        key=row["domain"].lower(),
        name=_name(name or row["domain"]),
        domain=_domain(row["domain"], required=True),
        country="US",
        region=row["state"],
        kind=row["domain_type"],
    )


def _ror(row: Mapping[str, str]) -> RegisterFacts:
    # `domains` were verified by the register; half of the rows have only a website.
    first = row["domains"].split("|")[0]
    return RegisterFacts(
        key=_required(row["id"], _("The id is missing.")),
        name=_name(row["name"]),
        domain=_domain(first or row["website"]),
        country=row["country"].upper()[:2],
        region=row["city"][:80],
        kind=row["types"].replace("|", ", ")[:120],
        is_active=row["status"] == "active",
    )


def _name(text: str) -> str:
    return _required(text, _("The name is missing."))[:MAX_NAME]


def _required(text: str, message: object) -> str:
    if not text:
        raise RowProblem(str(message))
    return text


def _domain(text: str, *, required: bool = False) -> str:
    try:
        return names.normalize_domain(text) if text or required else ""
    except names.BadDomain:
        if required:
            raise RowProblem(str(_("“%(text)s” is not a domain.") % {"text": text[:100]})) from None
        # A website that is no address tells nothing; the organization is still in the register.
        return ""


REGISTERS = {
    register.code: register
    for register in (
        Register(
            code="dotgov",
            name="US .gov domains",
            required=("domain", "domain_type", "organization", "city", "state"),
            optional=("agency", "suborganization"),
            read=_dotgov,
        ),
        Register(
            code="ror",
            name="Research Organization Registry",
            required=("id", "name", "types", "status", "country", "city", "website", "domains"),
            optional=(
                "established",
                "lat",
                "lng",
                "acronyms",
                "aliases",
                "wikidata",
                "n_relationships",
                "last_modified",
                "release",
            ),
            read=_ror,
        ),
    )
}
