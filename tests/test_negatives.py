"""Negatives: never a positive when exact, and uniform over what may be drawn."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfrecs.interactions import Interactions
from tfrecs.negatives import approximate_uniform, exact_uniform

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


def draw(sampler, users, num_negatives: int, seed=(1, 2)) -> np.ndarray:
    drawn = sampler(tf.constant(users, tf.int32), num_negatives, tf.constant(seed))
    assert drawn.dtype == tf.int32
    return drawn.numpy()


@pytest.mark.parametrize("user", range(5))
def test_exact_negatives_are_uniform_over_the_items_that_the_user_lacks(user):
    drawn = draw(exact_uniform(TRAIN), [user], 3000)
    counts = np.bincount(drawn.ravel(), minlength=6)
    assert (counts[MATRIX[user] == 1] == 0).all()
    lacking = counts[MATRIX[user] == 0]
    assert len(lacking) == 1 or stats.chisquare(lacking).pvalue > 1e-3


def test_approximate_negatives_are_uniform_over_the_catalogue():
    drawn = draw(approximate_uniform(TRAIN), [0, 4], 3000)
    for row in drawn:
        assert stats.chisquare(np.bincount(row, minlength=6)).pvalue > 1e-3
    assert drawn.max() == 5


@pytest.mark.parametrize("seed", range(5))
def test_exact_negatives_are_never_positives(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.random((40, 50)) < rng.random((40, 1)) ** 3  # from few items to most
    matrix[:, 7] = 0
    train = Interactions.from_matrix(matrix)
    users = rng.integers(0, 40, 200)
    drawn = draw(exact_uniform(train), users, 60, (seed, 0))
    assert not matrix[users[:, None], drawn].any()
    assert (drawn.min(), drawn.max()) >= (0, 7) and drawn.max() < 50


def test_negatives_go_to_their_users_row_by_row():
    drawn = draw(exact_uniform(TRAIN), [4, 1, 4, 0], 50)
    assert drawn.shape == (4, 50)
    assert (drawn[[0, 2]] == 3).all()
    assert set(drawn[1]) == {0, 1, 2, 3}
    assert set(drawn[3]) == {2, 3, 4, 5}


@pytest.mark.parametrize("sampler", [exact_uniform, approximate_uniform])
def test_rows_of_one_user_draw_apart(sampler):
    first, second = draw(sampler(TRAIN), [3, 3], 20)
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("sampler", [exact_uniform, approximate_uniform])
def test_the_same_seed_draws_the_same_and_another_seed_others(sampler):
    sample = sampler(TRAIN)
    first = draw(sample, [0, 1, 2], 20, (3, 4)).tolist()
    assert draw(sample, [0, 1, 2], 20, (3, 4)).tolist() == first
    assert draw(sample, [0, 1, 2], 20, (3, 5)).tolist() != first
    assert draw(sample, [0, 1, 2], 20, (4, 4)).tolist() != first


def test_ids_beyond_int32_products_are_drawn_right(from_pairs):
    # 70,000 users x 70,000 items are more pairs than an int32 can number.
    train = from_pairs([(69_999, item) for item in range(69_998)], 70_000, 70_000)
    drawn = draw(exact_uniform(train), [69_999], 40)
    assert set(drawn.ravel()) == {69_998, 69_999}


def test_exact_negatives_need_an_item_that_each_user_lacks():
    train = Interactions.from_matrix(
        np.array([[1, 0], [1, 1]]), users=["ann", "bob"], items=["x", "y"]
    )
    with pytest.raises(
        ValueError, match=r"lack at least one.*user 'bob', who has all 2"
    ):
        exact_uniform(train)
    assert set(draw(approximate_uniform(train), [1], 50).ravel()) == {0, 1}
