"""Generalized matrix factorization."""

from functools import partial
from typing import Any

import keras
from keras import layers

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.towers import embed, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


def build_gmf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    name: str = "gmf",
) -> TwoTower:
    """Builds GMF: matrix factorization whose dimensions have weights of their own.

    Formula:
        score = w . (p_u * q_i) + b = <p_u, w * q_i> + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p, q and w.
        dropout: share of each of p and q dropped in training.
        init_std: standard deviation of p and q before training; w starts at 1.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits.

    Raises:
        ValueError: if a size is below 1 or `dropout` is not in [0, 1).

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 9 (its w starts at
        random).
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    factors = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user = {"factors": factors(user_id, num_users, name="gmf_user")}

    item_id = item_input()
    item = {"factors": weigh(factors(item_id, num_items, name="gmf_item"))}

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def weigh(item_factors: Any) -> Any:
    """The items' factors `[batch, n, dim]` times the output weights w `[dim]`."""
    dim = item_factors.shape[-1]
    return layers.EinsumDense(
        "bnd,d->bnd", (None, dim), kernel_initializer="ones", name="gmf_weights"
    )(item_factors)
