"""`Checkpoint` with Keras's own `fit`: what it keeps, and what it refuses."""

import json
import shutil

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfrecs
from tfrecs._base.array_files import read_arrays
from tfrecs._base.manifest import read_manifest, write_manifest
from tfrecs.callbacks import Checkpoint
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.models.freezing import freeze
from tfrecs.training.checkpoints.callback_states import CallbackStates
from tfrecs.training.checkpoints.checkpoint import KIND, STATE
from tfrecs.training.checkpoints.run_description import (
    describe_run,
    differences,
    digest,
)
from tfrecs.training.checkpoints.state_arrays import (
    variables_of,
    without_counter,
    write_arrays,
)
from tfrecs.training.partial_credit import partial_credit
from tfrecs.training.plan import Negatives, Plan, choose_negatives

X = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch=None):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def small_model(seed=0, units=3):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [keras.Input([2]), keras.layers.Dense(units), keras.layers.Dropout(0.5)]
    )
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=True)
    return model


def train(folder, run=None, epochs=6, interrupt=None, model=None, more=(), **settings):
    """Trains a small model with a checkpoint, and returns it with its history."""
    model = model or small_model()
    plateau = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.5)
    stop = keras.callbacks.EarlyStopping(
        "loss", patience=5, min_delta=0.2, restore_best_weights=True
    )
    callbacks = [plateau, stop, Interrupt(interrupt), *more]
    saved = Checkpoint(folder, run or {}, callbacks=callbacks, **settings)
    y = np.zeros([8, model.layers[0].units])
    history = model.fit(
        X,
        y,
        batch_size=8,
        epochs=epochs,
        initial_epoch=saved.initial_epoch(epochs),
        callbacks=[*callbacks, saved],
        shuffle=False,
        verbose=0,
    )
    assert history is saved
    return model, history


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("original")
    with pytest.raises(KeyboardInterrupt):
        train(folder, interrupt=3)
    assert names_in(folder) == ["epoch-000002", "epoch-000003"]
    return folder


@pytest.fixture
def interrupted(original, tmp_path):
    """A folder with the checkpoints of two and three epochs."""
    return shutil.copytree(original, tmp_path / "interrupted")


# Resuming


@pytest.mark.parametrize("epochs", [6, 40])
def test_callbacks_and_dropout_go_on_where_they_were(epochs, tmp_path):
    """Early stopping ends 40 epochs, and restores the best weights."""
    expected, whole = train(tmp_path / "whole", epochs=epochs)
    assert len(whole.epoch) < 40
    for epoch in (1, 3, 4):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "cut", epochs=epochs, interrupt=epoch)
    for seed in (1, 2):  # the second time it has finished
        found, history = train(tmp_path / "cut", model=small_model(seed), epochs=epochs)
        assert history.history == whole.history
        assert history.epoch == whole.epoch
        assert set(history.history) == {"loss", "learning_rate"}
        assert len({*whole.history["learning_rate"]}) > 1
        variables = variables_of(expected)
        for name, variable in variables_of(found).items():
            np.testing.assert_array_equal(variable, variables[name], err_msg=name)
        assert names_in(tmp_path / "cut") == ["finished"]


class AtEnd(keras.callbacks.Callback):
    def __init__(self, interrupts):
        super().__init__()
        self.interrupts = interrupts

    def on_train_end(self, logs=None):
        if self.interrupts:
            raise KeyboardInterrupt


def test_the_epoch_that_stops_early_is_repeated_after_a_kill_at_the_end(tmp_path):
    _, whole = train(tmp_path / "whole", epochs=40, more=[AtEnd(False)])
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", epochs=40, more=[AtEnd(True)])
    assert names_in(tmp_path / "cut")[-1] == f"epoch-{len(whole.epoch) - 1:06d}"
    _, history = train(tmp_path / "cut", epochs=40, more=[AtEnd(False)])
    assert history.history == whole.history


