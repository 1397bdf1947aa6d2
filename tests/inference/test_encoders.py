"""Raw rows of new users and items, through the encoders that a bundle holds."""

import json
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

import tfrecs
from tfrecs import FeatureEncoder, Interactions, Recommender
from tfrecs._base.manifest import write_manifest
from tfrecs.inference.bundle import BUNDLE
from tfrecs.inference.similarity import nearest
from tfrecs.models.cold_start import score_new_items, score_new_users
from tfrecs.training.grow_with import grow_with

FILMS = pd.DataFrame(
    {
        "genres": ["Drama|War", "Drama", None, "Comedy"],
        "price": [3.0, 9.0, 6.0, np.nan],
        "kind": ["film", "film", "series", "film"],
    },
    index=pd.Index(["Alien", "Brazil", "Heat", "Tron"], name="film"),
)
PEOPLE = pd.DataFrame({"age": [20, 40, 60]}, index=["ann", "bob", "cy"])
TRAIN = Interactions.from_arrays(
    ["ann", "bob", "bob", "cy"],
    ["Alien", "Heat", "Brazil", "Tron"],
    user_features=PEOPLE,
    item_features=FILMS,
)
OF_FILMS = FeatureEncoder(
    multi_hot=["genres"], numeric=["price"], categorical=["kind"], min_count=1
).fit(FILMS)
OF_PEOPLE = FeatureEncoder(numeric=["age"]).fit(PEOPLE)
NEW = pd.DataFrame(
    {"price": [9.0, 6.0], "more": 0, "kind": "film", "genres": [["War"], "Comedy"]},
    index=["x", "y"],
)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = tfrecs.build_hybrid(
        3,
        4,
        user_features=OF_PEOPLE.transform(TRAIN.user_features),
        item_features=OF_FILMS.transform(TRAIN.item_features),
        embedding_dim=3,
    )
    for weight in model.trainable_variables:
        weight.assign(keras.random.normal(weight.shape, seed=len(weight.shape)))
    return model


@pytest.fixture(scope="module")
def recommender(model):
    return Recommender(model, TRAIN, user_encoder=OF_PEOPLE, item_encoder=OF_FILMS)


@pytest.fixture
def bundle(recommender, tmp_path):
    recommender.save(tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_raw_row_is_encoded_by_names_of_columns(model, recommender):
    numbers = OF_FILMS.transform(NEW)
    # price: mean 6, variance (9 + 9 + 0) / 3
    expected = [[1, 0, 0, 0, 1, 3 / 6**0.5], [1, 0, 1, 0, 0, 0]]
    assert OF_FILMS.names[0] == "kind=film"
    np.testing.assert_allclose(numbers.toarray(), expected, rtol=1e-6)
    scores = score_new_items(model, np.array([1, 0]), numbers)
    table = recommender.recommend_new_items(["bob", "ann"], NEW, k=2)
    found = table.set_index(["user", "item"])["score"]
    for row, user in enumerate(["bob", "ann"]):
        assert found[user]["x"] == pytest.approx(scores[row, 0])
        assert found[user]["y"] == pytest.approx(scores[row, 1])
    same = recommender.recommend_new_items(["bob", "ann"], numbers, k=2)
    assert same["score"].tolist() == table["score"].tolist()
    assert {*same["item"]} == {0, 1}


def test_every_call_for_new_ones_takes_raw_rows(model, recommender):
    age = pd.DataFrame({"age": [60]}, index=["zoe"])
    table = recommender.recommend_for_new_users(age, k=4)
    scores = score_new_users(model, OF_PEOPLE.transform(age))[0]
    assert table["user"].tolist() == ["zoe"] * 4
    assert table["item"].tolist() == TRAIN.items.ids[np.argsort(-scores)].tolist()
    users = recommender.users_for_new_items(NEW, k=1)
    assert users["item"].tolist() == ["x", "y"]


def test_items_similar_to_a_new_one(model, recommender):
    table = recommender.similar_to_new_items(NEW, k=4, measure="dot")
    kernel = np.array(model.item_tower.get_layer("item_features").kernel)[:, :-1]
    queries = OF_FILMS.transform(NEW) @ kernel
    expected = queries @ model.item_output()["factors"].T
    assert list(table.columns) == ["similar_to", "item", "score", "rank"]
    assert table["similar_to"].tolist() == ["x"] * 4 + ["y"] * 4
    best = np.argsort(-expected).ravel()
    assert table["item"].tolist() == TRAIN.items.ids[best].tolist()
    np.testing.assert_allclose(table["score"], -np.sort(-expected).ravel(), rtol=1e-5)


def test_the_nearest_vectors_of_a_query():
    vectors = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    queries = np.array([[0.0, 0.5]])
    for measure, expected in (
        ("cosine", [1, 2, 0]),
        ("dot", [2, 1, 0]),  # 1.5, 1, 0
        ("euclidean", [0, 1, 2]),  # 1.25, 2.25, 15.25
    ):
        assert nearest(queries, vectors, 3, measure=measure)[0].tolist() == [expected]
    with pytest.raises(ValueError, match="`measure` must be one of cosine"):
        nearest(queries, vectors, 1, measure="l1")


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        (NEW, ["x", "y"]),
        (NEW.rename_axis("film").reset_index(), ["x", "y"]),
        (NEW.reset_index(drop=True), [0, 1]),
        (NEW.reset_index(drop=True).assign(item_id=[7, 8]), [7, 8]),
        (NEW.assign(item_id=[7, 8]), ["x", "y"]),
    ],
)
def test_new_items_have_the_names_of_the_table(recommender, frame, names):
    table = recommender.users_for_new_items(frame, k=1)
    assert table["item"].tolist() == names


