"""New users or items of a trained model, and the start of their rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from keras import ops

from tfrecs._base.checks import check_at_least_zero, check_choice, check_positive
from tfrecs._base.cosine import unit_rows
from tfrecs._base.types import AnyArray
from tfrecs.models.layers import Categories, FeatureDense, as_categories
from tfrecs.models.layers.embedding import look_up
from tfrecs.models.layers.feature_dense import as_features
from tfrecs.models.layers.rows import mean_row

STARTS = ("mean", "zero")
"""How rows of newcomers can start."""

BLOCK = 2**22
"""Similarities held at once: 16 MiB of float32."""


@dataclass(frozen=True)
class Newcomers:
    """Users or items to add to a trained model; see `tfrecs.models.growing.grow`.

    Args:
        count: how many.
        start: "mean" of the similar rows, or of all rows without any; or "zero", so
            that a model with features or buckets scores a newcomer by these alone.
        similar: for each newcomer the list of the ids similar to it; or the result of
            `same_bucket` or `most_similar`. An empty list means no similar ids.
        features: of the newcomers, for a model that reads features, of the kind and
            columns used for training; for `build_bucketed_mf`, their buckets.

    Raises:
        ValueError: if `count` is negative, `start` is unknown, or `similar` does not
            have `count` lists or is given with a start other than "mean".
    """

    count: int
    start: str = "mean"
    similar: Any = None
    features: Any = None

    def __post_init__(self) -> None:
        """Checks the arguments that do not depend on the model."""
        check_at_least_zero(count=self.count)
        check_choice("start", self.start, STARTS)
        if self.similar is None:
            return
        if self.start != "mean":
            raise ValueError(
                "`similar` is for start='mean'. Received: similar and start="
                f"{self.start!r}. Omit one of them."
            )
        is_matrix = sp.issparse(self.similar)
        rows = self.similar.shape[0] if is_matrix else len(self.similar)
        if rows != self.count:
            raise ValueError(
                f"`similar` must have a list for each of {self.count} newcomers. "
                f"Received: {rows}"
            )
        for ids in () if is_matrix else self.similar:
            if isinstance(ids, str) or not isinstance(ids, Iterable):
                raise ValueError(
                    "`similar` must be a list of ids for each newcomer. Received: "
                    f"{ids!r} for one. Put it in a list."
                )


def same_bucket(new: Any, old: Any) -> sp.csr_array:
    """Finds the old ids that are in each newcomer's bucket, for `Newcomers`.

    Args:
        new: `[newcomers]` buckets or categories of any kind, such as a main genre.
        old: `[rows]`, the same of the model's ids, in their order.

    Returns:
        `[newcomers, rows]` with a 1 where both are in one bucket. Missing buckets
        (None, NaN or empty text) are like no other.

    Example:
        >>> same_bucket(["drama", "war"], ["war", "comedy", "war"]).toarray().tolist()
        [[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]
    """
    import pandas as pd

    both = [None if x == "" else x for x in (*np.asarray(new), *np.asarray(old))]
    codes = pd.factorize(pd.Series(both, dtype=object))[0]
    rows = np.flatnonzero(codes >= 0)
    ones = np.ones(len(rows), np.float32)
    shape = (len(both), codes.max(initial=0) + 1)
    members = sp.csr_array((ones, (rows, codes[rows])), shape=shape)
    return sp.csr_array(members[: len(new)] @ members[len(new) :].T)


def most_similar(new: Any, old: Any, *, k: int = 10) -> sp.csr_array:
    """Finds the k old ids whose features are most similar to each newcomer's.

    Similarity is the cosine, and ties go to the lowest ids. There are fewer than k
    where fewer have a cosine above 0.

    Args:
        new: `[newcomers, f]`, dense or sparse, or categories.
        old: `[rows, f]`, the same of the model's ids, in their order.
        k: at least 1.

    Returns:
        `[newcomers, rows]` with a 1 for each similar id.

    Raises:
        ValueError: if k is below 1, or `new` has more features than `old`.
    """
    check_positive(k=k)
    known = unit_rows(as_features(old, None, "old"))
    asked = as_features(new, None, "new")
    if asked.shape[1] > known.shape[1]:
        raise ValueError(
            f"`new` must have the {known.shape[1]} features of `old`. Received: "
            f"{asked.shape[1]}"
        )
    asked.resize(asked.shape[0], known.shape[1])
    asked, height = unit_rows(asked), max(1, BLOCK // max(1, known.shape[0]))
    found: list[list[int]] = []
    for start in range(0, asked.shape[0], height):
        cosines = (asked[start : start + height] @ known.T).toarray()
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        found += [
            row[cosine[row] > 0].tolist()
            for row, cosine in zip(best, cosines, strict=True)
        ]
    return _as_matrix(found, known.shape[0])


def first_rows(table: Any, num_before: int, newcomers: Newcomers) -> AnyArray:
    """Returns newcomers' rows `[count, dim]`, from the first rows of a table."""
    dim = table.shape[1]
    if newcomers.start == "zero":
        return np.zeros((newcomers.count, dim), np.float32)
    similar = newcomers.similar
    if not sp.issparse(similar):
        lists = [[]] * newcomers.count if similar is None else similar
        similar = _as_matrix(lists, num_before)
    if similar.shape[1] != num_before:
        raise ValueError(
            f"`similar` must have a column for each of {num_before} ids. Received: "
            f"{similar.shape[1]}"
        )
    like = sp.csr_array(similar)
    degree = np.diff(like.indptr)
    used, places = np.unique(like.indices, return_inverse=True)
    rows = ops.convert_to_numpy(look_up(table, used.astype(np.int32)))
    rows = rows.astype(np.float32)  # SciPy does not know bfloat16
    shares = np.repeat(1 / np.maximum(degree, 1), degree)
    part = sp.csr_array((shares, places, like.indptr), (newcomers.count, len(used)))
    start = np.asarray(part @ rows, dtype=np.float32)
    if (degree == 0).any():
        start[degree == 0] = mean_row(table, num_before)
    return start


def new_features(layer: FeatureDense, newcomers: Newcomers) -> sp.csr_array:
    """Returns the newcomers' features `[count, num_features]`."""
    matrix = as_features(newcomers.features, newcomers.count, "features")
    fewest = 1 if np.ndim(newcomers.features) == 1 else layer.num_features
    if not fewest <= matrix.shape[1] <= layer.num_features:
        raise ValueError(
            f"`features` must be the {layer.num_features} of training. Received: "
            f"{matrix.shape[1]}"
        )
    matrix.resize(newcomers.count, layer.num_features)
    return matrix


def new_categories(layer: Categories, newcomers: Newcomers) -> AnyArray:
    """Returns the newcomers' categories, which must be among a layer's."""
    given = as_categories(newcomers.features, "features")
    most = int(ops.convert_to_numpy(layer.categories).max())
    right = given.shape == (newcomers.count,) and given.dtype.kind in "iu"
    if not right or not 0 <= given.min() <= given.max() <= most:
        raise ValueError(
            f"`features` must be a bucket from 0 to {most}, as in training, for "
            f"each of {newcomers.count} newcomers. Received: {newcomers.features!r}"
        )
    return given


def _as_matrix(lists: Sequence[Sequence[int]], num_rows: int) -> sp.csr_array:
    """Returns `[lists, num_rows]` with a 1 for each id in a list."""
    ids = np.array([id_ for listed in lists for id_ in listed], dtype=np.int64)
    wrong = ids[(ids < 0) | (ids >= num_rows)]
    if wrong.size:
        raise ValueError(
            f"`similar` must hold ids from 0 to {num_rows - 1}. Received: {wrong[0]}"
        )
    ends = np.cumsum([0, *map(len, lists)])
    ones = np.ones(len(ids), dtype=np.float32)
    return sp.csr_array((ones, ids, ends), shape=(len(lists), num_rows))
