"""Models of histories with item features, and user ids or features beside."""

import math

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.data.histories import with_ids
from tfrecs.data.interactions import Interactions
from tfrecs.inference.explanations import rests_on
from tfrecs.models import HISTORY_MODELS
from tfrecs.models.cold_start import score_new_items, score_new_users
from tfrecs.models.growing import grow, grow_optimizer, id_tower
from tfrecs.models.newcomers import Newcomers
from tfrecs.streaming import HistoryScorer, IncrementalRecommender

NUM_ITEMS, LENGTH, NO = 7, 5, -1
RNG = np.random.default_rng(5)
ITEM_FEATURES = RNG.normal(size=(NUM_ITEMS, 3)).astype(np.float32)
USER_FEATURES = RNG.normal(size=(4, 2)).astype(np.float32)
BESIDE = {
    "item features": {"item_features": ITEM_FEATURES},
    "user ids": {"num_users": 4},
    "user features": {"user_features": USER_FEATURES},
    "all": {
        "item_features": ITEM_FEATURES,
        "num_users": 4,
        "user_features": USER_FEATURES,
    },
}
HISTORIES = np.array(
    [[NO, NO, 3, 4, 5], [0, 1, 2, 3, 6], [NO, NO, NO, NO, 2], [6, 1, 6, 2, 1]], np.int32
)
IDS = np.array([2, 0, NO, 3], np.int32)


@pytest.fixture(
    scope="module",
    params=[
        ("history_mean", "item features"),
        ("gru", "user ids"),
        pytest.param(("history_mean", "user features"), marks=pytest.mark.xla),
        pytest.param(("gru", "all"), marks=pytest.mark.xla),
        pytest.param(("sasrec", "all"), marks=pytest.mark.xla),
    ],
    ids=" ".join,
)
def model(request, randomize):
    """A model whose weights are all random; tests do not change it."""
    keras.utils.set_random_seed(0)
    name, beside = request.param
    built = HISTORY_MODELS[name](
        NUM_ITEMS,
        embedding_dim=4,
        max_length=LENGTH,
        temperature=None,
        **BESIDE[beside],
    )
    return randomize(built)


def cosine_rows(vectors):
    """Vectors of the length that both towers' have."""
    vectors = np.array(vectors)
    temperature = 1.32 / math.log(NUM_ITEMS + 1)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths / math.sqrt(temperature)


def reads(model, side):
    """Whether a model reads features of a side."""
    tower = id_tower(model, side)
    return tower is not None and f"{side}_features" in [x.name for x in tower.layers]


def batch(model, item_id):
    users = {"user_id": IDS} if model.num_users else {}
    return {"history": HISTORIES, "item_id": item_id, **users}


def rows(model, ids=IDS):
    return with_ids(model, HISTORIES, ids)


def at_every_position(model, histories, ids=IDS):
    """The user at each position: `[rows, length, dim]`."""
    inputs = {"history": histories, "user_id": np.tile(ids[:, None], LENGTH)}
    users = model.users_of(inputs, training=False)["factors"]
    return np.array(users).reshape(*histories.shape, -1)


def test_scores_of_pairs_are_those_of_the_catalogue(model):
    every = np.tile(np.arange(NUM_ITEMS, dtype=np.int32), (4, 1))
    inputs = batch(model, every)
    assert {*model.input} == {*inputs}
    pairs = model(inputs).numpy()
    np.testing.assert_allclose(model.score_users(rows(model)), pairs, atol=1e-5)
    one = model(batch(model, every[:, 3])).numpy()
    np.testing.assert_allclose(one, pairs[:, 3], atol=1e-5)
    last = at_every_position(model, HISTORIES)[:, -1]
    found = model.user_output(rows(model))["factors"]
    np.testing.assert_allclose(last, found, atol=1e-5)


@pytest.mark.parametrize("name", HISTORY_MODELS)
def test_before_training_features_change_nothing(name):
    def scores(**arguments):
        keras.utils.set_random_seed(0)
        built = HISTORY_MODELS[name](NUM_ITEMS, max_length=LENGTH, **arguments)
        return built.score_users(with_ids(built, HISTORIES, IDS))

    np.testing.assert_allclose(scores(**BESIDE["all"]), scores(), atol=1e-6)


def test_neither_padding_nor_the_future_leaks(model):
    before = at_every_position(model, HISTORIES)
    for column in range(1, LENGTH):
        changed = HISTORIES.copy()
        changed[:, column] = (changed[:, column] + 3) % NUM_ITEMS
        after = at_every_position(model, changed)
        np.testing.assert_array_equal(after[:, :column], before[:, :column])
        assert np.abs(after[:, column] - before[:, column]).max(axis=1).min() > 1e-3
    whole, cut = np.array([[0, 5, NO, 3, 4]]), np.array([[NO, NO, NO, 3, 4]])
    ids = np.array([1])
    np.testing.assert_allclose(
        *(model.score_users(with_ids(model, x, ids)) for x in (whole, cut)), atol=1e-6
    )


