"""A separate optimizer for bias tables: what it moves, and what it leaves alone."""

import re

import keras
import numpy as np
import pytest

from tfrecs import losses
from tfrecs.models import build_gmf, build_hybrid, build_mf, build_mlp, build_neumf
from tfrecs.models.interaction import Interaction
from tfrecs.models.towers import embed_bias, id_inputs, two_towers
from tfrecs.optimizers import separate_bias_optimizer
from tfrecs.optimizers.separate_bias import BIAS_TABLES

SGD = keras.optimizers.SGD
USERS = np.array([0, 3, 3, 6, 1, 2], dtype=np.int32)
ITEMS = np.array([[0, 8], [3, 2], [2, 5], [7, 0], [4, 6], [1, 8]], dtype=np.int32)
LABELS = np.tile(np.array([1, 0], dtype=np.float32), (6, 1))
INPUTS = {"user_id": USERS, "item_id": ITEMS}
FEATURES = np.random.default_rng(0).normal(size=(9, 4))


def build(name="mf"):
    keras.utils.set_random_seed(0)
    if name == "mf":
        return build_mf(7, 9, embedding_dim=3)
    features = {"item_features": FEATURES, "feature_units": (5,)}
    return build_hybrid(7, 9, embedding_dim=3, **features)


def values(model):
    return {variable.path: variable.numpy() for variable in model.trainable_variables}


def train(model, optimizer, steps=1):
    """Takes steps on one batch; returns how far each weight moved."""
    before = values(model)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)
    for _ in range(steps):
        model.train_on_batch(INPUTS, LABELS)
    return {path: value - before[path] for path, value in values(model).items()}


@pytest.mark.parametrize("name", ["mf", "hybrid"])
def test_only_the_tables_are_of_the_bias_optimizer(name):
    frozen = separate_bias_optimizer(model := build(name), SGD(0.5), SGD(0.0))
    moved = train(model, frozen, steps=2)  # the hybrid's zeros need a step
    still = {path for path, step in moved.items() if not step.any()}
    assert still == {"user_bias/embeddings", "item_bias/embeddings"}

    only = separate_bias_optimizer(model := build(name), SGD(0.0), SGD(0.5))
    moved = train(model, only, steps=2)
    assert {path for path, step in moved.items() if step.any()} == still


def test_steps_are_those_of_sgd_by_hand():
    model = build()
    start = values(model)
    scores = model(INPUTS).numpy()
    slope = (1 / (1 + np.exp(-scores)) - LABELS) / LABELS.size  # of the mean loss
    moved = train(model, separate_bias_optimizer(model, SGD(0.1), SGD(3.0)))
    p, q = start["user_factors/embeddings"], start["item_factors/embeddings"]
    of_users, of_items = np.zeros((7, 1)), np.zeros((9, 1))
    np.add.at(of_users[:, 0], USERS, slope.sum(axis=1))
    np.add.at(of_items[:, 0], ITEMS, slope)
    of_p, of_q = np.zeros_like(p), np.zeros_like(q)
    np.add.at(of_p, USERS, (slope[..., None] * q[ITEMS]).sum(axis=1))
    np.add.at(of_q, ITEMS, slope[..., None] * p[USERS][:, None])
    expected = {
        "user_bias/embeddings": -3.0 * of_users,
        "item_bias/embeddings": -3.0 * of_items,
        "user_factors/embeddings": -0.1 * of_p,
        "item_factors/embeddings": -0.1 * of_q,
        "interaction/global_bias": -0.1 * slope.sum(),
    }
    assert moved.keys() == expected.keys()
    for path, step in expected.items():
        np.testing.assert_allclose(moved[path], step, atol=1e-6, err_msg=path)


def test_state_is_kept_for_the_weights_of_each_alone():
    model = build("hybrid")
    main, bias = keras.optimizers.Adam(0.1), keras.optimizers.Adagrad(0.1)
    optimizer = separate_bias_optimizer(model, main, bias)
    optimizer.build(model.trainable_variables)
    accumulators = {v.path for v in bias.variables if "accumulator" in v.path}
    assert len(accumulators) == 2
    assert {"user_bias" in path or "item_bias" in path for path in accumulators} == {
        True
    }
    momenta = [v.path for v in main.variables if "momentum" in v.path]
    assert len(momenta) == len(model.trainable_variables) - 2


