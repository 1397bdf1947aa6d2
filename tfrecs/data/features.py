"""Metadata of users and items as numbers for a tower."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_positive
from tfrecs._base.finite_json import read_json
from tfrecs.data.feature_columns import (
    KINDS,
    Categories,
    FittedColumn,
    Numbers,
    Vectors,
    Words,
    check_separator,
)
from tfrecs.data.frames import as_frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(eq=False)
class FeatureEncoder:
    """Encodes columns of metadata, as numbers for models and metrics.

    `fit` keeps the categories, words, means and deviations of one frame, such as
    `train.item_features`; `transform` encodes any frame by them, and finds columns by
    name. A `Recommender` with the encoder saves it with the model.

    A missing value (None, NaN, NA or empty text) is encoded as zeros, which is the mean
    of a numeric column. Unseen categories are counted in a warning of the logger
    `tfrecs`, and are missing: a feature that no fitted row has would stay untrained.
    With `min_count` above 1, categories in fewer rows share the feature
    "column=<unknown>", which is trained on them; unseen categories then have it too.

    Args:
        categorical: columns of one category in a cell: a feature for each category.
        multi_hot: columns of several: lists, or text such as "Drama|War".
        numeric: columns of numbers: one feature, with mean 0 and standard deviation 1
            over the fitted rows. Infinity is refused.
        text: columns of text: a feature for each word, in lower case: tf-idf, and each
            row's vector has length 1. Other words are left out.
        vectors: columns of lists of numbers, such as embeddings of texts or images: a
            feature for each place, with the values as they are.
        separator: between the categories of a cell of `multi_hot`. By default each
            column's own: the first of "|", ";" and "," that it has. Spaces around a
            category do not count.
        min_count: rows that a category or word must have for a feature of its own.
        max_words: words of a column that have a feature, those in the most rows.

    Raises:
        ValueError: if no column is named, one is missing or named twice, all are empty,
            or a cell does not fit its kind.

    Example:
        >>> import pandas as pd
        >>> films = pd.DataFrame({"genres": ["Drama|War", "War"], "year": [1990, 2000]})
        >>> encoder = FeatureEncoder(multi_hot=["genres"], numeric=["year"]).fit(films)
        >>> encoder.names
        ['genres=Drama', 'genres=War', 'year']
        >>> new = pd.DataFrame({"year": [2005], "genres": [["War"]]})
        >>> encoder.transform(new).toarray().tolist()
        [[0.0, 1.0, 2.0]]
    """

    categorical: Iterable[str] = ()
    multi_hot: Iterable[str] = ()
    numeric: Iterable[str] = ()
    text: Iterable[str] = ()
    vectors: Iterable[str] = ()
    separator: str | None = None
    min_count: int = 1
    max_words: int = 1000
    _fitted: Sequence[FittedColumn] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the arguments."""
        check_positive(min_count=self.min_count, max_words=self.max_words)
        if self.separator is not None:
            check_separator(self.separator)
        for kind in KINDS:
            setattr(self, kind, _names_of(kind, getattr(self, kind)))
        if not self.columns:
            raise ValueError(
                f"`FeatureEncoder` needs at least one column. Name some in "
                f"{', '.join(KINDS)}."
            )

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The kind and the name of each column, in the order of the features."""
        return [(kind, name) for kind in KINDS for name in getattr(self, kind)]

    @property
    def names(self) -> list[str]:
        """The names of the features, such as "genres=Drama"."""
        return [name for column in self.fitted for name in column.names]

    @property
    def fitted(self) -> Sequence[FittedColumn]:
        """The columns as they were fitted, in the order of the features.

        Raises:
            ValueError: before `fit`.
        """
        if not self._fitted:
            raise ValueError(
                "The encoder must be fitted. Received: one that is not. Call fit with "
                "the features of training, such as train.item_features."
            )
        return self._fitted

    def fit(self, frame: Any) -> "FeatureEncoder":
        """Keeps what encoding needs of a table's rows; returns the encoder."""
        frame = as_frame(frame, "features")
        self._fitted = [self._fit(frame, kind, name) for kind, name in self.columns]
        if not self.names:
            self._fitted = ()
            raise ValueError(
                "`FeatureEncoder` needs at least one column with values. Received: "
                f"{', '.join(name for _, name in self.columns)}, all empty"
            )
        return self

    def transform(self, frame: Any) -> sp.csr_array:
        """Returns a table's rows, in their order: `[rows, features]` float32."""
        columns = self.fitted
        frame = as_frame(frame, "features")
        blocks = [column.encode(frame) for column in columns]
        return sp.csr_array(sp.hstack(blocks, format="csr"), dtype=np.float32)

    def fit_transform(self, frame: Any) -> sp.csr_array:
        """Fits the encoder, and returns the fitted frame's rows."""
        return self.fit(frame).transform(frame)

    def to_json(self) -> str:
        """Returns the fitted encoder as JSON, which `from_json` reads."""
        arguments = {name: getattr(self, name) for name in _arguments()}
        fitted = [asdict(column) for column in self.fitted]
        return json.dumps({"arguments": arguments, "fitted": fitted}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "FeatureEncoder":
        """Returns the encoder that `to_json` wrote.

        Raises:
            ValueError or TypeError: if the text is something else.
        """
        stored = read_json(text)
        encoder = cls(**stored["arguments"])
        fitted = zip(encoder.columns, stored["fitted"], strict=True)
        encoder._fitted = [KINDS[kind](**values) for (kind, _), values in fitted]
        columns = [column.column for column in encoder._fitted]
        if columns != [name for _, name in encoder.columns]:
            raise ValueError(
                f"`fitted` must be of the encoder's columns. Received: {columns}"
            )
        return encoder

    def _fit(self, frame: "pd.DataFrame", kind: str, name: str) -> FittedColumn:
        if kind == "numeric":
            return Numbers.fit(frame, name)
        if kind == "vectors":
            return Vectors.fit(frame, name)
        if kind == "text":
            return Words.fit(
                frame, name, min_count=self.min_count, max_words=self.max_words
            )
        return Categories.fit(
            frame,
            name,
            many=kind == "multi_hot",
            separator=self.separator,
            min_count=self.min_count,
        )


def _arguments() -> list[str]:
    return [*KINDS, "separator", "min_count", "max_words"]


def _names_of(kind: str, names: Iterable[str]) -> list[str]:
    """Returns the columns of a kind; ValueError unless they are distinct names."""
    listed = [names] if isinstance(names, str) else list(names)
    wrong = [name for name in listed if not isinstance(name, str)]
    if isinstance(names, str) or wrong or len(set(listed)) != len(listed):
        raise ValueError(
            f"`{kind}` must be a list of distinct names of columns. Received: {names!r}"
        )
    return listed
