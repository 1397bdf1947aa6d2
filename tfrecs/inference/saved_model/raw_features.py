"""Raw columns of features as numbers, in a TensorFlow graph.

Each fitted column of a `FeatureEncoder` has a class here that computes what its
`encode` does. A graph cannot warn: unseen categories are encoded without a word.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from tfrecs.data import feature_columns as fitted
from tfrecs.data.features import FeatureEncoder

if TYPE_CHECKING:
    import pandas as pd

SPACE = (
    r"[\t-\r\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}"
    r"\x{202f}\x{205f}\x{3000}]+"
)
"""Unicode's white space, as `str.strip` knows it."""

NO_WORD = r"[^\p{L}\p{N}_]+"
"""What is between words, as `re` knows them."""


class RawFeatures(tf.Module):
    """Encodes raw columns as a `FeatureEncoder` does, up to rounding.

    Args:
        encoder: fitted.
        frame: the features of training, if there are any. A column of categories is an
            input of int64 where it is one of integers there, and else of text.
        reserved: names that inputs must not have in a signature.
    """

    def __init__(
        self,
        encoder: FeatureEncoder,
        frame: "pd.DataFrame | None",
        reserved: Collection[str],
    ) -> None:
        super().__init__()
        self.num_features = len(encoder.names)
        often = Counter(name for _, name in encoder.columns)
        self._columns: dict[str, Any] = {}
        for (kind, name), column in zip(encoder.columns, encoder.fitted, strict=True):
            made = GRAPHS[type(column)](column, _holds_integers(frame, name))
            self._columns[name if often[name] == 1 else f"{name}_{kind}"] = made
        self._names = _names_in_graph(self._columns, reserved)

    @property
    def inputs(self) -> dict[str, Any]:
        """The type of each input, by its name."""
        return {
            name: tf.TensorSpec(column.shape, column.dtype, self._names[name])
            for name, column in self._columns.items()
        }

    def __call__(self, columns: dict[str, Any]) -> Any:
        """Returns features `[n, num_features]` float32 of columns `[n, ...]`."""
        blocks = [encode(columns[name]) for name, encode in self._columns.items()]
        return tf.concat(blocks, axis=1)


class _Categories(tf.Module):
    """Text `[n]`; of several categories also lists `[n, m]`, filled up with ""."""

    def __init__(self, column: fitted.Categories, of_integers: bool) -> None:
        super().__init__()
        self._width, shared = len(column.names), len(column.categories)
        codes = {category: code for code, category in enumerate(column.categories)}
        codes |= dict.fromkeys(column.rare, shared)
        self._codes = _table(codes, default=shared if column.rare else -1)
        self._separator = column.separator
        self.shape = [None] if column.separator is None else None
        is_number = of_integers and column.separator is None
        self.dtype = tf.int64 if is_number else tf.string

    def __call__(self, cells: Any) -> Any:
        """Returns a one for each category of a row."""
        number = tf.shape(cells, tf.int64)[0]
        if self.dtype == tf.int64:
            text = tf.strings.as_string(cells)
            cells = tf.where(cells == tf.int64.min, "", text)
        if self._separator is None:
            rows, labels = tf.range(number), cells
        else:
            rows, labels = self._parts(cells, number)
        labels = _stripped(labels)
        codes = self._codes.lookup(labels)
        kept = (labels != "") & (codes >= 0)
        places = tf.stack([rows[kept], codes[kept]], axis=1)
        ones = tf.ones(tf.shape(places)[:1])
        return tf.minimum(tf.scatter_nd(places, ones, [number, self._width]), 1.0)

    def _parts(self, cells: Any, number: Any) -> tuple[Any, Any]:
        """Returns the row and the text of each category."""

        def split() -> tuple[Any, Any]:
            texts = tf.reshape(cells, [number])
            is_list = tf.strings.regex_full_match(_stripped(texts), r"(?s)\[.*\]")
            tf.debugging.Assert(
                ~tf.reduce_any(is_list),
                ["Lists of categories must be [n, m] text, not the text of a list."],
            )
            parts = tf.strings.split(texts, self._separator)
            return parts.value_rowids(), parts.values

        def listed() -> tuple[Any, Any]:
            several = tf.reshape(cells, [number, -1])
            rows = tf.repeat(tf.range(number), tf.shape(several, tf.int64)[1])
            return rows, tf.reshape(several, [-1])

        return tf.cond(tf.rank(cells) == 1, split, listed)


