"""The package: what it exports, what it loads, and which way imports run."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

import tfrecs

PACKAGE = Path(tfrecs.__file__).parent
NAMES = [
    "__version__",
    "Evaluation",
    "Interactions",
    "Recommender",
    "build_bucketed_mf",
    "build_cml",
    "build_cosine",
    "build_deepfm",
    "build_gmf",
    "build_hybrid",
    "build_mf",
    "build_mlp",
    "build_mlp_mf",
    "build_neumf",
    "build_nonlinear_mf",
    "candidate_batches",
    "credit_from_frame",
    "encode_features",
    "evaluate",
    "evaluate_ratings",
    "fit",
    "load",
    "load_dataset",
    "pairwise_batches",
    "partial_credit",
    "pointwise_batches",
    "rating_batches",
    "read_interactions",
    "separate_bias_optimizer",
    "several_positives_batches",
    "top_k",
    "user_batches",
]
MODULES = [
    "baselines",
    "callbacks",
    "datasets",
    "evaluation",
    "freezing",
    "growing",
    "layers",
    "list_metrics",
    "losses",
    "metrics",
    "models",
    "newcomers",
    "optimizers",
    "plots",
    "posters",
    "shards",
    "significance",
    "splits",
    "streaming",
    "stages",
    "training_metrics",
]

# The public names


def test_all_is_a_literal_list():
    assert tfrecs.__all__ == NAMES
    assert dir(tfrecs) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there(name):
    if name != "__version__":
        for _ in range(2):  # a module of the same name would hide it after the first
            assert getattr(tfrecs, name).__name__ == name


@pytest.mark.parametrize("name", MODULES)
def test_modules_of_many_names_are_reached_through_the_package(name):
    assert tfrecs.__getattr__(name).__name__ == f"tfrecs.{name}"


def test_type_checkers_see_the_names_that_there_are():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    [guarded] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {f"{n.module}.{n.names[0].asname}" for n in guarded.body}
    assert seen == {f"{home}.{name}" for name, home in tfrecs._HOMES.items()}
    assert all(n.names[0].asname == n.names[0].name for n in guarded.body)


def test_an_unknown_name_is_an_attribute_error_that_tells_it():
    with pytest.raises(AttributeError, match="module 'tfrecs' has no attribute 'fti'"):
        tfrecs.fti  # noqa: B018
    assert not hasattr(tfrecs, "build_bpr")


def test_the_version_is_that_of_the_distribution():
    config = ConfigParser()
    config.read(PACKAGE.parent / "setup.cfg", encoding="utf-8")
    version = config["metadata"]["version"]
    assert version in (tfrecs.__version__, "attr: tfrecs.__version__")


# What is loaded

HEAVY = [
    *("jax", "keras", "matplotlib", "pandas", "scipy"),
    *("streamlit", "tensorflow", "torch"),
]

EVALUATE = """
import sys
import numpy as np
import tfrecs
from tfrecs.splits import SPLITS
data = tfrecs.read_interactions(sys.argv[1])
train, test = SPLITS["leave-k-out"](data, seed=0, k=1)
tfrecs.evaluate(np.zeros((data.num_users, data.num_items)), train, test, k=1).micro(1)
tfrecs.load_dataset, tfrecs.encode_features, tfrecs.pairwise_batches
tfrecs.partial_credit
tfrecs.evaluate_ratings(np.ones(len(data)), data) if data.ratings is not None else 0
tfrecs.datasets, tfrecs.evaluation, tfrecs.list_metrics, tfrecs.metrics
tfrecs.plots, tfrecs.significance, tfrecs.splits
import tfrecs.candidates, tfrecs.negatives
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


# Which way imports run


def imports_of(source: str) -> Iterator[str]:
    """Every name that is imported anywhere, in full: `tfrecs.models.mf.build_mf`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would hide from this test"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources(*parts: str) -> dict[str, str]:
    """The package's files whose path starts with one of the parts, all by default."""
    found = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    return {name: text for name, text in found.items() if name.startswith(parts or "")}


