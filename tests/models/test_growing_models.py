"""Growing: old users and items are as they were, newcomers start where they should."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp

from tfrecs import Interactions, losses
from tfrecs.models import MODELS, build_hybrid, build_mf
from tfrecs.models.freezing import freeze, unfreeze
from tfrecs.models.growing import grow, grow_optimizer
from tfrecs.models.layers import Embedding, FeatureDense
from tfrecs.models.layers import rows as rows_of_layers
from tfrecs.models.newcomers import Newcomers
from tfrecs.models.two_tower import TwoTower
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad, separate_bias_optimizer
from tfrecs.training.grow_with import grow_with

NUM_USERS, NUM_ITEMS = 7, 9
NEW_FEATURES = {
    "user_features": np.array([1, 2]),
    "item_features": np.array([[0.5, 0, 1, 2], [1, -1, 0, 0.5], [0, 0, 0, 3]]),
    "item_buckets": np.array([3, 0, 1]),
}
USERS, ITEMS = np.arange(7), np.arange(9)
LABELS = np.tile(np.array([1, 0, 0], dtype=np.float32), (6, 1))


def newcomers(model, side, count, **options):
    """New users or items, with features if the model's tower reads some."""
    names = {layer.name for layer in getattr(model, f"{side}_tower").layers}
    read = sorted(names & {f"{side}_features", f"{side}_buckets"})
    features = NEW_FEATURES[read[0]] if read else None
    return Newcomers(count, features=features, **options)


@pytest.mark.parametrize("name", MODELS)
def test_old_scores_are_the_same_to_the_bit(build, randomize, tmp_path, name):
    model = randomize(build(name))
    before = model.score_users(USERS)
    of_parts = model.score_outputs(model.user_output(USERS), model.item_output(ITEMS))
    users = newcomers(model, "user", 2)
    grown = grow(model, users=users, items=newcomers(model, "item", 3))
    assert type(grown) is TwoTower
    assert (grown.num_users, grown.num_items, grown.name) == (9, 12, model.name)
    parts = grown.score_outputs(grown.user_output(USERS), grown.item_output(ITEMS))
    np.testing.assert_array_equal(parts, of_parts)
    np.testing.assert_allclose(parts, before, rtol=1e-5)
    np.testing.assert_array_equal(model.score_users(USERS), before)
    pairs = {"user_id": np.repeat(USERS, 9), "item_id": np.tile(ITEMS, 7)}
    np.testing.assert_array_equal(grown(pairs), model(pairs))

    every = grown.score_users(np.arange(9))
    assert every.shape == (9, 12)
    assert np.isfinite(every).all()
    assert len(grown.weights) == len(model.weights)
    trained = [[w.name for w in m.trainable_weights] for m in (model, grown)]
    assert trained[0] == trained[1]
    grown.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.score_users(np.arange(9)), every)


def tables(model):
    layers = [*model.user_tower.layers, *model.item_tower.layers]
    return {x.name: np.array(x.embeddings) for x in layers if isinstance(x, Embedding)}


def test_newcomers_start_at_means_by_hand(randomize):
    model = randomize(build_mf(7, 9, embedding_dim=2))
    similar = [[8, 1], [], [4]]
    items = Newcomers(3, similar=similar)
    users = Newcomers(1, similar=sp.csr_array(np.array([[0, 1, 0, 1, 1, 0, 0]])))
    old, new = tables(model), tables(grow(model, users=users, items=items))
    for name in ("item_factors", "item_bias"):
        table = old[name]
        pair, everyone = (table[8] + table[1]) / 2, table.sum(axis=0) / 9
        np.testing.assert_allclose(
            new[name][9:], [pair, everyone, table[4]], rtol=1e-6, err_msg=name
        )
    for name in ("user_factors", "user_bias"):
        three = (old[name][1] + old[name][3] + old[name][4]) / 3
        np.testing.assert_allclose(new[name][7:], [three], rtol=1e-6, err_msg=name)


