"""Matrix factorization whose vectors come out of Dense layers."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
from keras import layers

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.layers import Dropout
from tfrecs.models.towers import embed, embed_bias, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


def build_nonlinear_mf(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    user_hidden_units: Sequence[int] = (48, 32),
    item_hidden_units: Sequence[int] = (48, 32),
    dropout: float = 0.0,
    hidden_dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    y_range: tuple[float, float] | None = None,
    name: str = "nonlinear_mf",
) -> TwoTower:
    """Builds matrix factorization with Dense layers in each tower.

    Towers may differ in depth. The scores are still dot products, so that an index of
    vectors serves them.

    Formula:
        p_u = W_2 relu(W_1 x_u + c_1) + c_2, q_i likewise with weights of its own;
        score = <p_u, q_i> + b_u + b_i + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of the embeddings x_u and x_i.
        user_hidden_units: sizes of the user tower's layers, with relu after each but
            the last, which is p.
        item_hidden_units: the same of items and q; the last one is as long as p.
        dropout: share of each of x_u and x_i dropped in training.
        hidden_dropout: share of each layer after a relu dropped in training.
        init_std: standard deviation of the embeddings before training. Biases start at
            0.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        y_range: the lowest and the highest score, for models of ratings; see
            `tfrecs.models.two_tower.Interaction`. None for logits.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits. Its bias tables are the layers
        `user_bias` and `item_bias`.

    Raises:
        ValueError: if a size is below 1, a tower has no layer, the last ones differ, a
            share dropped is not in [0, 1), or `y_range` does not rise.

    References:
        Huang et al. 2013, "Learning Deep Structured Semantic Models for Web Search
        using Clickthrough Data", for towers that end in a product; theirs is the
        cosine, with tanh in the layers.
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout, hidden_dropout=hidden_dropout)
    _check_hidden(user_hidden_units, item_hidden_units)
    rows = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user_rows = rows(user_id, num_users, name="user_embedding")
    user = {
        "factors": _dense(user_rows, user_hidden_units, hidden_dropout, "user"),
        "bias": embed_bias(user_id, num_users, name="user_bias"),
    }

    item_id = item_input()
    item_rows = rows(item_id, num_items, name="item_embedding")
    item = {
        "factors": _dense(item_rows, item_hidden_units, hidden_dropout, "item"),
        "bias": embed_bias(item_id, num_items, name="item_bias"),
    }

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(y_range=y_range),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def _dense(rows: Any, hidden_units: Sequence[int], dropout: float, side: str) -> Any:
    """Layers over embeddings, the last one linear: `rows`' shape but the last axis."""
    x = rows
    for number, units in enumerate(hidden_units[:-1]):
        x = layers.Dense(int(units), "relu", name=f"{side}_hidden_{number}")(x)
        if dropout:
            x = Dropout(dropout, name=f"{side}_hidden_{number}_dropout")(x)
    return layers.Dense(int(hidden_units[-1]), name=f"{side}_factors")(x)


def _check_hidden(user: Sequence[int], item: Sequence[int]) -> None:
    for name, units in (("user_hidden_units", user), ("item_hidden_units", item)):
        if not units:
            raise ValueError(
                f"`{name}` must name at least one layer. Received: none. For a model "
                "without hidden layers use build_mf."
            )
        for width in units:
            check_positive(**{name: width})
    if user[-1] != item[-1]:
        raise ValueError(
            "`user_hidden_units` and `item_hidden_units` must end in the same size, "
            f"that of p and q. Received: {user[-1]} and {item[-1]}"
        )