def test_the_checkpoint_before_a_deleted_one_is_used(interrupted):
    expected, _ = train(interrupted.with_name("whole"))
    shutil.rmtree(interrupted / "epoch-000003")
    saved = Checkpoint(interrupted, {}, callbacks=_three_callbacks())
    assert saved.epochs_done == 2
    found, _ = train(interrupted)
    np.testing.assert_array_equal(found.get_weights()[0], expected.get_weights()[0])


def _three_callbacks():
    return (
        keras.callbacks.ReduceLROnPlateau("loss"),
        keras.callbacks.EarlyStopping("loss"),
        Interrupt(),
    )


def test_what_a_killed_process_left_is_removed(interrupted):
    left = interrupted / ".epoch-000004.1.writing"
    left.mkdir()
    (left / STATE).write_bytes(b"half")
    train(interrupted)
    assert names_in(interrupted) == ["finished"]


def test_checkpoints_wait_for_the_least_time(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, interrupt=4, seconds=1e6)
    assert names_in(tmp_path) == []


def test_weights_that_are_not_finite_are_not_kept(interrupted):
    class Diverge(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            first = self.model.weights[0]
            first.assign(np.full(first.shape, np.nan))

    before = names_in(interrupted)
    bad = Diverge()
    with pytest.raises(ValueError, match="callbacks"):
        train(interrupted, more=[bad])
    folder = interrupted / "new"
    train(folder, more=[bad])
    assert not folder.exists()
    assert names_in(interrupted) == before


# Refusals


def test_another_training_is_refused(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, run={"seed": 1, "data": {"rows": 8, "name": "x"}}, interrupt=2)
    with pytest.raises(
        ValueError, match=r"same training.*seed: expected 2, received 1"
    ):
        train(tmp_path, run={"seed": 2, "data": {"rows": 8, "name": "x"}})
    with pytest.raises(
        ValueError, match=r"data\.rows: expected 9, received 8.*another"
    ):
        train(tmp_path, run={"seed": 1, "data": {"rows": 9, "name": "x"}})
    with pytest.raises(ValueError, match=r"callbacks: expected \[\], received \['Red"):
        Checkpoint(tmp_path, {"seed": 1, "data": {"rows": 8, "name": "x"}})


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(ValueError, match=r"must be a folder. Received: the file"):
        Checkpoint(path, {})


def test_another_first_epoch_is_refused(interrupted):
    saved = Checkpoint(interrupted, {}, callbacks=_three_callbacks())
    with pytest.raises(ValueError, match=r"`initial_epoch` must be 3.*Received: 0"):
        small_model().fit(X, np.zeros([8, 3]), callbacks=[saved], verbose=0)


def test_a_model_of_other_sizes_is_refused(interrupted):
    model = small_model(units=4)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"shape \(2, 3\) and float32, not \(2, 4\)"):
        train(interrupted, model=model)
    for mine, its in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("name", ["manifest.json", STATE])
@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_a_damaged_file_is_refused(name, damage, interrupted):
    path = interrupted / "epoch-000003" / name
    content = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(content[:-5])
    elif damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        path.unlink()
    message = r"epoch-000003: must be a whole checkpoint.*Delete this checkpoint"
    with pytest.raises(ValueError, match=message):
        train(interrupted)


def rewritten(folder, change):
    """Changes the arrays and the content of the last checkpoint, and seals it."""
    path = folder / "epoch-000003"
    content, arrays = read_manifest(path, KIND), read_arrays(path / STATE)
    change(content, arrays)
    write_arrays(path / STATE, arrays)
    del content["kind"], content["version"], content["files"]
    write_manifest(path, KIND, content)


def _kernel(arrays):
    [name] = [name for name in arrays if name.startswith("model/0/")]
    return name


def _nan(content, arrays):
    arrays[_kernel(arrays)][1, 1] = np.nan


def _huge(content, arrays):
    arrays[_kernel(arrays)][1, 1] = 1e30


def _negative_square(content, arrays):
    [name] = [n for n in arrays if n.endswith("kernel_velocity")]
    arrays[name][1, 1] = -2e9


