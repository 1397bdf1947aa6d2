"""Matrix factorization in which items of a bucket share a vector: for cold starts."""

from functools import partial
from typing import Any

import keras
import numpy as np

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.models.layers import Categories, Dropout
from tfrecs.models.towers import embed, embed_bias, item_input, user_input
from tfrecs.models.two_tower import Interaction, TowerOutput, TwoTower


def build_bucketed_mf(
    num_users: int,
    num_items: int,
    *,
    item_buckets: Any,
    embedding_dim: int = 64,
    dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    item_l2: float = 0.0,
    name: str = "bucketed_mf",
) -> TwoTower:
    """Builds matrix factorization with a vector and bias for each bucket of items.

    An item adds what is its own, zero at first, to what its bucket has. So an item
    that a batch never holds keeps its bucket's score, `item_l2` draws rare items
    towards it, and nothing has to be copied from buckets into items on the way: train
    everything at once, or first the buckets with the layers `item_factors` and
    `item_bias` frozen and then all, which goes on from the same scores.

    An item without interactions is still a negative of others, from which it learns to
    be low; `score_buckets` scores it by its bucket alone.

    Formula:
        q_i = e_bucket(i) + e_i, b_i = c_bucket(i) + c_i;
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        item_buckets: `[num_items]` whole numbers from 0, each up to the highest used.
        embedding_dim: length of p and q.
        dropout: share of each of p and q dropped in training.
        init_std: standard deviation of the users' and buckets' vectors before
            training. Biases and items' own vectors start at 0.
        l2: penalty on the users' and buckets' rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        item_l2: the same on the items' own rows.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits; the buckets are inside. Its
        layers are `user_factors`, `item_bucket_factors`, `item_factors`, and `_bias` of
        each.

    Raises:
        ValueError: if a size is below 1, `dropout` is not in [0, 1), or `item_buckets`
            are not whole numbers from 0 without gaps, one for each item.

    References:
        Agarwal and Chen 2009, "Regression-based Latent Factor Models", sec. 2, where an
        item's vector is what its features predict and a deviation that starts at 0.
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    buckets, num_buckets = _checked(item_buckets, num_items)
    rows = partial(embed, dim=embedding_dim, dropout=0.0)

    user_id = user_input()
    p = rows(user_id, num_users, std=init_std, l2=l2, name="user_factors")
    user = {
        "factors": Dropout(dropout, name="user_dropout")(p),
        "bias": embed_bias(user_id, num_users, name="user_bias"),
    }

    item_id = item_input()
    bucket = Categories.over(buckets, name="item_buckets")(item_id)
    shared = rows(bucket, num_buckets, std=init_std, l2=l2, name="item_bucket_factors")
    own = rows(item_id, num_items, std=0.0, l2=item_l2, name="item_factors")
    item = {
        "factors": Dropout(dropout, name="item_dropout")(shared + own),
        "bias": embed_bias(bucket, num_buckets, name="item_bucket_bias")
        + embed_bias(item_id, num_items, name="item_bias"),
    }

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def bucket_output(model: TwoTower, buckets: IntArray) -> TowerOutput:
    """Gives what the item tower would give of new items in these buckets.

    Args:
        model: from `build_bucketed_mf`.
        buckets: `[n]` buckets, of those given to the builder.

    Returns:
        `factors` `[n, embedding_dim]` and `bias` `[n]`, for `TwoTower.score_outputs`.

    Raises:
        ValueError: if the model has no buckets, or not these.
    """
    names = {layer.name: layer for layer in model.item_tower.layers}
    if "item_bucket_factors" not in names:
        raise ValueError(
            "`model` must be from build_bucketed_mf. Received: "
            f"{model.name}, whose item tower has no buckets"
        )
    factors, bias = (
        keras.ops.convert_to_numpy(names[f"item_bucket_{part}"].embeddings)
        for part in ("factors", "bias")
    )
    buckets = np.asarray(buckets)
    if buckets.ndim != 1 or buckets.dtype.kind not in "iu":
        raise ValueError(
            "`buckets` must be whole numbers, [n]. Received: shape "
            f"{buckets.shape} of {buckets.dtype}"
        )
    if buckets.size and not 0 <= buckets.min() <= buckets.max() < len(factors):
        raise ValueError(
            f"`buckets` must be from 0 to {len(factors) - 1}, those of training. "
            f"Received: {buckets.min()} to {buckets.max()}"
        )
    return {"factors": factors[buckets], "bias": bias[buckets, 0]}


def score_buckets(model: TwoTower, user_ids: IntArray, buckets: IntArray) -> FloatArray:
    """Scores new items, which have a bucket and no id, for some users.

    Args:
        model: from `build_bucketed_mf`.
        user_ids: `[users]`, from 0 to `num_users - 1`.
        buckets: `[new_items]`, the bucket of each.

    Returns:
        `[users, new_items]` scores.

    Raises:
        ValueError: if the model has no buckets, or not these.
    """
    return model.score_outputs(
        model.user_output(user_ids), bucket_output(model, buckets)
    )


def _checked(item_buckets: Any, num_items: int) -> tuple[AnyArray, int]:
    """The buckets as an array, and how many there are."""
    buckets = np.asarray(item_buckets)
    if buckets.shape != (num_items,) or buckets.dtype.kind not in "iu":
        raise ValueError(
            f"`item_buckets` must be a whole number for each of {num_items} items. "
            f"Received: shape {buckets.shape} of {buckets.dtype}"
        )
    used = np.unique(buckets)
    if used[0] != 0 or used[-1] != len(used) - 1:
        raise ValueError(
            "`item_buckets` must be from 0, without gaps. Received: "
            f"{len(used)} buckets from {used[0]} to {used[-1]}. "
            "np.unique(item_buckets, return_inverse=True)[1] renumbers them."
        )
    return buckets, len(used)
