"""What every model of histories must do, whatever is inside."""

import math
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfrecs.models import HISTORY_MODELS
from tfrecs.models.growing import grow, grow_optimizer

NUM_ITEMS, LENGTH, NO = 9, 6, -1

ARGUMENTS = {
    "history_mean": {"embedding_dim": 4, "decay": 0.7},
    "gru": {"embedding_dim": 4, "units": 5},
    "sasrec": {"embedding_dim": 4, "num_blocks": 2, "num_heads": 2},
}
HISTORIES = np.array(
    [
        [NO, NO, NO, 3, 4, 5],
        [0, 1, 2, 3, 4, 8],
        [NO, NO, NO, NO, NO, 7],
        [6, 1, 6, 6, 2, 1],
    ],
    np.int32,
)


@pytest.fixture(scope="module", params=HISTORY_MODELS)
def name(request):
    return request.param


def built(name, **arguments):
    keras.utils.set_random_seed(arguments.pop("seed", 0))
    given = {"max_length": LENGTH, "dropout": 0.3, "init_std": 0.5, **ARGUMENTS[name]}
    return HISTORY_MODELS[name](NUM_ITEMS, **{**given, **arguments}, name=f"my_{name}")


@pytest.fixture(scope="module")
def model(name, randomize):
    """A model whose weights are all random; tests do not change it."""
    return randomize(built(name))


def at_every_position(model, histories):
    """Scores of the catalogue after each position: `[rows, length, items]`."""
    users = model.users_of({"history": histories}, training=False)
    scores = model.score_outputs(
        {part: np.array(x) for part, x in users.items()}, model.item_output()
    )
    return scores.reshape(*histories.shape, NUM_ITEMS)


def test_scores_of_pairs_are_those_of_the_catalogue(name, model):
    assert model.name == f"my_{name}"
    assert (model.num_users, model.num_items, model.max_length) == (None, 9, LENGTH)
    every = np.tile(np.arange(NUM_ITEMS, dtype=np.int32), (4, 1))
    pairs = model({"history": HISTORIES, "item_id": every}).numpy()
    scores = model.score_users(HISTORIES)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, pairs, atol=1e-5)
    one = model({"history": HISTORIES, "item_id": every[:, 5]}).numpy()
    np.testing.assert_allclose(one, pairs[:, 5], atol=1e-5)
    assert len(np.unique(scores, axis=0)) == 4
    assert scores.min() < -0.5 < 0.5 < scores.max()


def test_the_last_position_is_the_user(model):
    last = at_every_position(model, HISTORIES)[:, -1]
    np.testing.assert_allclose(last, model.score_users(HISTORIES), atol=1e-5)


def test_histories_are_read_in_blocks(model, monkeypatch):
    expected = model.score_users(HISTORIES)
    monkeypatch.setattr("tfrecs.models.history_towers.READ_AT_ONCE", 3 * LENGTH**2)
    np.testing.assert_allclose(model.score_users(HISTORIES), expected, atol=1e-5)
    assert model.score_users(HISTORIES[:0]).shape == (0, NUM_ITEMS)


def test_a_later_item_changes_no_earlier_position(model):
    before = at_every_position(model, HISTORIES)
    for column in range(1, LENGTH):
        changed = HISTORIES.copy()
        changed[:, column] = (changed[:, column] + 3) % NUM_ITEMS
        after = at_every_position(model, changed)
        np.testing.assert_array_equal(after[:, :column], before[:, :column])
        assert np.abs(after[:, column] - before[:, column]).max(axis=1).min() > 1e-3


def test_what_is_before_padding_changes_nothing(model):
    expected = model.score_users(np.array([[NO, NO, NO, NO, 7, 8]], np.int32))
    for before in ([0, 1, 2, NO], [5, 5, NO, NO], [NO, 3, 3, NO]):
        row = np.array([[*before, 7, 8]], np.int32)
        np.testing.assert_allclose(model.score_users(row), expected, atol=1e-5)