TABLES = "user_bias/embeddings a/b/item_bias/embeddings item_bucket_bias/embeddings"
OTHERS = """
    item_hidden/bias item_metadata/dense/bias interaction/global_bias user_bias
    my_user_bias/embeddings user_bias_norm/embeddings my_bucket_bias/embeddings
    user_factors/embeddings
"""


def test_tables_are_known_by_their_path():
    assert all(re.fullmatch(BIAS_TABLES, path) for path in TABLES.split())
    assert not any(re.fullmatch(BIAS_TABLES, path) for path in OTHERS.split())


def test_one_table_is_enough():
    sides = users, items = id_inputs(7, 9)
    user = {"bias": 0.0 * keras.ops.cast(users.ids, "float32")}
    outputs = [user, {"bias": embed_bias(items)}]
    model = two_towers(sides, outputs, Interaction(), name="popularity")
    moved = train(model, separate_bias_optimizer(model, SGD(0.0), SGD(1.0)))
    assert moved["item_bias/embeddings"].any()
    assert not moved["interaction/global_bias"].any()


# Beside the rest of Keras


def test_callbacks_reach_both_learning_rates():
    model = build()
    main, bias = SGD(0.4), SGD(0.2)
    optimizer = separate_bias_optimizer(model, main, bias)
    model.compile(optimizer, losses.bpr, jit_compile=False)
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor="loss", factor=0.5, patience=1, min_delta=1e9, min_lr=0.15
    )
    model.fit(INPUTS, LABELS, epochs=3, callbacks=[plateau], verbose=0)
    # The first epoch is the best there can be; each later one halves, down to min_lr.
    assert float(main.learning_rate) == pytest.approx(0.4 / 2 / 2, abs=0.05001)
    assert (float(main.learning_rate), float(bias.learning_rate)) == (
        pytest.approx(0.15),
        pytest.approx(0.15),
    )


def test_schedules_reach_both_learning_rates():
    model = build()
    constant = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.5, 0.0])
    optimizer = separate_bias_optimizer(model, SGD(constant), SGD(constant))
    assert any(step.any() for step in train(model, optimizer).values())
    assert not any(step.any() for step in train(model, optimizer).values())


def test_a_saved_model_trains_on_as_the_first(tmp_path):
    model = build()
    optimizer = separate_bias_optimizer(
        model, keras.optimizers.Adam(0.1), keras.optimizers.Adagrad(0.5)
    )
    train(model, optimizer)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    before = values(loaded)
    for trained in (model, loaded):
        trained.train_on_batch(INPUTS, LABELS)
    after = values(loaded)
    for path, value in values(model).items():
        np.testing.assert_array_equal(after[path], value)
        assert (after[path] != before[path]).any(), path


@pytest.mark.parametrize("given", ["towers", "view"])
def test_it_works_over_the_catalogue(given):
    model = build()
    view = model.over_catalogue()
    optimizer = separate_bias_optimizer(
        model if given == "towers" else view, SGD(0.0), SGD(0.5)
    )
    before = values(model)
    view.compile(optimizer, losses.catalogue_softmax, jit_compile=False)
    labels = np.eye(9, dtype=np.int8)[ITEMS].sum(axis=1)  # two of nine items
    view.train_on_batch({"user_id": USERS}, labels)
    moved = {path for path, now in values(model).items() if (now != before[path]).any()}
    assert moved <= {"item_bias/embeddings", "user_bias/embeddings"}
    assert "item_bias/embeddings" in moved  # the user's adds nothing to a softmax


# Mistakes


@pytest.mark.parametrize("builder", [build_gmf, build_mlp, build_neumf])
def test_models_without_tables_are_refused(builder):
    model = builder(7, 9)
    paths = [variable.path for variable in model.trainable_variables]
    message = f"Received: {model.name}, with weights {', '.join(paths)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        separate_bias_optimizer(model, SGD(), SGD())


def test_one_optimizer_twice_is_refused():
    optimizer = SGD()
    with pytest.raises(ValueError, match="Received: the same SGD twice"):
        separate_bias_optimizer(build(), optimizer, optimizer)
