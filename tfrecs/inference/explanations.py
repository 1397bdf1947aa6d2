"""Explanations of a recommended item by items that the user had.

`rests_on` explains the scores of a model of histories, by leaving items out. For other
models `nearest_liked` finds similar items: by the model's vectors, which is not an
attribution of its score.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_positive
from tfrecs._base.cosine import cosines
from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.data.histories import padded, with_ids
from tfrecs.data.interactions import Interactions
from tfrecs.inference.similarity import vectors_of

if TYPE_CHECKING:
    from tfrecs.models.history_towers import HistoryTowers


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
    asked = as_indices(np.ravel(items), "items", vectors.shape[0])
    reasons = as_indices(np.ravel(liked), "liked", vectors.shape[0])
    found = cosines(vectors[asked], vectors[reasons])
    return _strongest(asked, reasons, found, k)


def rests_on(
    model: "HistoryTowers",
    items: AnyArray,
    history: AnyArray,
    k: int = 2,
    *,
    user_id: int = -1,
) -> tuple[IntArray, FloatArray]:
    """Returns the k items of a history on which each recommended item rests most.

    All histories with an item left out are one batch. An item that the history has
    several times is left out everywhere. Of equal differences, later items come first.
    An item does not explain itself.

    Formula:
        difference(j, i) = score(history, i) - score(history without j, i)

    Args:
        model: a model of histories.
        items: `[items]`, indices.
        history: `[length]` indices, the oldest first. The model reads the last
            `model.max_length`, and no earlier item takes the place of one left out.
        k: most items of the history for each.
        user_id: the user, for a model that reads user ids beside; -1 if unknown.

    Returns:
        Indices of items of the history and their differences, both `[items, min(k,
        distinct items read)]`, the largest first, padded with -1 and -inf. A negative
        difference is of an item that lowers the score.

    Raises:
        ValueError: if k is below 1 or an index is out of range.

    References:
        Cook 1977, "Detection of Influential Observation in Linear Regression", for
        leaving one out.
    """
    check_positive(k=k)
    asked = as_indices(np.ravel(items), "items", model.num_items)
    length = model.max_length or 0
    read = as_indices(np.ravel(history), "history", model.num_items)[-length:]
    distinct = np.array(list(dict.fromkeys(read[::-1].tolist())), np.int32)
    histories = [read, *(read[read != item] for item in distinct)]
    rows = padded(histories, length)
    ids = np.full(len(rows), user_id, np.int32)
    users = model.user_output(with_ids(model, rows, ids))
    scores = model.score_outputs(users, model.item_output(asked))
    return _strongest(asked, distinct, (scores[0] - scores[1:]).T, k)


def _strongest(
    asked: IntArray, reasons: IntArray, values: FloatArray, k: int
) -> tuple[IntArray, FloatArray]:
    """Returns the k reasons of highest value for each asked item, without itself."""
    values[asked[:, None] == reasons[None, :]] = -np.inf
    best = np.argsort(-values, axis=1, kind="stable")[:, :k]
    highest = np.take_along_axis(values, best, axis=1)
    places = reasons[best] if len(reasons) else np.empty(best.shape, dtype=np.int32)
    return np.where(np.isneginf(highest), np.int32(-1), places), highest
