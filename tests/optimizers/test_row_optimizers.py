"""Optimizers of rows: beside slow versions of their formulas in NumPy, and in Keras."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.models import build_mf
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad, SparseSGD

ROWS, DIM = 6, 3
BATCHES = (  # row ids with repeats, and rows that only some batches have
    [4, 1, 4, 4],
    [1, 1, 0, 2],
    [4, 0, 0, 3],
    [3, 3, 3, 3],
    [1, 2, 3, 4],  # row 2 has missed two steps, row 1 two, row 4 one
)


def gradients():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(len(rows), DIM)).astype(np.float32) for rows in BATCHES]


def summed(rows, values):
    return {
        row: sum(value for r, value in zip(rows, values, strict=True) if r == row)
        for row in set(rows)
    }


def slices(rows, values):
    return tf.IndexedSlices(
        tf.constant(values, tf.float32), tf.constant(rows), tf.constant([ROWS, DIM])
    )


def rowwise_adagrad(table, rate=0.1, start=0.2, epsilon=1e-7):
    accumulator = np.full(ROWS, start)
    for rows, values in zip(BATCHES, gradients(), strict=True):
        for row, g in summed(rows, values).items():
            accumulator[row] += (g**2).mean()
            table[row] -= rate * g / np.sqrt(accumulator[row] + epsilon)
    return table


def adam(table, step_aware, rate=0.1, b1=0.8, b2=0.95, epsilon=1e-7):
    """Moments decay in every step, or if not `step_aware` for the rows looked up."""
    m, v = np.zeros((ROWS, DIM)), np.zeros((ROWS, DIM))
    for t, (rows, values) in enumerate(zip(BATCHES, gradients(), strict=True), start=1):
        decaying = slice(None) if step_aware else list(set(rows))
        m[decaying] *= b1
        v[decaying] *= b2
        for row, g in summed(rows, values).items():
            m[row] += (1 - b1) * g
            v[row] += (1 - b2) * g**2
            corrected = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
            table[row] -= corrected * m[row] / (np.sqrt(v[row]) + epsilon)
    return table


def sgd(table, rate=0.1):
    for rows, values in zip(BATCHES, gradients(), strict=True):
        for row, g in summed(rows, values).items():
            table[row] -= rate * g
    return table


CASES = {
    "rowwise_adagrad": (
        lambda **o: RowwiseAdagrad(0.1, initial_accumulator_value=0.2, **o),
        rowwise_adagrad,
    ),
    "lazy_adam": (
        lambda **o: LazyAdam(0.1, beta_1=0.8, beta_2=0.95, **o),
        lambda table: adam(table, step_aware=False),
    ),
    "step_aware": (
        lambda **o: LazyAdam(0.1, beta_1=0.8, beta_2=0.95, step_aware=True, **o),
        lambda table: adam(table, step_aware=True),
    ),
    "sparse_sgd": (lambda **o: SparseSGD(0.1, **o), sgd),
}
every_case = pytest.mark.parametrize("name", CASES)


def table():
    start = np.arange(ROWS * DIM, dtype=np.float32).reshape(ROWS, DIM)
    layer = keras.layers.Embedding(ROWS, DIM)
    layer.build(())
    layer.embeddings.assign(start)
    return layer.embeddings, start.astype(float)


@pytest.mark.parametrize("jit_compile", [False, True])
@every_case
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


@every_case
def test_a_dense_gradient_moves_touched_rows_alike_in_the_first_step(name):
    make, _ = CASES[name]
    results = []
    for dense in (False, True):
        optimizer, (variable, _) = make(), table()
        gradient = slices(BATCHES[0], gradients()[0])
        gradient = tf.convert_to_tensor(gradient) if dense else gradient
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
        (RowwiseAdagrad(0.1, 0.2), keras.optimizers.Adagrad(0.1, 0.2)),
        (LazyAdam(0.1), keras.optimizers.Adam(0.1)),
        (LazyAdam(0.1, step_aware=True), keras.optimizers.Adam(0.1)),
        (SparseSGD(0.1), keras.optimizers.SGD(0.1)),
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


# Step-aware moments


def moments(optimizer, *names):
    """The moments of the one table, by what the optimizer calls them."""
    return [
        np.array(variable)
        for name in names
        for variable in optimizer.variables
        if variable.path.endswith(name)
    ]


def test_step_aware_moments_are_those_of_adam_for_rows_of_the_batch():
    ours = LazyAdam(0.1, beta_1=0.8, beta_2=0.95, step_aware=True)
    stock = keras.optimizers.Adam(0.1, beta_1=0.8, beta_2=0.95)
    lazy = LazyAdam(0.1, beta_1=0.8, beta_2=0.95)
    (mine, _), (theirs, _), (other, _) = table(), table(), table()
    for rows, values in zip(BATCHES, gradients(), strict=True):
        gradient = slices(rows, values)
        ours.apply([gradient], [mine])
        lazy.apply([gradient], [other])
        stock.apply([tf.convert_to_tensor(gradient)], [theirs])
        expected = moments(stock, "_momentum", "_velocity")
        found = moments(ours, "first_moment", "second_moment")
        assert len(found) == len(expected) == 2
        for one, two in zip(found, expected, strict=True):
            np.testing.assert_allclose(one[rows], two[rows], rtol=1e-5)
    [last] = moments(lazy, "first_moment")
    assert not np.allclose(last[2], expected[0][2], rtol=0.1)  # which does not decay


def test_step_aware_holds_one_more_number_for_each_row_of_a_table_alone():
    (variable, _), dense = table(), keras.Variable(np.zeros((4, 2)), name="kernel")
    sizes = {}
    for step_aware in (False, True):
        optimizer = LazyAdam(step_aware=step_aware)
        optimizer.build([variable, dense])
        sizes[step_aware] = sum(np.size(np.array(v)) for v in optimizer.variables)
    assert sizes[True] - sizes[False] == ROWS


# Clipping

CLIPS = [{"clipnorm": 0.5}, {"global_clipnorm": 0.7}, {"clipvalue": 0.3}]


def clipped(merged, kernel, clip):
    """What clipping makes of a table's merged gradient and of another one."""
    if "clipvalue" in clip:
        return [np.clip(g, -0.3, 0.3) for g in (merged, kernel)]
    norms = [np.linalg.norm(g) for g in (merged, kernel)]
    if "clipnorm" in clip:
        return [
            g * min(1, 0.5 / n) for g, n in zip((merged, kernel), norms, strict=True)
        ]
    return [g * min(1, 0.7 / np.hypot(*norms)) for g in (merged, kernel)]


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: next(iter(clip)))
@every_case
def test_what_is_clipped_is_the_sum_of_a_rows_look_ups(name, clip):
    """The same as without clipping, given the merged gradient clipped by NumPy."""
    make, _ = CASES[name]
    found = []
    for is_clipped in (True, False):
        optimizer = make(**(clip if is_clipped else {}))
        kernel = keras.Variable(np.ones((2, 2)), dtype="float32", name="kernel")
        variable, _ = table()
        optimizer.build([variable, kernel])
        for rows, values in zip(BATCHES, gradients(), strict=True):
            other = values[:2, :2]
            if not is_clipped:
                merged = summed(rows, values)
                rows = sorted(merged)
                merged = np.array([merged[row] for row in rows])
                values, other = clipped(merged, other, clip)
            both = [slices(rows, values), tf.constant(other, tf.float32)]
            optimizer.apply(both, [variable, kernel])
        found.append([np.array(variable), np.array(kernel)])
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5)
    untouched = np.arange(ROWS * DIM).reshape(ROWS, DIM)[5]
    np.testing.assert_array_equal(found[0][0][5], untouched)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: next(iter(clip)))
