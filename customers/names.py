"""Names and domains of organizations: how they sort, how they are found, when two look like one.

Pure: no database, no Django. German names are written in two ways in the wild, "Köln" and "Koeln", and searched for
in a third, "Koln". So a name is found by two forms: *plain* (ö becomes o, as DIN 5007-1 sorts) and *spelled out*
(ö becomes oe).
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from kit.reason import Reason

PERMILLE = 1000

# From this score on, a new registration is shown as a possible duplicate.
WARN_FROM = 700

# Letters that do not decompose into a base letter and an accent.
_PLAIN = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "ŋ": "n",
        "ĸ": "k",
    }
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

# Accents on Latin, Greek and Cyrillic letters. Vowel signs of other scripts carry meaning and stay.
_ACCENTS = re.compile("[\u0300-\u036f]")
_ASCII_WORD = re.compile("[a-z0-9]+")
_POSSESSIVE = re.compile("['\u2019\u02bc](?=s\\b)")

# Legal forms and connecting words say nothing about who an organization is.
_WITHOUT_MEANING = frozenset(
    """
    ab ag and aoer aor as asbl aps bv co company corp corporation cv das de der des die du e eg et eu ev gag ggmbh gmbh
    inc incorporated kg kgaa la le les limited llc llp lp ltd mbh na nv ohg of oy plc pty sa sarl sas se spa srl the ug
    und v vof vzw y
    """.split()  # noqa: SIM905 - a list of words reads better as one
)


# --- names -----------------------------------------------------------------------------------------


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.translate(_PLAIN)))
    return unicodedata.normalize("NFC", bare.casefold())


def _words(text: str) -> tuple[str, ...]:
    if text.isascii():
        # Most of a large file; the same words, found at once.
        return tuple(_ASCII_WORD.findall(_POSSESSIVE.sub("", text) if "'" in text else text))
    joined = _POSSESSIVE.sub("", text)
    spaced = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in joined)
    return tuple(spaced.split())


@lru_cache(4096)  # a name is asked for its words several times over: how it sorts, what tells it, how it is found
def plain_words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case without accents: "Uniklinik Köln" gives uniklinik, koln."""
    return _words(_without_accents(_folded(name)))


def spelled_words(name: str) -> tuple[str, ...]:
    """The same with umlauts spelled out: "Uniklinik Köln" gives uniklinik, koeln."""
    if name.isascii():
        return plain_words(name)
    return _words(_without_accents(_folded(name).translate(_SPELLED_OUT)))


def sort_key(name: str, limit: int = 300) -> str:
    """What a name sorts by: DIN 5007-1 (ä as a, ß as ss), punctuation ignored, at most `limit` characters."""
    return " ".join(plain_words(name))[:limit]


def name_key(name: str, limit: int = 300) -> str:
    """The words that tell a name from others, sorted: names that differ in legal form, order of words or the spelling
    of umlauts only have the same. "Uniklinik Köln AöR" and "Koeln, Uniklinik" give "koeln uniklinik"."""
    return " ".join(sorted(_meaning(spelled_words(name))))[:limit]


def search_text(*names: str) -> str:
    """All words a set of names is found by, each once, between spaces, so " word" finds beginnings of words."""
    together = " ".join(names)
    words = dict.fromkeys(plain_words(together))
    if not together.isascii():
        words.update(dict.fromkeys(spelled_words(together)))
    return f" {' '.join(words)} " if words else ""


def query_words(query: str) -> tuple[tuple[str, ...], ...]:
    """What to look for: every word of the query in the spellings of which one must begin a word of the name."""
    pairs = zip(plain_words(query), spelled_words(query), strict=True)
    return tuple(dict.fromkeys(tuple(dict.fromkeys(pair)) for pair in pairs))


def is_found(query: str, *names: str) -> bool:
    """Whether the query finds the names: each of its words, in one of its spellings, begins one of their words.

    The same rule as the database's, see `tsquery`.
    """
    text = search_text(*names)
    return all(any(f" {spelling}" in text for spelling in spellings) for spellings in query_words(query))


