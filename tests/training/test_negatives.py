"""Negatives: never a positive when exact, and drawn with their probability.

The seeds are fixed. With another one, a right sampler would fail a test of frequencies
with a probability of 1e-3.
"""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfrecs.data.interactions import Interactions
from tfrecs.training.negatives import approximate_negatives, exact_negatives
from tfrecs.training.shared_negatives import shared_negatives

MATRIX = np.array(  # users who lack items at the start, at the end and in between
    [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 1],
        [0, 1, 0, 1, 0, 1],
        [0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 1, 1],
    ]
)
TRAIN = Interactions.from_matrix(MATRIX)
# Items that 1, 4, 2, 0, 5 and 3 users have: far from uniform, and one that nobody has.
SKEWED = np.array(
    [
        [0, 0, 0, 0, 1, 0],
        [0, 1, 0, 0, 1, 1],
        [1, 1, 1, 0, 0, 0],
        [0, 1, 0, 0, 1, 1],
        [0, 1, 1, 0, 1, 1],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0],
    ]
)
COUNTS = np.array([1, 4, 2, 0, 5, 3])
WEIGHTS = {  # COUNTS to a power, but 0 for the item that nobody has
    ("uniform",): [1, 1, 1, 1, 1, 1],
    ("popularity", 1.0): [1, 4, 2, 0, 5, 3],
    ("popularity", 2.0): [1, 16, 4, 0, 25, 9],
    ("popularity", 0.5): [1, 2, 2**0.5, 0, 5**0.5, 3**0.5],
    ("popularity", 0.0): [1, 1, 1, 0, 1, 1],
    ("popularity", -1.0): [1, 1 / 4, 1 / 2, 0, 1 / 5, 1 / 3],
}
every_sampling = pytest.mark.parametrize("sampling", WEIGHTS, ids=str)
POPULAR = {"sampling": "popularity"}
exact_popular = partial(exact_negatives, **POPULAR)
approximate_popular = partial(approximate_negatives, **POPULAR)
EXACT = [
    *(exact_negatives, exact_popular),
    *(partial(exact_popular, exponent=exponent) for exponent in (0.75, -0.5)),
]
every_exact_sampler = pytest.mark.parametrize("sampler", EXACT)
every_sampler = pytest.mark.parametrize(
    "sampler", [*EXACT, approximate_negatives, approximate_popular]
)


def draw(sampler, users, num_negatives: int, seed=(1, 2)) -> np.ndarray:
    drawn = sampler(tf.constant(users, tf.int32), num_negatives, tf.constant(seed))
    assert drawn.dtype == tf.int32
    return drawn.numpy()


def assert_drawn_by(drawn, weights) -> None:
    """What has weight 0 is not drawn, and the rest by its weight."""
    weights = np.array(weights, dtype=np.float64)
    counts = np.bincount(drawn, minlength=len(weights))
    assert counts[weights == 0].sum() == 0
    expected = weights[weights > 0] / weights.sum() * len(drawn)
    assert len(expected) == 1 or (
        stats.chisquare(counts[weights > 0], expected).pvalue > 1e-3
    )


@every_sampling
@pytest.mark.parametrize("user", range(7))
def test_exact_negatives_are_drawn_by_the_weight_that_a_user_lacks(user, sampling):
    train = Interactions.from_matrix(SKEWED)
    [drawn] = draw(exact_negatives(train, *sampling), [user], 3000)
    assert_drawn_by(drawn, np.where(SKEWED[user], 0, WEIGHTS[sampling]))


@every_sampling
def test_approximate_negatives_are_drawn_by_their_weight(sampling):
    sampler = approximate_negatives(Interactions.from_matrix(SKEWED), *sampling)
    for drawn in draw(sampler, [4, 6], 3000):
        assert_drawn_by(drawn, WEIGHTS[sampling])


@every_sampling
def test_shared_negatives_are_drawn_by_their_weight(sampling):
    negatives = shared_negatives(Interactions.from_matrix(SKEWED), *sampling)
    drawn = negatives.draw(None, 3000, tf.constant([1, 2])).numpy()
    assert_drawn_by(drawn, WEIGHTS[sampling])
    share = np.array(WEIGHTS[sampling]) / sum(WEIGHTS[sampling])
    np.testing.assert_allclose(negatives.probability, share, rtol=1e-6)
    assert negatives.probability.dtype == np.float32


