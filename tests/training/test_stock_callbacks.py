"""Keras's callbacks in `tfrecs.fit`: they see the model, whatever is trained."""

import csv
import json
import subprocess
import sys

import keras
import numpy as np
import optuna
import pytest
from keras import callbacks as stock

import tfrecs
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.optimizers import LazyAdam, SparseSGD
from tfrecs.training.row_metrics import MRR, HitRate

KINDS = [("bpr", "own"), ("softmax", "in-batch"), ("bce", "shared"), ("softmax", "all")]
USERS = np.arange(120)


@pytest.fixture(scope="module")
def parts():
    data = make_synthetic(120, 40, seed=0, interactions_per_user=14).interactions
    return leave_k_out(data, seed=0, k=3)


def build():
    keras.utils.set_random_seed(0)
    return tfrecs.build_mf(120, 40, embedding_dim=4)


def fit(model, parts, kind, callbacks=(), epochs=4, **options):
    objective, negatives = kind
    return tfrecs.fit(
        model,
        parts[0],
        seed=0,
        objective=objective,
        negatives=negatives,
        epochs=epochs,
        validate_every=1,
        callbacks=callbacks,
        **options,
    )


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_callbacks_work_on_the_model(parts, kind, tmp_path):
    model, seen, scores = build(), [], []

    def at_end(epoch, logs):
        seen.append(watch.model)
        scores.append(watch.model.score_users(USERS))

    watch = stock.LambdaCallback(on_epoch_end=at_end)
    history = fit(
        model,
        parts,
        kind,
        [
            watch,
            stock.ModelCheckpoint(tmp_path / "{epoch}.keras"),
            stock.ModelCheckpoint(
                tmp_path / "{epoch}.weights.h5", save_weights_only=True
            ),
            stock.BackupAndRestore(tmp_path / "backup"),
            stock.TensorBoard(tmp_path / "board"),
            stock.LearningRateScheduler(lambda epoch, rate: 0.01 / 2**epoch),
            stock.CSVLogger(tmp_path / "log.csv"),
            # Nothing is a thousand times better than the first epoch.
            stock.EarlyStopping("loss", min_delta=1e3, restore_best_weights=True),
        ],
    )
    assert all(one is model for one in seen)
    assert history.epoch == [0, 1]  # stopped
    assert history.history["learning_rate"] == pytest.approx([0.01, 0.005])
    with (tmp_path / "log.csv").open() as file:
        rows = [float(row["loss"]) for row in csv.DictReader(file)]
    assert rows == pytest.approx(history.history["loss"])
    assert list((tmp_path / "board" / "train").iterdir())
    assert not np.array_equal(*scores)
    np.testing.assert_array_equal(model.score_users(USERS), scores[0])  # restored
    loaded = keras.saving.load_model(tmp_path / "2.keras")
    np.testing.assert_allclose(loaded.score_users(USERS), scores[1], rtol=1e-6)
    assert type(loaded) is type(model)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations)
    other = build()
    other.load_weights(tmp_path / "1.weights.h5")
    np.testing.assert_allclose(other.score_users(USERS), scores[0], rtol=1e-6)