def test_zero_and_a_number_alone(randomize):
    model = randomize(build_mf(7, 9, embedding_dim=2))
    grown = grow(model, users=2, items=Newcomers(1, start="zero"))
    new, old = tables(grown), tables(model)
    assert not new["item_factors"][9:].any()
    assert not new["item_bias"][9:].any()
    expected = np.tile(old["user_factors"].mean(axis=0), (2, 1))
    np.testing.assert_allclose(new["user_factors"][7:], expected, rtol=1e-6)


def test_models_of_any_precision_grow(randomize):
    keras.config.set_dtype_policy("bfloat16")
    try:
        model = randomize(build_mf(7, 9, embedding_dim=2))
    finally:
        keras.config.set_dtype_policy("float32")
    grown = grow(model, items=Newcomers(np.int64(2), similar=[[4], [0, 1]]))
    scores, before = grown.score_users(USERS), model.score_users(USERS)
    np.testing.assert_array_equal(scores[:, :9], before)
    np.testing.assert_array_equal(scores[:, 9], before[:, 4])


def test_one_side_alone_and_tables_in_blocks(randomize, monkeypatch):
    model = randomize(build_mf(7, 9, embedding_dim=2))
    whole = tables(grow(model, items=3))
    monkeypatch.setattr(rows_of_layers, "WHOLE", 4)  # two rows at once
    for name, table in tables(grow(model, items=3)).items():
        np.testing.assert_allclose(table, whole[name], rtol=1e-6)
        assert len(table) == (12 if name.startswith("item") else 7)


# Features


@pytest.mark.parametrize("longer", [0, 4])
@pytest.mark.parametrize("sparse", [False, True])
def test_new_items_are_scored_by_their_features(randomize, monkeypatch, sparse, longer):
    """As in a model that was built with all of them."""
    features = np.zeros((9, 5), dtype=np.float32)
    features[np.arange(9), np.arange(9) % 5] = 1 + np.arange(9)
    features[6, :longer] = 2
    more = np.array([[0, 1, 2, 3, 0], [0, 0, 0, 0, 4.0]], dtype=np.float32)
    if sparse:
        monkeypatch.setattr("tfrecs.models.layers.feature_dense.DENSE_TABLE", 0)
    model = randomize(build_hybrid(7, 9, item_features=features, embedding_dim=3))
    whole = np.concatenate([features, more])
    given = sp.csr_array(more) if sparse else more
    grown = grow(model, items=Newcomers(2, start="zero", features=given))
    layer = grown.item_tower.get_layer("item_features")
    assert isinstance(layer, FeatureDense)
    assert layer.most == (1 if sparse else None)
    assert layer.num_tails == sparse * (1 + (longer > 0))
    kernel = np.array(model.item_tower.get_layer("item_features").kernel)
    parts = grown.item_output(np.array([9, 10], dtype=np.int32))
    np.testing.assert_allclose(parts["factors"], (more @ kernel)[:, :3], rtol=1e-5)
    np.testing.assert_allclose(layer(np.arange(11)), whole @ kernel, rtol=1e-5)


def test_new_items_without_a_start_have_their_buckets_score(build, randomize):
    model = build("bucketed_mf")  # items' own rows are zeros
    randomize(model)
    for name in ("item_factors", "item_bias"):
        table = model.item_tower.get_layer(name).embeddings
        table.assign(np.zeros(table.shape))
    items = Newcomers(2, start="zero", features=np.array([3, 1]))
    scores = grow(model, items=items).score_users(USERS)
    buckets = np.array([0, 1, 2, 0, 1, 2, 0, 3, 1])
    np.testing.assert_array_equal(scores[:, 9], scores[:, buckets.tolist().index(3)])
    np.testing.assert_array_equal(scores[:, 10], scores[:, buckets.tolist().index(1)])


# Training on


def fitted(model, optimizer, steps):
    model.compile(optimizer, losses.LOSSES["bce"], run_eagerly=True)
    for _ in range(steps):
        model.train_on_batch(*BATCH)
    return model