def test_a_user_adds_a_vector_and_an_unknown_user_none(model):
    if model.num_users is None:
        return
    alone = np.array(model.encoder(HISTORIES))[:, -1]
    own = np.array(model.beside(np.maximum(IDS, 0)[:, None])["factors"])[:, 0]
    expected = cosine_rows(alone + np.where(IDS[:, None] == NO, 0, own))
    found = model.user_output(rows(model))["factors"]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.abs(own).max(axis=1).min() > 1e-3
    nobody = model.user_output(with_ids(model, HISTORIES))["factors"]
    np.testing.assert_allclose(nobody, cosine_rows(alone), rtol=1e-4)


def test_item_features_are_of_both_towers(model):
    if not reads(model, "item"):
        return
    kernel = model.item_tower.get_layer("item_features").kernel
    before = np.array(kernel)
    old = model.score_users(rows(model)), model.user_output(rows(model))["factors"]
    try:
        kernel.assign(np.zeros(kernel.shape))
        assert np.abs(model.score_users(rows(model)) - old[0]).max() > 1e-2
        assert np.abs(model.user_output(rows(model))["factors"] - old[1]).max() > 1e-2
    finally:
        kernel.assign(before)


def test_every_weight_gets_a_gradient(model, gradients):
    inputs = batch(model, np.tile(np.int32([0, 3, 6]), (4, 1)))
    share = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    found = gradients(model, lambda: keras.ops.sum(share * model(inputs)))
    for path, gradient in found.items():
        assert gradient is not None, path
        assert np.abs(gradient).max() > 0 or path.endswith("key/bias"), path


def test_a_saved_model_is_equal_to_the_bit(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert (type(loaded), loaded.num_users) == (type(model), model.num_users)
    assert len(loaded.variables) == len(model.variables)
    np.testing.assert_array_equal(
        loaded.score_users(rows(loaded)), model.score_users(rows(model))
    )


def test_wrong_users_are_named(model):
    if model.num_users is None:
        return
    for ids in (4, -2):
        with pytest.raises(
            ValueError, match=rf"User ids must be from 0 to 3, and -1.*: {ids} to {ids}"
        ):
            model.score_users(rows(model, np.full(4, ids)))
    with pytest.raises(ValueError, match=r"user ids before histories \[users, 6\]"):
        model.score_users(HISTORIES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"item_features": ITEM_FEATURES[1:]}, "`item_features` must be 7 rows"),
        ({"user_features": USER_FEATURES, "num_users": 5}, "`user_features` must be 5"),
        ({"num_users": 0}, "`num_users` must be .* at least 1"),
    ],
)
def test_wrong_sizes_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        tfrecs.build_gru(NUM_ITEMS, **arguments)


# Beyond the model

TRAIN = Interactions.from_arrays(
    np.repeat([10, 11, 12, 13], [3, 4, 2, 3]),
    [*"abc", *"cdef", *"ga", *"bfd"],
)


def test_growing_keeps_the_scores(model):
    grown = grow(
        model,
        items=Newcomers(
            3, features=ITEM_FEATURES[:3] if reads(model, "item") else None
        ),
        users=Newcomers(
            2, features=USER_FEATURES[:2] if reads(model, "user") else None
        ),
    )
    assert grown.num_users == (model.num_users and 6)
    assert (grown.num_items, grown.max_length) == (10, LENGTH)
    found = grown.score_outputs(
        grown.user_output(rows(grown)), grown.item_output(np.arange(NUM_ITEMS))
    )
    np.testing.assert_array_equal(found, model.score_users(rows(model)))
    assert grown.score_users(rows(grown)).shape == (4, 10)
    assert len(grown.variables) == len(model.variables)
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    larger = grow_optimizer(optimizer, model, grown)
    assert len(larger.variables) == len(optimizer.variables)


def test_fit_evaluate_and_recommend_read_all_of_it(model, tmp_path):
    copy = type(model).from_config(model.get_config())
    for old, new in zip(model.variables, copy.variables, strict=True):
        new.assign(old)
    tfrecs.fit(copy, TRAIN, seed=0, epochs=2)
    changed = {
        new.path
        for old, new in zip(model.variables, copy.variables, strict=True)
        if np.abs(np.array(old) - np.array(new)).max() > 1e-6
    }
    trained = {variable.path for variable in copy.trainable_variables}
    assert {path for path in trained - changed if "key/bias" not in path} == set()

    recommender = tfrecs.Recommender(copy, TRAIN)
    recommender.save(tmp_path / "bundle")
    loaded = tfrecs.load(tmp_path / "bundle")
    table = loaded.recommend([11, 13], k=3)
    ids = np.arange(4)
    scores = copy.score_users(with_ids(copy, TRAIN.histories(LENGTH), ids))
    for user, item, score, _ in table.itertuples(index=False):
        row, column = TRAIN.users.known([user])[0], TRAIN.items.known([item])[0]
        assert score == pytest.approx(scores[row, column], abs=1e-5)
    given = loaded.recommend_for_history(list("cdef"), k=3)
    nobody = copy.score_users(with_ids(copy, TRAIN.histories(LENGTH)))[1]
    for item, score, _ in given.itertuples(index=False):
        column = TRAIN.items.known([item])[0]
        assert score == pytest.approx(nobody[column], abs=1e-5)