def test_an_interrupted_training_is_taken_up(parts, tmp_path):
    class Power(stock.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    backup = stock.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        fit(build(), parts, KINDS[1], [Power(), backup])
    model = build()
    history = fit(model, parts, KINDS[1], [stock.BackupAndRestore(backup.backup_dir)])
    assert history.epoch == [2, 3]
    whole = build()
    fit(whole, parts, KINDS[1])
    assert int(model.optimizer.iterations) == int(whole.optimizer.iterations)


def test_the_model_goes_on_after_its_training(parts, tmp_path):
    """Keras continues with one positive of a row, and `fit` with the moments."""
    model = build()
    fit(model, parts, KINDS[1], epochs=1)
    steps = int(model.optimizer.iterations)
    rows = {
        "user_id": np.arange(8, dtype=np.int32),
        "item_id": np.arange(24, dtype=np.int32).reshape(8, 3),
    }
    labels = np.eye(1, 3).repeat(8, axis=0)
    scores = np.asarray(model(rows), np.float64)
    expected = np.log(np.exp(scores).sum(axis=1)) - scores[:, 0]
    assert model.evaluate(rows, labels, verbose=0) == pytest.approx(expected.mean())
    model.fit(rows, labels, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.fit(rows, labels, verbose=0)
    before = [np.array(x) for x in loaded.optimizer.variables]
    found = []

    def at_start(logs):
        found.extend(np.array(x) for x in watch.model.optimizer.variables)

    watch = stock.LambdaCallback(on_train_begin=at_start)
    fit(loaded, parts, KINDS[1], [watch], epochs=1, optimizer=loaded.optimizer)
    assert [x.tolist() for x in found] == [x.tolist() for x in before]
    assert int(loaded.optimizer.iterations) == 2 * steps + 2


def test_ranking_metrics_of_held_out_positives_stop_the_training(parts):
    """The metrics are those of `evaluate`, and callbacks after them can read them."""
    model = build()
    stop = stock.EarlyStopping("val_ndcg@10", mode="max", min_delta=1)
    history = fit(model, parts, KINDS[3], [stop], validation=parts[1])
    assert history.epoch == [0, 1]
    expected = tfrecs.evaluate(model, *parts, k=10).metrics["ndcg@10"]
    assert history.history["val_ndcg@10"][-1] == pytest.approx(expected)


def test_optuna_tunes_around_it(parts):
    def objective(trial):
        rate = trial.suggest_float("rate", 1e-6, 1e-1, log=True)
        adam = keras.optimizers.Adam(rate)
        options = {"validation": parts[1], "optimizer": adam, "epochs": 2}
        history = fit(build(), parts, KINDS[3], **options).history["val_ndcg@10"]
        for epoch, value in enumerate(history):
            trial.report(value, epoch)
        return history[-1]

    study = optuna.create_study(direction="maximize")
    study.enqueue_trial({"rate": 1e-6})
    study.enqueue_trial({"rate": 0.1})
    study.optimize(objective, n_trials=2)
    assert study.best_params == {"rate": 0.1}


LOAD = """
for path in sys.argv[1:]:
    print(json.dumps(keras.saving.load_model(path).get_compile_config()))
"""


@pytest.fixture(scope="module")
def compiled(parts, tmp_path_factory):
    """Files of models with losses, metrics and optimizers, by their settings."""
    folder, found = tmp_path_factory.mktemp("compiled"), {}
    losses = (tfrecs.losses.bpr, tfrecs.losses.configure_loss("ccl", margin=0.2))
    plain = keras.Sequential([keras.Input([2]), keras.layers.Dense(3)])
    gru = tfrecs.build_gru(9, embedding_dim=2, units=2)
    two = zip((plain, gru), (LazyAdam(0.02), SparseSGD(0.1)), losses, strict=True)
    for n, (model, optimizer, loss) in enumerate(two):
        model.compile(optimizer, loss, metrics=[HitRate(3)], weighted_metrics=[MRR(2)])
        model.save(folder / f"{n}.keras")
        found[str(folder / f"{n}.keras")] = model.get_compile_config()
    model, path = build(), folder / "fitted.keras"
    fit(model, parts, KINDS[1], [stock.ModelCheckpoint(path)], epochs=1)
    return {**found, str(path): model.get_compile_config()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    ["import tfrecs, keras", "import keras, tfrecs", "import tfrecs.losses, keras"],
)
def test_a_file_loads_after_an_import_of_the_package(compiled, imports):
    code = f"import json, sys; {imports}\n{LOAD}"
    done = subprocess.run(
        [sys.executable, "-c", code, *compiled], capture_output=True, text=True
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found == json.loads(json.dumps([*compiled.values()])), done.stderr
    assert "sampled_softmax" in done.stdout


@pytest.mark.parametrize(
    ("is_terminal", "verbose", "shown"),
    [(True, None, True), (False, None, False), (True, False, False)],
)
def test_progress_is_shown_on_a_terminal(
    parts, monkeypatch, capsys, is_terminal, verbose, shown
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    fit(build(), parts, KINDS[3], epochs=1, verbose=verbose)
    assert ("loss:" in capsys.readouterr().out) == shown
