"""Several steps in one compiled call: the same numbers as Keras's own, traced once."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.models import build_mf
from tfrecs.models.compiled_steps import runs_in_one_call
from tfrecs.optimizers import RowwiseAdagrad
from tfrecs.training.batches import pairwise_batches, user_batches


def batches(steps, size=4):
    rng = np.random.default_rng(0)
    user_id = rng.integers(0, 8, steps * size).astype(np.int32)
    item_id = rng.integers(0, 9, (steps * size, 3)).astype(np.int32)
    labels = (item_id % 2 == user_id[:, None] % 2).astype(np.float32)
    weights = rng.random(steps * size).astype(np.float32)
    data = ({"user_id": user_id, "item_id": item_id}, labels, weights)
    return tf.data.Dataset.from_tensor_slices(data).batch(size, drop_remainder=True)


def compiled(steps_per_execution, *, dropout=0.0, optimizer=None, **options):
    keras.utils.set_random_seed(0)
    model = build_mf(8, 9, embedding_dim=4, dropout=dropout)
    model.compile(
        optimizer or keras.optimizers.Adam(0.05),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
        weighted_metrics=[keras.metrics.MeanSquaredError()],
        steps_per_execution=steps_per_execution,
        **{"jit_compile": True, **options},
    )
    return model


def fit(model, data, **options):
    return model.fit(data, shuffle=False, verbose=0, **options).history


def assert_same_state(one, other, rtol=1e-5):
    """Compares all weights, and the state of the optimizers."""
    states = ([*m.variables, *m.optimizer.variables] for m in (one, other))
    for mine, theirs in zip(*states, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=1e-6)


def assert_same_logs(one, other):
    for name, values in one.items():
        np.testing.assert_allclose(other[name], values, rtol=1e-5, err_msg=name)


# The same as Keras

EAGER = {"jit_compile": False, "run_eagerly": True}  # nothing to compile


def test_weights_losses_and_metrics_are_those_of_single_steps():
    one, four = compiled(1, dropout=0.5), compiled(4, dropout=0.5)
    assert not runs_in_one_call(one)
    assert runs_in_one_call(four)
    trained = 0
    for steps in (10, 3):  # 4, 4 and 2; fewer than 4
        logged = [fit(model, batches(steps), epochs=3) for model in (one, four)]
        assert list(logged[0]) == list(logged[1])
        assert {len(values) for values in logged[1].values()} == {3}
        assert_same_logs(*logged)
        assert_same_state(one, four)
        trained += 3 * steps
        assert int(four.optimizer.iterations) == trained


def test_an_epoch_may_be_a_part_of_the_data():
    """Told of 5 steps, executions of 4 take 8, as Keras's own do."""
    ours, keras_own = compiled(4), compiled(4, jit_compile=False)
    for model in (ours, keras_own):
        fit(model, batches(12).repeat(), epochs=2, steps_per_epoch=5)
        assert int(model.optimizer.iterations) == 2 * 8
    assert_same_state(ours, keras_own, rtol=1e-4)


def test_single_batches_train_too():
    """`train_on_batch` calls the same function."""
    one, four = compiled(1, **EAGER), compiled(4)
    x, y, weights = next(iter(batches(1)))
    for model in (one, four):
        logged = [model.train_on_batch(x, y, weights) for _ in range(3)]
        assert logged[2][0] < logged[0][0]
    assert_same_state(one, four)


def test_callbacks_are_called_once_for_each_execution():
    ends = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: ends.append((step, sorted(logs)))
    )
    fit(compiled(4), batches(10), callbacks=[watch])
    assert len(ends) == 3  # of 4, 4 and 2 steps
    assert ends[0][1] == ["binary_accuracy", "loss", "mean_squared_error"]


# Keras's own way


@pytest.mark.parametrize(
    "options",
    [
        {"steps_per_execution": 1},
        {"steps_per_execution": 4, "jit_compile": False},
        {"steps_per_execution": 4, "jit_compile": False, "run_eagerly": True},
    ],
    ids=["single", "no-jit", "eager"],
)
def test_other_ways_are_left_to_keras(options):
    assert not runs_in_one_call(compiled(**options))


def test_several_replicas_are_left_to_keras(monkeypatch):
    model = compiled(4)

    class Two:
        num_replicas_in_sync = 2

    monkeypatch.setattr(type(model), "distribute_strategy", Two)
    assert not runs_in_one_call(model)


def test_batches_of_unknown_size_are_taken_one_by_one():
    data = batches(10).unbatch().batch(6)  # six of 6 and one of 4
    assert data.element_spec[1].shape.as_list() == [None, 3]
    one, four = compiled(1, **EAGER), compiled(4)
    logged = [fit(model, data, epochs=2) for model in (one, four)]
    assert_same_logs(*logged)
    assert_same_state(one, four)


# How often it is traced


@pytest.fixture
def count_traces(monkeypatch):
    """Counts the times that Python runs a model's step: once for each trace."""

    def count(model):
        traces, step = [], model.train_step

        def counted(data):
            traces.append(data)
            return step(data)

        monkeypatch.setattr(model, "train_step", counted)
        return traces

    return count


def test_several_fits_on_data_of_the_same_shapes_trace_once(count_traces, from_pairs):
    model = compiled(4)
    traces = count_traces(model)
    for num_pairs in (40, 56, 44):  # another dataset, of another length, each time
        pairs = [(user, item) for user in range(8) for item in range(9)]
        train = from_pairs(pairs[::2] + pairs[1::2][: num_pairs - 36], 8, 9)
        options = {"batch_size": 8, "num_negatives": 2, "exact": False}
        data = pairwise_batches(train, seed=num_pairs, **options)
        fit(model, data, epochs=3, steps_per_epoch=int(data.cardinality()))
    assert len(traces) == 1


def test_other_shapes_are_traced_once_each(count_traces):
    model = compiled(4)
    traces = count_traces(model)
    for size in (4, 6, 4):
        fit(model, batches(6, size), epochs=2)
    assert len(traces) <= 3  # with `reduce_retracing`, the third is for all sizes


def test_an_optimizer_that_is_built_is_not_built_again(count_traces):
    model = compiled(4, optimizer=RowwiseAdagrad(0.1))
    model.optimizer.build(model.trainable_variables)
    before = len(model.optimizer.variables)
    traces = count_traces(model)
    fit(model, batches(6), epochs=2)
    assert len(model.optimizer.variables) == before
    assert len(traces) == 1


def test_views_are_trained_in_one_call_too(count_traces, from_pairs):
    train = from_pairs([(u, i) for u in range(8) for i in range(u % 4 + 1)], 8, 9)
    model = build_mf(8, 9, embedding_dim=4)
    over = model.over_catalogue()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    over.compile("adam", loss, jit_compile=True, steps_per_execution=4)
    traces = count_traces(over)
    for seed in range(2):
        fit(over, user_batches(train, seed=seed, batch_size=2, epochs=3), epochs=2)
    assert len(traces) <= 2  # one is symbolic: it makes the optimizer's variables
    assert over.optimizer.built
