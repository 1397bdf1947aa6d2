"""Freezing: what is frozen stays equal to the bit, however a model is trained."""

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs import losses
from tfrecs.models import build_gmf, build_hybrid, build_mf, build_neumf
from tfrecs.models.freezing import (
    freeze,
    id_tables,
    train_only,
    trainable_layers,
    unfreeze,
)
from tfrecs.optimizers import LazyAdam, RowwiseAdagrad, separate_bias_optimizer

Adam, SGD = keras.optimizers.Adam, keras.optimizers.SGD
TABLES = ["user_factors", "user_bias", "item_factors", "item_bias"]
INPUTS = {
    "user_id": np.array([0, 3, 6, 1], dtype=np.int32),
    "item_id": np.array([[0, 8], [3, 2], [7, 5], [4, 6]], dtype=np.int32),
}
LABELS = np.tile(np.array([1, 0], dtype=np.float32), (4, 1))
FEATURES = np.random.default_rng(0).normal(size=(9, 4))


@pytest.fixture(scope="module")
def train(from_pairs):
    pairs = [(u, i) for u in range(7) for i in range(9) if (u * i) % 3 == 1]
    return from_pairs(pairs, 7, 9)


@pytest.fixture
def hybrid():
    keras.utils.set_random_seed(0)
    return build_hybrid(7, 9, embedding_dim=3, item_features=FEATURES)


def values(model):
    return {variable.path: np.array(variable) for variable in model.weights}


def moved(model, before):
    """The layers whose weights are not the same to the bit."""
    now = values(model)
    return {
        path.split("/")[0]
        for path in now
        if not np.array_equal(now[path], before[path])
    }


def test_ids_are_vectors_and_biases(hybrid):
    assert sorted(id_tables(hybrid)) == sorted(TABLES)
    parts = {*TABLES, "item_features", "global_bias"}
    assert trainable_layers(hybrid).keys() == parts
    neumf = build_neumf(7, 9, hidden_units=(4, 3))
    tables = ["gmf_item", "gmf_user", "mlp_item", "mlp_user"]
    assert sorted(id_tables(neumf)) == tables
    others = ["gmf_weights", "user_hidden", "item_hidden", "hidden_1"]
    others += ["output_weights", "global_bias"]
    assert sorted(trainable_layers(neumf)) == sorted(tables + others)


OPTIMIZERS = {
    "weight decay": lambda model: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "rows": lambda model: RowwiseAdagrad(0.1),
    "lazy": lambda model: LazyAdam(0.1),
    "two": lambda model: separate_bias_optimizer(model, Adam(0.1), SGD(1.0)),
}


@pytest.mark.parametrize(
    ("optimizer", "negatives"),
    [("weight decay", "all"), ("rows", "shared"), ("lazy", "own")],
)
def test_our_fit_leaves_ids_alone(hybrid, train, optimizer, negatives):
    before = values(freeze(hybrid))
    drawn = tfrecs.Negatives(negatives, None if negatives == "all" else 2)
    options = {"objective": "bce", "negatives": drawn, "epochs": 2}
    tfrecs.fit(
        hybrid, train, seed=0, optimizer=OPTIMIZERS[optimizer](hybrid), **options
    )
    assert moved(hybrid, before) == {"item_features", "interaction"}


def test_one_bias_alone_is_left_to_a_separate_optimizer(hybrid, train):
    before = values(freeze(hybrid, "item_bias", ".*_factors"))
    optimizer = OPTIMIZERS["two"](hybrid)
    tfrecs.fit(hybrid, train, seed=0, optimizer=optimizer, epochs=2)
    assert moved(hybrid, before) == {"user_bias", "item_features", "interaction"}


def test_a_bias_optimizer_without_biases_is_refused(hybrid):
    with pytest.raises(ValueError, match="must have a bias table"):
        OPTIMIZERS["two"](freeze(hybrid))


