"""The most similar of many vectors, exactly, in bounded memory."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_choice, check_positive
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.evaluation.ranking.top_k import best_of_rows


def cosine(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The cosine of the angle, <a, b> / (|a| |b|): 0 for a vector of zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit, unit


def dot(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The inner product <a, b>, which favours long vectors."""
    return vectors, vectors


def euclidean(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minus the squared distance, -|a - b|^2 = 2 <a, b> - |a|^2 - |b|^2."""
    squares = np.square(vectors).sum(axis=1, keepdims=True)
    ones = np.ones_like(squares)
    left = np.concatenate([2 * vectors, -squares, -ones], axis=1)
    return left, np.concatenate([vectors, ones, squares], axis=1)


MEASURES: dict[str, Callable[[FloatArray], tuple[FloatArray, FloatArray]]] = {
    "cosine": cosine,
    "dot": dot,
    "euclidean": euclidean,
}
"""From vectors to two sets of vectors, whose inner products are the similarities."""


def most_similar(
    vectors: FloatArray, places: IntArray, k: int, *, measure: str = "cosine"
) -> tuple[IntArray, FloatArray]:
    """Gives the k vectors that are most similar to each asked one, itself left out.

    Of equal similarities, lower places come first.

    Args:
        vectors: `[n, dim]`, finite.
        places: `[asked]`, from 0 to n - 1.
        k: from 1 to n - 1.
        measure: "cosine"; "dot", the inner product; or "euclidean", minus the squared
            distance.

    Returns:
        Places and similarities, both `[asked, k]`, best first.

    Raises:
        ValueError: if k is out of range or `measure` is unknown.

    Example:
        >>> import numpy as np
        >>> vectors = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
        >>> most_similar(vectors, np.array([0]), 2)[0]
        array([[2, 1]], dtype=int32)
    """
    check_positive(k=k)
    check_choice("measure", measure, MEASURES)
    if k >= len(vectors):
        raise ValueError(
            f"`k` must be at most {len(vectors) - 1}, the number of others. Received: "
            f"k={k}. Lower k."
        )
    if len(places) == 0:
        return np.empty((0, k), np.int32), np.empty((0, k), np.float32)
    left, right = MEASURES[measure](np.asarray(vectors, dtype=np.float32))

    def similarities(rows: slice) -> AnyArray:
        found = left[places[rows]] @ right.T
        found[np.arange(len(found)), places[rows]] = -np.inf
        return found

    return best_of_rows(similarities, (len(places), len(vectors)), k)


def cosines(
    left: "FloatArray | sp.csr_array", right: "FloatArray | sp.csr_array"
) -> FloatArray:
    """Gives the cosines of all pairs of two sets of vectors: 0 for a vector of zeros.

    Args:
        left: `[n, dim]`, dense or sparse.
        right: `[m, dim]`, likewise.

    Returns:
        `[n, m]` float32.
    """
    product = _of_length_1(left) @ _of_length_1(right).T
    return np.asarray(
        product.toarray() if sp.issparse(product) else product, dtype=np.float32
    )


def _of_length_1(vectors: Any) -> Any:
    if not sp.issparse(vectors):
        return cosine(np.asarray(vectors, dtype=np.float32))[0]
    lengths = np.sqrt(vectors.multiply(vectors).sum(axis=1))
    scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sp.csr_array(vectors.multiply(scale[:, None]))


def vectors_of(output: Mapping[str, AnyArray]) -> FloatArray:
    """Returns the vectors by which tower outputs are compared: `[n, dim]`.

    They are the factors, without the bias; of a model that has none, what the tower
    gives to the hidden part.
    """
    vectors: FloatArray = output["factors" if "factors" in output else "hidden"]
    return vectors
