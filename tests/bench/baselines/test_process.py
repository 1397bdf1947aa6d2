import importlib.util
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from tfrecs.bench.baselines import (
    BaselineError,
    fit_implicit_als,
    fit_lightfm,
    fit_tfrs,
)
from tfrecs.bench.baselines.fitted import OutOfTime
from tfrecs.bench.baselines.process import ends_by, fit_apart
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.evaluation import evaluate

NEEDS = {
    "lightfm": fit_lightfm,
    "implicit": fit_implicit_als,
    "tensorflow_recommenders": fit_tfrs,
    "tf_keras": fit_tfrs,
}

SETTINGS = {"epochs": 1, "packages": []}

MODULE = """
import os

def fit(train, *, dim, flag):
    assert flag is True
    users, items = train.shape
    own = os.environ
    assert own["CUDA_VISIBLE_DEVICES"] == "-1" and own["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert own["OURS"] == "yes"
    u = train.toarray()[:, :dim]
    return {"users": u, "items": u[:items], "seconds": 1.5, BIASES}
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Makes a module of the code, which a process finds by its name."""

    def make(code):
        (tmp_path / "some_module.py").write_text(textwrap.dedent(code))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return "some_module"

    return make


@pytest.mark.parametrize(
    ("biases", "added", "learned"),
    [
        ("", np.zeros((3, 3)), 12),
        (
            "'user_bias': u[:, 0] + [1, 2, 3], 'item_bias': u[:, 1] + [5, 7, 9]",
            np.array([[2, 2, 3]]).T * 1.0 + np.array([[5, 8, 9]]),
            18,
        ),
    ],
)
def test_scores_are_dot_products_and_biases(module, from_pairs, biases, added, learned):
    train = from_pairs([(0, 0), (1, 1), (1, 2), (2, 2)], 3, 3)
    code = MODULE.replace("BIASES", biases)
    fitted = fit_apart(
        module(code),
        train,
        {"dim": 2, "flag": True},
        epochs=4,
        packages=["json"],
        environment={"OURS": "yes"},
    )
    # Rows of the factors, on both sides: (1, 0), (0, 1), (0, 0).
    expected = np.diag([1, 1, 0]) + added
    assert fitted.score_users(np.array([2, 0])).tolist() == expected[[2, 0]].tolist()
    assert (fitted.fit_seconds, fitted.epochs) == (1.5, 4)
    assert fitted.parameters == learned


@pytest.mark.parametrize("package", NEEDS)
def test_without_a_package_the_reason_is_given(package, two_groups, monkeypatch):
    def find_spec(name):
        return None if name == package else "found"

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(BaselineError, match=r"not installed: pip install 'tfrecs\[b"):
        NEEDS[package](two_groups[0], 0)


@pytest.mark.parametrize(
    ("package", "dim", "epochs"), [("implicit", 128, 15), ("lightfm", 11, 10)]
)
def test_a_baseline_learns_and_a_seed_gives_the_same_numbers(package, dim, epochs):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    data = make_synthetic(80, 40, interactions_per_user=15)
    train, test = leave_k_out(data.interactions, seed=0, k=4)
    first, again, other = (NEEDS[package](train, seed) for seed in (1, 1, 2))
    users = np.arange(80)
    assert np.array_equal(first.score_users(users), again.score_users(users))
    assert not np.array_equal(first.score_users(users), other.score_users(users))
    at_random = np.random.default_rng(0).random((80, 40))
    found = evaluate(first.score_users, train, test).metrics["ndcg@10"]
    assert found > 1.2 * evaluate(at_random, train, test).metrics["ndcg@10"]
    assert first.fit_seconds > 0
    assert first.parameters == (80 + 40) * dim
    assert first.epochs == epochs


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed: SIGSEGV"),
        ("raise ArithmeticError('diverged')", "failed: ArithmeticError: diverged"),
        ("import sys; sys.exit(7)", "failed: exit status 7"),
    ],
)
def test_a_process_that_dies_is_an_error(code, reason, module, two_groups):
    with pytest.raises(BaselineError, match=reason):
        fit_apart(module(code), two_groups[0], {}, epochs=1, packages=[])


def test_a_process_ends_at_the_deadline_with_all_that_it_started(
    module, two_groups, tmp_path
):
    code = f"""
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
    time.sleep(60)
    """
    with (
        pytest.raises(OutOfTime, match=r"out of time after \d+ s"),
        ends_by(time.monotonic() + 8),  # by when a busy machine has started both
    ):
        fit_apart(module(code), two_groups[0], {}, epochs=1, packages=[])
    child = Path("/proc", (tmp_path / "child").read_text(), "stat")
    assert not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_deadline_ends_with_its_block(module, from_pairs):
    train = from_pairs([(0, 0), (1, 1)], 2, 2)
    with pytest.raises(OutOfTime), ends_by(time.monotonic() - 1):
        fit_apart(module("import time; time.sleep(60)"), train, {}, **SETTINGS)
    code = (
        "def fit(train): x = train.toarray(); return dict(users=x, items=x, seconds=1)"
    )
    assert fit_apart(module(code), train, {}, **SETTINGS).epochs == 1
