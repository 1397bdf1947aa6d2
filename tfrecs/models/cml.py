"""Collaborative metric learning: users close to their items."""

import math

from keras import ops

from tfrecs._base.checks import check_above_zero
from tfrecs.models.interaction import Interaction, TowerOutput
from tfrecs.models.towers import (
    Ids,
    check_sizes,
    embed,
    id_inputs,
    inner_product,
    two_towers,
)
from tfrecs.models.two_tower import TwoTower


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

    Two users who are close to an item are close to each other, which dot products do
    not promise. Train it with a loss that compares items, such as hinge or WARP, which
    leaves b at 0. There is no `y_range`: a distance ranks items, and does not predict
    ratings. The paper's covariance and feature losses are left out.

    Formula:
        u = p_u / max(1, |p_u| / radius), i likewise;
        score = -|u - i|^2 + b = 2 <u, i> - |u|^2 - |i|^2 + b

    Args:
        radius: of the ball that contains u and i, above 0. Scores are from
            -4 radius^2 to 0: a margin of 1 here is one of 1 / radius^2 in the unit
            ball.

    For other arguments, returns and errors see `build_mf`; p_u and p_i are its p
    and q.

    References:
        Hsieh et al. 2017, "Collaborative Metric Learning", sec. 3.1 for the distance
        and 3.4 for the ball. They project the tables after each step; here the towers
        project the rows that they look up, which needs no further step.
    """
    check_sizes(num_users, num_items, dropout=dropout, embedding_dim=embedding_dim)
    check_above_zero(radius=radius)

    def tower(ids: Ids) -> TowerOutput:
        rows = embed(ids, embedding_dim, std=init_std, dropout=dropout, l2=l2)
        length = inner_product(rows, rows)[..., None] / radius**2
        # Not by the norm, whose gradient at a row of zeros is not a number.
        point = rows * ops.rsqrt(ops.maximum(length, 1.0))
        bias = -inner_product(point, point)
        return {"factors": math.sqrt(2) * point, "bias": bias}

    sides = id_inputs(num_users, num_items)
    return two_towers(sides, map(tower, sides), Interaction(), name=name)
