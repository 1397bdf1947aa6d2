"""The interaction by hand, the parts of towers, and blocks of the catalogue."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tfrecs import Interactions, Recommender, evaluate, losses
from tfrecs.models import MODELS, two_tower
from tfrecs.models.interaction import Interaction
from tfrecs.models.towers import embed, embed_bias, id_inputs, two_towers
from tfrecs.models.two_tower import TwoTower
from tfrecs.models.views import OverCatalogue, OverSharedNegatives

RNG = np.random.default_rng(11)


def parts(*shape, **sizes):
    """Random parts: sizes of vectors by name, 0 for a number."""
    return {
        name: RNG.normal(size=(*shape, size) if size else shape).astype(np.float32)
        for name, size in sizes.items()
    }


# The interaction


@pytest.mark.parametrize(
    ("user", "item"),
    [
        ({"factors": 3}, {"factors": 3}),
        ({"factors": 3, "bias": 0}, {"factors": 3, "bias": 0}),
        ({"factors": 3, "bias": 0}, {"factors": 3}),
        ({"factors": 3}, {"factors": 3, "bias": 0}),
        ({"bias": 0}, {"bias": 0}),
    ],
)
@pytest.mark.parametrize("catalogue", [False, True])
def test_score_is_the_dot_product_and_biases(user, item, catalogue):
    user = parts(2, **user)
    item = parts(*((5,) if catalogue else (2, 5)), **item)
    interaction = Interaction()
    score = interaction(user, item, catalogue=catalogue).numpy()
    interaction.global_bias.assign(0.25)
    shifted = interaction(user, item, catalogue=catalogue).numpy()
    np.testing.assert_allclose(shifted, score + 0.25, atol=1e-6)
    assert score.shape == (2, 5)
    for u in range(2):
        for i in range(5):
            of_item = {n: p[i] if catalogue else p[u, i] for n, p in item.items()}
            expected = sum(
                float(np.sum(user[name][u] * of_item[name]))
                for name in user
                if name == "factors"
            )
            expected += user["bias"][u] if "bias" in user else 0
            expected += of_item.get("bias", 0)
            assert score[u, i] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("catalogue", [False, True])
@pytest.mark.parametrize(("activation", "f"), [("relu", None), ("tanh", np.tanh)])
def test_hidden_part_is_a_perceptron_without_its_first_layer(catalogue, activation, f):
    f = f or (lambda x: np.maximum(x, 0))
    user = parts(2, hidden=4)
    item = parts(*((5,) if catalogue else (2, 5)), hidden=4)
    interaction = Interaction((3, 2), activation=activation, use_bias=False)
    interaction(user, item, catalogue=catalogue)
    for variable in interaction.trainable_variables:
        variable.assign(RNG.normal(size=variable.shape))
    assert not any("global_bias" in v.path for v in interaction.variables)
    w = {v.path.split("/", 1)[1]: v.numpy() for v in interaction.trainable_variables}
    x = f(user["hidden"][:, None] + item["hidden"])
    x = f(x @ w["hidden_1/kernel"] + w["hidden_1/bias"])
    x = f(x @ w["hidden_2/kernel"] + w["hidden_2/bias"])
    expected = (x @ w["output_weights/kernel"])[..., 0]
    found = interaction(user, item, catalogue=catalogue)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("catalogue", [False, True])
def test_scores_of_ratings_stay_in_their_range(catalogue):
    user = {"factors": np.array([[1.0], [-200]], np.float32)}
    item = {"factors": np.array([[0.0], [np.log(3)], [200]], np.float32)}
    if not catalogue:
        item = {"factors": np.stack([item["factors"]] * 2)}
    found = Interaction(y_range=(1, 5))(user, item, catalogue=catalogue).numpy()
    # sigmoid(0) = 1/2: 1 + 4/2; sigmoid(ln 3) = 3/4: 1 + 4 * 3/4; sigmoid(200) = 1
    np.testing.assert_allclose(found, [[3, 4, 5], [3, 1, 1]], rtol=1e-6)


@pytest.mark.parametrize("bad", [(5, 1), (1, 1), (1, np.inf), (np.nan, 5), (1,)])
def test_a_range_that_does_not_rise_is_refused(bad):
    logged = re.escape(f"y_range={bad!r}")
    with pytest.raises(ValueError, match=f"`y_range` must be two finite.*{logged}"):
        Interaction(y_range=bad)


def test_the_interaction_is_serialized_with_its_arguments():
    options = {"activation": "tanh", "dropout": 0.2, "use_bias": False}
    options |= {"y_range": (0.5, 5), "hidden_block": 7, "name": "mine"}
    interaction = Interaction((3, 2), **options)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(interaction)
    )
    assert again.hidden_units == (3, 2)
    assert {name: getattr(again, name) for name in options} == options


# A model of one's own


@pytest.fixture(scope="module")
def metric():
    """Metric learning: -|u - i|^2 = 2 <u, i> - |u|^2 - |i|^2, without a line of ours.

    The user's and the item's vectors are those of the tables.
    """

    def tower(ids):
        vector = embed(ids, 3, std=0.5, name=f"{ids.side}_vector")
        norm = keras.ops.sum(keras.ops.square(vector), axis=-1)
        return {"factors": vector * 2**0.5, "bias": -norm}

    sides = id_inputs(6, 4)
    interaction = Interaction(use_bias=False)
    return two_towers(sides, map(tower, sides), interaction, name="metric")


def test_another_family_fits_the_formula(metric):
    u = metric.user_tower.get_layer("user_vector").embeddings.numpy()
    i = metric.item_tower.get_layer("item_vector").embeddings.numpy()
    expected = -((u[:, None] - i) ** 2).sum(-1)
    np.testing.assert_allclose(metric.score_users(np.arange(6)), expected, atol=1e-5)


def test_outputs_of_some_ids_and_of_all(metric):
    user, item = metric.user_output(np.array([5, 0])), metric.item_output()
    some = metric.item_output(np.array([3, 1, 3]))
    for name, shape in (("factors", (3,)), ("bias", ())):
        assert isinstance(user[name], np.ndarray)
        assert (user[name].shape, item[name].shape) == ((2, *shape), (4, *shape))
        np.testing.assert_array_equal(some[name], item[name][[3, 1, 3]])


def test_the_item_tower_runs_once_for_many_blocks_of_users(build, monkeypatch):
    run, calls = TwoTower.item_output, []
    monkeypatch.setattr(
        TwoTower, "item_output", lambda *given: (calls.append(1), run(*given))[1]
    )
    train = Interactions.from_matrix(np.eye(7, 9))
    test = Interactions.from_matrix(np.eye(7, 9, k=1))
    for name in ("mf", "neumf"):
        model = build(name)
        calls.clear()
        found = evaluate(model, train, test, k=2, scores_at_once=9)
        assert calls == [1]
        expected = evaluate(model.score_users(np.arange(7)), train, test, k=2)
        assert found.metrics == pytest.approx(expected.metrics)


def test_a_recommender_follows_the_training_of_its_model(build, randomize):
    model = build("mf")
    recommender = Recommender(model, Interactions.from_matrix(np.eye(7, 9)))
    recommender.recommend([0], k=3)
    randomize(model)
    found = recommender.score([0], [1])["score"].item()
    assert found == pytest.approx(model.score_users([0])[0, 1].item())


def test_sizes_and_state_are_in_the_config(metric):
    metric.trainable = False
    again = TwoTower.from_config(metric.get_config())
    metric.trainable = True
    assert (again.num_users, again.num_items, again.name) == (6, 4, "metric")
    assert again.trainable is False
    assert again.interaction.use_bias is False
    again.set_weights(metric.get_weights())
    users = np.arange(6)
    np.testing.assert_array_equal(again.score_users(users), metric.score_users(users))


def test_one_rank_of_items_does_not_shut_out_the_other(metric):
    assert metric.input_spec is None
    users = np.arange(6, dtype=np.int32)
    wide = np.tile(np.arange(4, dtype=np.int32), (6, 1))
    for _ in range(2):
        assert metric({"user_id": users, "item_id": users % 4}).shape == (6,)
        assert metric({"user_id": users, "item_id": wide}).shape == (6, 4)


def test_it_fits_into_a_larger_model(build):
    towers = build("mf")
    user_id = keras.Input((), dtype="int32", name="who")
    item_id = keras.Input((3,), dtype="int32", name="what")
    best = keras.ops.max(towers({"user_id": user_id, "item_id": item_id}), axis=-1)
    model = keras.Model([user_id, item_id], best)
    users, items = np.array([5, 1]), np.array([[3, 1, 0], [0, 0, 2]])
    scores = towers.score_users(users)
    expected = [scores[0, [3, 1, 0]].max(), scores[1, [0, 2]].max()]
    np.testing.assert_allclose(model([users, items]), expected, atol=1e-6)


def test_a_model_without_biases_or_factors():
    """Popularity: the item's bias is all there is of the score."""
    sides = users, items = id_inputs(6, 4)
    user = {"bias": 0.0 * keras.ops.cast(users.ids, "float32")}
    outputs = [user, {"bias": embed_bias(items)}]
    model = two_towers(sides, outputs, Interaction(use_bias=False), name="popularity")
    model.item_tower.get_layer("item_bias").embeddings.assign([[3.0], [1], [4], [1.5]])
    assert isinstance(model.item_tower.get_layer("item_bias"), layers.Embedding)
    expected = [[3, 1, 4, 1.5]] * 2
    np.testing.assert_array_equal(model.score_users(np.array([5, 2])), expected)