def test_half_of_mixed_shared_negatives_are_those_of_the_batch_and_half_uniform():
    train = Interactions.from_matrix(SKEWED)
    negatives = shared_negatives(train, "mixed")
    items = tf.constant(np.tile(train.item_ids, 200))
    drawn = negatives.draw(items, 0, tf.constant([1, 2])).numpy()
    assert drawn[:3000].tolist() == items.numpy().tolist()
    assert len(items) == 3000
    assert_drawn_by(drawn[3000:], np.ones(6))


@every_exact_sampler
@pytest.mark.parametrize("seed", range(5))
def test_exact_negatives_are_never_positives(seed, sampler):
    rng = np.random.default_rng(seed)
    matrix = rng.random((40, 50)) < rng.random((40, 1)) ** 3  # from few items to most
    matrix[:, 7] = 0
    train = Interactions.from_matrix(matrix)
    users = rng.integers(0, 40, 200)
    if sampler is not exact_negatives:  # items without interactions are not drawn
        train = Interactions.from_matrix(np.vstack([matrix, np.eye(1, 50, 7)]))
    drawn = draw(sampler(train), users, 60, (seed, 0))
    assert not matrix[users[:, None], drawn].any()
    assert 0 <= drawn.min() <= 7 <= drawn.max() < 50


def test_negatives_go_to_their_users_row_by_row():
    drawn = draw(exact_negatives(TRAIN), [4, 1, 4, 0], 50)
    assert drawn.shape == (4, 50)
    assert (drawn[[0, 2]] == 3).all()
    assert set(drawn[1]) == {0, 1, 2, 3}
    assert set(drawn[3]) == {2, 3, 4, 5}


@every_sampler
def test_rows_of_one_user_draw_apart(sampler):
    first, second = draw(sampler(TRAIN), [3, 3], 40)
    assert first.tolist() != second.tolist()


@every_sampler
def test_the_same_seed_draws_the_same_and_another_seed_others(sampler):
    sample = sampler(TRAIN)
    first = draw(sample, [0, 1, 2], 20, (3, 4)).tolist()
    assert draw(sample, [0, 1, 2], 20, (3, 4)).tolist() == first
    assert draw(sample, [0, 1, 2], 20, (3, 5)).tolist() != first
    assert draw(sample, [0, 1, 2], 20, (4, 4)).tolist() != first


@every_exact_sampler
def test_ids_beyond_int32_products_are_drawn_right(from_pairs, sampler):
    # 70,000 users x 70,000 items are more pairs than an int32 can number.
    pairs = [(69_999, item) for item in range(69_998)]
    train = from_pairs([*pairs, (0, 69_998), (0, 69_999)], 70_000, 70_000)
    drawn = draw(sampler(train), [69_999], 40)
    assert set(drawn.ravel()) == {69_998, 69_999}


def test_exact_negatives_need_an_item_that_each_user_lacks():
    train = Interactions.from_matrix(
        np.array([[1, 0], [1, 1]]), users=["ann", "bob"], items=["x", "y"]
    )
    with pytest.raises(ValueError, match=r"user 'bob', who has all 2"):
        exact_negatives(train)
    assert set(draw(approximate_negatives(train), [1], 50).ravel()) == {0, 1}


def test_popular_negatives_need_an_item_that_someone_has_and_each_user_lacks():
    train = Interactions.from_matrix(
        np.array([[1, 0, 0], [1, 1, 0]]), users=["ann", "bob"]
    )
    with pytest.raises(ValueError, match=r"user 'bob', who has all 2"):
        exact_popular(train, exponent=0.5)
    assert set(draw(exact_negatives(train), [1], 20).ravel()) == {2}


@pytest.mark.parametrize(
    "draws", [exact_negatives, approximate_negatives, shared_negatives]
)
@pytest.mark.parametrize(
    ("sampling", "exponent", "message"),
    [
        ("hard", 1.0, "one of uniform, popularity.*Received: 'hard'"),
        ("popularity", float("nan"), "finite.*exponent=nan"),
        ("popularity", float("inf"), "finite.*exponent=inf"),
        ("uniform", 0.75, "`exponent` must be left out.*exponent=0.75 with 'uniform'"),
    ],
)
def test_wrong_arguments(draws, sampling, exponent, message):
    with pytest.raises(ValueError, match=message):
        draws(TRAIN, sampling, exponent)


@pytest.mark.parametrize("sampling", ["in-batch", "mixed"])
def test_shared_negatives_without_an_exponent(sampling):
    with pytest.raises(ValueError, match=f"exponent=0.75 with '{sampling}'"):
        shared_negatives(TRAIN, sampling, 0.75)
