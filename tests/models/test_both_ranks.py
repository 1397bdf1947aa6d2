"""One model, in one process, on item ids `[batch]` and `[batch, n]`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs.models import HISTORY_MODELS, MODELS

USERS = np.array([0, 6, 3], np.int32)
ITEMS = np.array([[0, 8], [8, 2], [1, 7]], np.int32)
PAIRS = {"user_id": USERS, "item_id": ITEMS[:, 0]}
ROWS = {"user_id": USERS, "item_id": ITEMS}
LABELS = np.array([[1, 0], [0, 1], [1, 0]], np.float32)


@pytest.fixture(scope="module")
def model(build, randomize):
    return randomize(build("mf", dropout=0.0))


PLAIN = {"jit_compile": False}
COMPILED = {
    "mf-plain": PLAIN,
    "mf-xla": {"jit_compile": True},
    "mf-one-call": {"jit_compile": True, "steps_per_execution": 2},
    **dict.fromkeys(HISTORY_MODELS, PLAIN),
}


def both_ranks(model, users_of):
    users = users_of(model, USERS)
    return {**users, "item_id": ITEMS[:, 0]}, {**users, "item_id": ITEMS}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.slow)
        if case in ("gru", "sasrec")
        else case
        for case in COMPILED
    ],
)
def test_predict_evaluate_and_fit_take_both_ranks_in_turn(
    case, build, randomize, users_of
):
    model = randomize(build(case.split("-")[0], dropout=0.0))
    model.compile(keras.optimizers.SGD(0.01), "mse", **COMPILED[case])
    for _ in range(2):
        inputs = both_ranks(model, users_of)
        for x, y in zip(inputs, (LABELS[:, 0], LABELS), strict=True):
            scores = model(x).numpy()
            assert scores.shape == y.shape
            np.testing.assert_allclose(model.predict(x, verbose=0), scores, rtol=1e-5)
            np.testing.assert_allclose(model.predict_on_batch(x), scores, rtol=1e-5)
            mean = pytest.approx(np.square(scores - y).mean(), rel=1e-5)
            assert model.evaluate(x, y, verbose=0) == mean
            assert model.test_on_batch(x, y) == mean
            batch = tf.data.Dataset.from_tensors((x, y))  # whose shapes are known
            assert model.fit(batch, shuffle=False, verbose=0).history["loss"] == [mean]
            mean = pytest.approx(np.square(model(x).numpy() - y).mean(), rel=1e-5)
            assert model.train_on_batch(x, y) == mean


@pytest.mark.parametrize("shape", [(), (None,), (2,)], ids=str)
def test_a_larger_functional_model_contains_it(model, shape, tmp_path):
    x = PAIRS if shape == () else ROWS
    inputs = {
        "user_id": keras.Input((), dtype="int32", name="user_id"),
        "item_id": keras.Input(shape, dtype="int32", name="item_id"),
    }
    scores = model(inputs)
    assert scores.shape == (None, *shape)
    larger = keras.Model(inputs, keras.ops.sigmoid(scores))
    expected = keras.ops.sigmoid(model(x))
    np.testing.assert_allclose(larger.predict(x, verbose=0), expected, rtol=1e-5)
    larger.save(tmp_path / "larger.keras")
    loaded = keras.saving.load_model(tmp_path / "larger.keras")
    np.testing.assert_allclose(loaded(x), expected, rtol=1e-5)
    clone = keras.models.clone_model(larger)
    clone.set_weights(larger.get_weights())
    np.testing.assert_allclose(clone(x), expected, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_clones_score_as_the_model(name, build, randomize):
    """`clone_model` makes a plain functional model, which takes rows alone."""
    model = randomize(build(name))
    plain = keras.models.clone_model(model)
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(plain(ROWS), model(ROWS), rtol=1e-5)


@pytest.mark.parametrize("name", [*MODELS, *HISTORY_MODELS])
def test_copies_score_as_the_model(name, build, randomize, users_of):
    model = randomize(build(name))
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    for x in both_ranks(model, users_of):
        np.testing.assert_allclose(copy(x), model(x), rtol=1e-5)


def test_an_exported_model_takes_both_ranks_and_whole_numbers(model, tmp_path):
    model.export(tmp_path / "any", verbose=False)
    served = tf.saved_model.load(tmp_path / "any")
    for x in (PAIRS, ROWS):
        expected = model(x).numpy()
        for users, items in ((np.int32, np.int64), (np.int64, np.int64)):
            ids = {
                "user_id": x["user_id"].astype(users),
                "item_id": x["item_id"].astype(items),
            }
            np.testing.assert_allclose(served.serve(ids), expected, rtol=1e-5)
        signature = "serving_default" if x is ROWS else "serve_pairs"
        found = served.signatures[signature](
            **{k: tf.constant(v) for k, v in x.items()}
        )
        np.testing.assert_allclose(found["output_0"], expected, rtol=1e-5)


def test_an_exported_model_may_have_a_signature_of_its_own(model, tmp_path):
    ids = {name: tf.TensorSpec([None], "int64", name) for name in PAIRS}
    model.export(tmp_path / "own", verbose=False, input_signature=[ids])
    served = tf.saved_model.load(tmp_path / "own")
    wide = {name: part.astype(np.int64) for name, part in PAIRS.items()}
    np.testing.assert_allclose(served.serve(wide), model(PAIRS), rtol=1e-5)