def offences(files: dict[str, str], *modules: str) -> list[tuple[str, str]]:
    """The imports of any of the modules, or of what is in them."""
    return [
        (name, imported)
        for name, source in files.items()
        for imported in imports_of(source)
        if any(f"{imported}.".startswith(f"{module}.") for module in modules)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "import tfrecs.models",
        "import os, tfrecs.models as m",
        "from tfrecs import models",
        "from tfrecs.models import build_mf",
        "from tfrecs.models.mf import build_mf as build",
        "def f():\n    from tfrecs.models import mf",
        "if TYPE_CHECKING:\n    import tfrecs.models.mf",
    ],
)
def test_an_import_is_found_wherever_it_stands(line):
    assert len(offences({"a.py": line}, "tfrecs.models")) == 1
    assert not offences({"a.py": line}, "tfrecs.model", "tfrecs.losses", "models")


def test_a_relative_import_is_refused():
    with pytest.raises(AssertionError, match="hide"):
        list(imports_of("from .models import mf"))


DATA = (
    *("_checks", "_columns", "_distinct", "_files", "_line", "_parts"),
    *(
        "_eligible",
        "_id_text",
        "_manifest",
        "_ranking",
        "_scorers",
        "_tables",
        "_types",
    ),
    *(
        "candidates",
        "credit",
        "datasets/",
        "evaluation",
        "features",
        "interactions",
        "joining",
        "metrics",
    ),
    *("list_metrics/", "negatives", "pipelines", "plots/", "posters/", "readers"),
    "retrieval",
    *("shards/", "significance", "similarity", "splits", "vocabulary"),
)
LEARNING = (
    *("tfrecs.layers", "tfrecs.models", "tfrecs.losses", "tfrecs.optimizers"),
    *("tfrecs.training", "tfrecs.callbacks", "tfrecs.baselines", "tfrecs.bench"),
    *("tfrecs._one_call", "tfrecs.training_metrics", "tfrecs.objectives"),
    *("tfrecs.freezing", "tfrecs.growing", "tfrecs.newcomers", "tfrecs.stages"),
)
NO_DATA = [
    f"tfrecs.{part.rstrip('/')}" for part in DATA if part not in ("_checks", "_types")
]


@pytest.mark.parametrize("part", DATA)
def test_data_and_metrics_know_nothing_of_models(part):
    assert sources(part)
    assert not offences(sources(part), *LEARNING)


def test_metrics_know_numpy_alone():
    known = {
        name.split(".")[0] for name in imports_of(sources("metrics")["metrics.py"])
    }
    assert known == {"collections", "dataclasses", "numpy"}


def test_models_know_nothing_of_data_losses_or_metrics():
    models = sources("models/")
    assert len(models) > 5
    beneath = {"tfrecs.models", "tfrecs.layers", "tfrecs._one_call"}
    assert not offences(models, *NO_DATA, *(set(LEARNING) - beneath))


@pytest.mark.parametrize(("part", "files"), [("layers", 4), ("optimizers", 6)])
def test_layers_and_optimizers_know_layers_alone(part, files):
    found = sources(f"{part}/")
    assert len(found) >= files
    others = set(LEARNING) - {"tfrecs.layers", f"tfrecs.{part}"}
    assert not offences(found, *NO_DATA, *others)


def test_losses_know_nothing_of_data_or_models():
    found = sources("losses/")
    assert len(found) >= 5
    assert not offences(found, *NO_DATA, *(set(LEARNING) - {"tfrecs.losses"}))


def test_nothing_imports_bench_but_bench():
    others = {
        name: text for name, text in sources().items() if not name.startswith("bench/")
    }
    assert len(others) > 20
    assert not offences(others, "tfrecs.bench")


def test_nothing_imports_the_app_and_it_imports_no_bench():
    app = sources("app/")
    others = {name: text for name, text in sources().items() if name not in app}
    assert len(app) > 8
    assert not offences(others, "tfrecs.app")
    assert not offences(app, "tfrecs.bench")


@pytest.mark.parametrize("part", ["reranking", "catalogue_map"])
def test_what_orders_and_places_items_knows_arrays_alone(part):
    own = [name for name in imports_of(sources(part)[f"{part}.py"]) if "tfrecs" in name]
    assert own
    assert all(name.startswith(("tfrecs._checks", "tfrecs._types")) for name in own)


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
    assert faults(sources(name)[name]) == []