def test_a_place_in_the_row_changes_nothing(model):
    """Histories that share a row score as alone."""
    shared = at_every_position(model, np.array([[1, 2, NO, 4, 5, 6]], np.int32))[0]
    for column, alone in {0: [1], 1: [1, 2], 3: [4], 4: [4, 5], 5: [4, 5, 6]}.items():
        row = np.array([[NO] * (LENGTH - len(alone)) + alone], np.int32)
        np.testing.assert_allclose(shared[column], model.score_users(row)[0], atol=1e-5)


def test_an_empty_history_has_finite_scores(model):
    empty = np.full((1, LENGTH), NO, np.int32)
    assert np.isfinite(model.score_users(empty)).all()


def test_both_towers_share_the_item_vectors(model):
    table = [v for v in model.variables if v.shape == (NUM_ITEMS, 4)]
    assert len(table) == 1


def test_training_drops_and_inference_does_not(model):
    batch = {"history": HISTORIES, "item_id": np.zeros((4, 2), np.int32)}
    np.testing.assert_array_equal(model(batch), model(batch, training=False))
    assert np.abs(model(batch, training=True).numpy() - model(batch).numpy()).max() > 0


def test_every_weight_gets_a_gradient(name, model, gradients):
    batch = {"history": HISTORIES, "item_id": np.tile(np.int32([0, 3, 8]), (4, 1))}
    share = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    found = gradients(model, lambda: keras.ops.sum(share * model(batch)))
    for path, gradient in found.items():
        # Keys of the same shift have the same softmax: their bias has no slope.
        assert gradient is not None, path
        assert np.abs(gradient).max() > 0 or path.endswith("key/bias"), path


