"""Generated interactions whose truth is known."""

import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.data.datasets._dataset import Dataset
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

SCORE_BLOCK = 2**22
"""True scores held at once while drawing: 32 MiB of float64."""


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

    Since the draws do not depend on their order, whatever part of a user's items is
    held out at random, ranking by score is the best possible ranking: `oracle` does so.

    Args:
        num_users: number of users.
        num_items: size of the catalogue.
        seed: of all draws.
        num_factors: length of p and q.
        num_categories: number of item categories; an item has one to three.
        interactions_per_user: mean of a user's number of items, which is from 2 to half
            the catalogue and log-normal before.
        popularity: standard deviation of the items' popularity, in nats.
        sharpness: how much taste matters, in nats.
        feature_share: how much of q_i its categories explain, from 0 to 1.

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
    if not 0 <= feature_share <= 1:
        raise ValueError(
            f"`feature_share` must be from 0 to 1. Received: {feature_share}"
        )
    import pandas as pd

    rng = np.random.default_rng(seed)
    p = _unit(rng.normal(size=(num_users, num_factors)))
    directions = _unit(rng.normal(size=(num_categories, num_factors)))
    has = _categories(rng, num_items, num_categories)
    explained = _unit(has @ directions)
    own = _unit(rng.normal(size=(num_items, num_factors)))
    q = _unit(feature_share * explained + (1 - feature_share) * own)
    bias = popularity * rng.normal(size=num_items)

    def oracle(user_ids: IntArray) -> FloatArray:
        return (sharpness * p[user_ids] @ q.T + bias).astype(np.float32)

    wanted = interactions_per_user * rng.lognormal(-0.125, 0.5, size=num_users)
    degree = wanted.round().astype(np.int64).clip(2, num_items // 2)
    item_ids = _draw(rng, oracle, degree, num_items)
    user_ids = np.repeat(np.arange(num_users, dtype=np.int32), degree)
    groups = _unit(rng.normal(size=(8, num_factors)))
    interactions = Interactions(
        user_ids=user_ids,
        item_ids=item_ids,
        users=Vocabulary(np.arange(num_users), "users"),
        items=Vocabulary(np.arange(num_items), "items"),
        timestamps=np.concatenate([np.arange(size) for size in degree]),
        user_features=pd.DataFrame(
            {"group": [f"g{g}" for g in (p @ groups.T).argmax(1)]}
        ),
        item_features=pd.DataFrame(
            {
                "categories": ["|".join(f"c{c}" for c in row.indices) for row in has],
                "year": rng.integers(1990, 2020, size=num_items),
            }
        ),
    )
    return Dataset(
        name="synthetic",
        interactions=interactions,
        note=f"generated with seed {seed}; the oracle knows the true scores",
        categorical=("group",),
        multi_hot=("categories",),
        numeric=("year",),
        oracle=oracle,
    )


def _unit(vectors: AnyArray) -> AnyArray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _categories(
    rng: np.random.Generator, num_items: int, num_categories: int
) -> sp.csr_array:
    """One to three categories for each item: `[num_items, num_categories]`, 0 or 1."""
    order = rng.random((num_items, num_categories)).argsort(axis=1)
    count = rng.integers(1, min(3, num_categories) + 1, size=(num_items, 1))
    return sp.csr_array((order < count).astype(np.float64))


def _draw(
    rng: np.random.Generator, oracle: Scorer, degree: AnyArray, num_items: int
) -> IntArray:
    """Each user's items in the order of their draws, users one after the other."""
    drawn = []
    size = max(1, SCORE_BLOCK // num_items)
    for start in range(0, len(degree), size):
        users = np.arange(start, min(start + size, len(degree)), dtype=np.int32)
        # The largest of scores plus Gumbel noise are draws without replacement.
        noisy = oracle(users) + rng.gumbel(size=(len(users), num_items))
        best_first = np.argsort(-noisy, axis=1)
        drawn += [row[:d] for row, d in zip(best_first, degree[users], strict=True)]
    return np.concatenate(drawn).astype(np.int32)
