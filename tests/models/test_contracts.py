"""What every model of the registry must do, whatever is inside."""

import inspect
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfrecs import losses
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import evaluate
from tfrecs.models import MODELS
from tfrecs.training.batches import pairwise_batches, user_batches

NUM_USERS, NUM_ITEMS = 7, 9


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name, build, randomize):
    """A model whose weights are all random; tests do not change it."""
    return randomize(build(name))


# Inputs and outputs


def test_inputs_are_int32_ids_and_the_name_is_kept(name, model):
    assert model.name == f"my_{name}"
    assert (model.num_users, model.num_items) == (NUM_USERS, NUM_ITEMS)
    assert set(model.input) == {"user_id", "item_id"}
    assert {tensor.dtype for tensor in model.input.values()} == {"int32"}


def test_logits_have_the_shape_of_the_items(model, rows):
    users, items = rows["user_id"], rows["item_id"]
    wide = model(rows).numpy()
    assert wide.shape == (6, 3)
    assert wide.dtype == np.float32
    assert model({"user_id": users, "item_id": items[:, :1]}).shape == (6, 1)
    for column in range(3):
        narrow = model({"user_id": users, "item_id": items[:, column]}).numpy()
        assert narrow.shape == (6,)
        np.testing.assert_allclose(narrow, wide[:, column], atol=1e-5)


def test_logits_are_not_squashed_and_tell_ids_apart(model, everything):
    logits = model(everything).numpy()
    assert logits.min() < 0
    assert np.abs(logits).max() > 1
    assert len(np.unique(logits, axis=0)) == NUM_USERS
    assert np.unique(logits, axis=1).shape == (NUM_USERS, NUM_ITEMS)


@pytest.mark.parametrize(
    ("other", "columns"),
    [("a", slice(None)), ("m", slice(None)), ("z", 0)],  # before, between, after ours
)
def test_other_keys_of_a_batch_are_left_alone(model, rows, other, columns):
    batch = {**rows, "item_id": rows["item_id"][:, columns]}
    expected = model(batch).numpy()
    found = model({**batch, other: np.ones_like(batch["user_id"])}).numpy()
    np.testing.assert_array_equal(found, expected)


def test_ratings_stay_within_y_range(name, build, randomize, model, rows, tmp_path):
    if "y_range" not in inspect.signature(MODELS[name]).parameters:
        pytest.skip("its scores are no ratings")
    rating = randomize(build(name, y_range=(1, 5)))
    expected = 1 + 4 / (1 + np.exp(-model(rows).numpy()))
    np.testing.assert_allclose(rating(rows), expected, atol=1e-5)
    rating.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(rows), rating(rows))
    for wrong in ((5, 1), (0, np.inf)):
        with pytest.raises(ValueError, match=rf"`y_range` .*{wrong[0]}, {wrong[1]}"):
            build(name, y_range=wrong)


# Scores of the catalogue


def test_score_users_equals_the_forward_pass(model, everything):
    pairs = model(everything).numpy()
    np.testing.assert_allclose(model.score_users(np.arange(7)), pairs, atol=1e-5)
    some = np.array([5, 0, 5])
    np.testing.assert_allclose(model.score_users(some), pairs[some], atol=1e-5)
    assert model.score_users(some).dtype == np.float32


def test_over_catalogue_equals_the_forward_pass(name, model, everything):
    over = model.over_catalogue()
    assert over.name == f"my_{name}_over_catalogue"
    scores = over({"user_id": everything["user_id"]}).numpy()
    np.testing.assert_allclose(scores, model(everything).numpy(), atol=1e-5)
    np.testing.assert_array_equal(
        over.score_users(np.arange(7)), model.score_users(np.arange(7))
    )


@pytest.mark.parametrize("block", [1, 10, 40])
def test_score_parts_in_blocks_of_any_size(model, everything, block, monkeypatch):
    monkeypatch.setattr("tfrecs.models.two_tower.SCORE_BLOCK", block)
    expected = model(everything).numpy()
    users, items = np.array([6, 2, 3]), np.array([8, 0, 1, 5])
    scores = model.score_outputs(model.user_output(users), model.item_output(items))
    np.testing.assert_allclose(scores, expected[users][:, items], atol=1e-5)
    np.testing.assert_allclose(model.score_users(users), expected[users], atol=1e-5)


# Dropout


def dropout_states(model):
    return {
        variable.path: variable.numpy().tolist()
        for variable in model.variables
        if "seed_generator" in variable.path
    }


def test_inference_drops_nothing(model, everything):
    users = {"user_id": everything["user_id"]}
    over = model.over_catalogue()
    before = dropout_states(model)
    expected = model(everything, training=False).numpy()
    np.testing.assert_array_equal(model(everything).numpy(), expected)
    np.testing.assert_array_equal(over(users), over(users, training=False))
    model.score_users(users["user_id"])
    model.predict(everything, verbose=0)
    assert dropout_states(model) == before