def _negative_step(content, arrays):
    [name] = [n for n in arrays if n.endswith("iteration")]
    arrays[name] = -arrays[name]


def _no_array(content, arrays):
    del arrays[_kernel(arrays)]


def _doubles(content, arrays):
    name = _kernel(arrays)
    arrays[name] = arrays[name].astype(np.float64)


def _method(content, arrays):
    content["callbacks"][1]["on_train_end"] = 1


def _number_to_call(content, arrays):
    content["callbacks"][1]["monitor_op"] = 0.5


def _no_best_weights(content, arrays):
    del arrays["callback/1/best_weights/0"]


def _dunder(content, arrays):
    content["callbacks"][1]["__class__"] = 1


def _skipped_epoch(content, arrays):
    content["epoch"] = [0, 1, 3]


def _state_of_a_callback_more(content, arrays):
    content["callbacks"].append({})


def _no_history(content, arrays):
    del content["history"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_nan, "NaN or infinity in model/0/.*kernel"),
        (_huge, "in model/0/.*kernel.*too large to be squared"),
        (_negative_square, "negative numbers in optimizer/.*velocity"),
        (_negative_step, "negative numbers in optimizer/.*iteration"),
        (_no_array, "no model/0/.*kernel"),
        (_doubles, "float64, not .* float32"),
        (_method, "'on_train_end' of EarlyStopping"),
        (_dunder, "'__class__' of EarlyStopping"),
        (_number_to_call, "'monitor_op' of EarlyStopping"),
        (_no_best_weights, "best_weights/0"),
        (_skipped_epoch, "other parts"),
        (_state_of_a_callback_more, "other parts"),
        (_no_history, "history"),
    ],
)
def test_a_sealed_checkpoint_with_wrong_values_is_refused(change, message, interrupted):
    rewritten(interrupted, change)
    with pytest.raises(ValueError, match=rf"epoch-000003: must be.*{message}"):
        train(interrupted)


# States of callbacks

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
)
LISTS = LEAVES | st.lists(LEAVES)
VALUES = LISTS | st.dictionaries(st.text(), LISTS)


@given(VALUES)
def test_values_of_callbacks_return_as_they_were(value):
    callback, other = Interrupt(), Interrupt()
    states = CallbackStates([callback])
    states.begin()
    callback.epoch = [value, np.array([1.5, 2.5]), np.float32(0.5)]
    arrays = {}
    packed = json.loads(json.dumps(states.pack(arrays)))
    assert [*arrays] == ["callback/0/epoch/1", "callback/0/epoch/2"]
    CallbackStates([other]).restore(packed, arrays)
    assert other.epoch[::2] == [value, 0.5]
    assert isinstance(other.epoch[2], np.float32)  # weights of Keras have a shape
    np.testing.assert_array_equal(other.epoch[1], [1.5, 2.5])


def test_only_attributes_that_changed_are_states():
    callback = Interrupt(5)
    callback.lookup, callback.compare = {1: 2}, None
    states = CallbackStates([callback])
    states.begin()
    assert states.pack({}) == [{}]
    callback.wait, callback.lookup = 3, {2: 3}  # keys of JSON are text
    assert states.pack({}) == [{"wait": 3}]
    # Callbacks of Keras choose whether less is better at their first epoch.
    callback.compare = keras.ops.less
    assert states.pack({}) == [{"wait": 3, "compare": {"op": "less"}}]
    states.restore([{"compare": {"op": "greater"}}], {})
    assert callback.compare is keras.ops.greater
    for name in ("__name__", "absent"):
        with pytest.raises(AttributeError, match=name):
            states.restore([{"compare": {"op": name}}], {})
    callback.compare = len
    # A restored value counts as changed, also if the callback already had it.
    states.begin()
    states.restore([{"wait": 3}], {})
    assert states.pack({}) == [{"wait": 3}]


# Descriptions of runs