def test_the_seed_settles_the_weights(name):
    first, same, other = (built(name, seed=seed).get_weights() for seed in (3, 3, 4))
    for one, two in zip(first, same, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any((x != y).any() for x, y in zip(first, other, strict=True))


def test_a_saved_model_is_equal_to_the_bit_and_shares_its_table(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert type(loaded) is type(model)
    assert len(loaded.variables) == len(model.variables)
    np.testing.assert_array_equal(
        loaded.score_users(HISTORIES), model.score_users(HISTORIES)
    )
    loaded.item_tower.get_layer("item_factors").embeddings.assign(np.ones((9, 4)))
    assert (loaded.score_users(HISTORIES) != model.score_users(HISTORIES)).any()
    [table] = [
        v for v in loaded.encoder.variables if v.path == "item_factors/embeddings"
    ]
    assert (np.array(table) == 1).all()


def test_wrong_histories_are_named(model):
    for wrong, message in (
        (np.zeros((2, 5), int), r"histories \[users, 6\].*shape \[2, 5\]"),
        (np.zeros(6, int), r"histories \[users, 6\].*shape \[6\]"),
        (np.full((1, 6), 9), "from 0 to 8, and -1 before them. Received: 9 to 9"),
        (np.full((1, 6), -2), "Received: -2 to -2"),
    ):
        with pytest.raises(ValueError, match=message):
            model.score_users(wrong)
    with pytest.raises(TypeError, match=r"ints. Received: float64"):
        model.user_output(np.zeros((1, 6)))


@pytest.mark.parametrize("size", ["num_items", "embedding_dim", "max_length"])
def test_wrong_sizes_are_named(name, size):
    given = {"num_items": 9, "max_length": 5, **ARGUMENTS[name], size: 0}
    with pytest.raises(ValueError, match=rf"`{size}` must be .* at least 1.*=0"):
        HISTORY_MODELS[name](**given)
    with pytest.raises(ValueError, match=r"`dropout` must be .* less than 1"):
        HISTORY_MODELS[name](9, dropout=1.0)


def test_a_wrong_decay_is_named():
    with pytest.raises(ValueError, match=r"`decay` must be .* Received: decay=0"):
        HISTORY_MODELS["history_mean"](9, decay=0)


def test_heads_must_divide_the_dimension():
    with pytest.raises(ValueError, match=r"must divide embedding_dim=64.*num_heads=5"):
        HISTORY_MODELS["sasrec"](9, embedding_dim=64, num_heads=5)


def test_scores_are_cosines_by_the_temperature(name, randomize):
    """They do not depend on the lengths of the items' vectors."""
    model = randomize(built(name, temperature=0.2, use_bias=False))
    p, q = model.user_output(HISTORIES)["factors"], model.item_output()["factors"]
    for vectors in (p, q):
        np.testing.assert_allclose(np.sum(vectors**2, axis=1), 1 / 0.2, rtol=1e-5)
    scores = model.score_users(HISTORIES)
    np.testing.assert_allclose(scores, p @ q.T, atol=1e-5)
    table = model.item_tower.get_layer("item_factors").embeddings
    table.assign(table * np.arange(1, 1 + NUM_ITEMS, dtype=np.float32)[:, None])
    np.testing.assert_allclose(model.score_users(HISTORIES), scores, atol=1e-4)


def test_without_a_temperature_it_is_that_of_cosine_models(name):
    model = built(name, use_bias=False, temperature=None)
    q = model.item_output()["factors"]
    np.testing.assert_allclose(np.sum(q**2, axis=1), math.log(10) / 1.32, rtol=1e-5)
    with pytest.raises(ValueError, match=r"`temperature` must be .* temperature=0"):
        built(name, temperature=0)


def test_without_cosine_lengths_count(name):
    model = built(name, cosine=False)
    lengths = np.linalg.norm(model.item_output()["factors"], axis=1)
    assert np.ptp(lengths) > 0.1
    assert np.ptp(np.linalg.norm(model.user_output(HISTORIES)["factors"], axis=1)) > 0


def test_a_decaying_mean_by_hand():
    model = built("history_mean", decay=0.5, embedding_dim=2, cosine=False)
    vectors = np.array([[i, 10.0 * i] for i in range(NUM_ITEMS)], np.float32)
    model.item_tower.get_layer("item_factors").embeddings.assign(vectors)
    row = np.array([[NO, NO, NO, 1, 4, 2]], np.int32)
    weights = 0.25 + 0.5 + 1
    first = (0.25 * 1 + 0.5 * 4 + 1 * 2) / weights
    np.testing.assert_allclose(
        model.user_output(row)["factors"], [[first, 10 * first]], rtol=1e-6
    )


def test_a_gru_is_that_of_keras_on_an_unpadded_row(randomize):
    model = randomize(built("gru", cosine=False))
    vectors = model.item_output()["factors"]
    layer = keras.layers.GRU(5, return_sequences=True)
    layer.build((1, LENGTH, 4))
    layer.set_weights(model.encoder.get_layer("gru").cell.get_weights())
    row = HISTORIES[1:2]
    states = np.array(layer(vectors[row]))
    kernel, bias = model.encoder.get_layer("output").get_weights()
    found = np.array(model.encoder(row))
    np.testing.assert_allclose(found, states @ kernel + bias, atol=1e-5)


def test_a_model_with_more_items_scores_the_old_ones_as_before(name, model, tmp_path):
    grown = grow(model, items=3, users=2)
    assert (grown.num_users, grown.num_items, grown.max_length) == (None, 12, LENGTH)
    found = grown.score_outputs(
        grown.user_output(HISTORIES), grown.item_output(np.arange(NUM_ITEMS))
    )
    np.testing.assert_array_equal(found, model.score_users(HISTORIES))
    assert len(grown.variables) == len(model.variables)
    new = np.array([[NO, NO, NO, 3, 11, 5]])
    assert np.abs(grown.score_users(new) - grown.score_users(HISTORIES[:1])).max() > 0
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    larger = grow_optimizer(optimizer, model, grown)
    assert len(larger.variables) == len(optimizer.variables)
    grown.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.score_users(new), grown.score_users(new))


LOAD = """
import sys, numpy as np, tfrecs, keras
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
np.save(sys.argv[2], model.score_users(np.load(sys.argv[3])))
"""


@pytest.mark.slow
def test_saved_models_load_in_another_process(name, model, tmp_path):
    files = [str(tmp_path / x) for x in ("m.keras", "scores.npy", "histories.npy")]
    model.save(files[0])
    np.save(files[2], HISTORIES)
    subprocess.run([sys.executable, "-c", LOAD, *files], check=True)
    np.testing.assert_array_equal(np.load(files[1]), model.score_users(HISTORIES))