@pytest.mark.parametrize("jit_compile", [True, False])
def test_it_holds_for_a_model_that_was_compiled_before(hybrid, jit_compile):
    """Keras alone would go on with the function that it traced."""
    optimizer = Adam(0.1) if not jit_compile else SGD(0.1)  # which compiles faster
    hybrid.compile(
        optimizer, losses.LOSSES["bce"], jit_compile=jit_compile, steps_per_execution=2
    )
    fit = {"batch_size": 2, "epochs": 1, "verbose": 0}
    hybrid.fit(INPUTS, LABELS, **fit)
    before = values(freeze(hybrid, *TABLES, "global_bias"))
    hybrid.fit(INPUTS, LABELS, **fit)
    assert moved(hybrid, before) == {"item_features"}
    if not jit_compile:
        before = values(unfreeze(hybrid))
        hybrid.fit(INPUTS, LABELS, **fit)  # the optimizer has known all of them
        assert moved(hybrid, before) == {*TABLES, "item_features", "interaction"}


def test_it_holds_for_a_view_that_was_made_before(hybrid):
    view = hybrid.over_catalogue()
    softmax = losses.CATALOGUE_LOSSES["softmax"]
    view.compile(SGD(0.1), softmax, jit_compile=False)
    labels = np.eye(9, dtype=np.int8)[INPUTS["item_id"][:, 0]]
    users = {"user_id": INPUTS["user_id"]}
    view.fit(users, labels, verbose=0)
    before = values(freeze(hybrid))
    view.fit(users, labels, verbose=0)
    # A softmax does not see the global bias, but for rounding.
    assert moved(hybrid, before) - {"interaction"} == {"item_features"}


def test_an_optimizer_refuses_what_it_has_no_state_for(hybrid):
    freeze(hybrid).compile(Adam(0.1), losses.LOSSES["bce"], jit_compile=False)
    hybrid.train_on_batch(INPUTS, LABELS)
    unfreeze(hybrid)
    with pytest.raises(ValueError, match="Unknown variable"):
        hybrid.train_on_batch(INPUTS, LABELS)


def test_the_prior_leaves_a_frozen_global_bias_alone(train):
    model = freeze(build_mf(7, 9), "global_bias")
    tfrecs.fit(model, train, seed=0, objective="bce", epochs=1)
    assert float(model.interaction.global_bias) == 0


def test_frozen_layers_score_the_catalogue_in_blocks_as_before():
    model = build_neumf(7, 9, hidden_units=(4, 3), init_std=1.0)
    whole = model.score_users(INPUTS["user_id"])
    model.interaction.hidden_block = 4 * 3 * 4  # three items at once
    freeze(model, ".*")
    blocks = model.score_users(INPUTS["user_id"])
    np.testing.assert_allclose(blocks, whole, rtol=1e-5)


def test_only_what_is_named_trains(hybrid):
    train_only(hybrid, "item_(bias|features)")
    trained = {v.path.split("/")[0] for v in hybrid.trainable_variables}
    assert trained == {"item_bias", "item_features"}
    assert len(unfreeze(hybrid).trainable_variables) == 6


def test_a_saved_model_keeps_what_is_frozen(hybrid, tmp_path):
    freeze(hybrid).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    trained = {v.path for v in loaded.trainable_variables}
    assert trained == {"item_features/kernel", "interaction/global_bias"}


@pytest.mark.parametrize("change", [freeze, unfreeze, train_only])
def test_a_name_of_no_layer_is_refused(change):
    with pytest.raises(ValueError, match=r"gmf_user, gmf.*Received: 'user_bias'"):
        change(build_gmf(7, 9), "gmf_user", "user_bias")


@pytest.mark.parametrize("name", ["(user", 3])
def test_what_is_no_regular_expression_is_refused(name):
    with pytest.raises(
        ValueError, match=r"a regular expression. Received: '?\(?(use|3)"
    ):
        freeze(build_gmf(7, 9), name)
    with pytest.raises(ValueError, match=r"needs the names.*none.*gmf_user"):
        train_only(build_gmf(7, 9))
