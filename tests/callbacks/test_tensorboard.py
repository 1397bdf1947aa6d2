import html
import itertools
import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.callbacks import (
    ItemDisplay,
    RankingMetrics,
    Snapshots,
    TensorBoard,
    log_result,
)
from tfrecs.callbacks.board.budget import Budget
from tfrecs.callbacks.board.card import card_of
from tfrecs.callbacks.board.graph import graph_of

SAMPLE = "validation sample"
BOARD = "tfrecs.callbacks.tensorboard"


@pytest.fixture(scope="module")
def logs(tmp_path_factory, films):
    """Two runs, one of a Keras model and one of a baseline; the first's training."""
    folder = tmp_path_factory.mktemp("logs")
    train, validation = films
    keras.utils.set_random_seed(0)
    model = tfrecs.build_neumf(
        *(train.num_users, train.num_items),
        embedding_dim=4,
        mlp_embedding_dim=4,
        hidden_units=(4, 2),
    )
    callbacks = [
        RankingMetrics(train, validation, k=5),
        TensorBoard(
            folder / "mf-1",
            *(train, validation),
            validate_every=5,
            hparams={"model": "mf", "lr": 0.003},
            card={"data <set>": "films"},
            snapshots=Snapshots(share=1, k=(2, 5)),
        ),
    ]
    history = tfrecs.fit(model, train, seed=0, epochs=15, callbacks=callbacks)
    log_result(folder / "mf-1", {"model": "mf", "lr": 0.003}, {"test/ndcg@5": 0.5})
    hparams = {"model": "ease", "l2": 600}
    log_result(folder / "ease-1", hparams, {"test/ndcg@5": 0.75})
    return folder, history.history, model


@pytest.fixture(scope="module")
def found(logs, tags_of, tmp_path_factory):
    """What the first run's training wrote, by tag and step."""
    folder = tmp_path_factory.mktemp("run")
    first = min((logs[0] / "mf-1").glob("events*"))  # names rise with time
    (folder / first.name).write_bytes(first.read_bytes())
    return tags_of(folder)


def curve(found, tag: str) -> list[float]:
    return [float(value) for value in found[tag].values()]


def text_of(found, tag: str, step: int) -> str:
    return found[tag][step].item().decode()


def test_training_curves_are_those_of_the_history(logs, found):
    _, history, _ = logs
    assert list(found["train/loss"]) == [5, 10, 15]  # epochs
    assert curve(found, "train/loss") == pytest.approx(history["loss"])
    assert curve(found, "learning_rate/main") == pytest.approx([0.003] * 3)
    assert len(found["workload/examples_per_second"]) == 3
    assert min(curve(found, "workload/examples_per_second")) > 0
    assert curve(found, "validation/ndcg@5") == pytest.approx(history["val_ndcg@5"])


def test_what_is_of_a_sample_says_so_and_the_last_is_of_the_trained_model(
    logs, found, films
):
    names = ["precision", "recall", "ndcg", "mrr", "coverage", "head_share"]
    expected = tfrecs.evaluate(logs[2], *films, k=(2, 5), metrics=names).metrics
    scalar = {tag for tag, steps in found.items() if np.ndim(steps.get(15, [0])) == 0}
    of_sample = {tag for tag in scalar if tag.startswith(f"{SAMPLE}/")}
    assert of_sample == {f"{SAMPLE}/{name}" for name in expected}
    for name, value in expected.items():
        assert found[f"{SAMPLE}/{name}"][15] == pytest.approx(value)


def test_the_curve_of_lists_meets_the_metrics(found, films):
    [tag] = [tag for tag in found if "length of lists" in tag]
    precision, recall = found[tag][15][4:]
    users = len(np.unique(films.test.user_ids))
    assert precision[-2] == pytest.approx(found[f"{SAMPLE}/precision@2"][15])
    hits = found[tag][15][0]
    assert hits[-2] == pytest.approx(precision[-2] * 2 * users)
    assert (hits[0], recall[0]) == (len(films.test), 1)


def test_norms_are_those_of_the_trained_vectors(logs, found, films):
    vectors = logs[2].item_output()["factors"]
    tags = [
        tag for tag in found if tag.startswith("vector norms of items, by popularity/")
    ]
    counts = sum(found[tag][15][:, 2].sum() for tag in tags)
    assert counts == films.train.num_items
    highest = max(found[tag][15][-1, 1] for tag in tags)
    assert highest == pytest.approx(np.linalg.norm(vectors, axis=1).max(), rel=1e-6)
    assert any(
        tag.startswith("vector norms of users, by activity/decile 01") for tag in found
    )


