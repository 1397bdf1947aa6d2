"""Stages: each trains what it names, by its own optimizer."""

import itertools
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfrecs.models import build_bucketed_mf, build_hybrid, build_mf
from tfrecs.models.freezing import freeze, matching
from tfrecs.models.warm_start import start_from_mf
from tfrecs.optimizers import separate_bias_optimizer
from tfrecs.training.stages import Stage, fine_tune, fit_stages, make_stages

SGD = keras.optimizers.SGD
FEATURES = np.random.default_rng(0).normal(size=(9, 4))


@pytest.fixture(scope="module")
def train(from_pairs):
    pairs = [(u, i) for u in range(8) for i in range(9) if (u * i) % 3 == 1]
    return from_pairs(pairs, 8, 9)


def hybrid():
    keras.utils.set_random_seed(0)
    return build_hybrid(8, 9, embedding_dim=3, item_features=FEATURES)


def values(model):
    return {variable.path: np.array(variable) for variable in model.weights}


def changes(*states):
    """The paths of the weights that changed from each state to the next."""
    return [
        {path for path in before if not np.array_equal(before[path], after[path])}
        for before, after in itertools.pairwise(states)
    ]


class Watch(keras.callbacks.Callback):
    """Keeps the weights at the end of each stage, and what made the steps."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_end(self, logs=None):
        towers = getattr(self.model, "towers", self.model)
        self.seen.append((values(towers), self.model.optimizer))


def one_step(name, trains, optimizer):
    """A stage whose only batch is all users."""
    return Stage(name, trains, optimizer, epochs=1, batch_size=8)


def test_the_steps_are_those_of_each_stages_own_optimizer(train):
    """Plain SGD at two rates: the same gradient at the start, so the ratio is known."""
    moved = []
    for rate in (0.5, 2.0):
        model, watch = hybrid(), Watch()
        model.interaction.global_bias.assign(-1.0)  # no other start
        start = values(model)
        stages = [
            one_step("biases", ["item_bias"], SGD(rate)),
            one_step("features", ["item_features"], keras.optimizers.Adam(0.01)),
        ]
        histories = fit_stages(model, train, stages, seed=0, callbacks=[watch])
        assert list(histories) == ["biases", "features"]
        (first, sgd), (second, adam) = watch.seen
        assert (type(sgd), type(adam)) == (SGD, keras.optimizers.Adam)
        assert [float(o.learning_rate) for o in (sgd, adam)] == pytest.approx(
            [rate, 0.01]
        )
        assert [int(o.iterations) for o in (sgd, adam)] == [1, 1]
        changed = changes(start, first, second)
        assert changed == [{"item_bias/embeddings"}, {"item_features/kernel"}]
        moved.append(first["item_bias/embeddings"] - start["item_bias/embeddings"])
        # The first step of Adam is its rate in the direction of each gradient.
        step = second["item_features/kernel"] - first["item_features/kernel"]
        np.testing.assert_allclose(np.abs(step), 0.01, rtol=0.02)
    np.testing.assert_allclose(moved[1], 4 * moved[0], rtol=1e-4)


def test_a_stage_can_be_used_again_and_take_two_optimizers(train):
    model = hybrid()
    two = separate_bias_optimizer(model, SGD(0.1), SGD(0.0))
    stages = [
        one_step(name, ["(user|item)_.*"], two) for name in ("first", "once more")
    ]
    before = values(model)
    fit_stages(model, train, stages, seed=0)
    [changed] = changes(before, values(model))
    assert not changed & {"user_bias/embeddings", "item_bias/embeddings"}
    assert "item_factors/embeddings" in changed
    assert not two.built
    assert stages[0].optimizer is two


def test_what_was_frozen_is_so_afterwards_even_after_an_error(train, from_pairs):
    model = freeze(hybrid(), "item_bias", "global_bias")
    before = [v.path for v in model.trainable_variables]
    stages = [one_step("all", [".*"], SGD(0.1))]
    other = from_pairs([(0, 0)], 2, 2)
    with pytest.raises(ValueError, match="must have the 2 users"):
        fit_stages(model, other, stages, seed=0)
    assert [v.path for v in model.trainable_variables] == before


def test_fine_tuning_starts_from_mf_and_moves_what_each_stage_names(train, tmp_path):
    mf = build_mf(8, 9, embedding_dim=3)
    mf.interaction.global_bias.assign(-1.0)
    model, watch, start = hybrid(), Watch(), start_from_mf(hybrid(), mf)
    stages = make_stages("pretrained", epochs=1, rates={"all": 1e-3})
    options = {"stages": stages, "callbacks": [watch], "checkpoint": tmp_path}
    histories = fine_tune(model, mf, train, seed=0, **options)
    assert list(histories) == ["metadata_only", "all"]
    finished = sorted(path.parent.name for path in tmp_path.glob("*/finished"))
    assert finished == ["stage-1", "stage-2"]
    frozen, last = (seen for seen, _ in watch.seen)
    start = values(start)
    changed = changes(start, frozen, last)
    features = {"item_features/kernel"}
    assert changed == [features, start.keys() - {"item_features/table"}]
    rates = [float(o.learning_rate) for _, o in watch.seen]
    assert rates == pytest.approx([3e-3, 1e-3])


def test_standard_stages_train_the_layers_that_they_name(train):
    trained = {
        stage.name: set(matching(hybrid(), *stage.trains))
        for stage in make_stages("hybrid")
    }
    ids = {
        f"{side}_{part}" for side in ("user", "item") for part in ("factors", "bias")
    }
    biases = {"user_bias", "item_bias", "global_bias"}
    assert list(trained) == ["matrix_factorization", "metadata_only", "all"]
    assert trained["matrix_factorization"] == ids | biases
    assert trained["metadata_only"] == biases | {"item_features"}
    assert trained["all"] >= ids | biases | {"item_features"}


def test_stages_of_buckets_train_own_items_last():
    model = build_bucketed_mf(8, 4, item_buckets=np.array([0, 1, 1, 0]))
    first, last = (
        matching(model, *stage.trains) for stage in make_stages("buckets", epochs=1)
    )
    own = {"item_factors", "item_bias"}
    assert last.keys() - first.keys() == {*own, "item_buckets"}  # categories are fixed
    assert first.keys() < last.keys()


@pytest.mark.parametrize(
    ("name", "rates", "message"),
    [
        ("mf", None, "one of hybrid, pretrained, buckets. Received: 'mf'"),
        ("pretrained", {"al": 1.0}, "one of metadata_only, all. Received: 'al'"),
    ],
)
def test_unknown_stages_and_rates(name, rates, message):
    with pytest.raises(ValueError, match=message):
        make_stages(name, rates=rates)


# Mistakes


@pytest.mark.parametrize(
    ("trains", "negatives", "received"),
    [("user_fac", "auto", "'user_fac'"), (".*", "many", "'many'")],
)
def test_a_wrong_last_stage_is_refused_before_anything_trains(
    train, trains, negatives, received
):
    model = hybrid()
    before = values(model)
    last = Stage("b", [trains], SGD(0.1), negatives=negatives)
    with pytest.raises(ValueError, match=f"Received: {received}"):
        fit_stages(model, train, [one_step("a", [".*"], SGD(0.1)), last], seed=0)
    for path, value in values(model).items():
        np.testing.assert_array_equal(value, before[path])


@pytest.mark.parametrize(
    ("names", "received"), [([], "none"), (["a", "b", "a"], "a, b, a")]
)
def test_no_stages_or_two_of_one_name(train, names, received):
    stages = [one_step(name, [".*"], SGD(0.1)) for name in names]
    with pytest.raises(ValueError, match=f"different names. Received: {received}"):
        fit_stages(hybrid(), train, stages, seed=0)


def test_stages_may_come_one_by_one(train):
    stages = (one_step(name, [".*"], SGD(0.1)) for name in "ab")
    assert list(fit_stages(hybrid(), train, stages, seed=0)) == ["a", "b"]


def test_a_text_or_the_name_of_an_optimizer_is_refused():
    with pytest.raises(TypeError, match=r"list of names.*the string 'item_bias'"):
        Stage("a", "item_bias", SGD(0.1))
    with pytest.raises(TypeError, match=r"optimizer of Keras.*Received: 'adam'"):
        Stage("a", ["item_bias"], "adam")


# Checkpoints


def two_stages():
    return [
        Stage("ids", ["user_.*"], keras.optimizers.Adam(0.1), "bce", "own", 3, 8, 1),
        Stage("all", [".*"], keras.optimizers.Adam(0.01), "bpr", "own", 3, 8, 1),
    ]


class Interrupt(keras.callbacks.Callback):
    """Stops the program at the beginning of an epoch, counted over its stages."""

    def __init__(self, epoch):
        super().__init__()
        self.ahead = iter([None] * epoch)

    def on_epoch_begin(self, epoch, logs=None):
        if next(self.ahead, "over") == "over":
            raise KeyboardInterrupt


def staged(train, epoch, **options):
    """Trains a hybrid with dropout in two stages of 3 epochs, or up to an epoch."""
    keras.utils.set_random_seed(0)
    model = build_hybrid(8, 9, embedding_dim=3, item_features=FEATURES, dropout=0.3)
    options = {"seed": 0, "callbacks": [Interrupt(epoch)], **options}
    return model, fit_stages(model, train, two_stages(), **options)


def test_stages_that_were_interrupted_go_on_to_the_same_numbers(train, tmp_path):
    expected, whole = staged(train, 99)
    folders = []
    for epoch in (2, 3, 0):  # in the first stage, then in the second, then before it
        with pytest.raises(KeyboardInterrupt):
            staged(train, epoch, checkpoint=tmp_path)
        folders.append(sorted(path.parts[-2:] for path in tmp_path.glob("*/*")))
    first, second = [("stage-1", f"epoch-00000{n}") for n in (1, 2)], []
    for n in (1, 2):
        second = [("stage-1", "finished"), *second, ("stage-2", f"epoch-00000{n}")]
    assert folders == [first, second[1:], second[1:]]
    for _ in range(2):  # the second time nothing is left to do
        model, histories = staged(train, 99, checkpoint=tmp_path)
        for name, array in values(expected).items():
            np.testing.assert_array_equal(values(model)[name], array, err_msg=name)
        for name, history in histories.items():
            assert history.history == whole[name].history
            assert len(history.epoch) == 3
        steps = [int(h.model.optimizer.iterations) for h in histories.values()]
        assert steps == [int(h.model.optimizer.iterations) for h in whole.values()]


def test_a_checkpoint_of_other_stages_is_refused(train, tmp_path):
    stages = two_stages()
    fit_stages(hybrid(), train, stages[:1], seed=0, checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"stage-1.*Differences"):
        fit_stages(hybrid(), train, stages[::-1], seed=0, checkpoint=tmp_path)


KILLED = """
import os, signal, sys, traceback
import keras, numpy as np
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.models import build_neumf
from tfrecs.training.stages import Stage, fit_stages

