"""Words by which organizations say what they are (`lexicon.toml`), and how they are found in a name."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from customers.names import plain_words, spelled_words

_LEXICON = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text(encoding="utf-8"))

# The registry of research organizations writes the country behind the names of companies.
_COUNTRY_BEHIND = re.compile(r"\s*\([^()\d]{3,40}\)\s*$")

# By the form of an entry; a phrase is kept under its first word, and only its last may be open.
_EXACT: dict[str, set[str]] = {}
_BEGINNING: dict[str, set[str]] = {}
_ENDING: dict[str, set[str]] = {}
_INSIDE: dict[str, set[str]] = {}
_PHRASES: dict[str, list[tuple[tuple[str, ...], bool, str]]] = {}


def _take(concept: str, entry: str) -> None:
    opens, closes = entry.startswith("*"), entry.endswith("*")
    bare = entry.strip("*")
    for words in {plain_words(bare), spelled_words(bare)}:
        if len(words) > 1:
            _PHRASES.setdefault(words[0], []).append((words, closes, concept))
        else:
            into = (_INSIDE if opens else _BEGINNING) if closes else (_ENDING if opens else _EXACT)
            into.setdefault(words[0], set()).add(concept)


for _concept, _entries in _LEXICON.items():
    for _entry in _entries.split(","):
        _take(_concept, _entry.strip())


@lru_cache(maxsize=200_000)
def _of_word(word: str) -> frozenset[str]:
    found = set(_EXACT.get(word, ()))
    for cut in range(1, len(word) + 1):
        found |= _BEGINNING.get(word[:cut], frozenset())
        found |= _ENDING.get(word[-cut:], frozenset())
    if not word.isascii():
        found.update(*(concepts for part, concepts in _INSIDE.items() if part in word))
    return frozenset(found)


def concepts_of(words: tuple[str, ...]) -> dict[str, str]:
    """The concepts that a name's plain words speak of, each with the words that say so."""
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        for phrase, is_open, concept in _PHRASES.get(word, ()):
            there = words[at : at + len(phrase)]
            if there == phrase or (
                is_open and there[:-1] == phrase[:-1] and len(there) == len(phrase) and there[-1].startswith(phrase[-1])
            ):
                found[concept] = " ".join(there)
        for concept in _of_word(word):
            found.setdefault(concept, word)
    return found


def without_country(name: str) -> str:
    """The name without a country in parentheses behind it: a registry's habit, which customers do not share."""
    return _COUNTRY_BEHIND.sub("", name) or name
