"""What was learned: weights by letter groups, concepts and domains.

Numbers only, so that a stored model is loaded without running anything of it.
A linear model on purpose: each part of a name adds to each family, so it can be told which words spoke.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from customers.matching.categories import FAMILIES
from customers.matching.features import (
    PLACES,
    Subject,
    as_row,
    concept_places,
    domain_places,
    joint_places,
    name_places,
)

# A model of other features than these is not read: its numbers would be taken for something else.
FORMAT = 1
# A family is offered without asking from a confidence on at which so many of a thousand were right when it was learned.
OFFER_AT_PRECISION = 985


class CannotRead(ValueError):
    """The bytes are not a model of this format."""


@dataclass(frozen=True)
class Model:
    """Weights (places x families), what stands without any word, and how sums become shares.

    `sharpness` multiplies the sums, so that a share of 0.9 is right nine times in ten; `offer_from` is the confidence
    (in thousandths) from which a family is offered; `entries` counts what it was learned from.
    """

    weights: NDArray[np.float32]
    start: NDArray[np.float32]
    sharpness: float
    offer_from: int
    entries: int

    def scores(self, subjects: Sequence[Subject]) -> NDArray[np.float64]:
        """One row per subject, one column per family: sums of weights, before they become shares."""
        found = np.empty((len(subjects), len(FAMILIES)), np.float64)
        for number, subject in enumerate(subjects):
            spots, values = as_row(
                (name_places(subject), concept_places(subject), domain_places(subject), joint_places(subject))
            )
            found[number] = self.start + values @ self.weights[spots]
        return found


def shares(scores: NDArray[np.float64], sharpness: float = 1.0) -> NDArray[np.float64]:
    """Sums as shares of one, row by row."""
    powers = np.exp((scores - scores.max(axis=1, keepdims=True)) * sharpness)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def to_bytes(model: Model) -> bytes:
    """The model as a compressed NumPy archive of plain numbers."""
    used = np.flatnonzero(np.abs(model.weights).max(axis=1) > 0)
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        format=np.array([FORMAT, PLACES]),
        families=np.array(FAMILIES),
        used=used.astype(np.int32),
        weights=model.weights[used].astype(np.float16),
        start=model.start,
        numbers=np.array([model.sharpness, model.offer_from, model.entries], np.float64),
    )
    return packed.getvalue()


def from_bytes(content: bytes) -> Model:
    """The model in these bytes. Raises `CannotRead`; nothing in them is ever run."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as packed:
            if packed["format"].tolist() != [FORMAT, PLACES] or tuple(packed["families"].tolist()) != FAMILIES:
                raise CannotRead("learned by another version")
            weights = np.zeros((PLACES, len(FAMILIES)), np.float32)
            weights[packed["used"]] = packed["weights"]
            sharpness, offer_from, entries = packed["numbers"].tolist()
            start = packed["start"].astype(np.float32)
    except (OSError, KeyError, IndexError, EOFError, ValueError, BadZipFile) as error:
        raise CannotRead(str(error)) from error
    return Model(weights, start, sharpness, int(offer_from), int(entries))
