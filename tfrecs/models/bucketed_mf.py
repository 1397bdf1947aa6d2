"""Matrix factorization in which items of a bucket share a vector: for cold starts."""

from typing import Any

import numpy as np

from tfrecs._base.types import AnyArray
from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.layers import Categories, Dropout, as_categories
from tfrecs.models.towers import (
    Ids,
    check_sizes,
    embed,
    embed_bias,
    id_inputs,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


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
    y_range: tuple[float, float] | None = None,
    name: str = "bucketed_mf",
) -> TwoTower:
    """Builds matrix factorization with a vector and bias for each bucket of items.

    An item adds its own vector and bias, zero at first, to its bucket's; `item_l2`
    draws rare items towards their bucket. Train everything at once, or first the
    buckets alone, with the layers `item_factors` and `item_bias` frozen.

    An item without interactions is still a negative of others, which lowers its score;
    `tfrecs.models.cold_start` scores items by their bucket alone.

    Formula:
        q_i = e_bucket(i) + e_i, b_i = c_bucket(i) + c_i;
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        item_buckets: `[num_items]` whole numbers from 0, without gaps; or scipy sparse
            `[num_items, buckets]`, one-hot, as of a `FeatureEncoder` of one categorical
            column: items without a category share the last bucket.
        init_std: standard deviation of the users' and buckets' vectors before
            training. Biases and items' own vectors start at 0.
        l2: penalty on the users' and buckets' rows that a batch looks up.
        item_l2: the same for the items' own rows.

    For other arguments, returns and errors see `build_mf`; it also raises
    ValueError if `item_buckets` are not as above. The layers are `user_factors`,
    `item_bucket_factors`, `item_factors`, and `_bias` of each.

    References:
        Agarwal and Chen 2009, "Regression-based Latent Factor Models", sec. 2, where an
        item's vector is its features' prediction and a deviation that starts at 0.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    buckets = _checked(item_buckets, num_items)

    def tower(ids: Ids) -> TowerOutput:
        if ids.side == "user":
            factors = embed(ids, embedding_dim, std=init_std, l2=l2)
            bias = embed_bias(ids)
        else:
            bucket_id = Categories.over(buckets, name="item_buckets")(ids.ids)
            bucket = Ids("item_bucket", int(buckets.max()) + 1, bucket_id)
            shared = embed(bucket, embedding_dim, std=init_std, l2=l2)
            factors = shared + embed(ids, embedding_dim, std=0.0, l2=item_l2)
            bias = embed_bias(bucket) + embed_bias(ids)
        drop = Dropout(dropout, name=f"{ids.side}_dropout")
        return {"factors": drop(factors), "bias": bias}

    sides = id_inputs(num_users, num_items)
    return two_towers(sides, map(tower, sides), Interaction(y_range=y_range), name=name)


def _checked(item_buckets: Any, num_items: int) -> AnyArray:
    """Returns the buckets as an array."""
    buckets = as_categories(item_buckets, "item_buckets")
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
    return buckets