# A fresh process

FRESH = """
import json, sys
import numpy as np
import pandas as pd
import tfrecs
from tfrecs.training.grow_with import grow_with
loaded = tfrecs.load(sys.argv[1])
new = pd.DataFrame([{"film": "x", "genres": "War", "price": 9.0, "kind": "film"}])
best = loaded.recommend_new_items(["bob"], new, k=1)
more = tfrecs.Interactions.from_arrays(
    ["bob"], ["x"], item_features=new.set_index("film")
)
grown = grow_with(
    loaded.model, loaded.train, more, start="zero", item_encoder=loaded.item_encoder
)
again = tfrecs.Recommender(
    *grown, item_encoder=loaded.item_encoder, user_encoder=loaded.user_encoder
)
credit = tfrecs.credit_from_frame(loaded.train.item_features, multi_hot={"genres": 0.5})
print(json.dumps([best.to_dict("list"), again.score(["bob"], ["x"])["score"].tolist(),
    credit.function(4)(np.array([0]), np.array([1])).numpy().tolist()]))
"""


def test_a_fresh_process_scores_a_new_item_from_its_raw_row(bundle, recommender):
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(bundle)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    best, grown, credit = json.loads(done.stdout.strip().splitlines()[-1])
    expected = recommender.recommend_new_items(["bob"], NEW[:1], k=1)
    assert (best["user"], best["item"]) == (["bob"], ["x"])
    assert best["score"] == pytest.approx(expected["score"].tolist())
    assert grown == pytest.approx(best["score"])  # with own rows of zeros
    assert credit == [[0.25]]  # .5 * 1 of 2 genres


def test_encoders_come_back_and_are_optional(bundle, recommender, model, tmp_path):
    loaded = tfrecs.load(bundle)
    for side in ("user_encoder", "item_encoder"):
        expected = getattr(recommender, side)
        assert getattr(loaded, side).to_json() == expected.to_json()
    Recommender(model, TRAIN, item_encoder=OF_FILMS).save(tmp_path / "other")
    other = tfrecs.load(tmp_path / "other")
    assert other.user_encoder is None
    assert other.item_encoder.names == OF_FILMS.names


def damaged(edit) -> bytes:
    content = json.loads(OF_FILMS.to_json())
    edit(content)
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        damaged(lambda x: x.pop("fitted")),
        damaged(lambda x: x["fitted"].pop()),
        damaged(lambda x: x["fitted"][0].update(categories="film")),
        damaged(lambda x: x["fitted"][0].update(categories=3)),
        damaged(lambda x: x["fitted"][2].update(mean=float("nan"))),
        damaged(lambda x: x["arguments"].update(categorical="kind")),
    ],
)
def test_a_damaged_encoder_is_refused_in_one_line(bundle, content):
    (bundle / "item_encoder.json").write_bytes(content)
    (bundle / "manifest.json").unlink()
    write_manifest(bundle, BUNDLE, {})
    with pytest.raises(
        ValueError, match=r"item_encoder.json: cannot be read"
    ) as caught:
        tfrecs.load(bundle)
    assert "\n" not in str(caught.value)


