"""Columns of metadata: each kind is fitted once, and then encodes any frame."""

import logging
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_at_least_zero
from tfrecs._base.types import AnyArray
from tfrecs.data.cells import (
    labels_of,
    numbers_of,
    separator_in,
    texts_of,
    vectors_in,
)

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = logging.getLogger("tfrecs")

UNKNOWN = "<unknown>"
LONGEST = 2**20
"""Numbers of a vector; each is a feature with a name."""

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Categories:
    """A feature for each category; see `FeatureEncoder`.

    Args:
        column: the column's name.
        categories: with a feature each, in the order of the features.
        rare: categories of fewer than `min_count` rows, which share one more feature.
        separator: between the categories of a cell; None if a cell holds one.
    """

    column: str
    categories: list[str]
    rare: list[str]
    separator: str | None

    def __post_init__(self) -> None:
        """Checks the values, which may come from a file."""
        _check_texts(self.column, "categories", self.categories, self.rare)
        if self.separator is not None:
            check_separator(self.separator)

    @classmethod
    def fit(
        cls,
        frame: "pd.DataFrame",
        column: str,
        *,
        many: bool,
        separator: str | None,
        min_count: int,
    ) -> "Categories":
        """Finds the categories, of which a cell may hold `many`."""
        if many and separator is None:
            separator = separator_in(frame, column)
        used = separator if many else None
        counts = Counter(labels_of(frame, column, used)[1])
        kept = sorted(x for x, count in counts.items() if count >= min_count)
        rare = sorted(x for x, count in counts.items() if count < min_count)
        return cls(column, kept, rare, used)

    @property
    def names(self) -> list[str]:
        """The categories, and one for all others if some were rare."""
        shared = [UNKNOWN] if self.rare else []
        return [f"{self.column}={category}" for category in (*self.categories, *shared)]

    def encode(self, frame: "pd.DataFrame") -> sp.csr_array:
        """Returns zeros and ones; warns of unseen categories."""
        rows, labels = labels_of(frame, self.column, self.separator)
        codes = {category: code for code, category in enumerate(self.categories)}
        shared = len(codes)
        codes |= dict.fromkeys(self.rare, shared)
        unseen = Counter(label for label in labels if label not in codes)
        if unseen:
            self._warn(unseen)
        found = np.array([codes.get(x, shared) for x in labels], dtype=np.int64)
        kept = found < len(self.names)  # without rare ones, unseen ones are left out
        return _ones(rows[kept], found[kept], (len(frame), len(self.names)))

    def _warn(self, unseen: Counter[str]) -> None:
        examples = ", ".join(repr(label) for label, _ in unseen.most_common(3))
        treatment = f"as {self.column}={UNKNOWN}" if self.rare else "as missing"
        _LOGGER.warning(
            "Column %r: unseen categories in %d values (%d distinct, such as %s) are "
            "encoded %s",
            *(self.column, unseen.total(), len(unseen), examples, treatment),
        )


@dataclass(frozen=True)
class Numbers:
    """One feature: (number - mean) / deviation, and 0 if missing."""

    column: str
    mean: float
    deviation: float

    def __post_init__(self) -> None:
        """Checks the values, which may come from a file."""
        if not (math.isfinite(self.mean) and 0 < self.deviation < math.inf):
            raise ValueError(
                f"Column {self.column!r} must have a finite mean and deviation. "
                f"Received: {self.mean!r} and {self.deviation!r}. Divide it, or take "
                "its logarithm."
            )

    @classmethod
    def fit(cls, frame: "pd.DataFrame", column: str) -> "Numbers":
        """Computes the mean and the standard deviation of the numbers."""
        numbers = numbers_of(frame, column)
        numbers = numbers[~np.isnan(numbers)]
        if not numbers.size or numbers.min() == numbers.max():  # no rounding error
            return cls(column, float(numbers[0]) if numbers.size else 0.0, 1.0)
        with np.errstate(over="ignore", invalid="ignore"):  # refused by the checks
            return cls(column, float(numbers.mean()), float(numbers.std()) or 1.0)

    @property
    def names(self) -> list[str]:
        """The column's name."""
        return [self.column]

    def encode(self, frame: "pd.DataFrame") -> sp.csr_array:
        """Returns numbers on the fitted scale."""
        scaled = (numbers_of(frame, self.column) - self.mean) / self.deviation
        return sp.csr_array(np.nan_to_num(scaled, nan=0.0)[:, None])