def test_new_items_and_users_are_known_by_their_features(model):
    if reads(model, "item"):
        new = score_new_items(model, rows(model), ITEM_FEATURES[:2])
        assert new.shape == (4, 2)
        item_tower = model.item_tower
        kernel = np.array(item_tower.get_layer("item_features").kernel)
        vector = ITEM_FEATURES[:2] @ kernel
        user = model.user_output(rows(model))["factors"]
        expected = user @ cosine_rows(vector[:, :4]).T + vector[:, 4]
        np.testing.assert_allclose(new, expected, atol=1e-4)
    if reads(model, "user"):
        new = score_new_users(model, USER_FEATURES[:3])
        kernel = np.array(model.beside.get_layer("user_features").kernel)
        item = model.item_output()
        nothing = np.full((3, LENGTH), NO, np.int32)
        p = np.array(model.encoder(nothing))[:, -1] + USER_FEATURES[:3] @ kernel
        expected = cosine_rows(p) @ item["factors"].T + item["bias"]
        np.testing.assert_allclose(new, expected, atol=1e-4)
        assert score_new_users(model, USER_FEATURES[:0]).shape == (0, NUM_ITEMS)
    else:
        with pytest.raises(ValueError, match="must read features of the users"):
            score_new_users(model, USER_FEATURES)


def test_a_history_and_features_add_up_for_a_user_without_an_id(model):
    recommender = tfrecs.Recommender(model, TRAIN)
    histories, features = [list("abc"), list("g")], USER_FEATURES[[1, 3]]
    if not reads(model, "user"):
        with pytest.raises(ValueError, match="must read features of the users"):
            recommender.recommend_for_history(histories, user_features=features)
        return
    table = recommender.recommend_for_history(histories, k=4, user_features=features)
    kernel = np.array(model.beside.get_layer("user_features").kernel)
    rows = np.full((2, LENGTH), NO, np.int32)
    rows[0, 2:], rows[1, 4:] = TRAIN.items.known("abc"), TRAIN.items.known("g")
    p = np.array(model.encoder(rows))[:, -1] + features @ kernel
    item = model.item_output()
    scores = cosine_rows(p) @ item["factors"].T + item["bias"]
    for number, name, score, _ in table.itertuples(index=False):
        [column] = TRAIN.items.known([name])
        assert score == pytest.approx(scores[number, column], abs=1e-4)
    with pytest.raises(ValueError, match=r"each of 1 histories. Received: 2 rows"):
        recommender.recommend_for_history(["a"], user_features=features)


def test_a_list_is_explained_for_the_user(model):
    items, differences = rests_on(model, [1, 5], [2, 4], user_id=3)
    full, *without = (
        model.score_users(with_ids(model, np.array([row]), np.array([3])))[0]
        for row in ([NO, NO, NO, 2, 4], [NO, NO, NO, NO, 2], [NO, NO, NO, NO, 4])
    )
    expected = {4: full - without[0], 2: full - without[1]}
    for row, item in enumerate((1, 5)):
        for left, difference in zip(items[row], differences[row], strict=True):
            assert difference == pytest.approx(expected[left][item], abs=1e-5)


def test_a_stream_knows_the_users_of_the_batch(model):
    learner = HistoryScorer(learning_rate=0.01, every=3, num_negatives=4)
    made = IncrementalRecommender(learner).fit(TRAIN, model)
    history = TRAIN.histories(LENGTH)
    found = dict(made.recommend(11, 99, exclude_seen=False))
    scores = model.score_users(with_ids(model, history, np.arange(4)))[1]
    for item, score in zip(TRAIN.items.ids, scores, strict=True):
        assert found[item] == pytest.approx(score, abs=1e-5)
    made.partial_fit("new", "c")
    found = dict(made.recommend("new", 99, exclude_seen=False))
    [column] = TRAIN.items.known(["c"])
    row = np.array([[NO] * (LENGTH - 1) + [column]])
    scores = model.score_users(with_ids(model, row))[0]
    for item, score in zip(TRAIN.items.ids, scores, strict=True):
        assert found[item] == pytest.approx(score, abs=1e-5)
    for item in "de":
        made.partial_fit("new", item)  # a step
    assert np.isfinite(list(dict(made.recommend("new", 99)).values())).all()


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_saved_model_of_tensorflow_takes_all_inputs(model, tmp_path):
    import tensorflow as tf

    model.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    inputs = batch(model, np.tile(np.arange(NUM_ITEMS, dtype=np.int32), (4, 1)))
    given = {key: tf.constant(value) for key, value in inputs.items()}
    np.testing.assert_allclose(served.serve(given), model(inputs), atol=1e-5)