def test_examples_are_the_best_items_in_titles_that_execute_nothing(logs, found, films):
    tags = [tag for tag in found if tag.startswith("recommendations/")]
    assert [tag.split("/")[1] for tag in tags] == [
        *("1, a light user", "2, a medium user", "3, a heavy user")
    ]
    together = "".join(text_of(found, tag, 15) for tag in tags)
    assert "<" not in together.replace("**", "")
    assert "&#60;script&#62;" in together
    user = int(re.search(r"User (\d+) had", together)[1])
    best, _ = tfrecs.evaluation.ranking.top_k.top_k(
        logs[2], [user], 5, deny=films.train
    )
    first = text_of(found, tags[0], 15)
    titles = films.train.item_features["title"]
    shown = html.unescape(markdown_cells(first)[1])
    assert shown == " ".join(titles[best[0, 0]].split())


def markdown_cells(text: str) -> list[str]:
    """The cells of the first row of the first table."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [cell.strip() for cell in rows[2].strip("|").split(" | ")]


def test_the_card_describes_the_run(found, films, monkeypatch):
    card = html.unescape(text_of(found, "card of the run", 0))
    for row in (
        "| data <set> | films |",
        "| users | 30 |",
        "| items | 20 |",
        "| model | neumf (TwoTower) |",
        "| optimizer | Adam |",
        "| loss | catalogue_bce |",
        f"tfrecs {tfrecs.__version__}, keras {keras.__version__}",
    ):
        assert row in card
    model = keras.Sequential(name="plain")
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "my bench", "--k=|5|"])
    card = html.unescape(card_of({}, films.train, None, model, model))
    assert "| command | python -m 'my bench' '--k=|5|' |" in card
    assert "parameters" not in card  # which are not known yet
    assert "optimizer" not in card


def test_the_graph_has_two_towers_and_the_interaction(logs):
    graph = graph_of(logs[2])
    nodes = {node.name: list(node.input) for node in graph.node}
    assert nodes["interaction/dot_product"] == [
        *("user_tower/gmf_user", "item_tower/gmf_weights")
    ]
    assert nodes["interaction/g/hidden_0"] == ["interaction/hidden_sum"]
    dot, hidden = nodes["score"]
    assert dot == "interaction/dot_product"
    assert nodes[hidden] == ["interaction/g/output_weights"]
    assert nodes["user_id"] == nodes["item_id"] == []
    assert all(fed in nodes for inputs in nodes.values() for fed in inputs)
    tower = {name.split("/")[0] for name in nodes}
    assert tower == {
        *("user_id", "item_id", "user_tower", "item_tower", "interaction", "score")
    }


def test_the_projector_has_users_and_items_with_titles(logs, films):
    folder, _, model = logs
    vectors = np.fromfile(folder / "mf-1" / "items.bytes", np.float32)
    assert vectors.reshape(20, 4) == pytest.approx(
        model.item_output()["factors"], rel=1e-4
    )
    lines = (folder / "mf-1" / "items.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 21
    assert lines[0].split("\t")[0] == "title"
    assert lines[1].split("\t")[0] == films.train.item_features["title"][0]
    people = (folder / "mf-1" / "users.tsv").read_text(encoding="utf-8").splitlines()
    assert len(people) == 21  # no more users than items


# What it leaves alone, and when it looks


def train_plainly(films, *callbacks, epochs=3, model=None):
    """Trains with stock Keras, without compiling: quick."""
    train, _ = films
    keras.utils.set_random_seed(0)
    if model is None:
        model = tfrecs.build_mf(
            train.num_users, train.num_items, embedding_dim=4, dropout=0.5
        )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", loss, run_eagerly=True)
    rows = {"user_id": train.user_ids, "item_id": train.item_ids}
    history = model.fit(
        rows,
        np.ones(len(train)),
        batch_size=64,
        epochs=epochs,
        callbacks=list(callbacks),
        verbose=0,
    )
    return model, history.history


def test_training_is_the_same_with_and_without_it(films, tmp_path):
    alone, told = train_plainly(films)
    watched, seen = train_plainly(
        films, TensorBoard(tmp_path, *films, snapshots=Snapshots(share=1))
    )
    assert told == seen  # nothing was written into the logs either
    for one, other in zip(alone.get_weights(), watched.get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(("share", "looked"), [(0, [1, 4]), (1, [1, 2, 3, 4])])
def test_it_looks_first_and_last_and_in_between_if_there_is_time(
    films, tmp_path, tags_of, monkeypatch, share, looked
):
    monkeypatch.setattr(
        f"{BOARD}.Budget.allows_snapshot", lambda budget: budget.share == 1
    )
    train_plainly(
        films, TensorBoard(tmp_path, *films, snapshots=Snapshots(share=share)), epochs=4
    )
    found = tags_of(tmp_path)
    assert list(found[f"{SAMPLE}/ndcg@10"]) == looked
    assert list(found["train/loss"]) == [1, 2, 3, 4]


def test_without_validation_there_are_examples_and_norms(films, tmp_path, tags_of):
    train_plainly(
        films, TensorBoard(tmp_path, films.train, snapshots=Snapshots(k=3)), epochs=1
    )
    found = tags_of(tmp_path)
    assert list(found["recommendations/1, a light user"]) == [1]  # and not twice
    assert not [tag for tag in found if "validation" in tag]
    text = text_of(found, "recommendations/1, a light user", 1)
    assert "held-out" not in text
    assert (tmp_path / "projector_config.pbtxt").exists()


def test_an_interrupted_training_leaves_what_was_written(films, tmp_path, tags_of):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    board = TensorBoard(tmp_path, *films, hparams={"a": 1})
    with pytest.raises(KeyboardInterrupt):
        train_plainly(films, board, Interrupt())
    found = tags_of(tmp_path)
    assert len(found["train/loss"]) == 2
    assert f"{SAMPLE}/ndcg@10" in found
    assert "_hparams_/session_end_info" not in found
    train_plainly(films, board, epochs=1)  # and goes on in another file
    min(tmp_path.glob("events*")).unlink()
    again = tags_of(tmp_path)
    assert list(again["train/loss"]) == [3]
    assert "_hparams_/session_end_info" in again


def test_a_model_that_has_diverged_is_not_looked_at(films, tmp_path, tags_of):
    train, _ = films
    model = tfrecs.build_mf(train.num_users, train.num_items, embedding_dim=4)
    model.set_weights([np.full_like(x, np.nan) for x in model.get_weights()])
    train_plainly(films, TensorBoard(tmp_path, *films), model=model, epochs=2)
    found = tags_of(tmp_path)
    assert np.isnan(curve(found, "train/loss")).all()
    assert not [tag for tag in found if tag.startswith(SAMPLE)]
    assert not (tmp_path / "projector_config.pbtxt").exists()


def test_an_interruption_in_a_batch_leaves_no_thread_and_no_trace(
    films, tmp_path, tags_of
):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    threads = set(threading.enumerate())
    board = TensorBoard(tmp_path, films.train, profile=(1, 99))
    with pytest.raises(KeyboardInterrupt):
        train_plainly(films, board, Interrupt())
    assert set(threading.enumerate()) <= threads
    assert "card of the run" in tags_of(tmp_path)
    train_plainly(films, board, epochs=1)
    other = TensorBoard(tmp_path / "other", films.train, profile=(1, 1))
    train_plainly(films, other, epochs=1)  # only one trace can be taken at a time


def test_all_that_it_takes_is_spent(films, tmp_path, monkeypatch):
    clock = itertools.count()  # each look at the clock takes a second
    monkeypatch.setattr(Budget.__init__, "__defaults__", (lambda: next(clock),))
    board = TensorBoard(tmp_path, *films, snapshots=Snapshots(share=0))
    told = []
    monkeypatch.setattr(f"{BOARD}.Projector.write", lambda *_: told.append(next(clock)))
    train_plainly(films, board, epochs=1)
    # Making, the start, the scalars, the first look and the end take one each, but for
    # the vectors, which take one more.
    assert len(told) == 1
    assert board.budget.spent == 5 + 1


def test_each_tower_runs_once_in_a_look(films, tmp_path, monkeypatch):
    calls = []

    def counted(name):
        run = getattr(tfrecs.models.two_tower.TwoTower, name)
        monkeypatch.setattr(
            tfrecs.models.two_tower.TwoTower,
            name,
            lambda model, *ids: (calls.append(name), run(model, *ids))[1],
        )

    for name in ("user_output", "item_output", "score_outputs"):
        counted(name)
    taker = TensorBoard(tmp_path, *films)._taker
    taker.snapshot(tfrecs.build_mf(films.train.num_users, films.train.num_items))
    assert sorted(calls) == ["item_output", "score_outputs", "user_output"]


def test_the_projector_has_the_weights_that_training_ends_with(films, tmp_path):
    class Restore(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            self.model.set_weights([x + 1 for x in self.model.get_weights()])

    board = TensorBoard(tmp_path, *films, snapshots=Snapshots(share=1))
    model, _ = train_plainly(films, Restore(), board, epochs=1)
    vectors = np.fromfile(tmp_path / "items.bytes", np.float32).reshape(20, 4)
    assert vectors == pytest.approx(model.item_output()["factors"], rel=1e-4)


def test_a_resumed_training_goes_on_where_it_was(films, tmp_path, tags_of):
    train, _ = films
    model = tfrecs.build_mlp(
        *(train.num_users, train.num_items), embedding_dim=2, hidden_units=(2,)
    )  # of which there are hidden vectors only
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile("sgd", loss, run_eagerly=True)
    rows = {"user_id": train.user_ids, "item_id": train.item_ids}
    both = rows, np.ones(len(train))
    whole = Snapshots(k=20)  # the whole catalogue
    board = TensorBoard(tmp_path, *films, validate_every=2, snapshots=whole)
    options = {"callbacks": [board], "verbose": 0, "batch_size": 99}
    model.fit(*both, initial_epoch=3, epochs=5, validation_data=both, **options)
    found = tags_of(tmp_path)
    assert list(found["train/loss"]) == list(found["validation/loss"]) == [8, 10]
    assert f"{SAMPLE}/ndcg@20" in found
    assert (tmp_path / "items.bytes").exists()


def test_logs_may_be_empty_or_hold_more_than_numbers(films, tmp_path, tags_of):
    board = TensorBoard(tmp_path, films.train)
    board.set_model(keras.Sequential())  # which has no optimizer either
    board.on_train_begin()
    board.on_epoch_begin(0)
    board.on_epoch_end(0, None)
    more = {"table": np.eye(2), "name": "x", "none": None, "one": np.float32(2)}
    board.on_epoch_end(1, more | {"val_": 1, "lost": float("nan"), "is_best": True})
    board.on_train_end()
    found = tags_of(tmp_path)
    tags = {tag for tag in found if tag.startswith(("train", "validation"))}
    assert tags == {"train/one", "train/lost", "train/is_best", "validation/"}


def test_models_and_folders_that_do_not_fit_are_refused(films, tmp_path):
    board = TensorBoard(tmp_path, *films)
    with pytest.raises(
        ValueError, match=r"30 users and 20 items.*a model of 30 and 21"
    ):
        train_plainly(films, board, model=tfrecs.build_mf(30, 21))
    assert not list(tmp_path.iterdir())
    other = SimpleNamespace(score_users=lambda user_ids: np.zeros((len(user_ids), 21)))
    with pytest.raises(ValueError, match=r"\[users, num_items\] = \[.*, 20\].*21\]"):
        board._taker.snapshot(other)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="file: File exists"):
        train_plainly(films, TensorBoard(tmp_path / "file", *films))
    with pytest.raises(ValueError, match="no pair of `train`"):
        TensorBoard(tmp_path / "new", films.train, films.train)


def test_two_runs_in_a_folder_have_files_of_their_own(tmp_path):
    for _ in range(20):
        log_result(tmp_path, {"lr": np.float32(1), "fast": np.bool_(True)}, {"x": 1})
    assert len(list(tmp_path.glob("events*"))) == 20


def test_a_plain_keras_model_has_scalars_card_and_graph(films, tmp_path, events_of):
    train, _ = films
    inputs = {
        name: keras.Input((), dtype="int32", name=name)
        for name in ("user_id", "item_id")
    }
    tables = {
        "user_id": keras.layers.Embedding(train.num_users, 1, name="users"),
        "item_id": keras.layers.Embedding(train.num_items, 1, name="items"),
    }
    rows = [tables[name](inputs[name]) for name in inputs]
    model = keras.Model(inputs, keras.layers.Add(name="sum")(rows))
    assert graph_of(type("Subclassed", (keras.Model,), {})()) is None
    board = TensorBoard(tmp_path, *films, hparams={"a": True})
    train_plainly(films, board, model=model, epochs=2)
    events = events_of(tmp_path)
    tags = {value.tag for event in events for value in event.summary.value}
    assert {"train/loss", "card of the run", "_hparams_/session_end_info"} <= tags
    assert not [tag for tag in tags if "recommendations" in tag]
    [graph] = [event.graph_def for event in events if event.graph_def]
    assert b"items" in graph
    inputs = {node.name: list(node.input) for node in graph_of(model).node}
    assert inputs["sum"] == ["users", "items"]
    assert inputs["users"] == ["user_id"]


def test_a_profile_is_written_where_tensorboard_looks_for_it(films, tmp_path):
    train_plainly(films, TensorBoard(tmp_path, films.train, profile=(1, 2)), epochs=1)
    assert list(tmp_path.glob("plugins/profile/*/*.xplane.pb"))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validate_every": 0}, ValueError, "Received: validate_every=0"),
        ({"hparams": {"x": [1]}}, TypeError, r"Received: x=\[1\], a list"),
        ({"profile": (3, 2)}, ValueError, r"Received: \(3, 2\)"),
        ({"snapshots": {"num_users": 0}}, ValueError, "Received: num_users=0"),
        ({"snapshots": {"share": 1.5}}, ValueError, "from 0 to 1.*share=1.5"),
        ({"snapshots": {"k": 21}}, ValueError, "at most num_items=20.*k=21"),
        ({"snapshots": {"example_users": [30]}}, ValueError, "example_users.*30"),
        ({"items": {"image_col": "poster"}}, ValueError, "'poster', and title, genres"),
    ],
)
def test_wrong_arguments_are_errors_before_training(films, options, error, message):
    kinds = {"snapshots": Snapshots, "items": ItemDisplay}
    with pytest.raises(error, match=message):
        TensorBoard(
            "nowhere",
            *films,
            **{n: kinds[n](**x) if n in kinds else x for n, x in options.items()},
        )
    assert not Path("nowhere").exists()


# TensorBoard itself


def test_tensorboard_serves_runs_tags_and_hparams(logs):
    folder, _, _ = logs
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "tensorboard.main", "--logdir", str(folder)),
            *("--port", "0", "--host", "127.0.0.1", "--load_fast", "false"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = address_of(server)
        wanted = {"train/loss", "validation/ndcg@5", "test/ndcg@5"}  # of both files
        ask_until(
            f"{address}/data/plugin/scalars/tags",
            lambda x: len(x) == 2 and wanted <= set(x["mf-1"]),
        )
        assert {"mf-1", "ease-1"} == set(ask(f"{address}/data/runs"))
        experiment = ask(f"{address}/data/plugin/hparams/experiment", {})
        names = {info["name"] for info in experiment["hparamInfos"]}
        assert names == {"model", "lr", "l2"}
        body = {
            "colParams": [{"metric": {"group": "", "tag": "test/ndcg@5"}}],
            "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_RUNNING"],
            "startIndex": 0,
            "sliceSize": 10,
        }
        groups = ask(f"{address}/data/plugin/hparams/session_groups", body)
        shown = {
            group["hparams"]["model"]: [
                metric["value"]
                for metric in group["metricValues"]
                if metric["name"]["tag"] == "test/ndcg@5"
            ]
            for group in groups["sessionGroups"]
        }
        assert shown == {"mf": [0.5], "ease": [0.75]}
    finally:
        server.terminate()
        server.communicate()


def address_of(server: subprocess.Popen) -> str:
    """The address that TensorBoard prints when it is ready."""
    for line in server.stderr:
        if "http://" in line:
            port = line.split("http://")[1].split("/")[0].rsplit(":", 1)[1]
            return f"http://127.0.0.1:{port}"
    raise AssertionError("TensorBoard ended before it was ready")


def ask(url: str, body: dict | None = None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def ask_until(url: str, ready):
    for _ in range(60):  # it reads the logs after it has started
        answer = ask(url)
        if ready(answer):
            return answer
        time.sleep(0.5)
    raise AssertionError(f"not ready: {answer}")