def test_clipping_is_that_of_keras_for_a_dense_gradient(clip):
    """SparseSGD with duplicates moves a table as SGD with the whole gradient does."""
    found = []
    for make in (SparseSGD, keras.optimizers.SGD):
        optimizer, (variable, _) = make(0.1, **clip), table()
        for rows, values in zip(BATCHES, gradients(), strict=True):
            gradient = slices(rows, values)
            if make is not SparseSGD:
                gradient = tf.convert_to_tensor(gradient)
            optimizer.apply([gradient], [variable])
        found.append(np.array(variable))
    np.testing.assert_allclose(*found, rtol=1e-5)


# In training


def batches(steps=10, size=8):
    """Static batches with repeats; users 5 to 7 and item 8 are in none of them."""
    rng = np.random.default_rng(0)
    user_id = rng.integers(0, 5, steps * size).astype(np.int32)
    item_id = rng.integers(0, 8, (steps * size, 3)).astype(np.int32)
    labels = (item_id % 2 == user_id[:, None] % 2).astype(np.float32)
    data = ({"user_id": user_id, "item_id": item_id}, labels)
    return tf.data.Dataset.from_tensor_slices(data).batch(size, drop_remainder=True)


def mf(optimizer, **options):
    keras.utils.set_random_seed(0)
    model = build_mf(8, 9, embedding_dim=4)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer, loss=loss, **options)
    return model


def fit(model, epochs=1, steps=10):
    return model.fit(batches(steps), epochs=epochs, shuffle=False, verbose=0)


def tables(model):
    """Of factors: users' and items'."""
    return [
        np.array(
            getattr(model, f"{side}_tower").get_layer(f"{side}_factors").embeddings
        )
        for side in ("user", "item")
    ]