# Negatives that a batch shares


def negatives(num=5, **more):
    return {
        "user_id": np.array([0, 6, 3, 3], dtype=np.int32),
        "item_id": np.array([8, 0, 2, 5], dtype=np.int32),
        "negative_id": np.array([2, 7, 7, 0, 1], dtype=np.int32)[:num],
        **more,
    }


@pytest.mark.parametrize("name", MODELS)
def test_negatives_get_the_scores_of_the_catalogue(name, build, randomize):
    model = randomize(build(name))
    inputs = negatives()
    found = model.over_shared_negatives()(inputs).numpy()
    scores = model.score_users(inputs["user_id"])
    assert found.shape == (4, 6)
    np.testing.assert_allclose(
        found[:, 0], scores[np.arange(4), inputs["item_id"]], atol=1e-5
    )
    expected = scores[:, inputs["negative_id"]]
    expected[1, 3] = expected[2, 0] = -(2.0**14)  # the row's own positive
    np.testing.assert_allclose(found[:, 1:], expected, atol=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 0.25])
def test_scores_are_less_by_the_log_probability(build, randomize, temperature):
    model = randomize(build("mf"))
    logs = np.arange(-1, -10, -1, dtype=np.float32)
    plain = model.over_shared_negatives()(negatives()).numpy()
    view = model.over_shared_negatives(temperature)
    corrected = view(negatives(log_probability=logs)).numpy()
    of_rows = np.concatenate([logs[:4, None], np.tile(logs[4:], (4, 1))], axis=1)
    expected = plain - temperature * of_rows
    expected[1, 4] = expected[2, 1] = -(2.0**14)
    np.testing.assert_allclose(corrected, expected, atol=1e-5)
    assert type(view).from_config(view.get_config()).temperature == temperature


