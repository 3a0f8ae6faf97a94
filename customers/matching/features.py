"""What speaks for a sector: concepts in the name, signs in the domains, and the letter groups that learning weighs.

Country and the absence of a domain are no features on purpose. In the registers they tell which register a row comes
from (police agencies are all American and have no domain there), not what an organization is.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from customers import names
from customers.matching.lexicon import concepts_of, without_country

# Letter groups share this many places; two in one place are told apart by the others of their names.
PLACES = 1 << 18
GROUPS = (3, 4, 5)  # letters
_SEPARATORS = re.compile(r"[-_]")

# Consumer hosts on which anybody has a page or a mailbox, besides the providers in `customers.names`.
SHARED_HOSTS = frozenset(
    """
    aol.com att.net bellsouth.net bigpond.com blogspot.com centurylink.net centurytel.net charter.net comcast.net
    cox.net earthlink.net embarqmail.com facebook.com frontier.com frontiernet.net geocities.com github.io google.com
    homestead.com instagram.com juno.com linkedin.com netzero.net optonline.net rr.com sbcglobal.net squarespace.com
    tripod.com twitter.com verizon.net weebly.com windstream.net wixsite.com wordpress.com youtube.com
    """.split()  # noqa: SIM905 - a list of domains reads better as one
)

# What a label at the end of a domain says, where only institutions of a kind may register under it.
_SUFFIX_SIGNS = {
    label: sign
    for sign, labels in {
        "government": "gov gob gouv gub govt gv go lg bund admin",
        "education": "edu ac sch school k12",
        "military": "mil mod",
        "health": "nhs",
        "police": "police",
    }.items()
    for label in labels.split()
}
# Names by which institutions begin or end their own label: univ-lyon1.fr, uni-koeln.de, chu-lille.fr.
_LABEL_SIGNS = {
    part: sign
    for sign, parts in {
        "education": "univ uni hs fh ens",
        "health": "chu hopital klinikum hospital aphp ch",
        "municipal": "mairie ville stadt gemeinde landkreis markt vg cityof townof",
        "police": "polizei",
        "fire": "feuerwehr sdis",
    }.items()
    for part in parts.split()
}


def is_shared(domain: str, free_mail: frozenset[str] = names.FREE_MAIL) -> bool:
    """Whether a normalized domain is one on which anybody has an address: it proves nothing about anybody.

    Public lists of free mail providers hold universities and cities, too. A suffix under which only institutions
    register outweighs any list; a register that names the domain does as well (`proposing`).
    """
    if suffix_sign(domain):
        return False
    return names.is_free_mail(domain, free_mail) or names.is_free_mail(domain, SHARED_HOSTS)


def suffix_sign(domain: str) -> str:
    """What the end of a domain says: `government`, `education`, `military`, `health`, `police` or nothing."""
    labels = domain.split(".")
    if len(labels) < 2:
        return ""
    if labels[-1] in ("gov", "edu", "mil"):
        return _SUFFIX_SIGNS[labels[-1]]
    if len(labels[-1]) == 2 and len(labels) > 2:
        # Under a country: ac.uk, gouv.fr, state.tx.us; two letters like "ch" in second place are abbreviations of many.
        if labels[-1] == "us" and {"state", "ci", "co", "fed"} & set(labels[:-2]):
            return "government"
        return _SUFFIX_SIGNS.get(labels[-2], "") or ("education" if "k12" in labels else "")
    return "government" if domain.endswith("europa.eu") else ""


@lru_cache(maxsize=50_000)
def label_sign(domain: str) -> str:
    """What the own label of a domain says by its first or last part, or by how it begins."""
    for label in domain.split(".")[:-1]:
        parts = _SEPARATORS.split(label)
        for part in (parts[0], parts[-1]):
            if part in _LABEL_SIGNS:
                return _LABEL_SIGNS[part]
    return ""


@dataclass(frozen=True)
class Subject:
    """What is known of an organization. Domains are normalized; shared ones were left out by `subject_of`."""

    name: str
    country: str = ""
    domains: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = field(default=())  # domains that prove nothing

    @cached_property
    def words(self) -> tuple[str, ...]:
        return names.plain_words(without_country(self.name))

    @cached_property
    def concepts(self) -> Mapping[str, str]:
        return concepts_of(self.words)

    @cached_property
    def domain_signs(self) -> Mapping[str, str]:
        """Signs of the domains, each with the domain that shows it."""
        found: dict[str, str] = {}
        for domain in self.domains:
            for sign in (suffix_sign(domain), label_sign(domain)):
                if sign:
                    found.setdefault(sign, domain)
        return found


def subject_of(
    name: str,
    *,
    country: str = "",
    domains: tuple[str, ...] = (),
    email: str = "",
    institutions: frozenset[str] = frozenset(),
    free_mail: frozenset[str] = names.FREE_MAIL,
) -> Subject:
    """A subject from what somebody typed. Text that is no domain is passed over.

    `institutions` are domains that a register names; none of them is taken for a free mail provider's, whatever
    `free_mail` says. The domain of a contact's address speaks like one of the organization's own.
    """
    found: dict[str, bool] = {}
    for text in (*domains, email.rpartition("@")[2]):
        try:
            domain = names.normalize_domain(text)
        except names.BadDomain:
            continue
        found[domain] = domain not in institutions and is_shared(domain, free_mail)
    return Subject(
        name=name,
        country=country,
        domains=tuple(domain for domain, shared in found.items() if not shared),
        set_aside=tuple(domain for domain, shared in found.items() if shared),
    )


# --- what learning weighs --------------------------------------------------------------------------


def place(feature: str) -> int:
    """Where a feature's weights stand; the same on every machine and in every process."""
    return zlib.crc32(feature.encode()) & (PLACES - 1)