class _Numbers(tf.Module):
    """Numbers `[n]`, NaN if missing."""

    shape, dtype = (None,), tf.float64

    def __init__(self, column: fitted.Numbers, _: bool) -> None:
        super().__init__()
        self._column = column

    def __call__(self, numbers: Any) -> Any:
        """Returns numbers on the fitted scale."""
        _check(~tf.math.is_inf(numbers), self._column.column)
        scaled = (numbers - self._column.mean) / self._column.deviation
        scaled = tf.cast(scaled, tf.float32)
        return tf.where(tf.math.is_nan(scaled), 0.0, scaled)[:, None]


class _Words(tf.Module):
    """Text `[n]`, "" if missing."""

    shape, dtype = (None,), tf.string

    def __init__(self, column: fitted.Words, _: bool) -> None:
        super().__init__()
        self._codes = _table({w: n for n, w in enumerate(column.words)}, default=-1)
        weights = np.array(column.weights, np.float32)
        self._weights = tf.Variable(weights, trainable=False)

    def __call__(self, texts: Any) -> Any:
        """Returns the weights of each row's words, of length 1."""
        lower = tf.strings.lower(texts, encoding="utf-8")
        words = tf.strings.split(tf.strings.regex_replace(lower, NO_WORD, " "))
        codes = self._codes.lookup(words.values)
        kept = codes >= 0
        places = tf.stack([words.value_rowids()[kept], codes[kept]], axis=1)
        shape = tf.stack([tf.size(texts, tf.int64), tf.size(self._weights, tf.int64)])
        ones = tf.ones(tf.shape(places)[:1])
        values = tf.scatter_nd(places, ones, shape) * self._weights
        return tf.math.divide_no_nan(values, tf.norm(values, axis=1, keepdims=True))


class _Vectors(tf.Module):
    """Vectors `[n, dim]`, of zeros if missing."""

    dtype = tf.float32

    def __init__(self, column: fitted.Vectors, _: bool) -> None:
        super().__init__()
        self._name, self.shape = column.column, [None, column.dim]

    def __call__(self, vectors: Any) -> Any:
        """Returns the vectors."""
        _check(tf.math.is_finite(vectors), self._name)
        return vectors


GRAPHS: dict[type[fitted.FittedColumn], Callable[[Any, bool], Any]] = {
    fitted.Categories: _Categories,
    fitted.Numbers: _Numbers,
    fitted.Words: _Words,
    fitted.Vectors: _Vectors,
}
"""What a graph computes for each kind of fitted column."""


def _names_in_graph(
    columns: Collection[str], reserved: Collection[str]
) -> dict[str, str]:
    """Returns a name that TensorFlow takes for each column, all different."""
    names: dict[str, str] = {}
    for column in columns:
        name = re.sub(r"[^A-Za-z0-9_.]", "_", column).lstrip("_") or "column"
        while name in (*reserved, *names.values()):
            name += "_"
        names[column] = name
    return names


def _holds_integers(frame: "pd.DataFrame | None", name: str) -> bool:
    return frame is not None and name in frame and frame[name].dtype.kind == "i"


def _table(codes: dict[str, int], default: int) -> Any:
    """Returns a look-up of text, in a graph."""
    codes = {"": default} | codes  # TensorFlow takes no empty table
    keys = tf.constant(list(codes), tf.string)
    values = tf.constant(list(codes.values()), tf.int64)
    pairs = tf.lookup.KeyValueTensorInitializer(keys, values)
    return tf.lookup.StaticHashTable(pairs, default_value=default)


def _stripped(texts: Any) -> Any:
    """Returns text without the spaces around it."""
    return tf.strings.regex_replace(texts, f"^{SPACE}|{SPACE}$", "")


def _check(is_right: Any, column: str) -> None:
    """Fails a call unless all numbers of a column are right."""
    message = f"Column {column!r} must hold finite numbers"
    tf.debugging.Assert(tf.reduce_all(is_right), [message])