@pytest.mark.parametrize(
    "loss",
    [  # losses with no mean, or a plain one
        *(losses.sampled_bce, losses.bpr, losses.hinge, losses.sampled_softmax),
        *(losses.adaptive_bpr, losses.adaptive_hinge, losses.warp_all),
        *(losses.collie_bpr, losses.collie_hinge, losses.collie_adaptive_hinge),
    ],
)
def test_a_rows_own_positive_has_no_gradient_as_a_negative(build, randomize, loss):
    """The loss is as without it, but for the mean, which counts it."""
    model = randomize(build("mf"))
    view = model.over_shared_negatives()
    inputs = {
        "user_id": np.array([3], dtype=np.int32),
        "item_id": np.array([2], dtype=np.int32),
    }
    found = []
    for ids in ([2, 7, 1], [7, 1]):
        labels = np.eye(1, 1 + len(ids), dtype=np.float32)
        items = np.array(ids, dtype=np.int32)
        with tf.GradientTape() as tape:
            value = loss(labels, view({**inputs, "negative_id": items}))
        slopes = tape.gradient(value, [v.value for v in model.trainable_variables])
        found.append([value, *map(tf.convert_to_tensor, slopes)])
    of_negatives = (losses.bpr, losses.hinge, losses.collie_bpr, losses.collie_hinge)
    counts = {losses.sampled_bce: 4 / 3, **dict.fromkeys(of_negatives, 3 / 2)}
    count = counts.get(loss, 1)  # the others take no mean
    for with_it, without in zip(*found, strict=True):
        np.testing.assert_allclose(with_it * count, without, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [OverCatalogue, OverSharedNegatives])
def test_views_share_the_weights_and_are_saved(build, randomize, kind, tmp_path):
    model = randomize(build("mf"))
    name = {OverCatalogue: "over_catalogue"}.get(kind, "over_shared_negatives")
    view = getattr(model, name)()
    assert isinstance(view, kind)
    assert view.name == f"my_mf_{name}"
    mine = {id(variable) for variable in model.trainable_variables}
    assert {id(variable) for variable in view.trainable_variables} == mine
    view(negatives())
    view.save(tmp_path / "view.keras")
    loaded = keras.saving.load_model(tmp_path / "view.keras")
    assert (type(loaded), loaded.name) == (kind, view.name)
    users = np.arange(7)
    for one in (view, loaded):
        np.testing.assert_array_equal(one.score_users(users), model.score_users(users))
    np.testing.assert_array_equal(loaded(negatives()), view(negatives()))