DATA = make_synthetic(60, 30, seed=0, interactions_per_user=10).interactions
begun = []

class Kill(keras.callbacks.Callback):
    def __init__(self, last):
        super().__init__()
        self.last = last

    def on_epoch_begin(self, epoch, logs=None):
        begun.append(epoch)
        if len(begun) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

def train(last, folder, out):
    keras.utils.set_random_seed(0)
    model = build_neumf(60, 30, dropout=0.2)
    adam = keras.optimizers.Adam(0.01)
    stages = [
        Stage("items", ["item_.*"], adam, "bce", "own", 3, 64, 1),
        Stage("all", [".*"], adam, "softmax", "in-batch", 3, 64, 1),
    ]
    options = {"seed": 0, "callbacks": [Kill(last)], "checkpoint": folder}
    last = fit_stages(model, DATA, stages, **options)["all"]
    variables = [*model.variables, *last.model.optimizer.variables]
    np.savez(out, *map(np.array, variables), *map(np.array, last.history.values()))

def forked(*given):  # this process runs nothing with TensorFlow
    pid = os.fork()
    if not pid:
        try:
            train(*given)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

saved, whole, resumed = (f"{sys.argv[1]}/{x}" for x in ("saved", "a.npz", "b.npz"))
print(forked(0, None, whole), *(forked(n, saved, resumed) for n in (2, 4, 0)))
"""


@pytest.mark.slow
def test_stages_that_were_killed_end_with_the_same_bits(tmp_path):
    """SIGKILL in the second epoch of either stage."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path], capture_output=True, text=True
    )
    assert done.stdout.split() == ["0", "-9", "-9", "0"], done.stderr
    with np.load(tmp_path / "a.npz") as whole, np.load(tmp_path / "b.npz") as resumed:
        assert len(whole.files) == len(resumed.files) > 20
        for name in whole.files:
            assert whole[name].tobytes() == resumed[name].tobytes(), name
