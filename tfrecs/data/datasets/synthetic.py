"""Generated interactions with known true scores."""

import numpy as np
import scipy.sparse as sp

from tfrecs._base.checks import check_proportion
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.data.column_kinds import ColumnKinds
from tfrecs.data.datasets.dataset import Dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

SCORE_BLOCK = 2**22
"""Scores in memory at once while drawing: 32 MiB of float64."""


def make_synthetic(
    num_users: int = 2000,
    num_items: int = 500,
    *,
    seed: int = 0,
    num_factors: int = 3,
    num_categories: int = 12,
    interactions_per_user: float = 100.0,
    popularity: float = 0.7,
    sharpness: float = 4.0,
    feature_share: float = 0.5,
) -> Dataset:
    """Draws interactions from planted factors, with item features that explain some.

    Formula:
        score(u, i) = sharpness * <p_u, q_i> + popularity * z_i, with p_u and q_i of
        length 1 and z_i from N(0, 1). q_i mixes the mean of its categories' directions
        (`feature_share` of it) with a direction of its own. A user takes items without
        replacement, each next one with probability proportional to exp(score).

    The order of a user's draws does not depend on what is held out at random, so no
    ranking is better than the one by true score, which `oracle` returns.

    Args:
        num_users: number of users.
        num_items: size of the catalogue.
        seed: of all draws.
        num_factors: length of p and q.
        num_categories: number of item categories; an item has one to three.
        interactions_per_user: mean of a user's number of items, which is log-normal and
            clipped to 2 and half the catalogue.
        popularity: standard deviation of the items' popularity, in nats.
        sharpness: weight of taste, in nats.
        feature_share: share of q_i that its categories explain, from 0 to 1.

    Returns:
        A data set with timestamps (a user's draws, one a second), `item_features` with
        `categories` and `year`, `user_features` with `group` (the nearest of eight
        directions) and the `oracle`.

    Raises:
        ValueError: if there are fewer than 2 users or 4 items, or `feature_share` is
            not from 0 to 1.
    """
    if num_users < 2 or num_items < 4:
        raise ValueError(
            "A synthetic data set needs at least 2 users and 4 items. Received: "
            f"num_users={num_users}, num_items={num_items}"
        )
    check_proportion(feature_share=feature_share)
    rng = np.random.default_rng(seed)
    p = _directions(rng, num_users, num_factors)
    has, q = _items(rng, num_items, num_categories, num_factors, feature_share)
    bias = popularity * rng.normal(size=num_items)

    def oracle(user_ids: IntArray) -> FloatArray:
        return (sharpness * p[user_ids] @ q.T + bias).astype(np.float32)

    wanted = interactions_per_user * rng.lognormal(-0.125, 0.5, size=num_users)
    degree = wanted.round().astype(np.int64).clip(2, num_items // 2)
    return Dataset(
        name="synthetic",
        interactions=_interactions(rng, oracle, degree, p, has),
        note=f"generated with seed {seed}; the oracle knows the true scores",
        item_kinds=ColumnKinds(multi_hot=("categories",), numeric=("year",)),
        user_kinds=ColumnKinds(categorical=("group",)),
        oracle=oracle,
    )


def _unit(vectors: AnyArray) -> AnyArray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _directions(rng: np.random.Generator, count: int, num_factors: int) -> AnyArray:
    """Draws unit vectors, `[count, num_factors]`."""
    return _unit(rng.normal(size=(count, num_factors)))


def _items(
    rng: np.random.Generator,
    num_items: int,
    num_categories: int,
    num_factors: int,
    feature_share: float,
) -> tuple[sp.csr_array, AnyArray]:
    """Draws one to three categories for each item, and q.

    Returns:
        The categories, `[num_items, num_categories]` of 0 and 1, and q,
        `[num_items, num_factors]`.
    """
    directions = _directions(rng, num_categories, num_factors)
    order = rng.random((num_items, num_categories)).argsort(axis=1)
    count = rng.integers(1, min(3, num_categories) + 1, size=(num_items, 1))
    has = sp.csr_array((order < count).astype(np.float64))
    own = _directions(rng, num_items, num_factors)
    return has, _unit(
        feature_share * _unit(has @ directions) + (1 - feature_share) * own
    )


def _interactions(
    rng: np.random.Generator,
    oracle: Scorer,
    degree: AnyArray,
    p: AnyArray,
    has: sp.csr_array,
) -> Interactions:
    """Draws each user's items, and the features of users and items."""
    import pandas as pd

    num_items = has.shape[0]
    item_ids = _draw(rng, oracle, degree, num_items)
    groups = (p @ _directions(rng, 8, p.shape[1]).T).argmax(axis=1)
    categories = ["|".join(f"c{c}" for c in row.indices) for row in has]
    years = rng.integers(1990, 2020, size=num_items)
    return Interactions(
        user_ids=np.repeat(np.arange(len(degree), dtype=np.int32), degree),
        item_ids=item_ids,
        users=Vocabulary(np.arange(len(degree)), "users"),
        items=Vocabulary(np.arange(num_items), "items"),
        timestamps=np.concatenate([np.arange(size) for size in degree]),
        user_features=pd.DataFrame({"group": [f"g{group}" for group in groups]}),
        item_features=pd.DataFrame({"categories": categories, "year": years}),
    )


def _draw(
    rng: np.random.Generator, oracle: Scorer, degree: AnyArray, num_items: int
) -> IntArray:
    """Draws each user's items, in the order of the draws, one user after the other."""
    drawn = []
    size = max(1, SCORE_BLOCK // num_items)
    for start in range(0, len(degree), size):
        users = np.arange(start, min(start + size, len(degree)), dtype=np.int32)
        # The largest of scores plus Gumbel noise are draws without replacement.
        noisy = oracle(users) + rng.gumbel(size=(len(users), num_items))
        best_first = np.argsort(-noisy, axis=1)
        drawn += [row[:d] for row, d in zip(best_first, degree[users], strict=True)]
    return np.concatenate(drawn).astype(np.int32)