# Blocks of the hidden part


def hidden(hidden_block, *, dropout=0.0, units=(3, 2), num_items=7):
    """An interaction with random weights, and parts of 4 users and some items."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(5)
    interaction = Interaction(units, dropout=dropout, hidden_block=hidden_block)
    user = {"hidden": tf.constant(rng.normal(size=(4, 6)), tf.float32)}
    item = {"hidden": tf.constant(rng.normal(size=(num_items, 6)), tf.float32)}
    interaction(user, item, catalogue=True)
    for variable in interaction.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return interaction, user, item


def scores_and_slopes(interaction, user, item):
    """Scores, and gradients of a function of them for weights and parts."""
    weights = [variable.value for variable in interaction.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch([user, item])
        parts = {"hidden": user}, {"hidden": item}
        scores = interaction(*parts, catalogue=True, training=True)
        value = tf.reduce_sum(tf.sin(scores))
    return [scores, *tape.gradient(value, [*weights, user, item])]


@pytest.mark.parametrize(
    ("block", "jit_compile"),
    [(24, False), (1, True), (50, True), (100, True)],  # an item, one, two, four
)
def test_blocks_give_the_same_scores_and_gradients(block, jit_compile):
    found = []
    for size in (2**20, block):
        call = tf.function(scores_and_slopes, jit_compile=jit_compile)
        interaction, user, item = hidden(size)
        found.append(call(interaction, user["hidden"], item["hidden"]))
    for whole, blocked in zip(*found, strict=True):
        np.testing.assert_allclose(blocked, whole, rtol=1e-4, atol=1e-5)


def test_blocks_are_dropped_apart():
    """All items are identical, so that their scores differ by what is dropped alone."""
    interaction, user, _ = hidden(48, dropout=0.5, units=(40,), num_items=60)
    item = {"hidden": tf.ones([60, 6])}
    exact = interaction(user, item, catalogue=True, training=False).numpy()
    assert np.ptp(exact, axis=1).max() < 1e-5

    def draw():
        return interaction(user, item, catalogue=True, training=True).numpy()

    first, second = draw(), draw()
    assert (first != second).mean() > 0.9  # in every step anew
    for row in first:  # of 60 items in 30 blocks, each block with its own
        assert len({tuple(pair) for pair in row.reshape(30, 2)}) > 25


def test_inference_in_blocks_drops_nothing():
    interaction, user, item = hidden(24, dropout=0.5)
    whole, *_ = hidden(2**20, dropout=0.5)
    np.testing.assert_allclose(
        interaction(user, item, catalogue=True),
        whole(user, item, catalogue=True),
        atol=1e-5,
    )
    before = [np.array(v) for v in interaction.non_trainable_variables]
    interaction(user, item, catalogue=True)
    for variable, value in zip(
        interaction.non_trainable_variables, before, strict=True
    ):
        np.testing.assert_array_equal(np.array(variable), value)


# Blocks of scores


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 7), (7, 3), (5, 5)])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 6, 7, 8, 14, 20, 100])
def test_blocks_cover_each_cell_once_and_are_small(rows, columns, size):
    covered = np.zeros((rows, columns), dtype=int)
    blocks = list(two_tower._blocks(rows, columns, size))
    for block in blocks:
        covered[block] += 1
        assert 1 <= covered[block].size <= max(1, size)
    assert (covered == 1).all()
    if size >= columns:  # whole rows, as many as fit
        assert len(blocks) == -(-rows // (size // columns))


def test_no_block_takes_more_memory_than_it_may(build, monkeypatch):
    model = build("mlp")
    width = model.user_output(np.array([0]))["hidden"].shape[-1]
    assert width == 6
    held = []
    call = model.interaction.call

    def spy(user, item, catalogue):
        held.append(len(user["hidden"]) * len(item["hidden"]) * width)
        return call(user, item, catalogue=catalogue)

    monkeypatch.setattr(model.interaction, "call", spy)
    monkeypatch.setattr(two_tower, "SCORE_BLOCK", 130)  # 21 pairs of 6 numbers
    assert model.score_users(np.arange(7)).shape == (7, 9)
    assert held == [2 * 9 * 6, 2 * 9 * 6, 2 * 9 * 6, 9 * 6]
    assert max(held) <= 130
