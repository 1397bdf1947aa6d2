"""Bundles: what is kept, every kind of damage, and what is never destroyed."""

import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs import Interactions, Recommender, build_mf
from tfrecs._base.manifest import write_manifest
from tfrecs.inference.bundle import BUNDLE
from tfrecs.inference.second_stage.files import SECOND_STAGE

# test_encoders.py and test_reranked_bundle.py have them.
OTHERS = {"user_encoder.json", "item_encoder.json", *SECOND_STAGE}
FILES = ("manifest.json", *(x for x in BUNDLE.files if x not in OTHERS))
FILMS = pd.DataFrame(
    {"title": ["Heat", 'A "1|2"', None], "year": [1995, 2001, 1979]},
    index=pd.Index([7, 8, 9], name="film"),
)
TRAIN = Interactions.from_arrays(
    ["ann", "bob", "bob"],
    [9, 7, 8],
    ratings=[4, 5, 2.5],
    timestamps=[30, 10, 20],
    weights=[1, 0.5, 2],
    item_features=FILMS,
    user_features=pd.DataFrame({"age": [30.5, np.nan]}, index=["ann", "bob"]),
)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return build_mf(2, 3, embedding_dim=4)


@pytest.fixture(scope="module")
def recommender(model):
    return Recommender(
        model, TRAIN, settings={"epochs": 3, "why": ["ü"]}, metrics={"ndcg@10": 0.1}
    )


@pytest.fixture
def bundle(recommender, tmp_path):
    recommender.save(tmp_path / "bundle")
    return tmp_path / "bundle"


# What is kept


def test_everything_given_comes_back(bundle):
    loaded = tfrecs.load(bundle)
    assert loaded.settings == {"epochs": 3, "why": ["ü"]}
    assert loaded.metrics == {"ndcg@10": 0.1}
    train = loaded.train
    for name in ("user_ids", "item_ids", "ratings", "timestamps", "weights"):
        found, expected = getattr(train, name), getattr(TRAIN, name)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
    for name in ("user_features", "item_features"):
        pd.testing.assert_frame_equal(getattr(train, name), getattr(TRAIN, name))
    assert sorted(path.name for path in bundle.iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    "ids",
    [
        ["a", "1", "", 'ü\n"\\'],
        [1, "1", 1.5, -(10**30)],
        [("a", 1), ("a", (1, 2.5)), (), ("a", False)],
        np.array([3, 1, 2, 0], dtype=np.uint16),
        np.array([0.1, 2, -1, 5], dtype=np.float32),
        np.array([1, 2, 3, 2**63 - 1]),
        np.array(["x", np.int64(3), True, 2], dtype=object),
        np.array([True, False]),
    ],
)
def test_ids_come_back_kind_and_all(model, tmp_path, ids):
    train = Interactions.from_matrix(np.eye(len(ids), 3), users=ids)
    Recommender(build_mf(len(ids), 3, embedding_dim=1), train).save(tmp_path / "bundle")
    users = tfrecs.load(tmp_path / "bundle").train.users
    assert users.ids.dtype == train.users.ids.dtype
    assert users.ids.tolist() == train.users.ids.tolist()
    assert users.index(ids).tolist() == [*range(len(ids))]


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ([b"a", b"b"], r"Received: b'a' \(a bytes\)"),
        ([("a", None), ("b", 1)], r"Received: None \(a NoneType\)"),
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), r"\(datetime64\[.*\]\)"),
        ([1.5, float("inf")], r"Received: inf \(a float\)"),
    ],
)
def test_ids_of_other_kinds_are_refused(model, tmp_path, ids, told):
    train = Interactions.from_matrix(np.eye(3)[:2], users=ids)
    with pytest.raises(TypeError, match=f"`users` must be int, finite float.*{told}"):
        Recommender(model, train).save(tmp_path / "bundle")
    assert [*tmp_path.iterdir()] == []