def _groups(kind: str, word: str) -> list[int]:
    whole = f"<{word}>"
    return [
        place(f"{kind}{whole[start : start + length]}") for length in GROUPS for start in range(len(whole) - length + 1)
    ]


@lru_cache(maxsize=300_000)
def _word_places(word: str) -> tuple[int, ...]:
    return (place(f"w:{word}"), *_groups("n:", word))


@lru_cache(maxsize=50_000)
def _domain_places(domain: str) -> tuple[int, ...]:
    labels = domain.split(".")
    found = [place(f"t:{labels[-1]}"), place(f"s:{'.'.join(labels[-2:])}"), place(f"depth:{len(labels)}")]
    if len(labels) > 2:
        found.append(place(f"s:{'.'.join(labels[-3:])}"))
    for label in labels[:-1][-3:]:
        found.append(place(f"l:{label}"))
        found += _groups("d:", label)
    return tuple(found)


def name_places(subject: Subject) -> list[int]:
    """Places of what the name says."""
    words = subject.words
    found = [spot for word in dict.fromkeys(words) for spot in _word_places(word)]
    found += [place(f"b:{one} {other}") for one, other in pairwise(words)]
    if words:
        found += [place(f"first:{words[0]}"), place(f"last:{words[-1]}")]
    if without_country(subject.name) != subject.name:
        found.append(place("country behind the name"))
    return found


def concept_places(subject: Subject) -> list[int]:
    """Places of the concepts, alone and in pairs: a university's hospital is no university."""
    present = sorted(subject.concepts)
    found = [place(f"k:{one}") for one in present]
    found += [place(f"k:{one}+{other}") for one, other in combinations(present, 2)]
    return found


def domain_places(subject: Subject) -> list[int]:
    """Places of what the domains say."""
    found = [spot for domain in subject.domains[:3] for spot in _domain_places(domain)]
    return found + [place(sign) for sign in _domain_facts(subject)]


def joint_places(subject: Subject) -> list[int]:
    """Places of what name and domain say together: an institute at a university's address is not an institute at its
    own."""
    spoken = sorted(subject.concepts) or ["none"]
    return [place(f"j:{concept} {fact}") for concept in spoken for fact in _domain_facts(subject)]


def _domain_facts(subject: Subject) -> list[str]:
    if not subject.domains:
        return []
    labels = subject.domains[0].split(".")
    return [
        *(f"g:{sign}" for sign in subject.domain_signs),
        f"end:{labels[-1]}",
        f"own:{_is_own(subject)} {len(labels) > 2 and suffix_sign(subject.domains[0]) == ''}",
    ]


def _is_own(subject: Subject) -> bool:
    # A laboratory at a university's address has that of its host; a town's office its own.
    labels = "".join(subject.domains[0].split(".")[:-1])
    initials = "".join(word[0] for word in subject.words)
    return any(len(word) > 3 and word in labels for word in subject.words) or (
        len(initials) > 2 and initials[:4] in labels
    )


def as_row(groups: Sequence[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Places and values; each group has the length one, so that a long name speaks no louder than a short one."""
    kept = [group for group in groups if group]
    if not kept:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    values = np.concatenate([np.full(len(group), len(group) ** -0.5, np.float32) for group in kept])
    return np.concatenate([np.asarray(group, np.int64) for group in kept]), values
