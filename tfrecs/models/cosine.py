"""Matrix factorization by directions alone."""

import math
from functools import partial
from typing import Any

import keras
from keras import layers

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.towers import embed, item_input, user_input
from tfrecs.models.two_tower import Interaction, TwoTower


def build_cosine(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 128,
    temperature: float = 0.17,
    dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    use_bias: bool = True,
    name: str = "cosine",
) -> TwoTower:
    """Builds matrix factorization whose scores are cosines, for softmax objectives.

    A long vector, which a popular item grows into, counts no more than a short one, and
    a score is at most 1 / temperature: that keeps it from overfitting, with no dropout.

    Formula:
        score = cos(p_u, q_i) / temperature + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p and q.
        temperature: the lower, the more a softmax cares about the highest scores.
        dropout: share of each of p and q dropped in training, of what gives their
            directions.
        init_std: standard deviation of p and q before training.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        use_bias: whether there is the global bias b, which losses that rank or are a
            softmax do not see.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits.

    Raises:
        ValueError: if a size is below 1, `temperature` is not above 0, or `dropout` is
            not in [0, 1).

    References:
        Wu et al. 2022, "On the Effectiveness of Sampled Softmax Loss for Item
        Recommendation", sec. 3, for cosines, and their code for the temperature.
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    if not 0 < temperature < math.inf:
        raise ValueError(
            f"`temperature` must be above 0, and finite. Received: {temperature=!r}"
        )
    table = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    def direction(rows: Any, name: str) -> Any:
        unit = layers.UnitNormalization(axis=-1, name=name)(rows)
        return unit * temperature**-0.5  # half of the scale for each tower

    user_id = user_input()
    user_rows = table(user_id, num_users, name="user_factors")
    user = {"factors": direction(user_rows, "user_direction")}

    item_id = item_input()
    item_rows = table(item_id, num_items, name="item_factors")
    item = {"factors": direction(item_rows, "item_direction")}

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(use_bias=use_bias),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )
