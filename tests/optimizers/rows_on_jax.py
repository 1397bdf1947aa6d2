"""Optimizers of rows on JAX, which `make test-jax` runs."""

import keras
import numpy as np
import pytest
from test_row_optimizers import (
    BATCHES,
    CASES,
    CLIPS,
    clipped,
    every_case,
    gradients,
    summed,
    table,
)

from tfrecs.models.layers.row_gradients import RowGradient
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad, SparseSGD


def by_row(rows, values):
    return RowGradient(np.array(rows, np.int32), np.array(values, np.float32))


def three_rows():
    layer = keras.layers.Embedding(3, 2)
    layer.build(())
    layer.embeddings.assign(np.ones((3, 2)))
    return layer.embeddings


@pytest.mark.parametrize(
    ("optimizer", "step_of_0", "step_of_2"),
    [
        # Row 2's look-ups are summed: (1, 3) + (3, 1) = (4, 4); row 0's is (6, 8).
        (SparseSGD(0.1), [0.6, 0.8], [0.4, 0.4]),
        # Mean squares (36 + 64) / 2 = 50 and (16 + 16) / 2 = 16.
        (RowwiseAdagrad(0.1), [0.6 / 50**0.5, 0.8 / 50**0.5], [0.4 / 4, 0.4 / 4]),
        # The first step of Adam is the rate, whatever the gradient.
        (LazyAdam(0.1), [0.1, 0.1], [0.1, 0.1]),
        (LazyAdam(0.1, step_aware=True), [0.1, 0.1], [0.1, 0.1]),
    ],
    ids=["sgd", "adagrad", "adam", "step_aware"],
)
def test_three_rows_by_hand(optimizer, step_of_0, step_of_2):
    variable = three_rows()
    optimizer.apply([by_row([2, 0, 2], [[1, 3], [6, 8], [3, 1]])], [variable])
    expected = 1 - np.array([step_of_0, [0, 0], step_of_2])
    np.testing.assert_allclose(np.array(variable), expected, rtol=1e-6)


@every_case
def test_rows_move_by_the_formula_and_others_not_at_all(name):
    make, slow = CASES[name]
    optimizer, (variable, start) = make(), table()
    for rows, values in zip(BATCHES, gradients(), strict=True):
        optimizer.apply([by_row(rows, values)], [variable])
    found = np.array(variable)
    np.testing.assert_allclose(found, slow(start.copy()), rtol=1e-5)
    assert np.array_equal(found[5], start[5])


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: next(iter(clip)))
def test_what_is_clipped_is_the_sum_of_a_rows_look_ups(clip):
    make, _ = CASES["sparse_sgd"]
    optimizer, (variable, start) = make(**clip), table()
    kernel = keras.Variable(np.ones((2, 2)), dtype="float32", name="kernel")
    rows, values = BATCHES[0], gradients()[0]
    other = values[:2, :2]
    optimizer.apply([by_row(rows, values), other], [variable, kernel])
    merged = summed(rows, values)
    sums, other = clipped(np.array(list(merged.values())), other, clip)
    start[list(merged)] -= 0.1 * sums
    np.testing.assert_allclose(np.array(variable), start, rtol=1e-5)
    np.testing.assert_allclose(np.array(kernel), 1 - 0.1 * other, rtol=1e-5)
