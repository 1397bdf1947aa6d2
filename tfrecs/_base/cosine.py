"""Cosine similarity of the rows of dense or sparse matrices."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import FloatArray


def unit_rows(vectors: Any) -> Any:
    """Divides each row by its Euclidean length; rows of zeros stay zero.

    Args:
        vectors: `[n, dim]` floating-point numbers, a NumPy array or scipy sparse.

    Returns:
        The same shape and dtype: an array, or a `csr_array` if `vectors` is sparse.

    Example:
        >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6, 0.8], [0.0, 0.0]]
    """
    if not sp.issparse(vectors):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, np.finfo(lengths.dtype).tiny)
    rows = sp.csr_array(vectors)
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
    scale = 1 / np.where(lengths > 0, lengths, 1)
    return sp.csr_array(rows.multiply(scale[:, None]))


def cosines(left: Any, right: Any) -> FloatArray:
    """Returns the cosines of all pairs of rows: 0 for a row of zeros.

    Args:
        left: `[n, dim]`, dense or sparse.
        right: `[m, dim]`, dense or sparse.

    Returns:
        `[n, m]` float32.
    """
    product = _unit_float32(left) @ _unit_float32(right).T
    return np.asarray(
        product.toarray() if sp.issparse(product) else product, dtype=np.float32
    )


def _unit_float32(vectors: Any) -> Any:
    if sp.issparse(vectors):
        return unit_rows(vectors)
    return unit_rows(np.asarray(vectors, dtype=np.float32))
