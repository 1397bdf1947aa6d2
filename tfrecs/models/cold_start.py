"""Scores of new users and items, which have features or a bucket and no id."""

import random
from typing import Any, Literal

import keras
import numpy as np
import scipy.sparse as sp

from tfrecs._base.indices import PADDING
from tfrecs._base.types import FloatArray, IntArray
from tfrecs.models.growing import id_tower, reads_features, resized_tower
from tfrecs.models.history_towers import HistoryTowers
from tfrecs.models.interaction import TowerOutput, as_arrays
from tfrecs.models.newcomers import Newcomers
from tfrecs.models.two_tower import TwoTower


def score_new_items(
    model: TwoTower, user_ids: IntArray, item_features: Any
) -> FloatArray:
    """Scores new items for `user_ids` `[users]`: `[users, new_items]`.

    For the other arguments and errors see `output_of_new`.
    """
    items = output_of_new(model, item_features, "item")
    return model.score_outputs(model.user_output(user_ids), items)


def score_new_users(model: TwoTower, user_features: Any) -> FloatArray:
    """Scores the whole catalogue for new users: `[new_users, num_items]`.

    For arguments and errors see `output_of_new`.
    """
    users = output_of_new(model, user_features, "user")
    return model.score_outputs(users, model.item_output())


def output_of_new(
    model: TwoTower,
    features: Any,
    side: Literal["user", "item"],
    histories: IntArray | None = None,
) -> TowerOutput:
    """Returns the tower output of features alone, with zeros for the ids' own rows.

    Args:
        model: from `build_hybrid`, `build_deepfm` or a builder of models of histories,
            with features of that side, or from `build_bucketed_mf`, whose items'
            features are their buckets.
        features: of new users or items, of the kind and columns used for training.
        side: "user" or "item".
        histories: `[new, max_length]` of new users, for a model of histories; None for
            empty ones.

    Returns:
        Arrays `[new, ...]` for `TwoTower.score_outputs`.

    Raises:
        ValueError: if the tower reads no features, or not these, or their number is not
            that of the histories.
    """
    tower = id_tower(model, side)
    if tower is None or not reads_features(tower):
        raise ValueError(
            f"`model` must read features of the {side}s, as from build_hybrid with "
            f"{side}_features, or for items their buckets, as from build_bucketed_mf. "
            f"Received: {model.name}, whose {side} tower reads no features"
        )
    output = _of_features(tower, features)
    if side == "item" or not isinstance(model, HistoryTowers):
        return output
    vectors = output["factors"]
    if histories is None:
        histories = np.full((len(vectors), model.max_length), PADDING, np.int32)
    return model.output_with(vectors, histories)


def _of_features(tower: keras.Model, features: Any) -> TowerOutput:
    """Returns a tower's output for new ids with these features: `[new, ...]`."""
    given = features if sp.issparse(features) else np.atleast_1d(features)
    new = Newcomers(given.shape[0], start="zero", features=given)
    rank = len(tower.inputs[0].shape)  # 2 where ids are [batch, n]
    if not new.count:
        return {
            name: np.empty((0, *part.shape[rank:]), np.float32)
            for name, part in tower.output.items()
        }
    state = random.getstate()  # layers draw seeds from it, here for no use
    alone = resized_tower(tower, new, keep=False)
    random.setstate(state)
    ids = np.arange(new.count, dtype=np.int32)
    if rank == 1:
        return as_arrays(alone(ids))
    return {name: part[0] for name, part in as_arrays(alone(ids[None])).items()}