@pytest.mark.parametrize("view", ["pairs", "catalogue"])
def test_training_drops_in_every_place(model, everything, view):
    users = {"user_id": everything["user_id"]}
    over = model.over_catalogue()
    before = dropout_states(model)
    assert before
    scores = (
        model(everything, training=True)
        if view == "pairs"
        else over(users, training=True)
    )
    after = dropout_states(model)
    assert [path for path in before if after[path] == before[path]] == []
    assert np.abs(scores.numpy() - model(everything).numpy()).max() > 0.01


BIASES_OF_VECTORS = {
    "deepfm": "pairs of fields of a side",
    "cml": "negative squared lengths",
}


def test_training_drops_of_every_part_but_tables_of_biases(name, model, everything):
    user, item = everything["user_id"], everything["item_id"]
    for tower, ids in ((model.user_tower, user), (model.item_tower, item)):
        given, dropped = tower(ids), tower(ids, training=True)
        assert given.keys() == dropped.keys()
        for part, values in given.items():
            changed = (dropped[part].numpy() != values.numpy()).any()
            assert changed == (part != "bias" or name in BIASES_OF_VECTORS), part


# Weights


def test_the_seed_settles_the_weights(name, build):
    first, same, other = (build(name, seed=seed) for seed in (3, 3, 4))
    differ = []
    for one, two, three in zip(first.weights, same.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
        differ.append((one.numpy() != three.numpy()).any())
    assert any(differ)


def test_every_weight_gets_a_gradient(name, build, rows, gradients):
    linear = {"feature_units": ()} if name == "hybrid" else {}
    model = build(name, **linear)  # not yet trained: zeros where the design says
    for path, gradient in gradients(model, lambda: keras.ops.sum(model(rows))).items():
        assert gradient is not None, path
        assert np.abs(gradient).max() > 0, path


def test_random_weights_get_the_same_gradient_from_both_views(
    model, everything, gradients
):
    users = {"user_id": everything["user_id"]}
    over = model.over_catalogue()
    share = np.random.default_rng(0).normal(size=(7, 9)).astype(np.float32)
    of_pairs = gradients(model, lambda: keras.ops.sum(share * model(everything)))
    of_users = gradients(model, lambda: keras.ops.sum(share * over(users)))
    for path, gradient in of_pairs.items():
        assert gradient is not None, path
        assert np.abs(gradient).max() > 1e-3, path
        np.testing.assert_allclose(of_users[path], gradient, atol=1e-4, err_msg=path)


def test_xla_gives_the_same_scores_and_gradients(model, rows, gradients):
    import tensorflow as tf

    @tf.function(jit_compile=True, autograph=False)
    def compiled(rows):
        with tf.GradientTape() as tape:
            scores = model(rows)
        weights = [variable.value for variable in model.trainable_variables]
        found = tape.gradient(scores, weights)
        return scores, [tf.convert_to_tensor(gradient) for gradient in found]

    scores, found = compiled(rows)
    np.testing.assert_allclose(scores, model(rows), atol=1e-5)
    expected = gradients(model, lambda: keras.ops.sum(model(rows)))
    for mine, (path, theirs) in zip(found, expected.items(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4, err_msg=path)


# Training under stock Keras


def parity(users, items):
    """Labels: 1 if the user and the item are both odd or both even."""
    return (users.reshape(-1, *[1] * (items.ndim - 1)) % 2 == items % 2).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(5)
    users = rng.integers(0, NUM_USERS, 32).astype(np.int32)
    items = rng.integers(0, NUM_ITEMS, (32, 3)).astype(np.int32)
    return users, items


def compiled(model, optimizer, **options):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer, loss, **options)
    return model


def fit(model, batches, single=False, **options):
    """Trains with the last options of `compile`; checks that the loss falls."""
    users, items = batches
    items = items[:, 0] if single else items
    history = compiled(model, **options).fit(
        {"user_id": users, "item_id": items},
        parity(users, items),
        batch_size=4,
        epochs=2,
        shuffle=False,
        verbose=0,
    )
    logged = history.history["loss"]
    assert np.isfinite(logged).all()
    assert logged[-1] < logged[0]
    return [weight.numpy() for weight in model.trainable_variables]


@pytest.mark.parametrize("name", ["neumf"])  # the towers have no part in it
def test_trains_on_single_pairs(name, build, batches):
    optimizer = keras.optimizers.Adagrad(0.2)
    fit(build(name), batches, single=True, optimizer=optimizer, jit_compile=False)


@pytest.mark.parametrize("name", ["neumf", "deepfm", "hybrid"])  # every layer
def test_trains_the_same_compiled_and_several_steps_at_once(name, build, batches):
    start = [weight.numpy() for weight in build(name).trainable_variables]
    trained = [
        fit(build(name), batches, optimizer=keras.optimizers.SGD(0.3), **options)
        for options in (
            {"jit_compile": False, "steps_per_execution": 1},
            {"jit_compile": True, "steps_per_execution": 4},
        )
    ]
    for before, plain, fast in zip(start, *trained, strict=True):
        np.testing.assert_allclose(plain, fast, atol=1e-4)
        assert np.abs(plain - before).max() > 1e-4


# Saving


def test_a_saved_model_is_equal_to_the_bit(model, everything, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert type(loaded) is type(model)
    assert loaded.name == model.name
    assert (loaded.num_users, loaded.num_items) == (NUM_USERS, NUM_ITEMS)
    for mine, theirs in zip(model.weights, loaded.weights, strict=True):
        assert mine.name == theirs.name
        assert mine.trainable == theirs.trainable
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    np.testing.assert_array_equal(model(everything), loaded(everything))
    users = np.arange(NUM_USERS)
    np.testing.assert_array_equal(model.score_users(users), loaded.score_users(users))
    assert len(dropout_states(loaded)) == len(dropout_states(model))


LOAD = """
import sys, numpy as np, tfrecs, keras
for name in sys.argv[2:]:
    path = f"{sys.argv[1]}/{name}"
    model = keras.saving.load_model(f"{path}.keras", safe_mode=True)
    ids = dict(np.load(f"{path}.npz"))
    assert (model(ids).numpy() == ids["expected"]).all(), name
    assert (model.score_users(ids["user_id"]) == ids["scores"]).all(), name
"""


def test_saved_models_load_in_another_process(build, randomize, everything, tmp_path):
    for name in MODELS:
        model = randomize(build(name))
        model.save(tmp_path / f"{name}.keras")
        np.savez(
            tmp_path / f"{name}.npz",
            expected=model(everything),
            scores=model.score_users(everything["user_id"]),
            **everything,
        )
    done = subprocess.run(
        [sys.executable, "-c", LOAD, tmp_path, *MODELS],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


# Learning


@pytest.fixture(scope="module")
def checkerboard():
    """Even users take even items, odd users odd ones.

    Users 0 to 9 lack one such item each, which is held out. The right answer is known:
    of the items that such a user has not seen, one is of the user's colour.
    """
    colour = np.add.outer(np.arange(40), np.arange(10)) % 2 == 0
    held_out = np.eye(40, 10) == 1
    return (
        Interactions.from_matrix(colour & ~held_out),
        Interactions.from_matrix(held_out),
    )


CHECKERBOARD = {
    "cosine": {"embedding_dim": 4},
    "mlp": {"embedding_dim": 8, "hidden_units": (16, 8)},
    "hybrid": {"user_features": np.arange(40) % 3, "item_features": np.arange(10) % 3},
    "nonlinear_mf": {"embedding_dim": 4, "hidden_dropout": 0.0},
    "mlp_mf": {"embedding_dim": 8, "hidden_units": (16, 8)},
    "deepfm": {
        "user_features": np.arange(40) % 3,
        "item_features": np.arange(10) % 3,
        "embedding_dim": 8,
        "hidden_units": (16, 8),
    },
    "bucketed_mf": {"item_buckets": np.arange(10) % 3},
}


@pytest.mark.parametrize(
    ("name", "objective"),
    [
        *((name, "pairs") for name in MODELS),
        # Views have the same gradients: one that multiplies vectors, and one that not.
        *((name, "catalogue") for name in ("mf", "neumf")),
    ],
)
def test_learns_the_checkerboard(name, build, checkerboard, objective):
    train, test = checkerboard
    few = {"embedding_dim": 2, "dropout": 0.0, "init_std": 0.3}
    model = build(name, 40, 10, **{**few, **CHECKERBOARD.get(name, {})})
    assert evaluate(model, train, test, k=1).metrics["precision@1"] < 0.9
    if objective == "pairs":
        trained, loss = model, losses.sampled_bce
        data = pairwise_batches(train, seed=1, batch_size=38, epochs=10)
    else:
        trained, loss = model.over_catalogue(), losses.catalogue_softmax
        data = user_batches(train, seed=1, batch_size=20, epochs=30)
    trained.compile(keras.optimizers.Adam(0.03), loss, jit_compile=False)
    trained.fit(data, shuffle=False, verbose=0)
    assert evaluate(model, train, test, k=1).metrics["precision@1"] == 1.0


# Mistakes


def test_sizes_may_be_whole_numbers_of_numpy(name, build, everything, tmp_path):
    sizes = {"num_users": np.int64(7), "num_items": np.int32(9)}
    options = inspect.signature(MODELS[name]).parameters
    units = (np.int64(6), np.int32(4))
    widths = {each: units for each in options if each.endswith("_units")}
    model = build(name, **sizes, embedding_dim=np.int64(4), **widths)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert {size: getattr(loaded, size) for size in sizes} == sizes
    np.testing.assert_array_equal(loaded(everything), model(everything))


@pytest.mark.parametrize(
    ("size", "wrong"),
    [("num_users", 0), ("num_items", 0), ("embedding_dim", 0), ("dropout", 1.0)],
)
def test_wrong_sizes_are_named(name, build, size, wrong):
    with pytest.raises(ValueError, match=f"`{size}` must be .*: {size}={wrong}$"):
        build(name, **{size: wrong})
