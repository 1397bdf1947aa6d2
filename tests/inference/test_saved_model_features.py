"""SavedModels encode raw features as the library does, in a process without it."""

import json
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import tfrecs
from tfrecs import FeatureEncoder, Interactions, Recommender
from tfrecs.inference.saved_model import newcomers, scores
from tfrecs.inference.saved_model.raw_features import RawFeatures

pytestmark = pytest.mark.tensorflow

USERS, FILMS = [f"u{n}" for n in range(6)], [f"film {n}" for n in range(7)]
PEOPLE = pd.DataFrame(
    {
        "age": [20, 40, np.nan, 31, 55, 18],
        "zone": [7, 8, 7, 9, 8, 7],
        "größe": ["L", "S", "S", "M", "L", "S"],
        "k": ["x", None, "y", "x", "y", "z"],  # the name of another input
    },
    index=USERS,
)
CATALOGUE = pd.DataFrame(
    {
        "genres": ["Drama|War", "Drama", None, "Comedy", "War", "Drama", "Noir"],
        "tags": [["a|b", "c"], ["c"], [], ["a|b"], ["d"], ["d"], ["c", "d"]],
        "kind": ["film", "film", "series", "film", "series", None, "short"],
        "price": [3.0, 9.0, 6.0, np.nan, 1.0, 2.0, 3.5],
        "plot": [
            *("The Straße at night", "night, NIGHT!", None, "x_1 the"),
            *("Ärger in Ürgüp", "the sea", "sea of Ärger"),
        ],
        "cover": [[0.5, 1.0], None, [2.0, -1.0], [0, 1], [1, 1], [3, 0], [0.1, 0.2]],
        "none": [None] * 7,
    },
    index=FILMS,
)
OF_USERS = FeatureEncoder(categorical=["zone", "k", "größe"], numeric=["age"])
OF_FILMS = FeatureEncoder(
    categorical=["kind", "none"],
    multi_hot=["genres", "tags"],
    numeric=["price"],
    text=["plot", "kind"],
    vectors=["cover"],
    min_count=2,
)
NEW_USERS = {
    "age": ([60.5, np.nan, 33], "float64"),
    "zone": ([8, 100, np.iinfo(np.int64).min], "int64"),
    "größe": (["M", "", "L"], "string"),
    "k": (["\u2003x ", "new", ""], "string"),
}
BY_NAME = {"k": "k_", "größe": "gr__e"}
NEW_FILMS = {
    "kind_categorical": (["series", "short", "", "new film"], "string"),
    "kind_text": (["series", "short", "", "new film"], "string"),
    "none": (["", "any", "", ""], "string"),
    "genres": ([" War |Drama|", "War", "", "Noir|new|War|War"], "string"),
    "tags": ([["a|b", "c"], ["", ""], ["d", ""], ["d", " d"]], "string"),
    "price": ([4.5, np.nan, 1e6, -2], "float64"),
    "plot": (["SEA, the ärger;", "", "Night night the", "new"], "string"),
    "cover": ([[1, 2], [0, 0], [0.25, -3], [0, 0]], "float32"),
}
RNG = np.random.default_rng(5)
PAIRS = np.argwhere(RNG.random((6, 7)) < 0.4)
QUICK = ["hybrid", "deepfm"]
NAMES = [*QUICK, *(pytest.param(x, marks=pytest.mark.slow) for x in ("gru", "buckets"))]

ANSWERS = """
import json, sys
sys.modules["tfrecs"] = None
import tensorflow as tf
def tensors(given):
    if isinstance(given, dict):
        return {name: tensors(part) for name, part in given.items()}
    return tf.constant(given[0], given[1])
def plain(x):
    if isinstance(x, list):
        return [plain(part) for part in x]
    return x.decode() if isinstance(x, bytes) else x
answers = {}
for folder, calls in json.load(sys.stdin).items():
    model = tf.saved_model.load(folder)
    answers[folder] = {"signatures": sorted(model.signatures)}
    for label, name, by_name, inputs in calls:
        given = tensors(inputs)
        called = (model.signatures[name] if by_name else getattr(model, name))(**given)
        found = {key: plain(x.numpy().tolist()) for key, x in called.items()}
        answers[folder][label] = found
json.dump(answers, sys.stdout)
"""