BATCH = (
    {
        "user_id": np.array([0, 6, 3, 3, 1, 5], dtype=np.int32),
        "item_id": np.array(
            [[0, 8, 3], [8, 2, 4], [1, 7, 0], [4, 5, 6], [3, 0, 8], [6, 1, 4]],
            dtype=np.int32,
        ),
    },
    LABELS,
)
OPTIMIZERS = {
    "sgd": lambda model: keras.optimizers.SGD(0.5, momentum=0.9),
    "adam": lambda model: keras.optimizers.Adam(0.1),
    "rowwise": lambda model: RowwiseAdagrad(0.1, initial_accumulator_value=0.25),
    "lazy": lambda model: LazyAdam(0.1, step_aware=True),
    "two": lambda model: separate_bias_optimizer(
        model, keras.optimizers.Adam(0.1), RowwiseAdagrad(0.5)
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_old_rows_train_on_as_without_growth(build, name):
    model = build("mf", dropout=0.3 if name == "adam" else 0.0)
    fitted(model, OPTIMIZERS[name](model), steps=2)
    grown = grow(model, users=2, items=3)
    optimizer = grow_optimizer(model.optimizer, model, grown)
    assert type(optimizer) is type(model.optimizer)
    pairs = zip(model.optimizer.variables, optimizer.variables, strict=True)
    for old, new in pairs:
        start = 0.25 if name == "rowwise" and "accumulator" in new.path else 0.0
        old, new = np.array(old), np.array(new)
        np.testing.assert_array_equal(new[tuple(map(slice, old.shape))], old)
        if old.shape != new.shape:
            assert (new[len(old) :] == start).all()
            assert len(new) - len(old) == {7: 2, 9: 3}[len(old)]
    fitted(model, model.optimizer, steps=2)
    fitted(grown, optimizer, steps=2)
    for old, new in zip(model.weights, grown.weights, strict=True):
        kept = np.array(new)[tuple(map(slice, old.shape))]
        np.testing.assert_array_equal(kept, old, err_msg=old.path)


def test_what_is_frozen_stays_so_and_the_rest_has_its_slots():
    model = freeze(build_mf(7, 9, embedding_dim=2), "item_.*", "global_bias")
    fitted(model, keras.optimizers.Adam(0.1), steps=1)
    grown = grow(model, items=2)
    paths = ["user_bias/embeddings", "user_factors/embeddings"]
    assert sorted(v.path for v in grown.trainable_variables) == paths
    optimizer = grow_optimizer(model.optimizer, model, grown)
    assert len(optimizer.variables) == len(model.optimizer.variables)
    fitted(grown, optimizer, steps=1)
    unfreeze(grown)


def test_a_fresh_optimizer_is_copied_and_that_of_a_view_goes_on():
    model = build_mf(7, 9, embedding_dim=2)
    fresh = keras.optimizers.SGD(0.25)
    copy = grow_optimizer(fresh, model, grow(model, users=1))
    assert copy is not fresh
    assert float(copy.learning_rate) == 0.25
    view = model.over_catalogue()
    labels = np.eye(9, dtype=np.int8)[:7]
    softmax = losses.CATALOGUE_LOSSES["softmax"]
    view.compile(keras.optimizers.Adam(0.1), softmax, run_eagerly=True)
    view.train_on_batch({"user_id": USERS}, labels)
    grown = grow(model, items=1)
    optimizer = grow_optimizer(view.optimizer, model, grown)
    larger = grown.over_catalogue()
    larger.compile(optimizer, softmax, run_eagerly=True)
    larger.train_on_batch({"user_id": USERS}, np.pad(labels, [[0, 0], [0, 1]]))
    assert int(optimizer.iterations) == 2


# Growing by raw ids


def interactions(pairs):
    users, items = zip(*pairs, strict=True)
    return Interactions.from_arrays(users, items)


@pytest.fixture(scope="module")
def mf():
    model = build_mf(2, 3, embedding_dim=2)
    rng = np.random.default_rng(0)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(size=weight.shape))
    return model


TRAIN = interactions([("bo", "x"), ("al", "y"), ("al", "z")])  # al, bo; x, y, z


def test_a_model_grows_by_raw_ids(mf):
    more = interactions([("zoe", "x"), ("al", "w"), ("cy", "v")])
    model, joined = grow_with(
        mf, TRAIN, more, similar_items={"w": ["z", "x"]}, similar_users={"cy": ["bo"]}
    )
    assert joined.users.ids.tolist() == ["al", "bo", "cy", "zoe"]
    assert joined.items.ids.tolist() == ["x", "y", "z", "v", "w"]
    assert (model.num_users, model.num_items) == (4, 5)
    scores = model.score_users(np.arange(4))
    np.testing.assert_array_equal(scores[:2, :3], mf.score_users(np.arange(2)))
    np.testing.assert_array_equal(scores[2], scores[1])  # cy is like bo
    np.testing.assert_allclose(scores[3], scores[:2].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(scores[:, 4], scores[:, [2, 0]].mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(scores[:, 3], scores[:, :3].mean(axis=1), rtol=1e-5)


def test_without_newcomers_the_model_is_the_same(mf):
    model, joined = grow_with(mf, TRAIN, interactions([("bo", "z")]))
    assert model is mf
    assert len(joined) == 4


def test_similar_ids_must_be_new_and_like_known_ones(mf):
    more = interactions([("zoe", "x")])
    with pytest.raises(ValueError, match="Received: 'al', which is not new"):
        grow_with(mf, TRAIN, more, similar_users={"al": ["bo"]})
    with pytest.raises(ValueError, match="`users` must be known"):
        grow_with(mf, TRAIN, more, similar_users={"zoe": ["zed"]})
    with pytest.raises(ValueError, match=r"`similar_users` must be a collection.*'bo'"):
        grow_with(mf, TRAIN, more, similar_users={"zoe": "bo"})


# Mistakes


def test_an_optimizer_of_another_model_is_refused():
    model = build_mf(7, 9)
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(build_mf(7, 9).trainable_variables)
    with pytest.raises(ValueError, match="Received: an optimizer of user_bias/emb"):
        grow_optimizer(optimizer, model, grow(model, users=1))


@pytest.mark.parametrize("optimizer", [None, "adam"])
def test_what_is_no_optimizer_is_refused(mf, optimizer):
    with pytest.raises(TypeError, match=rf"history.model.*Received: '?{optimizer}"):
        grow_optimizer(optimizer, mf, grow(mf, users=1))


def test_interactions_that_the_model_was_not_trained_on_are_refused(mf):
    more = interactions([("zoe", "x")])
    with pytest.raises(ValueError, match=r"3 users and 3 items.*a model of 2 and 3"):
        grow_with(mf, interactions([("a", "x"), ("b", "y"), ("c", "z")]), more)


def test_features_are_asked_for_and_refused_where_not_read(build):
    with pytest.raises(ValueError, match="Received: 0 users and 0 items"):
        grow(build("mf"))
    with pytest.raises(ValueError, match=r"item_tower.*Received: newcomers without"):
        grow(build("hybrid"), items=1)
    with pytest.raises(ValueError, match=r"user_tower.*Received: newcomers with"):
        grow(build("mf"), users=Newcomers(1, features=np.array([1])))
    with pytest.raises(ValueError, match=r"the 4 of training\. Received: 5"):
        grow(build("hybrid"), items=Newcomers(1, features=np.ones((1, 5))))
    with pytest.raises(ValueError, match=r"from 0 to 3.*of 1 newcomers.*\[4\]"):
        grow(build("bucketed_mf"), items=Newcomers(1, features=np.array([4])))


def test_ids_that_there_are_not_are_refused():
    model = build_mf(7, 9)
    with pytest.raises(ValueError, match=r"from 0 to 8\. Received: 9"):
        grow(model, items=Newcomers(2, similar=[[0], [3, 9]]))
    wide = sp.csr_array(np.ones((1, 8)))
    with pytest.raises(ValueError, match=r"each of 9 ids\. Received: 8"):
        grow(model, items=Newcomers(1, similar=wide))


def test_a_layer_of_another_kind_is_refused():
    ids = keras.Input((), dtype="int32", name="user_id")
    table = keras.layers.Embedding(7, 2, name="table")(ids)
    mf = build_mf(7, 9, embedding_dim=2)
    tower = keras.Model(ids, {"factors": table, "bias": table[..., 0]})
    sizes = {"num_users": 7, "num_items": 9}
    model = TwoTower(tower, mf.item_tower, mf.interaction, **sizes)
    with pytest.raises(ValueError, match="table reads ids and is a Embedding"):
        grow(model, users=1)
