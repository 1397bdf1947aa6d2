"""Export of vectors for nearest-neighbour libraries; inner products are the scores.

A file in NumPy's format .npz, without pickles, of four arrays:

    user_vectors  [num_users, dim] float32: the factors, then what the biases need
    item_vectors  [num_items, dim] float32
    user_ids      [num_users] the raw ids, numbers or text
    item_ids      [num_items]

Searching `item_vectors` by inner product with a user's vector returns the ranking of
`Recommender.recommend` without exclusions. The products are the scores before scaling
to a model's `y_range`, which does not change rankings.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfrecs._base.files import replaced_when_whole
from tfrecs._base.finite import check_finite
from tfrecs._base.types import AnyArray
from tfrecs.data.histories import reader_of
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower


def write_vectors(model: "TwoTower", train: Interactions, path: Path) -> None:
    """Writes the vectors of all users and items atomically and makes the folder.

    Raises:
        TypeError: if ids are neither numbers nor str.
        ValueError: if the model has a hidden part, a vector is not finite, or `path`
            does not end in .npz.
    """
    if path.suffix != ".npz":
        raise ValueError(f"`path` must end in .npz. Received: {path}")
    items = model.item_output()
    everyone = np.arange(train.num_users, dtype=np.int32)
    users = model.user_output(reader_of(model, train)(everyone))
    if "hidden" in items:
        raise ValueError(
            "`model` must have no hidden part, or scores are not inner products. "
            f"Received: {model.name}. Score with Recommender.recommend."
        )
    user_ids, item_ids = _plain(train.users), _plain(train.items)
    user_vectors, item_vectors = map(
        np.asarray, model.interaction.vectors(users, items)
    )
    check_finite(user_vectors, "user vectors")
    check_finite(item_vectors, "item vectors")
    with replaced_when_whole(path) as partial, partial.open("wb") as file:
        np.savez(
            file,
            user_vectors=user_vectors,
            item_vectors=item_vectors,
            user_ids=user_ids,
            item_ids=item_ids,
        )


def _plain(ids: Vocabulary) -> AnyArray:
    """Returns the ids as an array of numbers or of text."""
    if ids.ids.dtype != object:
        return ids.ids
    others = [id_ for id_ in ids.ids.tolist() if not isinstance(id_, str)]
    if others:
        raise TypeError(
            f"`{ids.name}` must be numbers or str, to be read by other libraries. "
            f"Received: {others[0]!r:.60}"
        )
    return ids.ids.astype(str)
