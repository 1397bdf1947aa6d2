import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tfrecs
from tfrecs.callbacks import RankingMetrics, TensorBoard, log_result
from tfrecs.splits import random_split


def scalars(folder: Path) -> dict[str, list[float]]:
    """The scalars of one run, read back from its event files."""
    import tensorflow as tf

    found: dict[str, list[float]] = {}
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    for tag in events.Tags()["tensors"]:
        if tag.startswith("_hparams_"):
            continue
        found[tag] = [
            float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)
        ]
    return found


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Two runs, one of a Keras model and one of a baseline, and the first's history."""
    folder = tmp_path_factory.mktemp("logs")
    matrix = (np.random.default_rng(0).random((30, 20)) < 0.4).astype(float)
    train, validation = random_split(tfrecs.Interactions.from_matrix(matrix), seed=0)
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(train.num_users, train.num_items, embedding_dim=4)
    callbacks = [
        RankingMetrics(train, validation, k=5),
        TensorBoard(folder / "data-mf-1", interactions_per_epoch=5 * len(train)),
    ]
    history = tfrecs.fit(model, train, seed=0, epochs=3, callbacks=callbacks)
    log_result(folder / "data-mf-1", {"model": "mf", "lr": 0.003}, {"test/ndcg@5": 0.5})
    hparams = {"model": "ease", "l2": 600}
    log_result(folder / "data-ease-1", hparams, {"test/ndcg@5": 0.75})
    return folder, history.history


def test_training_curves_are_those_of_the_history(logs):
    folder, history = logs
    found = scalars(folder / "data-mf-1" / "train")
    assert found["epoch_loss"] == pytest.approx(history["loss"])
    assert found["epoch_learning_rate"] == pytest.approx([0.003] * 3)
    assert len(found["epoch_interactions_per_second"]) == 3
    assert min(found["epoch_interactions_per_second"]) > 0


def test_validation_metrics_stand_beside_the_loss(logs):
    folder, history = logs
    found = scalars(folder / "data-mf-1" / "validation")
    assert found["epoch_ndcg@5"] == pytest.approx(history["val_ndcg@5"])
    assert "epoch_precision@5" in found


def test_final_metrics_are_scalars_of_the_run(logs):
    folder, _ = logs
    assert scalars(folder / "data-ease-1")["test/ndcg@5"] == [0.75]


def test_tensorboard_serves_runs_tags_and_hparams(logs):
    folder, _ = logs
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
        tags = ask_until(f"{address}/data/plugin/scalars/tags", lambda x: len(x) == 4)
        assert "epoch_loss" in tags["data-mf-1/train"]
        assert "epoch_ndcg@5" in tags["data-mf-1/validation"]
        assert {"data-mf-1", "data-ease-1"} <= set(ask(f"{address}/data/runs"))
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
