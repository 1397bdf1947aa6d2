"""The package: what it exports, what it loads, and which way imports run."""

import ast
import json
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from architecture import imports_of, sources

import tfrecs

PACKAGE = Path(tfrecs.__file__).parent
# The public names


@pytest.mark.parametrize("name", tfrecs.__all__)
def test_every_public_name_is_there(name):
    for _ in range(2):  # a module of the same name would hide it after the first
        found = getattr(tfrecs, name)
        assert found.__name__ in (name, f"tfrecs.{name}")


def test_dir_lists_the_public_names():
    assert {"fit", "evaluate", "build_mf", "training"} <= set(dir(tfrecs))


def test_an_unknown_name_is_an_attribute_error_that_tells_it():
    with pytest.raises(AttributeError, match="No tfrecs attribute fti"):
        tfrecs.fti  # noqa: B018
    assert not hasattr(tfrecs, "build_bpr")


def test_the_version_is_that_of_the_distribution():
    config = ConfigParser()
    config.read(PACKAGE.parent / "setup.cfg", encoding="utf-8")
    version = config["metadata"]["version"]
    assert version in (tfrecs.__version__, "attr: tfrecs.__version__")


def test_every_extra_is_tried_alone():
    config = ConfigParser()
    config.read(PACKAGE.parent / "setup.cfg", encoding="utf-8")
    script = (PACKAGE.parent / ".ci/try-extras").read_text(encoding="utf-8")
    tried = re.findall(r"^  \[(\w+)\]=", script, re.MULTILINE)
    assert set(config["options.extras_require"]) <= set(tried)


# What is loaded

HEAVY = [
    *("jax", "keras", "matplotlib", "pandas", "scipy"),
    *("streamlit", "tensorflow", "torch"),
]

EVALUATE = """
import sys
import numpy as np
import tfrecs
from tfrecs.data.splits import SPLITS
data = tfrecs.read_interactions(sys.argv[1])
train, test = SPLITS["leave-k-out"](data, seed=0, k=1)
tfrecs.evaluate(np.zeros((data.num_users, data.num_items)), train, test, k=1).micro(1)
tfrecs.load_dataset, tfrecs.FeatureEncoder, tfrecs.pairwise_batches
tfrecs.partial_credit
tfrecs.evaluate_ratings(np.ones(len(data)), data) if data.ratings is not None else 0
import tfrecs.data.datasets, tfrecs.data.splits, tfrecs.reporting.plots
import tfrecs.evaluation.significance
import tfrecs.evaluation.candidates, tfrecs.training.negatives
"""


def loaded_by(code: str, *arguments: str) -> set[str]:
    """Which of the heavy packages a fresh Python loads to run the code."""
    tell = f"import json, sys; print(json.dumps([*{{*{HEAVY}}} & {{*sys.modules}}]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import tfrecs; dir(tfrecs); tfrecs.__version__") == set()


def test_reading_splitting_and_evaluating_load_no_tensorflow(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("user_id,item_id\n1,1\n1,2\n2,1\n2,3\n", encoding="utf-8")
    loaded = loaded_by(EVALUATE, str(path))
    assert loaded == {"pandas", "scipy"}


# What no file of the package does


def calls_of(tree: ast.AST) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def faults(source: str) -> list[str]:
    """Asserts, calls of `eval` and `exec`, and imports of what unpickles."""
    tree = ast.parse(source)
    found = ["assert" for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    found += sorted(calls_of(tree) & {"eval", "exec"})
    unpickle = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    found += sorted(unpickle & {name.split(".")[0] for name in imports_of(source)})
    found += ["allow_pickle"] * ("allow_pickle=True" in source)
    return found


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("assert x", "assert"),
        ("y = [eval('1')]", "eval"),
        ("exec('1')", "exec"),
        ("def f():\n    import pickle", "pickle"),
        ("from pickle import loads", "pickle"),
        ("np.load(f, allow_pickle=True)", "allow_pickle"),
    ],
)
def test_a_fault_is_found(line, fault):
    assert faults(line) == [fault]


@pytest.mark.parametrize("name", sources())
def test_no_file_asserts_evaluates_texts_or_unpickles(name):
    assert faults(sources()[name]) == []