def tsquery(query: str) -> str:
    """The same rule for PostgreSQL: a text search query over the words of `search_text`; empty without words."""
    # Words are letters, marks and digits, so that quoting them is enough.
    return " & ".join(
        "(" + " | ".join(f"'{spelling}':*" for spelling in spellings) + ")" for spellings in query_words(query)
    )


# --- domains ---------------------------------------------------------------------------------------


class BadDomain(ValueError):
    """Not a domain an organization can register. `code` says why, `label` names the part at fault, if one is."""

    def __init__(self, code: str, label: str = "") -> None:
        super().__init__(f"{code} {label}".strip())
        self.code = code
        self.label = label


_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|//|mailto:)", re.IGNORECASE)
_LETTERS_DIGITS_HYPHENS = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_ORDINARY_DOMAIN = re.compile(
    r"(?!www\.)(?:(?!xn--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?!(?:localhost|local|internal|invalid|arpa|onion)\b)[a-z]{2,20}"
)
_NOT_ON_THE_INTERNET = frozenset({"localhost", "local", "internal", "invalid", "arpa", "onion"})

# Second-level names under which anybody registers. Far from complete, and need not be: a verifier looks, too.
_SHARED_SUFFIXES = frozenset(
    f"{second}.{top}"
    for top, seconds in {
        "at": "ac co gv or",
        "au": "asn com edu gov id net org",
        "br": "com edu gov net org",
        "cn": "com edu gov net org",
        "in": "ac co edu gov net org",
        "jp": "ac co ed go lg ne or",
        "kr": "ac co go or re",
        "mx": "com edu gob net org",
        "nz": "ac co govt net org school",
        "pl": "com edu gov net org",
        "tr": "com edu gov net org",
        "uk": "ac co gov ltd me net nhs org plc police sch",
        "za": "ac co gov net org",
    }.items()
    for second in seconds.split()
)

FREE_MAIL = frozenset(
    """
    126.com 163.com aol.com arcor.de fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
    googlemail.com hotmail.com hotmail.de hotmail.fr icloud.com laposte.net libero.it live.com mac.com mail.com mail.de
    mail.ru mailbox.org me.com msn.com orange.fr outlook.com outlook.de posteo.de proton.me protonmail.com qq.com
    rocketmail.com t-online.de tuta.com tutanota.com wanadoo.fr web.de yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru
    ymail.com zoho.com
    """.split()  # noqa: SIM905 - a list of domains reads better as one
)


def normalize_domain(text: str) -> str:
    """The registrable form of what somebody typed: lower case, punycode, without scheme, user, port, path and "www.".

    "https://www.Uniklinik-Köln.de/kontakt" gives "xn--uniklinik-kln-smb.de". Raises BadDomain with one of the codes
    `empty`, `no_dot`, `ip_address`, `bad_label`, `too_long`, `not_public`, `shared_suffix`.
    """
    if _ORDINARY_DOMAIN.fullmatch(text) and len(text) < 64:
        # Most of a large file: written as it will be stored, and too short to hold a label that is too long.
        if text in _SHARED_SUFFIXES:
            raise BadDomain("shared_suffix", text)
        return text
    host = _SCHEME.sub("", text.strip())
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0].rpartition("@")[2]
    if host.startswith("["):
        raise BadDomain("ip_address")
    host = re.sub(r":\d*$", "", host)
    # Full stops of other scripts end a label as well (RFC 3490, section 3.1).
    host = re.sub("[\u3002\uff0e\uff61]", ".", host).removesuffix(".")
    if not host:
        raise BadDomain("empty")
    _refuse_address(host)

    labels = [_ascii_label(label) for label in host.split(".")]
    if labels[0] == "www" and len(labels) > 2:
        del labels[0]
    if labels[-1] in _NOT_ON_THE_INTERNET:
        raise BadDomain("not_public", labels[-1])
    if len(labels) < 2:
        raise BadDomain("no_dot")
    if labels[-1].isdigit():
        raise BadDomain("bad_label", labels[-1])
    domain = ".".join(labels)
    if len(domain) > 253:
        raise BadDomain("too_long")
    if domain in _SHARED_SUFFIXES:
        raise BadDomain("shared_suffix", domain)
    return domain


def display_domain(domain: str) -> str:
    """A normalized domain as people write it, with its own letters."""
    return ".".join(_decoded(label) if label.startswith("xn--") else label for label in domain.split("."))


