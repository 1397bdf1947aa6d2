"""RowwiseAdagrad and LazyAdam beside slow versions of their formulas in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.models import build_mf
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad

ROWS, DIM = 6, 3
BATCHES = (  # row ids with repeats, and rows that one batch has and another has not
    [4, 1, 4, 4],
    [1, 1, 0, 2],
    [4, 0, 0, 3],
)


def gradients():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(len(rows), DIM)).astype(np.float32) for rows in BATCHES]


def summed(rows, values):
    return {
        row: sum(value for r, value in zip(rows, values, strict=True) if r == row)
        for row in set(rows)
    }


def rowwise_adagrad(table, rate=0.1, start=0.2, epsilon=1e-7):
    accumulator = np.full(ROWS, start)
    for rows, values in zip(BATCHES, gradients(), strict=True):
        for row, g in summed(rows, values).items():
            accumulator[row] += (g**2).mean()
            table[row] -= rate * g / np.sqrt(accumulator[row] + epsilon)
    return table


def lazy_adam(table, rate=0.1, b1=0.8, b2=0.95, epsilon=1e-7):
    m, v = np.zeros((ROWS, DIM)), np.zeros((ROWS, DIM))
    for t, (rows, values) in enumerate(zip(BATCHES, gradients(), strict=True), start=1):
        for row, g in summed(rows, values).items():
            m[row] = b1 * m[row] + (1 - b1) * g
            v[row] = b2 * v[row] + (1 - b2) * g**2
            corrected = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
            table[row] -= corrected * m[row] / (np.sqrt(v[row]) + epsilon)
    return table


CASES = {
    "rowwise_adagrad": (
        lambda: RowwiseAdagrad(0.1, initial_accumulator_value=0.2),
        rowwise_adagrad,
    ),
    "lazy_adam": (lambda: LazyAdam(0.1, beta_1=0.8, beta_2=0.95), lazy_adam),
}


def table():
    start = np.arange(ROWS * DIM, dtype=np.float32).reshape(ROWS, DIM)
    layer = keras.layers.Embedding(ROWS, DIM)
    layer.build(())
    layer.embeddings.assign(start)
    return layer.embeddings, start.astype(float)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_rows_move_by_the_formula_and_others_not_at_all(name, jit_compile):
    make, slow = CASES[name]
    optimizer, (variable, start) = make(), table()
    optimizer.build([variable])

    @tf.function(jit_compile=jit_compile)
    def step(rows, values):
        optimizer.apply([tf.IndexedSlices(values, rows)], [variable])

    for rows, values in zip(BATCHES, gradients(), strict=True):
        step(tf.constant(rows), tf.constant(values))
    found = np.array(variable)
    np.testing.assert_allclose(found, slow(start.copy()), rtol=1e-5)
    assert np.array_equal(found[5], start[5])


@pytest.mark.parametrize("name", CASES)
def test_a_dense_gradient_moves_touched_rows_alike_in_the_first_step(name):
    make, _ = CASES[name]
    results = []
    for dense in (False, True):
        optimizer, (variable, _) = make(), table()
        slices = tf.IndexedSlices(
            tf.constant(gradients()[0]),
            tf.constant(BATCHES[0]),
            tf.constant([ROWS, DIM]),
        )
        gradient = tf.convert_to_tensor(slices) if dense else slices
        optimizer.apply([gradient], [variable])
        results.append(np.array(variable))
    np.testing.assert_allclose(*results, rtol=1e-5)


def test_rowwise_adagrad_holds_one_number_for_each_row():
    optimizer, (variable, _) = RowwiseAdagrad(), table()
    optimizer.build([variable])
    assert [tuple(v.shape) for v in optimizer._accumulators] == [(ROWS, 1)]


@pytest.mark.parametrize(
    ("ours", "stock"),
    [
        (RowwiseAdagrad(0.1), keras.optimizers.Adagrad(0.1)),
        (LazyAdam(0.1), keras.optimizers.Adam(0.1)),
    ],
    ids=CASES,
)
def test_dense_variables_move_as_keras_moves_them(ours, stock):
    start = np.arange(6, dtype=np.float32).reshape(2, 3)
    found = []
    for optimizer in (ours, stock):
        variable = keras.Variable(start, name="kernel")
        for seed in range(3):
            gradient = np.random.default_rng(seed).normal(size=(2, 3))
            optimizer.apply([keras.ops.array(gradient, "float32")], [variable])
        found.append(np.array(variable))
    np.testing.assert_allclose(*found, rtol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_models_train_save_and_load_with_it(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = build_mf(8, 9, embedding_dim=4)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.3, 10, 0.9)
    make = {"rowwise_adagrad": RowwiseAdagrad, "lazy_adam": LazyAdam}[name]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(make(schedule, clipnorm=1.0), loss=loss, steps_per_execution=2)
    rng = np.random.default_rng(0)
    x = {"user_id": rng.integers(0, 8, 32), "item_id": rng.integers(0, 9, (32, 3))}
    y = (x["item_id"] % 2 == x["user_id"][:, None] % 2).astype(np.float32)
    history = model.fit(x, y, epochs=8, batch_size=8, shuffle=False, verbose=0)
    assert history.history["loss"][-1] < 0.9 * history.history["loss"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is make
    for again in (model, loaded):
        again.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=0)
    users = np.arange(8)
    assert np.array_equal(model.score_users(users), loaded.score_users(users))


@pytest.mark.parametrize(
    "optimizer",
    [
        RowwiseAdagrad(0.3, initial_accumulator_value=0.7, epsilon=1e-3),
        LazyAdam(0.3, beta_1=0.5, beta_2=0.6, epsilon=1e-3),
    ],
    ids=CASES,
)
def test_the_configuration_makes_the_same_optimizer(optimizer):
    again = type(optimizer).from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()


def test_a_negative_start_is_refused():
    with pytest.raises(ValueError, match=r"at least 0\. Received: -1"):
        RowwiseAdagrad(initial_accumulator_value=-1)
