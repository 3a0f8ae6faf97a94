"""What words and domains say by themselves: hand-set weights, in force where nothing was learned.

A weight is about how many times likelier (as a logarithm) a family becomes; they add up, and the sums become shares.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from customers.matching.categories import (
    COMMERCIAL,
    EDUCATION,
    FAMILIES,
    FIRST_RESPONDER,
    GOVERNMENT,
    HEALTH,
    RESEARCH,
)
from customers.matching.features import Subject
from customers.matching.lexicon import without_country

# Among several families named, these win: a university's police is police, a town's hospital a hospital.
CONCEPT_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "police": {FIRST_RESPONDER: 10.0},
    "fire": {FIRST_RESPONDER: 8.0},
    "rescue": {FIRST_RESPONDER: 7.5},
    "dispatch": {FIRST_RESPONDER: 3.0, GOVERNMENT: 1.5},
    "hospital": {HEALTH: 9.0},
    "health": {HEALTH: 4.0},
    "public_health": {HEALTH: -1.0, GOVERNMENT: 3.0},
    "supply": {HEALTH: 5.0},
    "emergency": {GOVERNMENT: 5.5},
    "aid": {RESEARCH: 6.0},
    "core": {GOVERNMENT: 4.0},
    "state": {GOVERNMENT: 3.0},
    "public_body": {GOVERNMENT: 2.5},
    "municipal": {GOVERNMENT: 4.0},
    "tribal": {GOVERNMENT: 3.0},
    "justice": {GOVERNMENT: 4.5},
    "defense": {GOVERNMENT: 3.5},
    "university": {EDUCATION: 4.8},
    "school": {EDUCATION: 4.5},
    "research": {RESEARCH: 3.2},
    "archive": {RESEARCH: 4.2},
    "association": {RESEARCH: 3.2},
    "crisis_research": {RESEARCH: 1.0, HEALTH: 0.5},
    "company": {COMMERCIAL: 3.5},
    "energy": {COMMERCIAL: 1.5},
    "food": {COMMERCIAL: 1.5},
    "transport": {COMMERCIAL: 1.5},
    "finance": {COMMERCIAL: 2.0},
    "telecom": {COMMERCIAL: 1.5},
    "media": {COMMERCIAL: 1.0},
    "water": {GOVERNMENT: 0.5, COMMERCIAL: 0.5},
    "waste": {GOVERNMENT: 0.5, COMMERCIAL: 0.5},
}
SIGN_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "government": {GOVERNMENT: 5.0},
    "military": {GOVERNMENT: 4.0},
    "municipal": {GOVERNMENT: 4.0},
    "education": {EDUCATION: 2.6, RESEARCH: 1.0},
    "health": {HEALTH: 4.0},
    "police": {FIRST_RESPONDER: 5.0},
    "fire": {FIRST_RESPONDER: 5.0},
}
_ENDINGS = {"com": {COMMERCIAL: 1.2}, "org": {RESEARCH: 0.8}, "inc": {COMMERCIAL: 2.0}, "io": {COMMERCIAL: 1.0}}
# A company that says so by its country in parentheses, as the registry of research organizations writes it.
_COUNTRY_BEHIND = {COMMERCIAL: 4.0}
# Where nothing speaks, most customers are companies; it is far from enough to offer.
_START = {COMMERCIAL: 0.5}


def scores(subjects: Iterable[Subject]) -> NDArray[np.float64]:
    """One row per subject, one column per family: sums of weights."""
    return np.array([_score(subject) for subject in subjects], np.float64).reshape(-1, len(FAMILIES))


def _score(subject: Subject) -> list[float]:
    total = dict.fromkeys(FAMILIES, 0.0)
    weights = [_START, *(CONCEPT_WEIGHTS[concept] for concept in subject.concepts)]
    weights += [SIGN_WEIGHTS[sign] for sign in subject.domain_signs]
    if without_country(subject.name) != subject.name:
        weights.append(_COUNTRY_BEHIND)
    if subject.domains:
        weights.append(_ENDINGS.get(subject.domains[0].rpartition(".")[2], {}))
    for one in weights:
        for family, weight in one.items():
            total[family] += weight
    return [total[family] for family in FAMILIES]


def says(concept: str, family: str) -> bool:
    """Whether a concept speaks for a family."""
    return CONCEPT_WEIGHTS[concept].get(family, 0.0) > 0


def sign_says(sign: str, family: str) -> bool:
    """Whether a domain's sign speaks for a family."""
    return SIGN_WEIGHTS[sign].get(family, 0.0) > 0
