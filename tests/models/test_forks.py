"""A fork after a model has run says so, and does not hang; a spawned process works."""

import multiprocessing
import os
import sys
import warnings

import numpy as np
import pytest

import tfrecs
from tfrecs import build_mf
from tfrecs.data.datasets.synthetic import make_synthetic

if sys.platform == "win32":
    pytest.skip("there are no forks", allow_module_level=True)

DATA = make_synthetic(20, 12, seed=0, interactions_per_user=4).interactions

CALLS = {
    "build": lambda model: build_mf(3, 4),
    "score": lambda model: model.score_users(np.array([0])),
    "items": lambda model: model.item_output(),
    "fit": lambda model: tfrecs.fit(model, DATA, seed=0, epochs=1),
    "predict": lambda model: model.predict_on_batch(
        {"user_id": np.array([0]), "item_id": np.array([1])}
    ),
    "recommend": lambda model: tfrecs.Recommender(model, DATA).recommend([0], 2),
}


def in_a_fork(call, model):
    """Returns the error of a call in a fork, which is killed if it hangs."""
    readable, writable = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, by newer versions of Python
        pid = os.fork()
    if not pid:
        message = "no error"
        try:
            call(model)
        except RuntimeError as error:
            message = str(error)
        finally:
            os.write(writable, message.encode())
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable) as answer:
        message = answer.read()
    os.waitpid(pid, 0)
    return message


@pytest.mark.parametrize("name", CALLS)
def test_a_fork_says_so(name):
    model = build_mf(20, 12)
    model.score_users(np.array([0]))
    message = in_a_fork(CALLS[name], model)
    assert "no forks of one that has run a model" in message
    assert 'get_context("spawn")' in message


def score(folder):
    return tfrecs.load(folder).recommend([0], 3)["item"].tolist()


@pytest.mark.slow
def test_a_spawned_process_answers(tmp_path):
    recommender = tfrecs.Recommender(build_mf(20, 12), DATA)
    recommender.save(tmp_path / "mf")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(score, (tmp_path / "mf",)) == score(tmp_path / "mf")
