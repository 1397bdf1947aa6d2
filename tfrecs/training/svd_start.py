"""A start from the singular vectors of the interactions, in place of random rows."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from keras import ops
from scipy.linalg import lu, qr

from tfrecs._base.checks import check_positive
from tfrecs._base.types import FloatArray
from tfrecs.data.interactions import Interactions
from tfrecs.data.sizes import check_same_sizes
from tfrecs.models.gathering import to_numpy
from tfrecs.models.layers.embedding import WHOLE, look_up
from tfrecs.models.two_tower import TwoTower, layers_with_weights

LENGTH = 0.8
"""Length of a row, as of 64 numbers drawn from N(0, 0.1^2)."""

EXPONENT = 0.25
"""Interactions are divided by the counts to this power; 1/2 is that of the normalized
Laplacian. Of 0, 1/4, 1/2 and 3/4 the best on validation data of four sets of five; on
the fifth it is 0.3% below."""

OVERSAMPLING, POWER_ITERATIONS = 10, 3
"""Dimensions of the projection beyond the wanted ones, and its refinements."""


def start_from_svd(model: TwoTower, train: Interactions, *, seed: int) -> TwoTower:
    """Starts a model's vectors from a truncated SVD of the interactions, in place.

    A model whose score has a dot product of two tables starts near a good ranking, and
    needs a few epochs where a random start needs dozens. Rows of users and items
    without interactions, and dimensions beyond the rank, stay as they are.

    Formula:
        U S V^T ~ R, R_ui = w_ui / ((n_u + 1) (n_i + 1))^(1/4); p = U sqrt(S) and
        q = V sqrt(S), each row scaled to the same length

    Models of histories, which have a table of items alone, take q.

    Args:
        model: untrained, of a builder with tables of vectors: MF, cosine, GMF, NeuMF,
            hybrid, DeepFM, CML, bucketed MF, and models of histories.
        train: the interactions, of which `positives` are used; w are their weights, or
            1.
        seed: seed of the randomized SVD.

    Returns:
        `model`.

    Raises:
        ValueError: if the model has no tables of vectors, or was built for other
            numbers of users or items.

    References:
        Halko et al. 2011, "Finding Structure with Randomness", algorithms 4.4 and 5.1.
    """
    tables = _tables(model)
    if not tables:
        raise ValueError(
            "`model` must have tables of vectors that a dot product multiplies, such "
            f"as from build_mf or build_cosine. Received: {model.name}, with the "
            f"layers {', '.join(layers_with_weights(model))}"
        )
    check_same_sizes(model, train)
    train = train.positives
    matrix = train.matrix
    counts = np.diff(matrix.indptr), train.item_counts
    if train.weights is not None:
        pairs = train.user_ids, train.item_ids
        matrix = sp.csr_array((train.weights, pairs), shape=matrix.shape)
    scales = [sp.diags_array((n + 1.0) ** -EXPONENT) for n in counts]
    normalized = (scales[0] @ matrix @ scales[1]).astype(np.float32)
    dim = min(tables[-1].output_dim, *matrix.shape)
    u, singular_values, v = randomized_svd(normalized, dim, seed=seed)
    sides = list(zip((u, v), counts, strict=True))[-len(tables) :]
    for table, (side, count) in zip(tables, sides, strict=True):
        rows = side * np.sqrt(singular_values)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        known = (count > 0) & (norms[:, 0] > 0)
        start = to_numpy(table.embeddings).copy()
        start[known, :dim] = LENGTH * rows[known] / norms[known]
        table.embeddings.assign(start)
    return model


def randomized_svd(
    matrix: sp.csr_array, dim: int, *, seed: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Returns the largest singular values of a sparse matrix, and their vectors.

    Args:
        matrix: `[n, m]` float32.
        dim: the number of singular values, at most min(n, m).
        seed: seed of the random projection.

    Returns:
        U `[n, dim]`, S `[dim]` from the largest, and V `[m, dim]`: M ~ U diag(S) V^T.
    """
    check_positive(dim=dim)
    width = min(dim + OVERSAMPLING, *matrix.shape)
    draw = np.random.default_rng(seed).standard_normal
    basis = draw((matrix.shape[1], width), np.float32)
    transposed = matrix.T.tocsr()
    for _ in range(POWER_ITERATIONS):  # LU is enough here, and faster than QR
        basis, _ = lu(matrix @ basis, permute_l=True)
        basis, _ = lu(transposed @ basis, permute_l=True)
    basis, _ = qr(matrix @ basis, mode="economic")
    v, singular_values, small = np.linalg.svd(transposed @ basis, full_matrices=False)
    u = basis @ small.T
    return u[:, :dim], singular_values[:dim], v[:, :dim]


def has_vectors(model: TwoTower) -> bool:
    """Returns whether the score is a dot product of vectors, and biases."""
    outputs = model.user_tower.output
    return bool(_tables(model)) and model.interaction.is_dot_product(outputs)


def is_untrained(model: TwoTower) -> bool:
    """Returns whether the vectors still are the numbers that their initializers draw.

    An initializer of Keras draws the same numbers each time, until it is saved: models
    that were loaded count as trained.
    """
    tables = _tables(model)
    return bool(tables) and all(map(_is_initial, tables))


def _is_initial(table: Any) -> bool:
    height = min(table.input_dim, max(1, WHOLE // table.output_dim))
    drawn = table.embeddings_initializer((height, table.output_dim))
    rows = look_up(table.embeddings, np.arange(height, dtype=np.int32))
    return np.array_equal(ops.convert_to_numpy(drawn), to_numpy(rows))


def _tables(model: TwoTower) -> list[Any]:
    """Returns the tables whose rows the dot product multiplies, the items' last.

    They are two, or the items' alone for a model of histories; or none.
    """
    layers = layers_with_weights(model)
    if model.max_length is not None:
        return [layers["item_factors"]]
    for names in (("user_factors", "item_factors"), ("gmf_user", "gmf_item")):
        tables = [layers[name] for name in names if name in layers]
        sizes = [getattr(table, "input_dim", None) for table in tables]
        if sizes == [model.num_users, model.num_items]:
            return tables
    return []
