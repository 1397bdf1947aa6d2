"""Why an item is recommended: which of the liked items it is most like.

What is told is about the items, by the model's own vectors, and does not take the
model's score apart: it is a reason that a person can judge, and not the cause.
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
    """Gives what the items are compared by: `[num_items, dim]`.

    Args:
        model: of two towers, whose item vectors are given; or any other, and then it is
            who had each item in `train`: the cosine of two such rows is how often two
            items occur together, relative to how often each occurs.
        train: what the model was trained on.

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
    """Gives for each recommended item the k liked ones that it is most like.

    Of equal ones, those earlier in `liked` come first. An item that is liked itself is
    not its own reason.

    Args:
        vectors: `[num_items, dim]`, dense or sparse, such as of `item_vectors`.
        items: `[items]`, indices of those that are recommended.
        liked: `[liked]`, indices of those that the person liked, each once.
        k: the most reasons for each.

    Returns:
        Indices of liked items and their cosines, both `[items, min(k, len(liked))]`,
        most similar first. Where there are fewer, -1 and -inf stand at the end.

    Raises:
        ValueError: if k is below 1 or an index is out of range.

    Example:
        >>> import numpy as np
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
