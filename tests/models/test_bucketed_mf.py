"""Bucketed MF: its formula, scores by hand, where it starts, stages, and new items."""

import keras
import numpy as np
import pytest

from tfrecs.models import build_bucketed_mf
from tfrecs.models.cold_start import score_new_items

BUCKETS = np.array([0, 1, 2, 0, 1, 2, 0, 3, 1])  # those of the fixture `build`


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("bucketed_mf"))
    w = weights(model)
    u, i = rows["user_id"][:, None], rows["item_id"]
    p = w["user_factors/embeddings"]
    q = w["item_bucket_factors/embeddings"][BUCKETS] + w["item_factors/embeddings"]
    b_i = w["item_bucket_bias/embeddings"][BUCKETS] + w["item_bias/embeddings"]
    expected = (p[u] * q[i]).sum(-1) + w["user_bias/embeddings"][u, 0] + b_i[i, 0]
    expected += w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


@pytest.fixture
def small(assign):
    model = build_bucketed_mf(1, 3, item_buckets=[1, 0, 1], embedding_dim=2)
    return assign(
        model,
        {
            "user_factors/embeddings": [[1, 2]],
            "user_bias/embeddings": [[0.5]],
            "item_bucket_factors/embeddings": [[5, 0], [3, -1]],
            "item_bucket_bias/embeddings": [[10], [20]],
            "item_factors/embeddings": [[0, 0], [1, 1], [0, 1]],
            "item_bias/embeddings": [[0], [2], [4]],
            "interaction/global_bias": 0.25,
        },
    )


def test_scores_by_hand(small):
    expected = [
        1 * 3 + 2 * -1 + 0.5 + 20 + 0.25,  # nothing of its own
        1 * (5 + 1) + 2 * (0 + 1) + 0.5 + (10 + 2) + 0.25,
        1 * (3 + 0) + 2 * (-1 + 1) + 0.5 + (20 + 4) + 0.25,
    ]
    assert small.score_users(np.array([0])).tolist() == [expected]


def test_it_starts_with_one_score_for_each_bucket(build):
    model = build("bucketed_mf")
    users = np.arange(7)
    scores = model.score_users(users)
    of_buckets = score_new_items(model, users, np.arange(4))
    np.testing.assert_allclose(scores, of_buckets[:, BUCKETS], atol=1e-6)
    assert len(np.unique(scores.round(5), axis=1).T) == 4


def test_an_item_that_no_batch_holds_keeps_the_score_of_its_bucket(build):
    model = build("bucketed_mf", dropout=0.0)
    model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)
    users = np.repeat(np.arange(7, dtype=np.int32), 8)
    items = np.tile(np.arange(8, dtype=np.int32), 7)  # never 8, which is in bucket 1
    labels = (items % 2).astype(np.float32)
    model.fit({"user_id": users, "item_id": items}, labels, batch_size=8, verbose=0)
    scores = model.score_users(np.arange(7))
    of_buckets = score_new_items(model, np.arange(7), np.array([1]))
    np.testing.assert_allclose(scores[:, [8]], of_buckets, atol=1e-6)
    for item in (1, 4):  # of the same bucket, and seen
        assert np.abs(scores[:, [item]] - of_buckets).min() > 0.01


def test_buckets_train_alone_where_the_items_are_frozen(build):
    model = build("bucketed_mf", dropout=0.0)
    for name in ("item_factors", "item_bias"):
        model.get_layer("item_tower").get_layer(name).trainable = False
    model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=False)
    users, items = np.arange(7, dtype=np.int32), np.arange(7, dtype=np.int32)
    before = model.score_users(users)
    model.fit({"user_id": users, "item_id": items}, np.ones(7), verbose=0)
    scores = model.score_users(users)
    assert np.abs(scores - before).max() > 0.01
    np.testing.assert_allclose(
        scores, score_new_items(model, users, np.arange(4))[:, BUCKETS], atol=1e-6
    )


def test_a_penalty_of_their_own_for_items(randomize, weights):
    model = randomize(
        build_bucketed_mf(2, 3, item_buckets=[0, 1, 1], l2=0.5, item_l2=0.25)
    )
    w = weights(model)
    model({"user_id": np.array([1]), "item_id": np.array([[0, 2]])}, training=True)
    rows = [
        0.5 * (w["user_factors/embeddings"][1] ** 2).sum(),
        0.5 * (w["item_bucket_factors/embeddings"][[0, 1]] ** 2).sum(),
        0.25 * (w["item_factors/embeddings"][[0, 2]] ** 2).sum(),
    ]
    np.testing.assert_allclose(sorted(model.losses), sorted(rows), rtol=1e-5)


# Mistakes


@pytest.mark.parametrize(
    ("buckets", "message"),
    [
        ([0, 1], r"for each of 3 items\. Received: shape \(2,\)"),
        ([[0], [1], [1]], r"for each of 3 items\. Received: shape \(3, 1\)"),
        ([0.0, 1.0, 1.0], r"whole number .*shape \(3,\) of float64"),
        (["a", "b", "b"], r"whole number .*shape \(3,\) of <U1"),
        ([1, 2, 2], r"from 0, without gaps\. Received: 2 buckets from 1 to 2"),
        ([-1, 0, 1], r"from 0, without gaps\. Received: 3 buckets from -1 to 1"),
        ([0, 2, 2], r"without gaps\. Received: 2 buckets from 0 to 2\. np\.unique"),
    ],
)
def test_wrong_buckets_are_refused(buckets, message):
    with pytest.raises(ValueError, match=f"`item_buckets` must be .*{message}"):
        build_bucketed_mf(7, 3, item_buckets=buckets)