def free_mail_domains(lines: Iterable[str] = ()) -> frozenset[str]:
    """The built-in list of free mail providers, extended by one domain a line; "#" begins a comment."""
    found = set(FREE_MAIL)
    for line in lines:
        name = line.partition("#")[0].strip()
        if name:
            try:
                found.add(normalize_domain(name))
            except BadDomain:
                continue  # A list made by others; a line that is no domain cannot match one.
    return frozenset(found)


def is_free_mail(domain: str, known: frozenset[str] = FREE_MAIL) -> bool:
    """Whether a normalized domain, or one above it, is a free mail provider's: it proves nothing about anybody."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in known for start in range(len(labels) - 1))


def _refuse_address(host: str) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    raise BadDomain("ip_address")


def _ascii_label(label: str) -> str:
    written = label.lower()
    readable = _decoded(written) if written.startswith("xn--") else written
    readable = unicodedata.normalize("NFC", readable.lower())
    encoded = readable if readable.isascii() else _encoded(readable)
    if (
        # Punycode that no letters encode to would be a second name for the same domain, or none at all.
        (written.startswith("xn--") and encoded != written)
        or any(char != "-" and unicodedata.category(char)[0] not in "LMN" for char in readable)
        or len(encoded) > 63
        or not _LETTERS_DIGITS_HYPHENS.fullmatch(encoded)
    ):
        raise BadDomain("bad_label", label)
    return encoded


def _encoded(label: str) -> str:
    return "xn--" + label.encode("punycode").decode("ascii")


def _decoded(label: str) -> str:
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError as error:
        raise BadDomain("bad_label", label) from error


# --- likeness --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of an organization before anything is verified. Domains are normalized ones."""

    name: str
    aliases: tuple[str, ...] = ()
    country: str = ""
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two identities look like one, 0 to 1000, and what says so."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_warning(self) -> bool:
        return self.score >= WARN_FROM


def likeness(one: Identity, other: Identity, free_mail: frozenset[str] = FREE_MAIL) -> Likeness:
    """Compare two identities; symmetric. The best pair of names counts.

    A shared domain takes away seven tenths of what the names differ by (a free mail provider's does not), and two
    known, different countries leave seven tenths of the score: branches of one group are registered apart.
    """
    names = [(name_likeness(mine, theirs), mine, theirs) for mine in _names(one) for theirs in _names(other)]
    score = max((value for value, _, _ in names), default=0)
    reasons = []
    if score == PERMILLE:
        reasons.append(Reason("same_name"))
    elif score:
        reasons.append(Reason("similar_name", {"permille": score}))
    shared = sorted(domain for domain in {*one.domains} & {*other.domains} if not is_free_mail(domain, free_mail))
    if shared:
        score = PERMILLE - (PERMILLE - score) * 3 // 10
        reasons.append(Reason("shared_domain", {"domain": shared[0]}))
    if one.country and other.country and one.country != other.country:
        score = score * 7 // 10
        reasons.append(Reason("other_country", {"countries": sorted([one.country, other.country])}))
    return Likeness(score, tuple(reasons))


def name_likeness(one: str, other: str) -> int:
    """How alike two names are, 0 to 1000: the better of shared words and shared letter groups (Dice), in the
    spellings that agree best. Legal forms and connecting words do not count."""
    return max(
        max(_dice(mine, theirs), _dice(_trigrams(mine), _trigrams(theirs)))
        for mine in (_meaning(plain_words(one)), _meaning(spelled_words(one)))
        for theirs in (_meaning(plain_words(other)), _meaning(spelled_words(other)))
    )


def _names(identity: Identity) -> tuple[str, ...]:
    return (identity.name, *identity.aliases)


def _meaning(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words) - _WITHOUT_MEANING or frozenset(words)


def _trigrams(words: frozenset[str]) -> frozenset[str]:
    padded = (f"  {word} " for word in words)
    return frozenset(word[start : start + 3] for word in padded for start in range(len(word) - 2))


def _dice(one: frozenset[str], other: frozenset[str]) -> int:
    total = len(one) + len(other)
    return 2 * len(one & other) * PERMILLE // total if total else 0
