"""Similarity-based explanations: the liked items nearest to a recommended one.

Similarity is by the model's vectors. It is not an attribution of the model's score.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_positive
from tfrecs._base.cosine import cosines
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.data.interactions import Interactions
from tfrecs.inference.similarity import vectors_of


def item_vectors(model: Any, train: Interactions) -> "FloatArray | sp.csr_array":
    """Returns vectors for comparing items: `[num_items, dim]`.

    They are the item vectors of a model of two towers. For another model, they are the
    users of each item in `train`: their cosine is the number of users of both items,
    relative to each item's users.

    References:
        Linden et al. 2003, "Amazon.com Recommendations: Item-to-Item Collaborative
        Filtering", for models without vectors.
    """
    if hasattr(model, "item_output"):
        return vectors_of(model.item_output())
    return train.matrix.T.tocsr()


def nearest_liked(
    vectors: "FloatArray | sp.csr_array",
    items: AnyArray,
    liked: AnyArray,
    k: int = 2,
) -> tuple[IntArray, FloatArray]:
    """Returns the k liked items most similar to each recommended item.

    Of equal cosines, earlier items of `liked` come first. A liked item does not explain
    itself.

    Args:
        vectors: `[num_items, dim]`, dense or sparse, such as from `item_vectors`.
        items: `[items]`, indices.
        liked: `[liked]`, indices, each once.
        k: most liked items for each.

    Returns:
        Indices of liked items and their cosines, both `[items, min(k, len(liked))]`,
        most similar first, padded with -1 and -inf.

    Raises:
        ValueError: if k is below 1 or an index is out of range.

    Example:
        >>> vectors = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
        >>> nearest_liked(vectors, [2], [0, 1], k=1)[0].tolist()
        [[0]]
    """
    check_positive(k=k)
    asked = _indices("items", items, vectors.shape[0])
    reasons = _indices("liked", liked, vectors.shape[0])
    found = cosines(vectors[asked], vectors[reasons])
    found[asked[:, None] == reasons[None, :]] = -np.inf
    best = np.argsort(-found, axis=1, kind="stable")[:, :k]
    values = np.take_along_axis(found, best, axis=1)
    places = reasons[best] if len(reasons) else np.empty(best.shape, dtype=np.int32)
    return np.where(np.isneginf(values), np.int32(-1), places), values


def _indices(name: str, given: AnyArray, size: int) -> IntArray:
    found = np.asarray(given, dtype=np.int32).reshape(-1)
    if found.size and (found.min() < 0 or found.max() >= size):
        wrong = found.min() if found.min() < 0 else found.max()
        raise ValueError(f"`{name}` must be from 0 to {size - 1}. Received: {wrong}")
    return found