WAYS = {
    "jit": {"jit_compile": True},
    "steps": {"jit_compile": False, "steps_per_execution": 4},
    "jit-steps": {"jit_compile": True, "steps_per_execution": 4},  # 10: 4, 4 and 2
    "eager": {"run_eagerly": True},
}


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("step_aware", "jit-steps"),
        ("rowwise_adagrad", "jit"),
        ("lazy_adam", "steps"),
        ("sparse_sgd", "eager"),
    ],
)
def test_ways_to_run_a_step_give_the_same_weights(name, way):
    make, _ = CASES[name]
    plain, other = mf(make(), jit_compile=False), mf(make(), **WAYS[way])
    start = tables(plain)
    for model in (plain, other):
        fit(model)
    for one, two in zip(plain.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert int(other.optimizer.iterations) == 10
    for model in (plain, other):
        for now, before, untouched in zip(tables(model), start, (5, 8), strict=True):
            assert np.array_equal(now[untouched:], before[untouched:])
            assert (now[:untouched] != before[:untouched]).any(axis=1).all()


@every_case
def test_training_goes_on_from_a_file_as_if_it_had_not_stopped(name, tmp_path):
    make, _ = CASES[name]
    straight = mf(make(clipnorm=0.05), run_eagerly=True)
    fit(straight, steps=3)
    straight.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is type(straight.optimizer)
    assert loaded.optimizer.get_config() == straight.optimizer.get_config()
    fit(straight, steps=3)
    fit(loaded, steps=3)
    for one, two in zip(straight.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    state = zip(straight.optimizer.variables, loaded.optimizer.variables, strict=True)
    for one, two in state:
        np.testing.assert_array_equal(np.array(one), np.array(two))


@every_case
def test_schedules_are_followed(name):
    """A rate that is 0 from the third step on moves nothing there."""
    make, _ = CASES[name]
    optimizer, (variable, _) = make(), table()
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.1, 0.0])
    config = {**optimizer.get_config(), "learning_rate": schedule}
    optimizer = type(optimizer).from_config(config)
    seen = []
    for rows, values in zip(BATCHES, gradients(), strict=True):
        optimizer.apply([slices(rows, values)], [variable])
        seen.append(np.array(variable))
    assert (seen[1] != seen[0]).any()
    assert np.array_equal(seen[-1], seen[1])


@pytest.fixture
def mixed_float16():
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("rowwise_adagrad", "steps"),
        ("lazy_adam", "steps"),
        ("step_aware", "jit"),
        ("sparse_sgd", "steps"),
    ],
)
def test_mixed_precision_trains_and_keeps_other_rows(name, way, mixed_float16):
    make, _ = CASES[name]
    optimizer = keras.optimizers.LossScaleOptimizer(make(), initial_scale=2.0**10)
    model = mf(optimizer, **WAYS[way])
    start = tables(model)
    assert model.user_tower.get_layer("user_factors").compute_dtype == "float16"
    logged = fit(model, epochs=6).history["loss"]
    assert logged[-1] < 0.98 * logged[0]
    for now, before, untouched in zip(tables(model), start, (5, 8), strict=True):
        assert now.dtype == np.float32
        assert np.array_equal(now[untouched:], before[untouched:])
        assert (now[:untouched] != before[:untouched]).any(axis=1).all()


# As set off in another process, since devices are made before TensorFlow starts.
MIRRORED = """
import sys
import keras
import numpy as np
import tensorflow as tf
two = [tf.config.LogicalDeviceConfiguration()] * 2
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, two)
sys.path.insert(0, sys.argv[1])
from test_row_optimizers import CASES, fit, mf, tables
for name in ("rowwise_adagrad", "step_aware"):
    make, _ = CASES[name]
    one = mf(make(), jit_compile=False)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        both = mf(make(), jit_compile=False)
    assert both.distribute_strategy.num_replicas_in_sync == 2
    start = tables(both)
    fit(one), fit(both)
    for a, b in zip(one.get_weights(), both.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6, err_msg=name)
    assert (tables(both)[0][:5] != start[0][:5]).any(), name
    assert np.array_equal(tables(both)[0][5:], start[0][5:]), name
"""


@pytest.mark.slow
def test_two_devices_give_the_weights_of_one():
    folder = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", MIRRORED, folder],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    "optimizer",
    [
        RowwiseAdagrad(0.3, initial_accumulator_value=0.7, epsilon=1e-3),
        LazyAdam(0.3, beta_1=0.5, beta_2=0.6, epsilon=1e-3),
        LazyAdam(keras.optimizers.schedules.CosineDecay(1.0, 9), step_aware=True),
        SparseSGD(0.3, clipnorm=2.0, name="mine"),
    ],
    ids=CASES,
)
def test_the_configuration_makes_the_same_optimizer(optimizer):
    again = type(optimizer).from_config(optimizer.get_config())
    assert again.get_config() == optimizer.get_config()


def test_a_negative_start_is_refused():
    with pytest.raises(ValueError, match=r"at least 0, .*accumulator_value=-1"):
        RowwiseAdagrad(initial_accumulator_value=-1)


@pytest.mark.parametrize(
    ("option", "value"),
    [("weight_decay", 0.01), ("use_ema", True), ("gradient_accumulation_steps", 2)],
)
@pytest.mark.parametrize("make", [RowwiseAdagrad, LazyAdam, SparseSGD])
def test_options_that_visit_the_whole_table_are_refused(make, option, value):
    message = f"`{option}` visits every row.*Received: {option}={value}.*keras.optim"
    with pytest.raises(ValueError, match=message) as caught:
        make(**{option: value})
    assert ("`l2`" in str(caught.value)) == (option == "weight_decay")
    assert make(**{option: None if option != "use_ema" else False})
