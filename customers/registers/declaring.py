"""What a register's declaration is made of: the facts of a row, and the small steps by which they are read.

Pure: text in, `RegisterFacts` or a `RowProblem` out.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import names

MAX_KEY = 253
MAX_NAME = 300
MAX_REGION = 80
MAX_KIND = 120
MAX_DETAIL = 1_000


class RowProblem(ValueError):
    """Why a row cannot be taken; the message is for people."""


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What one row of a register says about an organization. `domain` is normalized or empty.

    `note` is told with the row's result.
    """

    key: str
    name: str
    domain: str = ""
    country: str = ""
    region: str = ""
    kind: str = ""
    is_active: bool = True
    note: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Register:
    """A register: its code and name, the columns it must and may have, how a row is read, and what a row speaks for.

    `details` are further columns that are kept as they stand: who and where it is, never how large it is or when it was
    edited, for an entry whose details differ has changed. `id_kinds` are the kinds of an organization's external ids
    that hold this register's keys. `lists_domains` says that an entry is a domain and whose it is.
    `categories` says for which sector category an entry of a kind speaks; `category` is for all other kinds. Empty
    means that the entry alone does not tell, and a person must choose. It is only ever a proposal.
    """

    code: str
    name: Any
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Mapping[str, str]], RegisterFacts]
    details: tuple[str, ...] = ()
    id_kinds: tuple[str, ...] = ()
    lists_domains: bool = False
    category: str = ""
    categories: Mapping[str, str] = field(default_factory=dict)

    def facts_of(self, row: Mapping[str, str]) -> RegisterFacts:
        """What the row says, further columns included. Raises `RowProblem`."""
        details = {name: cleaned(row[name], MAX_DETAIL) for name in self.details if row.get(name)}
        return replace(self.read(row), details=details)

    def category_of(self, kind: str) -> str:
        """The code of the sector category for which an entry of this kind speaks; empty where it does not tell."""
        return self.categories.get(kind, self.category)


def cleaned(text: str, most: int) -> str:
    """The text in one line, at most so long: nothing in a register may break a table or a file."""
    return " ".join(text.split())[:most]


def named(*texts: str) -> str:
    """The first text that says something, as a name. Raises `RowProblem` where none does."""
    return required(cleaned(next((text for text in texts if text), ""), MAX_NAME), _("The name is missing."))


def required(text: str, message: object) -> str:
    """The text, or `RowProblem` with the message where it is empty."""
    if not text:
        raise RowProblem(str(message))
    return text


def numbered(text: str, pattern: str) -> str:
    """An id of the register, which is text: `pattern` is how all of them look. Raises `RowProblem`."""
    required(text, _("The id is missing."))
    if not re.fullmatch(pattern, text):
        raise RowProblem(
            gettext("“%(text)s” is not an id of this register; a spreadsheet may have changed it (leading zeros).")
            % {"text": text[:100]}
        )
    return text


def country_code(text: str) -> str:
    """A country's two letters, or nothing. "NA" is Namibia. Raises `RowProblem` for anything else."""
    code = text.upper()
    if code and not re.fullmatch(r"[A-Z]{2}", code):
        raise RowProblem(gettext("“%(text)s” is not the two-letter code of a country.") % {"text": text[:100]})
    return code


def own_domain(text: str) -> str:
    """The domain that an entry is about. Raises `RowProblem` where it is none.

    Empty for one under which anybody registers (gov.uk): it is nobody's own and proves nothing.
    """
    try:
        return names.normalize_domain(text)
    except names.BadDomain as problem:
        if problem.code == "shared_suffix":
            return ""
        raise RowProblem(gettext("“%(text)s” is not a domain.") % {"text": text[:100]}) from None


def site_domain(text: str) -> str:
    """The domain of a website; empty where it is none, for the organization is in the register all the same."""
    try:
        return names.normalize_domain(text) if text else ""
    except names.BadDomain:
        return ""