def test_a_changed_byte_of_an_encoder_is_found(bundle):
    path = bundle / "item_encoder.json"
    path.write_bytes(path.read_bytes().replace(b"War", b"Var"))
    with pytest.raises(ValueError, match=r"item_encoder.json: must be as it was writ"):
        tfrecs.load(bundle)


# Buckets


def test_a_model_of_buckets_reads_one_categorical_column():
    encoder = FeatureEncoder(categorical=["genres"])
    buckets = encoder.fit_transform(FILMS)  # Comedy, Drama, Drama|War; missing: last
    model = tfrecs.build_bucketed_mf(3, 4, item_buckets=buckets, embedding_dim=2)
    layer = model.item_tower.get_layer("item_buckets")
    assert np.array(layer.categories).tolist() == [2, 1, 3, 0]
    recommender = Recommender(model, TRAIN, item_encoder=encoder)
    new = pd.DataFrame({"genres": ["Drama", None, "Noir"]})
    found = recommender.users_for_new_items(new, k=1)["score"]
    expected = score_new_items(model, np.arange(3), np.array([1, 3, 3])).max(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with pytest.raises(ValueError, match=r"`item_buckets` must have at most one categ"):
        several = FeatureEncoder(multi_hot=["genres"]).fit_transform(FILMS)
        tfrecs.build_bucketed_mf(3, 4, item_buckets=several)


# Growing


def test_growing_takes_raw_rows_by_id(model):
    more = Interactions.from_arrays(["bob", "dan"], ["y", "x"])
    arguments = {
        "start": "zero",
        "item_encoder": OF_FILMS,
        "user_encoder": OF_PEOPLE,
        "user_features": pd.DataFrame({"age": [50.0]}, index=["dan"]),
    }
    grown, joined = grow_with(model, TRAIN, more, item_features=NEW[::-1], **arguments)
    assert joined.items.ids.tolist()[4:] == ["x", "y"]
    expected = score_new_items(model, np.arange(3), OF_FILMS.transform(NEW))
    np.testing.assert_allclose(
        grown.score_users(np.arange(3))[:, 4:], expected, rtol=1e-5
    )
    with pytest.raises(ValueError, match=r"`item_encoder` needs features of the 2 new"):
        bare = Interactions.from_arrays(["ann", "bob"], ["Alien", "Heat"])
        small = tfrecs.build_hybrid(2, 2, item_features=np.eye(2))
        grow_with(small, bare, more, item_encoder=OF_FILMS)


def test_known_items_need_no_features_to_grow(model):
    more = Interactions.from_arrays(["ann"], ["Heat"])
    grown, _ = grow_with(model, TRAIN, more, item_encoder=OF_FILMS)
    assert grown is model


# Mistakes


def test_an_encoder_that_does_not_fit_the_model_is_refused(model):
    other = FeatureEncoder(categorical=["kind"]).fit(FILMS)
    with pytest.raises(
        ValueError, match=r"was built with, 6 of them. Received: 2 feat"
    ):
        Recommender(model, TRAIN, item_encoder=other)
    with pytest.raises(ValueError, match=r"reads features of the items\. Received: mf"):
        Recommender(tfrecs.build_mf(3, 4), TRAIN, item_encoder=other)
    with pytest.raises(
        ValueError, match=r"reads features of the users\. Received: ndarr"
    ):
        Recommender(np.zeros((3, 4)), TRAIN, user_encoder=OF_PEOPLE)
    with pytest.raises(TypeError, match=r"must be a FeatureEncoder\. Received: dict"):
        Recommender(model, TRAIN, item_encoder={})
    with pytest.raises(ValueError, match="must be fitted"):
        Recommender(model, TRAIN, item_encoder=FeatureEncoder(text=["kind"]))


def test_names_of_columns_need_an_encoder(model):
    expected = "needs the `item_encoder`.* Received: columns price, more, kind, genres"
    with pytest.raises(ValueError, match=expected):
        Recommender(model, TRAIN).recommend_new_items(["ann"], NEW)
    with pytest.raises(
        ValueError, match=r"columns such as 'age', which would be ignor"
    ):
        tfrecs.build_hybrid(3, 4, user_features=PEOPLE)
    with pytest.raises(
        ValueError, match=r"index such as 'ann', which would be ignored"
    ):
        tfrecs.build_hybrid(3, 4, user_features=PEOPLE["age"])
    with pytest.raises(ValueError, match="a column 'genres', once"):
        recommender = Recommender(model, TRAIN, item_encoder=OF_FILMS)
        recommender.recommend_new_items(["ann"], NEW.drop(columns="genres"))
