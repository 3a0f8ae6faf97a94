"""Countries by their two-letter code (ISO 3166-1), and names for three-letter ones; all from the Unicode CLDR."""

from functools import lru_cache

from babel import Locale
from babel.core import get_global
from django.utils.translation import get_language

from customers.names import sort_key

# Two-letter codes of CLDR that are not countries: groups, pseudo-locales, "unknown".
_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


def is_country(code: str) -> bool:
    """Whether the code names a country or territory; "NA" is Namibia and not "nothing"."""
    return code in _names("en")


def country_name(code: str) -> str:
    """The name in the active language; the code itself where it is unknown."""
    return _names(_language()).get(code, code)


def country_name_of_three(code: str) -> str:
    """The name for a three-letter code, such as NLD, in the active language; the code itself where it is unknown."""
    # CLDR lists them as aliases; one that stands for several countries of today is none of them.
    two = get_global("territory_aliases").get(code, ())
    return country_name(two[0]) if len(two) == 1 else code


def country_choices() -> list[tuple[str, str]]:
    """Every code with its name in the active language, sorted by name."""
    return _choices(_language())


@lru_cache
def _names(language: str) -> dict[str, str]:
    territories = Locale(language).territories
    return {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES
    }


@lru_cache
def _choices(language: str) -> list[tuple[str, str]]:
    return sorted(_names(language).items(), key=lambda pair: sort_key(pair[1]))


def _language() -> str:
    return "de" if (get_language() or "").startswith("de") else "en"
