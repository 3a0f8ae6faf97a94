"""Learn which words and domains go with which family, from entries that say what they are.

Deterministic: the same rows give the same model. scikit-learn does the fitting; what is kept are plain numbers.
"""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import SGDClassifier

from customers.matching.categories import FAMILIES, FIRST_RESPONDER
from customers.matching.features import (
    PLACES,
    Subject,
    as_row,
    concept_places,
    domain_places,
    joint_places,
    name_places,
    subject_of,
)
from customers.matching.lexicon import without_country
from customers.matching.model import OFFER_AT_PRECISION, Model, shares
from customers.names import PERMILLE, sort_key

# Beyond so many entries, a kind of a register speaks no louder: town police are many, museums few.
LOUDEST = 600
# A customer may come without its domain, or with a name that says nothing: rows are learned in parts, too.
NAME_ALONE = 0.5
DOMAIN_ALONE = 0.2
# One organization in so many is kept back to see how sure the model may be.
KEPT_BACK = 10
PASSES = 6
SHRINKAGE = 2e-7
LEAST_ENTRIES = 200
LEAST_FAMILIES = 2
# Concepts that name a rescue service.
RESPONDERS = frozenset({"police", "fire", "rescue"})


@dataclass(frozen=True, slots=True)
class Example:
    """An entry that says what it is. `sort` is the register and the kind it came under."""

    name: str
    country: str
    domain: str
    family: str
    sort: str


@dataclass(frozen=True, slots=True)
class _Learned:
    """A fitted classifier's numbers."""

    weights: NDArray[np.float32]
    start: NDArray[np.float32]


def learn(examples: Sequence[Example]) -> Model | None:
    """The model of these examples; None where they are too few to learn from. Takes seconds for 100,000.

    One organization in ten is kept back first: on those the sharpness and the confidence from which a family is
    offered are set. Then all are learned.
    """
    families = {example.family for example in examples}
    if len(examples) < LEAST_ENTRIES or len(families) < LEAST_FAMILIES:
        return None
    rows = _Rows(examples)
    kept = np.array([_is_kept_back(example) for example in examples])
    sharpness, offer_from = _gauge(rows, kept, _fit(rows, ~kept))
    last = _fit(rows, np.ones(len(examples), bool))
    return Model(last.weights, last.start, sharpness, offer_from, len(examples))


class _Rows:
    """The examples as rows of numbers: whole, by the name alone, by the domain alone (only those that have one)."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        subjects = [_subject(example) for example in examples]
        self.whole = _matrix([_row(subject) for subject in subjects])
        self.with_domain = np.array([number for number, subject in enumerate(subjects) if subject.domains], np.int64)
        self.names_alone = _matrix(
            [_name_alone(subjects[number], examples[number].family) for number in self.with_domain.tolist()]
        )
        self.domains_alone = _matrix([_row(subjects[number], name=False) for number in self.with_domain.tolist()])
        self.families = np.array([FAMILIES.index(example.family) for example in examples])

    def loudness(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How loud each chosen example speaks; the others not at all."""
        counts = Counter(example.sort for example, is_in in zip(self.examples, chosen, strict=True) if is_in)
        loud = [min(counts[one.sort], LOUDEST) / max(counts[one.sort], 1) for one in self.examples]
        return np.where(chosen, loud, 0.0)


def _subject(example: Example) -> Subject:
    return subject_of(example.name, country=example.country, domains=(example.domain,) if example.domain else ())


def _is_kept_back(example: Example) -> bool:
    # By name and country: one organization in two registers is kept back in both.
    return zlib.crc32(f"{sort_key(example.name)}|{example.country}".encode()) % KEPT_BACK == 0


def _row(subject: Subject, *, name: bool = True, domain: bool = True) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    return as_row(
        (
            name_places(subject) if name else [],
            concept_places(subject) if name else [],
            domain_places(subject) if domain else [],
            joint_places(subject) if name and domain else [],
        )
    )


def _name_alone(subject: Subject, family: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    # A list of a state's domains holds police and fire services, too: there the domain speaks for the state, the name
    # does not. And no customer writes a country behind its name, as the registry of research organizations does.
    if family != FIRST_RESPONDER and RESPONDERS & subject.concepts.keys():
        return as_row(())
    return _row(replace(subject, name=without_country(subject.name)), domain=False)


def _matrix(rows: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]) -> csr_matrix:
    ends = np.cumsum([0, *(len(spots) for spots, _values in rows)])
    found = csr_matrix(
        (
            np.concatenate([values for _spots, values in rows]) if rows else np.empty(0, np.float32),
            np.concatenate([spots for spots, _values in rows]) if rows else np.empty(0, np.int64),
            ends,
        ),
        shape=(len(rows), PLACES),
    )
    found.sum_duplicates()
    return found


def _fit(rows: _Rows, chosen: NDArray[np.bool_]) -> _Learned:
    loud = rows.loudness(chosen)
    part = chosen[rows.with_domain]
    with_domain = rows.with_domain[part]
    classifier = SGDClassifier(
        loss="log_loss", alpha=SHRINKAGE, max_iter=PASSES, tol=None, shuffle=True, random_state=2020, n_jobs=2
    )
    classifier.fit(
        vstack([rows.whole[chosen], rows.names_alone[part], rows.domains_alone[part]]).tocsr(),
        np.concatenate([rows.families[chosen], rows.families[with_domain], rows.families[with_domain]]),
        sample_weight=np.concatenate([loud[chosen], loud[with_domain] * NAME_ALONE, loud[with_domain] * DOMAIN_ALONE]),
    )
    return _numbers(classifier)


def _numbers(classifier: SGDClassifier) -> _Learned:
    """The classifier's numbers in the order of `FAMILIES`; a family of which there was no example is never likely."""
    weights = np.zeros((PLACES, len(FAMILIES)), np.float32)
    start = np.full(len(FAMILIES), -50.0, np.float32)
    coefficients, intercepts = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        # One line parts two families; it stands for the second, turned round for the first.
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.array([-intercepts[0], intercepts[0]])
    for number, column in enumerate(classifier.classes_):
        weights[:, column] = coefficients[number]
        start[column] = intercepts[number]
    return _Learned(weights, start)


def _gauge(rows: _Rows, kept: NDArray[np.bool_], learned: _Learned) -> tuple[float, int]:
    """The sharpness under which shares are likeliest right, and the confidence from which to offer (in thousandths)."""
    if kept.sum() < LEAST_ENTRIES // KEPT_BACK:
        return 1.0, PERMILLE
    loud, truth = rows.loudness(kept)[kept], rows.families[kept]
    scores = np.asarray(rows.whole[kept] @ learned.weights, np.float64) + learned.start
    each = np.arange(len(truth))

    def surprise(sharpness: float) -> float:
        return -float(loud @ np.log(shares(scores, sharpness)[each, truth] + 1e-9))

    sharpness = min(np.linspace(0.2, 3.0, 57), key=surprise)
    likely = shares(scores, sharpness)
    confidence, right = likely.max(axis=1), likely.argmax(axis=1) == truth
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(loud[order] * right[order]) / np.cumsum(loud[order])
    good = np.flatnonzero(precision * PERMILLE >= OFFER_AT_PRECISION)
    offer_from = confidence[order][good[-1]] if len(good) else 1.0
    return float(sharpness), int(np.ceil(offer_from * PERMILLE))
