"""A multi-layer perceptron over the user's and the item's embeddings."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.towers import embed, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


def build_mlp(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 32,
    hidden_units: Sequence[int] = (32, 16, 8),
    dropout: float = 0.0,
    init_std: float = 0.01,
    l2: float = 0.0,
    name: str = "mlp",
) -> TwoTower:
    """Builds the MLP of neural collaborative filtering.

    Formula:
        score = v . relu(... relu(W_u x_u + W_i x_i + c) ...) + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of the embeddings x_u and x_i.
        hidden_units: sizes of the hidden layers, the first (W_u and W_i) included.
        dropout: share of the embeddings, and of each hidden layer, dropped in training.
        init_std: standard deviation of the embeddings before training.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits.

    Raises:
        ValueError: if a size is below 1, there is no hidden layer, or `dropout` is not
            in [0, 1).

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 10.
    """
    check_mlp(num_users, num_items, embedding_dim, hidden_units, dropout)
    first, *rest = hidden_units
    rows = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user = {"hidden": user_hidden(rows(user_id, num_users, name="mlp_user"), first)}

    item_id = item_input()
    item = {"hidden": item_hidden(rows(item_id, num_items, name="mlp_item"), first)}

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(rest, dropout=dropout),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def user_hidden(embedding: Any, units: int) -> Any:
    """W_u x_u, the user's half of the first layer: `[batch, units]`."""
    return layers.Dense(int(units), use_bias=False, name="user_hidden")(embedding)


def item_hidden(embedding: Any, units: int) -> Any:
    """W_i x_i + c, the item's half of the first layer: `[batch, n, units]`."""
    return layers.Dense(int(units), name="item_hidden")(embedding)


def check_mlp(
    num_users: int,
    num_items: int,
    embedding_dim: int,
    hidden_units: Sequence[int],
    dropout: float,
) -> None:
    """Raises ValueError for sizes that no MLP can have."""
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    if not hidden_units:
        raise ValueError(
            "`hidden_units` must name at least one layer. Received: none. For a model "
            "without hidden layers use build_mf or build_gmf."
        )
    for units in hidden_units:
        check_positive(hidden_units=units)