def frame_of(columns, names):
    """The table that the library takes for the columns of a SavedModel."""
    missing = {"", np.iinfo(np.int64).min}
    table = {}
    for name, (values, _) in columns.items():
        if isinstance(values[0], list):
            cells = [[x for x in cell if x != ""] or None for cell in values]
        else:
            cells = [None if x in missing else x for x in values]
        table[name.removesuffix("_categorical").removesuffix("_text")] = cells
    return pd.DataFrame(table, index=names)


def recommender(name):
    train = Interactions.from_arrays(
        np.array(USERS, object)[PAIRS[:, 0]],
        np.array(FILMS, object)[PAIRS[:, 1]],
        user_features=PEOPLE,
        item_features=CATALOGUE,
    )
    of_users = OF_USERS.fit(train.user_features)
    of_films = OF_FILMS.fit(train.item_features)
    users = of_users.transform(train.user_features)
    films = of_films.transform(train.item_features)
    keras.utils.set_random_seed(0)
    encoders = {"user_encoder": of_users, "item_encoder": of_films}
    if name == "hybrid":
        model = tfrecs.build_hybrid(
            *(6, 7),
            user_features=users,
            item_features=films,
            embedding_dim=3,
            feature_units=(5,),
        )
    elif name == "deepfm":
        model = tfrecs.models.build_deepfm(
            *(6, 7),
            user_features=users,
            item_features=films,
            embedding_dim=3,
            hidden_units=(4, 3),
        )
    elif name == "gru":
        model = tfrecs.models.build_gru(
            7, user_features=users, embedding_dim=3, max_length=3, temperature=0.3
        )
        del encoders["item_encoder"]
    else:
        kinds = FeatureEncoder(categorical=["kind"]).fit(train.item_features)
        buckets = kinds.transform(train.item_features)
        model = tfrecs.models.build_bucketed_mf(
            *(6, 7), item_buckets=buckets, embedding_dim=3
        )
        encoders = {"item_encoder": kinds}
    rng = np.random.default_rng(1)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(scale=0.7, size=weight.shape))
    return Recommender(model, train, **encoders)


def new_films_of(name):
    """The columns of new films that a model's encoder reads."""
    return {"kind": NEW_FILMS["kind_text"]} if name == "buckets" else NEW_FILMS


def calls_of(name):
    users, films = {"features": NEW_USERS}, {"features": new_films_of(name)}
    limits = {"k": (4, "int32"), "deny": (FILMS[:1], "string")}
    flat = {BY_NAME.get(key, key): cells for key, cells in NEW_USERS.items()}
    all_ = {"k": (7, "int32"), "allow": ([], "string"), "deny": ([], "string")}
    asked = {"user_id": (["u3", "nobody", "u0"], "string"), "k": (3, "int32")}
    of_users = [
        ("some", "recommend_for_new_users", False, {**users, **limits}),
        ("all", "recommend_for_new_users", True, {**flat, **all_}),
    ]
    of_films = [
        ("new", "recommend_new_items", False, {**films, **asked}),
        ("by name", "recommend_new_items", True, {**new_films_of(name), **asked}),
        ("similar", "similar_to_new_items", False, films),
    ]
    others = {"gru": of_users, "buckets": of_films}
    return others.get(name, [*of_users, *of_films])


@pytest.fixture(scope="module")
def exported(tmp_path_factory, request):
    """Each recommender, and the answers of its SavedModel."""
    is_quick = {True: QUICK, False: ["gru", "buckets"]}
    done = {}

    def of(name):
        names = is_quick[name in QUICK]
        if name not in done:
            base = tmp_path_factory.mktemp("exported")
            made = {each: recommender(each) for each in names}
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(scores, "AT_ONCE", 30)
                patch.setattr(newcomers, "AT_ONCE", 20)  # one film, or a few users
                for each, asked in made.items():
                    asked.export(base / each)
            of.folders |= {each: base / each for each in names}
            calls = {str(base / each): calls_of(each) for each in names}
            found = subprocess.run(
                [sys.executable, "-c", ANSWERS],
                input=json.dumps(calls),
                capture_output=True,
                text=True,
            )
            assert found.returncode == 0, found.stderr[-2000:]
            answers = json.loads(found.stdout)
            done.update({x: (made[x], answers[str(base / x)]) for x in names})
        return done[name]

    of.folders = {}
    return of