def test_names_are_compared_without_counters():
    assert without_counter("dense_12/kernel") == "dense/kernel"
    assert without_counter("adam_1/dense_2_kernel_momentum") == (
        "adam/dense_kernel_momentum"
    )
    assert without_counter('"multiply_3"') == '"multiply"'
    assert without_counter("mlp_x/v2") == "mlp_x/v2"


def test_differences_name_their_place():
    found = differences({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4, "c": 2}})
    assert [*found] == [
        "a.b: expected 1, received 4",
        "d: expected 3, received None",
    ]
    assert [*differences({"a": 1}, None)] == [": expected {'a': 1}, received None"]


def test_digests_differ_by_values_shapes_and_kinds():
    arrays = [np.zeros(2), np.zeros([1, 2]), np.zeros(2, np.int64), np.array([0.0, 1])]
    found = {digest(x) for x in (*arrays, arrays[:2], arrays[1::-1], None, "a", ["a"])}
    assert len(found) == 9
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1})


@pytest.fixture(scope="module")
def data():
    return make_synthetic(20, 12, seed=0, interactions_per_user=4).interactions


def description(data, plan=None, optimizer=None, build=tfrecs.build_mf, **settings):
    model = build(20, 12, **settings)
    plan = plan or choose_negatives(data, "bpr")
    optimizer = optimizer or keras.optimizers.Adam(0.1)
    return json.loads(json.dumps(describe_run(model, data, plan, optimizer)))


def _frozen(num_users, num_items):
    return freeze(tfrecs.build_mf(num_users, num_items), "user_factors")


def _with_features(num_users, num_items, last):
    features = np.eye(num_items, 3, dtype=np.float32)
    features[-1, -1] = last
    return tfrecs.build_hybrid(num_users, num_items, item_features=features)


KIND_LABELS = {"kind": np.arange(12) % 3}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"embedding_dim": 7}, "model.weights.1/user_factors/embeddings: expected '["),
        ({"build": tfrecs.build_gmf}, "model.name"),
        ({"build": _frozen}, "model.weights.1/user_factors/embeddings: expected '["),
        ({"l2": 0.5}, "model.config_sha256"),
        ({"optimizer": keras.optimizers.Adam(0.2)}, "optimizer.config.learning_rate"),
        ({"optimizer": keras.optimizers.SGD(0.1)}, "optimizer.class_name"),
        ({"plan": Plan("hinge", Negatives("own"))}, "objective.name"),
        (
            {"plan": Plan("bpr", Negatives("own", num_negatives=5))},
            "negatives.num_negatives",
        ),
        (
            {
                "plan": Plan(
                    "bpr",
                    Negatives("own", credit=partial_credit(KIND_LABELS, {"kind": 0.5})),
                )
            },
            "negatives.credit",
        ),
    ],
)
def test_a_description_names_what_differs(change, place, data):
    expected = description(data)
    assert description(data) == expected  # of a second model of the program
    found = [*differences(description(data, **change), expected)]
    assert any(text.startswith(place) for text in found), found


def test_a_description_depends_on_the_values_of_features(data):
    one, other = (description(data, build=_with_features, last=x) for x in (1.0, 2.0))
    found = [text.split(":")[0] for text in differences(one, other)]
    assert found == ["model.constants_sha256"]


def test_a_description_depends_on_the_data(data, from_pairs):
    pairs = list(zip(data.user_ids, data.item_ids, strict=True))
    plan = choose_negatives(data, "bpr")
    same = from_pairs(pairs, 20, 12)
    others = [
        from_pairs([*pairs[:-2], *pairs[:-3:-1]], 20, 12),
        from_pairs(pairs, 20, 12, weights=np.ones(len(pairs))),
        from_pairs(pairs, 20, 12, ratings=np.ones(len(pairs))),
    ]
    found = [description(x, plan)["train"]["sha256"] for x in (same, *others)]
    assert len({*found}) == 4
    assert found[0] == description(from_pairs(pairs, 20, 12), plan)["train"]["sha256"]