def test_another_process_loads_it_with_the_package_alone(bundle, recommender):
    code = """
import sys, tfrecs
print(tfrecs.load(sys.argv[1]).recommend(["bob", "ann"], 1).to_json())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle)],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = recommender.recommend(["bob", "ann"], 1).to_json()
    assert done.stdout.strip().splitlines()[-1] == expected


def test_no_file_is_a_pickle(bundle):
    with zipfile.ZipFile(bundle / "model.keras") as archive:
        names = archive.namelist()
    assert sorted(names) == ["config.json", "metadata.json", "model.weights.h5"]
    for path in bundle.iterdir():
        assert not path.read_bytes().startswith(b"\x80")


# Damage


def reason(folder) -> str:
    """The message of loading, which is one line."""
    with pytest.raises(ValueError, match=r"Received:") as caught:
        tfrecs.load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_which_a_byte_was_changed_is_named(bundle, name):
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert reason(bundle).startswith(f"{bundle / name}: must be ")


def test_a_manifest_without_a_file_that_must_be_there_is_told(bundle):
    (bundle / "about.json").unlink()
    write_manifest(bundle, BUNDLE, {})
    assert "manifest.json: must name about.json. Received: " in reason(bundle)


def rewrite(bundle, name, content):
    """Gives a file other content, and the manifest the right SHA-256 of it."""
    (bundle / name).write_bytes(content)
    (bundle / "manifest.json").unlink()
    write_manifest(bundle, BUNDLE, {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("users.json", b"[]"),
        ("users.json", b'{"name": "users", "dtype": "<i8", "ids": ["x"]}'),
        ("users.json", b"[" * 100_000),
        ("items.json", b"\xff"),
        ("about.json", b"{}"),
        ("about.json", b'{"settings": 3, "metrics": {}}'),
        ("interactions.parquet", b"PAR1"),
        ("item_features.parquet", b"PAR1PAR1"),
        ("model.keras", b"PK"),
    ],
)
def test_content_that_never_was_a_bundles_is_named(bundle, name, content):
    rewrite(bundle, name, content)
    assert reason(bundle).startswith(f"{bundle / name}: cannot be read. Received: ")


def replace_config(bundle, edit):
    with zipfile.ZipFile(bundle / "model.keras") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["config.json"] = edit(files["config.json"])
    with zipfile.ZipFile(bundle / "new", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    content = (bundle / "new").read_bytes()
    (bundle / "new").unlink()
    rewrite(bundle, "model.keras", content)


def test_a_layer_that_is_not_registered_is_told(bundle):
    replace_config(bundle, lambda text: text.replace(b"Interaction", b"Unheard"))
    told = reason(bundle)
    assert told.startswith(f"{bundle / 'model.keras'}: cannot be read.")
    assert "Unheard" in told
    assert "register them with Keras and import them before" in told


def test_code_in_a_layer_is_not_run(bundle):
    """A Lambda layer holds bytecode."""
    kind = {"class_name": "__lambda__", "config": {"value": "gASVAA=="}}
    code = json.dumps(
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"name": "l", "function": kind},
            "registered_name": None,
        }
    ).encode()
    replace_config(bundle, lambda text: code)
    assert "classes must be of Keras" in reason(bundle)


def test_a_file_that_the_manifest_does_not_name_is_refused(bundle):
    (bundle / "keras_hub.py").write_text("raise SystemExit", encoding="utf-8")
    assert "only files that manifest.json names. Received: keras_hub.py" in reason(
        bundle
    )
    (bundle / "keras_hub.py").rename(bundle / ".DS_Store")
    tfrecs.load(bundle)


# Writing


def test_a_bundle_is_replaced_only_where_that_is_asked_for(bundle, model):
    other = Recommender(model, TRAIN, settings={"other": True})
    with pytest.raises(FileExistsError, match=r"holds a bundle.*overwrite=True"):
        other.save(bundle)
    assert tfrecs.load(bundle).settings != {"other": True}
    other.save(bundle, overwrite=True)
    assert tfrecs.load(bundle).settings == {"other": True}
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_bundle_that_cannot_be_written_leaves_the_old_one(bundle, model):
    with pytest.raises(TypeError, match=r"must be JSON values.*set is not JSON"):
        Recommender(model, TRAIN, settings={"a": {1}}).save(bundle, overwrite=True)
    assert tfrecs.load(bundle).settings["epochs"] == 3
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_bundle_is_never_replaced(bundle, recommender, overwrite):
    thesis, other = bundle.parent / "thesis", bundle.parent / "other"
    files = thesis / "chapter.txt", other / "manifest.json", bundle / "notes.txt"
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine", encoding="utf-8")
        for place in (file, file.parent):
            with pytest.raises(FileExistsError, match=rf"{file.name}, which is not"):
                recommender.save(place, overwrite=overwrite)
        assert file.read_text(encoding="utf-8") == "mine"


def test_the_bundle_behind_a_link_is_replaced_and_the_link_stays(bundle, model):
    link = bundle.with_name("link")
    link.symlink_to(bundle)
    Recommender(model, TRAIN, settings={"new": 1}).save(link, overwrite=True)
    assert link.is_symlink()
    assert tfrecs.load(bundle).settings == {"new": 1}
    assert {path.name for path in bundle.parent.iterdir()} == {"bundle", "link"}


def test_the_folder_that_one_works_in_is_not_moved(
    recommender, bundle, tmp_path, monkeypatch
):
    for folder in (tmp_path / "empty" / "below", bundle):
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        with pytest.raises(FileExistsError, match=r"the working directory"):
            recommender.save(".", overwrite=True)
    assert tfrecs.load(".").settings["epochs"] == 3


def test_folders_above_are_made_and_an_empty_one_is_filled(model, tmp_path):
    plain = Recommender(model, Interactions.from_matrix(np.eye(3)[:2]))
    plain.save(tmp_path / "a" / "b")
    (tmp_path / "c").mkdir()
    plain.save(tmp_path / "c")
    for folder in (tmp_path / "a" / "b", tmp_path / "c"):
        assert not [*folder.glob("*features*")]
        train = tfrecs.load(folder).train
        assert train.user_features is train.item_features is train.weights is None


def test_what_cannot_be_saved_is_told(tmp_path):
    with pytest.raises(TypeError, match=r"a Keras model.*Received: ndarray"):
        Recommender(np.zeros((2, 3)), TRAIN).save(tmp_path / "bundle")
    mixed = pd.DataFrame({"tags": [1, "x", 2]}, index=[7, 8, 9])
    train = Interactions.from_arrays(
        ["ann", "bob", "bob"], [9, 7, 8], item_features=mixed
    )
    with pytest.raises(TypeError, match=r"`item_features` must have columns of one"):
        Recommender(build_mf(2, 3, embedding_dim=1), train).save(tmp_path / "bundle")
    assert [*tmp_path.iterdir()] == []


# Numbers of edited bundles


def resealed(bundle, name, content):
    """Writes a file of a bundle, and its manifest again."""
    (bundle / name).write_bytes(content)
    write_manifest(bundle, BUNDLE, {})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(bundle, value):
    model = build_mf(2, 3, embedding_dim=4)
    weights = model.get_weights()
    weights[1].flat[0] = value
    model.set_weights(weights)
    model.save(bundle / "model.keras")
    resealed(bundle, "model.keras", (bundle / "model.keras").read_bytes())
    with pytest.raises(ValueError, match=r"model\.keras.*must be finite.*1 NaN or inf"):
        tfrecs.load(bundle)


@pytest.mark.parametrize(
    "number", ["NaN", "-Infinity", "1e400", "9" * 400, "[" * 10**5]
)
def test_numbers_of_the_settings_are_finite(bundle, number):
    about = '{"settings": {}, "metrics": {"x": #}, "min_rating": null}'
    resealed(bundle, "about.json", about.replace("#", number).encode())
    with pytest.raises(ValueError, match=r"about\.json: cannot be read.*(finite|deep)"):
        tfrecs.load(bundle)


@pytest.mark.parametrize("kind", ["S2000000000", "U900000000", "V9", "f4,f4", "M8[s]"])
def test_ids_are_of_kinds_that_are_written(bundle, kind):
    ids = json.dumps({"name": "users", "dtype": kind, "ids": ["ann", "bob"]})
    resealed(bundle, "users.json", ids.encode())
    with pytest.raises(ValueError, match=r"users\.json: .*must be a vocabulary"):
        tfrecs.load(bundle)


@pytest.mark.parametrize(("dtype", "ids"), [("<i4", [1.5, 2]), ("<i1", [1, 300])])
def test_ids_that_their_type_does_not_hold_are_refused(bundle, dtype, ids):
    content = json.dumps({"name": "users", "dtype": dtype, "ids": ids})
    resealed(bundle, "users.json", content.encode())
    with pytest.raises(ValueError, match=r"users\.json: .*must be a vocabulary"):
        tfrecs.load(bundle)


@pytest.mark.parametrize("lowest", ['"4"', "[4]", "{}"])
def test_the_lowest_rating_is_a_number(bundle, lowest):
    about = '{"settings": {}, "metrics": {}, "min_rating": #}'
    resealed(bundle, "about.json", about.replace("#", lowest).encode())
    with pytest.raises(ValueError, match=r"about\.json: .*min_rating is"):
        tfrecs.load(bundle)
