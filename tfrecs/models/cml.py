"""Collaborative metric learning: users close to their items."""

import math
from functools import partial
from typing import Any

import keras
from keras import ops

from tfrecs._base.checks import check_fraction, check_positive
from tfrecs.models.towers import embed, item_input, user_input
from tfrecs.models.two_tower import Interaction, TowerOutput, TwoTower


def build_cml(
    num_users: int,
    num_items: int,
    *,
    embedding_dim: int = 64,
    radius: float = 1.0,
    dropout: float = 0.0,
    init_std: float = 0.1,
    l2: float = 0.0,
    name: str = "cml",
) -> TwoTower:
    """Builds a model in which a score is the negative squared distance.

    The nearer an item, the higher its score. Two users who are close to an item are
    close to each other, which dot products do not promise. Train it with a loss that
    compares, such as hinge or WARP: these leave b at its start, 0. The paper's
    covariance and feature losses are left out.

    Formula:
        u = p_u / max(1, |p_u| / radius), i likewise;
        score = -|u - i|^2 + b = 2 <u, i> - |u|^2 - |i|^2 + b

    Args:
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        embedding_dim: length of p_u and p_i.
        radius: of the ball that u and i are kept in. Scores are from -4 radius^2 to 0,
            so that a margin of 1 here is one of 1 / radius^2 in the unit ball.
        dropout: share of each of p_u and p_i dropped in training, before distances are
            taken.
        init_std: standard deviation of p_u and p_i before training.
        l2: penalty on the embedding rows that a batch looks up; see
            `tfrecs.models.layers.Embedding`.
        name: the model's name.

    Returns:
        A model from `{"user_id", "item_id"}` to logits.

    Raises:
        ValueError: if a size is below 1, `radius` is not above 0, or `dropout` is not
            in [0, 1).

    References:
        Hsieh et al. 2017, "Collaborative Metric Learning", sec. 3.1 for the distance
        and 3.4 for the ball. They project the tables after each step; here the towers
        project what they look up, which needs no step of its own.
    """
    check_positive(
        num_users=num_users, num_items=num_items, embedding_dim=embedding_dim
    )
    check_fraction(dropout=dropout)
    if not 0 < radius < math.inf:
        raise ValueError(f"`radius` must be above 0, and finite. Received: {radius=!r}")
    rows = partial(embed, dim=embedding_dim, std=init_std, dropout=dropout, l2=l2)

    user_id = user_input()
    user = _point(rows(user_id, num_users, name="user_factors"), radius)

    item_id = item_input()
    item = _point(rows(item_id, num_items, name="item_factors"), radius)

    return TwoTower(
        keras.Model(user_id, user, name="user_tower"),
        keras.Model(item_id, item, name="item_tower"),
        Interaction(),
        num_users=num_users,
        num_items=num_items,
        name=name,
    )


def _point(rows: Any, radius: float) -> TowerOutput:
    """A point in the ball, as a tower output whose score is the negative squared distance."""
    length = ops.sum(ops.square(rows), axis=-1, keepdims=True) / radius**2
    # Not by the norm, whose gradient at a row of zeros is not a number.
    point = rows * ops.rsqrt(ops.maximum(length, 1.0))
    return {
        "factors": math.sqrt(2) * point,
        "bias": -ops.sum(ops.square(point), axis=-1),
    }
