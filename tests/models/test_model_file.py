"""Models of strangers: every name in a configuration is checked, and none imported."""

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from tfrecs.models import MODELS, build_cosine, build_neumf
from tfrecs.models.model_file import read_model
from tfrecs.optimizers import LazyAdam

HOSTILE = ("hostile_module", "keras_nlp", "keras_hub.layers", "keras.hostile", "os")


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A model's file, its configuration, and a folder on the path full of traps."""
    for name in HOSTILE:
        trap = f"import sys; sys.trapped = {name!r}\nclass Dense: pass\n"
        (tmp_path / f"{name.partition('.')[0]}.py").write_text(trap, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "trapped", None, raising=False)
    build_neumf(3, 4, embedding_dim=2, hidden_units=(4,)).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        return tmp_path / "m.keras", json.loads(archive.read("config.json"))


def rewrite(path, config: Any, weights=None, compression=zipfile.ZIP_STORED) -> None:
    """Puts another configuration or other weights into a file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = json.dumps(config).encode()
    members["model.weights.h5"] = weights or members["model.weights.h5"]
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def named(config: Any) -> Iterator[dict[str, Any]]:
    """Every object of a configuration that names a class."""
    for value in config.values() if isinstance(config, dict) else config:
        if isinstance(value, dict | list):
            yield from named(value)
    if isinstance(config, dict) and config.get("class_name"):
        yield config


def test_what_was_saved_is_read(written):
    path, _ = written
    ids = {"user_id": np.array([0, 2]), "item_id": np.array([3, 1])}
    np.testing.assert_array_equal(
        read_model(path)(ids), keras.saving.load_model(path)(ids)
    )


@pytest.mark.parametrize("module", HOSTILE)
def test_no_module_that_a_file_names_is_imported(written, module):
    path, config = written
    for number, part in enumerate(named(config)):
        if part["class_name"].startswith("__"):
            continue
        before = {name: part.get(name) for name in ("module", "registered_name")}
        part |= {"module": module, "registered_name": None}
        if number % 5 == 0:
            rewrite(path, config)
            what = f"Received: {module!r}, {part['class_name']!r}"
            with pytest.raises(ValueError, match=re.escape(what)):
                read_model(path)
        part |= before
    assert sys.trapped is None


@pytest.mark.parametrize(
    "part",
    [
        # Known names beside a module that Keras would import.
        {
            "class_name": "function",
            "config": "Dense",
            "module": "keras_nlp",
            "registered_name": "tfrecs>Embedding",
        },
        {
            "class_name": "tfrecs>Embedding",
            "config": {},
            "module": "keras_nlp",
            "registered_name": None,
        },
        {
            "class_name": "Dense",
            "config": {},
            "module": "keras_hub.layers",
            "registered_name": "tfrecs>Embedding",
        },
        {"class_name": "Dense", "config": {}, "module": "os", "registered_name": None},
        {"class_name": "__lambda__", "config": {"value": "gASVAA=="}},
        {"class_name": "__typespec__", "spec_name": "X", "config": []},
        {"class_name": "function", "config": "system", "module": "os"},
        {"class_name": "function", "config": ["system"], "module": "keras"},
        {"class_name": "load_model", "config": {}, "module": "keras.unheard"},
        {"class_name": 7, "config": {}, "module": "keras.layers"},
        {"module": "keras.layers", "class_name": "Dense", "registered_name": [1]},
        {"module": "os", "config": {}},
    ],
)
def test_other_names_are_refused(written, part):
    path, config = written
    rewrite(path, {**config, "extra": [part]})
    with pytest.raises(ValueError, match=r"classes must be of Keras|must have a name"):
        read_model(path)
    assert sys.trapped is None


def test_a_registered_class_of_the_user_is_read(tmp_path):
    @keras.saving.register_keras_serializable("its_user")
    class Doubled(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    model = build_cosine(3, 4, embedding_dim=2)
    scores = Doubled()(model.output)
    keras.Model(model.inputs, scores).save(tmp_path / "m.keras")
    assert read_model(tmp_path / "m.keras").count_params() == model.count_params()


# Sizes


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_as_large_as_its_file(name, build, tmp_path):
    model = build(name)
    model.save(tmp_path / "m.keras")
    assert read_model(tmp_path / "m.keras").count_params() == model.count_params()


def test_a_large_table_of_a_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("tfrecs.models.layers.embedding.WHOLE", 50)  # in blocks
    model = build_cosine(30, 40, embedding_dim=2)
    model.save(tmp_path / "m.keras")
    ids = np.arange(30)
    expected = model.score_users(ids)
    found = read_model(tmp_path / "m.keras").score_users(ids)
    np.testing.assert_array_equal(found, expected)


def larger(config: Any, key: str, size: int) -> None:
    """Sets each number under a key."""
    for value in config.values() if isinstance(config, dict) else config:
        if isinstance(value, dict | list):
            larger(value, key, size)
    if isinstance(config, dict) and key in config:
        config[key] = size


@pytest.mark.parametrize("size", [10**5, 10**9, 10**15])
def test_a_table_that_is_larger_than_the_file_is_not_built(written, size):
    path, config = written
    larger(config, "num_users", size)
    larger(config, "input_dim", size)
    rewrite(path, config)
    with pytest.raises(ValueError, match="as many weights as its file holds"):
        read_model(path)
    with keras.StatelessScope():
        pass  # initializes what is left of others, which is nothing


def test_weights_that_only_declare_a_size_are_refused(written):
    path, config = written
    file = io.BytesIO()
    with h5py.File(file, "w") as weights:
        weights.create_dataset("x", (10**9,), "f4", chunks=(1000,), compression="gzip")
    rewrite(path, config, file.getvalue())
    with pytest.raises(
        ValueError, match=r"as large as their file.*4,000,000,000 bytes"
    ):
        read_model(path)


def test_compressed_members_are_refused(written):
    path, config = written
    rewrite(path, {**config, "extra": " " * 10**6}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="not compressed"):
        read_model(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("l2", "os"),
        ("input_layers", [["user_id", 0, "x"]]),
    ],
)
def test_values_that_keras_fails_on_end_in_one_line(written, key, value):
    path, config = written
    larger(config, key, value)
    rewrite(path, config)
    with pytest.raises(ValueError) as raised:
        read_model(path)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


def test_a_name_that_fails_only_when_the_model_is_called_is_refused(written):
    path, config = written
    config["config"]["name"] = "\ud800"
    rewrite(path, config)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        read_model(path)


@pytest.mark.parametrize("signature", [b"\x89HDF", b"SNOD", b"TREE", b"HEAP"])
def test_damaged_weights_end_in_one_line(written, signature):
    path, config = written
    with zipfile.ZipFile(path) as archive:
        content = archive.read("model.weights.h5")
    rewrite(path, config, content.replace(signature, b"DIFF"))
    with pytest.raises(ValueError) as raised:
        read_model(path)
    assert "\n" not in str(raised.value)


def test_a_compiled_model_is_read_without_its_optimizer(tmp_path):
    model = build_cosine(3, 4, embedding_dim=2)
    model.compile(LazyAdam(0.1), loss="mse")
    model.save(tmp_path / "m.keras")
    loaded = read_model(tmp_path / "m.keras")
    users = np.arange(3)
    np.testing.assert_array_equal(loaded.score_users(users), model.score_users(users))
