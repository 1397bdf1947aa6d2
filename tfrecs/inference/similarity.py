"""Exact search for the most similar vectors, in bounded memory."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.cosine import unit_rows
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scores
from tfrecs.evaluation.ranking.top_k import top_k_of_rows


def cosine(vectors: Any) -> tuple[Any, Any]:
    """The cosine of the angle, <a, b> / (|a| |b|): 0 for a vector of zeros."""
    unit = unit_rows(vectors)
    return unit, unit


def dot(vectors: Any) -> tuple[Any, Any]:
    """The inner product <a, b>, which favours long vectors."""
    return vectors, vectors


def euclidean(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minus the squared distance, -|a - b|^2 = 2 <a, b> - |a|^2 - |b|^2."""
    squares = np.square(vectors).sum(axis=1, keepdims=True)
    ones = np.ones_like(squares)
    left = np.concatenate([2 * vectors, -squares, -ones], axis=1)
    return left, np.concatenate([vectors, ones, squares], axis=1)


MEASURES: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "cosine": cosine,
    "dot": dot,
    "euclidean": euclidean,
}
"""From vectors to two sets of vectors whose inner products are the similarities."""


def two_sides(vectors: Any, measure: str) -> tuple[Any, Any]:
    """Returns the two sets of vectors `[n, ...]` that a measure multiplies.

    Raises:
        ValueError: if `measure` is unknown.
    """
    check_choice("measure", measure, MEASURES)
    kind = np.result_type(vectors.dtype, np.float32)
    return MEASURES[measure](vectors.astype(kind, copy=False))


def most_similar(
    vectors: "FloatArray | sp.csr_array",
    rows: AnyArray,
    k: int,
    *,
    measure: str = "cosine",
) -> tuple[IntArray, Scores]:
    """Returns the k vectors that are most similar to each of some, itself excluded.

    Of equal similarities, lower rows come first.

    Args:
        vectors: `[n, dim]`, finite; dense, or sparse for "cosine" and "dot".
        rows: `[queries]`, from 0 to n - 1.
        k: from 1 to n - 1.
        measure: "cosine"; "dot", the inner product; or "euclidean", minus the squared
            distance.

    Returns:
        Rows and similarities, both `[queries, k]`, best first.

    Raises:
        ValueError: if k is out of range or `measure` is unknown.

    Example:
        >>> vectors = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
        >>> most_similar(vectors, np.array([0]), 2)[0]
        array([[2, 1]], dtype=int32)
    """
    return most_similar_of_sides(two_sides(vectors, measure), rows, k)


def most_similar_of_sides(
    sides: tuple[Any, Any], rows: AnyArray, k: int
) -> tuple[IntArray, Scores]:
    """Returns and raises the same as `most_similar`, of `two_sides(vectors, measure)`.

    Keep the sides to answer several times.
    """
    check_positive(k=k)
    left, right = sides
    num_vectors = left.shape[0]
    if k >= num_vectors:
        raise ValueError(
            f"`k` must be at most {num_vectors - 1}, the number of others. Received: "
            f"k={k}. Lower k."
        )

    def similarities(block: slice) -> AnyArray:
        product = left[rows[block]] @ right.T
        found: AnyArray = product.toarray() if sp.issparse(product) else product
        found[np.arange(len(found)), rows[block]] = -np.inf
        return found

    return top_k_of_rows(similarities, (len(rows), num_vectors), k)


def nearest(
    queries: FloatArray, vectors: FloatArray, k: int, *, measure: str = "cosine"
) -> tuple[IntArray, FloatArray]:
    """Returns the k vectors that are most similar to each query, as `most_similar`.

    Args:
        queries: `[queries, dim]`, finite.
        vectors: `[n, dim]`, finite.
        k: from 1 to n.
        measure: as of `most_similar`.

    Raises:
        ValueError: if k is out of range or `measure` is unknown.
    """
    left = two_sides(queries.astype(np.float32), measure)[0]
    right = two_sides(vectors.astype(np.float32), measure)[1]
    return top_k_of_rows(
        lambda block: left[block] @ right.T, (len(queries), len(vectors)), k
    )


def vectors_of(output: Mapping[str, AnyArray]) -> FloatArray:
    """Returns the vectors that similarity compares in a tower output: `[n, dim]`.

    They are the factors, without the bias, or the input of the hidden part in a model
    without factors.
    """
    vectors: FloatArray = output["factors" if "factors" in output else "hidden"]
    return vectors