def check_lists(found, table, by, queries, what="item_id"):
    """The lists of a SavedModel are the rows of a table."""
    counts = found.get("count", [len(row) for row in found[what]])
    best = [x for row, n in zip(found[what], counts, strict=True) for x in row[:n]]
    values = [x for row, n in zip(found["score"], counts, strict=True) for x in row[:n]]
    assert np.repeat(queries, counts).tolist() == table[by].tolist()
    column = "item" if what == "item_id" else "place"
    assert best == table[column].tolist()
    np.testing.assert_allclose(values, table["score"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_new_users_get_the_items_of_the_recommender(exported, name):
    asked, found = exported(name)
    has_encoder = asked.user_encoder is not None
    assert ("recommend_for_new_users" in found["signatures"]) == has_encoder
    if has_encoder:
        people = frame_of(NEW_USERS, ["a", "b", "c"])
        table = asked.recommend_for_new_users(people, k=4, deny=FILMS[:1])
        check_lists(found["some"], table, "user", ["a", "b", "c"])
        table = asked.recommend_for_new_users(people, k=7)
        check_lists(found["all"], table, "user", ["a", "b", "c"])
        assert found["all"]["source"] == ["model"] * 3


@pytest.mark.parametrize("name", NAMES)
def test_new_items_are_ranked_as_by_the_recommender(exported, name):
    asked, found = exported(name)
    calls = {"recommend_new_items", "similar_to_new_items"}
    has_encoder = asked.item_encoder is not None
    assert (calls <= {*found["signatures"]}) == has_encoder
    if has_encoder:
        films = frame_of(new_films_of(name), list("abcd"))
        table = asked.recommend_new_items(["u3", "u0"], films, k=3)
        table["place"] = table["item"].map("abcd".index)
        known = {key: [rows[0], rows[2]] for key, rows in found["new"].items()}
        check_lists(known, table, "user", ["u3", "u0"], "row")
        assert found["new"]["source"] == ["model", "popularity", "model"]
        assert found["new"]["score"][1] == [0, 0, 0]
        assert found["by name"] == found["new"]
        table = asked.similar_to_new_items(films, k=7)
        check_lists(found["similar"], table, "similar_to", [*"abcd"])


@pytest.fixture(scope="module")
def encode():
    return RawFeatures(OF_FILMS.fit(CATALOGUE), CATALOGUE, ())


def given(**others):
    columns = {name: tf.constant(*given) for name, given in NEW_FILMS.items()}
    return {**columns, **others}


def test_features_are_those_of_the_encoder(encode):
    expected = OF_FILMS.transform(frame_of(NEW_FILMS, None)).toarray()
    np.testing.assert_allclose(encode(given()), expected, rtol=2e-7)
    plain = given(
        genres=tf.constant([["War", "Drama"], ["War", ""], ["", ""], ["x", "War"]])
    )
    np.testing.assert_allclose(encode(plain), expected, rtol=2e-7)
    assert OF_FILMS.names[:2] == ["kind=film", "kind=series"]
    assert expected[:, 2].tolist() == [0, 1, 0, 1]  # kind=<unknown>


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("price", [1.0, np.inf, 2.0, 3.0], "'price' must hold finite numbers"),
        ("cover", [[1.0, np.nan]] * 4, "'cover' must hold finite numbers"),
        ("genres", ["War", "['War']", "", ""], "not the text of a list"),
    ],
)
def test_other_cells_fail_the_call(encode, column, cells, message):
    cells = tf.constant(cells, encode.inputs[column].dtype)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        encode(given(**{column: cells}))


def test_serving_may_leave_out_what_has_a_default(exported):
    exported("hybrid")
    file = exported.folders["hybrid"] / "saved_model.pb"
    content = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    signature = content.meta_graphs[0].signature_def["recommend_for_new_users"]
    assert {*signature.inputs} == {"age", "zone", "k_", "gr__e", "k", "allow", "deny"}
    assert {*signature.defaults} == {"k", "allow", "deny"}


def test_columns_of_other_lengths_fail_the_call():
    asked = recommender("buckets")
    of_films = newcomers.Newcomers(asked.model, asked.train, "item", OF_FILMS)
    price = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0], tf.float64)
    with pytest.raises(tf.errors.InvalidArgumentError, match="the same length"):
        of_films(given(price=price))