@dataclass(frozen=True)
class Words:
    """A feature for each word: tf-idf, of length 1 in each row with a word.

    Args:
        column: the column's name.
        words: in the order of the features.
        weights: of each word, ln((1 + rows) / (1 + rows with the word)) + 1.
    """

    column: str
    words: list[str]
    weights: list[float]

    def __post_init__(self) -> None:
        """Checks the values, which may come from a file."""
        _check_texts(self.column, "words", self.words)
        right = all(isinstance(x, float) and 0 < x < math.inf for x in self.weights)
        if not right or len(self.weights) != len(self.words):
            raise ValueError(
                f"Column {self.column!r} must have a positive weight for each of "
                f"{len(self.words)} words. Received: {len(self.weights)} numbers"
            )

    @classmethod
    def fit(
        cls, frame: "pd.DataFrame", column: str, *, min_count: int, max_words: int
    ) -> "Words":
        """Finds the words of the most rows."""
        rows = [set(_words(text)) for text in texts_of(frame, column)]
        counts = Counter(word for row in rows for word in row)
        usual = [item for item in counts.items() if item[1] >= min_count]
        kept = sorted(usual, key=lambda item: (-item[1], item[0]))[:max_words]
        return cls(
            column,
            sorted(word for word, _ in kept),
            [math.log((1 + len(rows)) / (1 + n)) + 1 for _, n in sorted(kept)],
        )

    @property
    def names(self) -> list[str]:
        """The words."""
        return [f"{self.column}={word}" for word in self.words]

    def encode(self, frame: "pd.DataFrame") -> sp.csr_array:
        """Returns the weights of each row's words; other words are left out."""
        codes = {word: code for code, word in enumerate(self.words)}
        listed = [
            [codes[word] for word in _words(text) if word in codes]
            for text in texts_of(frame, self.column)
        ]
        rows = np.repeat(np.arange(len(listed)), [len(found) for found in listed])
        places = np.array([x for found in listed for x in found], dtype=np.int64)
        values = np.array(self.weights)[places]
        shape = (len(listed), len(self.words))
        matrix = sp.coo_array((values, (rows, places)), shape=shape).tocsr()
        lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
        matrix.data /= np.repeat(lengths, np.diff(matrix.indptr))
        return matrix


@dataclass(frozen=True)
class Vectors:
    """A feature for each number of a cell's list, as it is, and 0 if missing."""

    column: str
    dim: int

    def __post_init__(self) -> None:
        """Checks the values, which may come from a file."""
        check_at_least_zero(dim=self.dim)
        if self.dim > LONGEST:
            raise ValueError(
                f"Column {self.column!r} must have vectors of at most {LONGEST:,} "
                f"numbers. Received: {self.dim:,}"
            )

    @classmethod
    def fit(cls, frame: "pd.DataFrame", column: str) -> "Vectors":
        """Finds the length of the vectors."""
        return cls(column, vectors_in(frame, column)[1].shape[1])

    @property
    def names(self) -> list[str]:
        """The column's name and the place."""
        return [f"{self.column}[{place}]" for place in range(self.dim)]

    def encode(self, frame: "pd.DataFrame") -> sp.csr_array:
        """Returns the vectors."""
        rows, vectors = vectors_in(frame, self.column, self.dim)
        table = np.zeros((len(frame), self.dim), dtype=np.float32)
        table[rows] = vectors
        return sp.csr_array(table)


FittedColumn: TypeAlias = Categories | Numbers | Words | Vectors
"""A column as it was fitted: plain values, which JSON holds."""

KINDS: dict[str, type[FittedColumn]] = {
    "categorical": Categories,
    "multi_hot": Categories,
    "numeric": Numbers,
    "text": Words,
    "vectors": Vectors,
}
"""The kinds of columns, by the argument of `FeatureEncoder`, in their order."""


def check_separator(separator: str) -> None:
    """Raises ValueError for a separator that is not text."""
    if not isinstance(separator, str) or not separator:
        raise ValueError(f"`separator` must be text. Received: {separator!r}")


def _words(text: str | None) -> list[str]:
    return WORD.findall((text or "").lower())


def _ones(rows: AnyArray, places: AnyArray, shape: tuple[int, int]) -> sp.csr_array:
    """Returns a matrix with a 1 at each place, however often it is named."""
    ones = np.ones(len(rows), dtype=np.float32)
    matrix = sp.coo_array((ones, (rows, places)), shape=shape).tocsr()
    matrix.data[:] = 1  # rare categories of a row share a place
    return matrix


def _check_texts(column: str, what: str, *lists: list[Any]) -> None:
    """Raises ValueError for lists of a column that do not hold distinct texts."""
    texts = [text for listed in lists for text in listed]
    is_text = all(isinstance(listed, list) for listed in lists)
    is_text &= isinstance(column, str) and all(isinstance(x, str) for x in texts)
    if not is_text or len(set(texts)) != len(texts):
        raise ValueError(
            f"Column {column!r} must have distinct {what}, all text. Received: "
            f"{len(texts)} others"
        )
