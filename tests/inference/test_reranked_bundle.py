"""Bundles of two stages: what is kept, what is refused, and every kind of damage."""

import json
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import tfrecs
from tfrecs import FeatureEncoder, Interactions, Recommender, Reranked
from tfrecs._base.manifest import write_manifest
from tfrecs.app.models import load_all
from tfrecs.inference.bundle import BUNDLE
from tfrecs.inference.second_stage.reranked import load_stages

FILMS = pd.DataFrame(
    {"genre": ["x", "y", "x", "y"], "year": [1.0, 2, 3, 4]}, index=[*"abcd"]
)
PEOPLE = pd.DataFrame({"age": [30.0, 40.0]}, index=["ann", "bob"])
TRAIN = Interactions.from_matrix(
    np.array([[0, 1, 0, 0], [1, 0, 0, 0]]),
    users=["ann", "bob"],
    items=[*"abcd"],
    item_features=FILMS,
    user_features=PEOPLE,
)
GENRES = FeatureEncoder(categorical=["genre"]).fit(FILMS)
YEARS = FeatureEncoder(numeric=["year"]).fit(FILMS)
AGES = FeatureEncoder(numeric=["age"]).fit(PEOPLE)
HOURS = pd.DataFrame({"hour": [3.0, 20.0]})
COLUMNS = [
    *("user_age", "user_interactions", "item_year", "item_interactions"),
    *("hour", "score", "rank"),
]


def network(width, bias=0.0):
    keras.utils.set_random_seed(0)
    inputs = keras.Input([width])
    hidden = keras.layers.Dense(5, "tanh")(keras.layers.Normalization()(inputs))
    outputs = keras.layers.Dense(1, bias_initializer=keras.initializers.Constant(bias))
    return keras.Model(inputs, outputs(hidden), name="net")


@pytest.fixture(scope="module")
def first():
    """A first stage whose model reads encoded genres."""
    keras.utils.set_random_seed(1)
    features = GENRES.transform(FILMS)
    model = tfrecs.build_hybrid(2, 4, embedding_dim=3, item_features=features)
    return Recommender(model, TRAIN, item_encoder=GENRES, metrics={"ndcg@10": 0.1})


@pytest.fixture(scope="module")
def both(first):
    own = {"user_encoder": AGES, "item_encoder": YEARS}
    return Reranked(first, network(7), 3, context=["hour"], **own)


@pytest.fixture
def bundle(both, tmp_path):
    both.save(tmp_path / "bundle", durable=False)
    return tmp_path / "bundle"


# What is kept


def test_both_stages_come_back(bundle, both):
    found = Reranked.load(bundle)
    assert (found.candidates, found.context, found.columns) == (3, ["hour"], COLUMNS)
    assert found.recommender.metrics == {"ndcg@10": 0.1}
    users = ["bob", "ann"]
    table = found.recommend(users, 3, context=HOURS)
    pd.testing.assert_frame_equal(table, both.recommend(users, 3, context=HOURS))
    expected = both.recommender.recommend(users, 3)
    pd.testing.assert_frame_equal(found.recommender.recommend(users, 3), expected)


def test_encoders_of_the_first_stage_are_written_once(first, bundle, tmp_path):
    assert {path.name for path in bundle.glob("ranker*")} == {
        *("ranker.keras", "ranker.json"),
        *("ranker_user_encoder.json", "ranker_item_encoder.json"),
    }
    same = Reranked(first, network(7), 2, item_encoder=GENRES)
    same.save(tmp_path / "same", durable=False)
    names = {path.name for path in (tmp_path / "same").glob("ranker*")}
    assert names == {"ranker.keras", "ranker.json"}
    found = Reranked.load(tmp_path / "same")
    assert {"item_genre=x", "item_genre=y", "user_age"} < {*found.columns}
    users = ["ann", "bob"]
    pd.testing.assert_frame_equal(found.recommend(users, 2), same.recommend(users, 2))


def test_the_model_card_has_the_ranker(bundle):
    card = json.loads((bundle / "model_card.json").read_text())["ranker"]
    # Normalization: 2 of 7 and a count; Dense: 7 x 5 + 5 and 5 + 1
    assert card == {
        "name": "net",
        "parameters": 15 + 40 + 6,
        "candidates": 3,
        "context": ["hour"],
    }
    assert "## Ranker" in (bundle / "MODEL_CARD.md").read_text()


# One stage or two


def test_each_load_refuses_the_bundles_of_the_other(bundle, first, both):
    message = r"Received: one that Reranked\.save .* tfrecs\.Reranked\.load, .* first"
    with pytest.raises(ValueError, match=message):
        tfrecs.load(bundle)
    assert isinstance(load_stages(bundle), Reranked)
    first.save(bundle, overwrite=True, durable=False)
    assert [*bundle.glob("ranker*")] == []
    with pytest.raises(ValueError, match=r"without a second stage\. .* tfrecs\.load"):
        Reranked.load(bundle)
    assert isinstance(load_stages(bundle), Recommender)
    with pytest.raises(FileExistsError, match=r"holds a bundle.*overwrite=True"):
        both.save(bundle)
    both.save(bundle, overwrite=True, durable=False)
    assert Reranked.load(bundle).candidates == 3


