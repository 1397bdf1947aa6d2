"""Models in half precision: scores in float32, tables and their gradients as ever."""

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.models import MODELS

NUM_USERS, NUM_ITEMS = 7, 9
POLICIES = ("mixed_bfloat16", "mixed_float16")


@pytest.fixture
def build_in(build, randomize):
    """Builds a model under a policy, which is not that of the process afterwards."""

    def build_in(policy, name, **arguments):
        keras.config.set_dtype_policy(policy)
        try:
            return randomize(build(name, **arguments))
        finally:
            keras.config.set_dtype_policy("float32")

    return build_in


def is_float32(output):
    return {part.dtype for part in output.values()} == {np.dtype("float32")}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", MODELS)
def test_scores_are_float32_and_distinct(name, policy, build_in, everything, tmp_path):
    model = build_in(policy, name)
    scores = np.asarray(model(everything))
    assert scores.dtype == np.float32
    assert len(np.unique(scores)) >= 0.95 * NUM_USERS * NUM_ITEMS
    close = {"rtol": 0.03, "atol": 0.06}  # 8 bits in some of the sums
    whole = build_in("float32", name)
    np.testing.assert_allclose(scores, whole(everything), **close)

    users = everything["user_id"]
    catalogue = model.score_users(users)
    assert catalogue.dtype == np.float32
    np.testing.assert_allclose(catalogue, scores, atol=1e-5)
    assert is_float32(model.user_output(users)) and is_float32(model.item_output())
    shared = {"user_id": users, "item_id": users, "negative_id": users}
    for view, inputs in (
        (model.over_catalogue(), {"user_id": users}),
        (model.over_shared_negatives(), shared),
        (model.over_shared_softmax(), shared),
    ):
        assert np.asarray(view(inputs)).dtype == np.float32

    model.save(tmp_path / "model.keras")  # and loaded into a process of float32
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.dtype_policy.name == policy
    np.testing.assert_array_equal(loaded(everything), scores)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_tables_are_by_row(name, build_in, rows):
    import tensorflow as tf

    model = build_in("mixed_bfloat16", name)
    tables = [v for v in model.trainable_variables if v.path.endswith("/embeddings")]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(rows))
    found = tape.gradient(total, [table.value for table in tables])
    assert {type(gradient) for gradient in found} == {tf.IndexedSlices}
    assert {table.dtype for table in tables} == {"float32"}


def test_a_distance_is_exact_for_the_rounded_points(build_in, everything):
    """Squared lengths of 8 bits would be off by more than distances differ."""
    model = build_in("mixed_bfloat16", "cml", init_std=5.0)
    user, item = model.user_output(everything["user_id"]), model.item_output()
    distances = np.square(user["factors"][:, None] - item["factors"]).sum(axis=-1)
    bias = np.asarray(model.interaction.global_bias)
    expected = bias - distances / 2  # factors are sqrt(2) times the points
    np.testing.assert_allclose(model(everything), expected, atol=1e-4)


def test_a_logarithm_of_a_probability_keeps_its_digits(build_in):
    model = build_in("mixed_bfloat16", "mf")
    batch = {"user_id": np.array([1, 2]), "item_id": np.array([3, 4])}
    log_drawn = np.log(np.array([1e-3, 1.003e-3], np.float32))
    view = model.over_shared_negatives()
    plain = np.asarray(view(batch))
    corrected = np.asarray(view({**batch, "log_probability": log_drawn}))
    np.testing.assert_allclose((plain - corrected)[:, 0], log_drawn, atol=1e-5)


@pytest.mark.parametrize("negatives", ["own", "shared"])
def test_float16_trains_with_a_scaled_loss(negatives, build_in, from_pairs):
    pairs = [(u, i) for u in range(NUM_USERS) for i in range(NUM_ITEMS) if (u + i) % 2]
    model = build_in("mixed_float16", "mf")
    history = tfrecs.fit(
        *(model, from_pairs(pairs, NUM_USERS, NUM_ITEMS)),
        **{"seed": 0, "objective": "softmax", "negatives": negatives},
        optimizer=tfrecs.optimizers.LazyAdam(0.05),
        epochs=6,
        validate_every=2,
    )
    losses = history.history["loss"]
    assert losses[-1] < losses[0] - 0.2
    scaled = history.model.optimizer
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
    assert int(scaled.iterations) > 0