def test_the_app_shows_the_first_stage(bundle, first):
    found = load_all({"both": bundle}, lambda share, text: None)["both"]
    pd.testing.assert_frame_equal(
        found.recommend(["ann"], 3), first.recommend(["ann"], 3)
    )


# What has no safe form


def refused(stages, folder, kind, message):
    with pytest.raises(kind, match=message):
        stages.save(folder, overwrite=True)
    assert Reranked.load(folder).candidates == 3  # the old bundle
    with pytest.raises(kind, match=message):
        stages.save(folder.with_name("other"))
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_an_estimator_is_refused_before_anything_is_written(first, bundle):
    stages = Reranked(first, LogisticRegression(), 2)
    message = r"Received: LogisticRegression\. Save .* skops or joblib, and make"
    refused(stages, bundle, TypeError, message)


def test_rankers_without_weights_or_with_nan_are_refused(first, bundle):
    unbuilt = keras.Sequential([keras.layers.Dense(1)], name="empty")
    message = "not built, empty. Fit it before"
    refused(Reranked(first, unbuilt, 2), bundle, ValueError, message)
    own = {"user_encoder": AGES, "item_encoder": YEARS}
    stages = Reranked(first, network(6, bias=np.nan), 2, **own)
    refused(stages, bundle, ValueError, "must be finite")


def test_a_first_stage_that_is_not_of_keras_is_refused(tmp_path):
    scores = Recommender(np.ones((2, 4)), TRAIN)
    own = {"user_encoder": AGES, "item_encoder": YEARS}
    with pytest.raises(TypeError, match=r"`model` must be a Keras .*Received: ndarray"):
        Reranked(scores, network(6), 2, **own).save(tmp_path / "bundle")
    assert [*tmp_path.iterdir()] == []


def test_a_network_of_another_width_is_refused_at_once(first):
    with pytest.raises(
        ValueError, match=r"\[rows, 8\], the columns user_age, .*None, 9"
    ):
        Reranked(first, network(9), 2, context=["hour"])


# Damage


def reason(folder):
    """The message of loading, which is one line."""
    with pytest.raises(ValueError, match=r"Received:") as caught:
        Reranked.load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def reseal(bundle):
    write_manifest(bundle, BUNDLE, {})


@pytest.mark.parametrize("name", ["ranker.keras", "ranker_user_encoder.json"])
def test_a_file_of_which_a_byte_was_changed_is_named(bundle, name):
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert reason(bundle).startswith(f"{bundle / name}: must be as it was written")


@pytest.mark.parametrize("name", ["ranker.keras", "ranker.json"])
def test_a_file_that_the_manifest_lacks_is_named(bundle, name):
    (bundle / name).unlink()
    reseal(bundle)
    assert reason(bundle).startswith(f"{bundle / name}: cannot be read.")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"candidates": 5}, "at most 4, the catalogue's size. Received: candidates=5"),
        ({"candidates": True}, "Received: candidates=True"),
        ({"candidates": "3"}, "Received: candidates='3'"),
        ({"context": 7}, "not iterable"),
        ({"context": [{}]}, "must be a list of names"),
        ({"context": ["rank"]}, "Received: rank more than once"),
        ({"context": []}, r"`ranker` must read .rows, 6., the columns user_age"),
        (
            {"columns": COLUMNS[::-1]},
            r"Received: ValueError: columns \['rank', 'score'",
        ),
        ({"columns": None}, r"Received: ValueError: columns None, not \['user_age'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(bundle, edit, message):
    path = bundle / "ranker.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | edit))
    reseal(bundle)
    with pytest.raises(ValueError, match=message):
        Reranked.load(bundle)
    assert reason(bundle).startswith(f"{path}: cannot be read. Received: ")


@pytest.mark.parametrize("text", ["{}", "[", "3", "null", '{"candidates": NaN}'])
def test_other_settings_are_refused(bundle, text):
    (bundle / "ranker.json").write_text(text)
    reseal(bundle)
    assert reason(bundle).startswith(f"{bundle / 'ranker.json'}: cannot be read.")


def edit_ranker(bundle, edit, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(bundle / "ranker.keras") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["config.json"] = edit(files["config.json"])
    with zipfile.ZipFile(bundle / "ranker.keras", "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    reseal(bundle)


def test_a_module_that_the_ranker_names_is_not_imported(bundle, tmp_path, monkeypatch):
    (tmp_path / "keras_hub.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    edit_ranker(bundle, lambda text: text.replace(b'"keras.layers"', b'"keras_hub"'))
    found = reason(bundle)
    assert found.startswith(f"{bundle / 'ranker.keras'}: cannot be read.")
    assert "classes must be of Keras" in found


def test_a_ranker_larger_than_its_file_is_refused(bundle):
    huge = b'"units": 4000000000,'
    edit_ranker(bundle, lambda text: text.replace(b'"units": 1,', huge))
    assert "as many weights as its file holds" in reason(bundle)


def test_a_compressed_ranker_is_refused(bundle):
    edit_ranker(bundle, lambda text: text, zipfile.ZIP_DEFLATED)
    assert "members must be as Keras writes them" in reason(bundle)


def test_weights_that_are_not_finite_are_refused(bundle):
    network(7, bias=np.inf).save(bundle / "ranker.keras")
    reseal(bundle)
    assert "must be finite" in reason(bundle)
