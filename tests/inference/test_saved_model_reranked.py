"""SavedModels of two stages answer as Reranked does, in a process without tfrecs."""

import json
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import tfrecs
from tfrecs import FeatureEncoder, Interactions, Recommender, Reranked
from tfrecs.export import main
from tfrecs.inference.saved_model import reranking

pytestmark = pytest.mark.tensorflow

USERS, ITEMS = [f"é{n}" for n in range(7)], [50 - n for n in range(12)]
RNG = np.random.default_rng(3)
SEEN = RNG.random((7, 12)) < 0.25
SEEN[6, 2:] = True  # fewer unseen items than candidates
FILMS = pd.DataFrame(
    {"genre": [*"xyxyzzxyzxyz"], "year": RNG.normal(size=12)}, index=ITEMS
)
PEOPLE = pd.DataFrame({"age": RNG.random(7)}, index=USERS)
TRAIN = Interactions.from_matrix(
    SEEN, users=USERS, items=ITEMS, item_features=FILMS, user_features=PEOPLE
)
ENCODER = FeatureEncoder(categorical=["genre"], numeric=["year"]).fit(FILMS)
NAMES = ["hour", "day"]
CONTEXT = RNG.normal(size=(len(USERS), 2)).astype(np.float32)

ANSWERS = """
import json, sys
sys.modules["tfrecs"] = None
import tensorflow as tf
TYPES = {"context": tf.float32, "k": tf.int32, "exclude_seen": tf.bool,
         "user_id": tf.string, "allow": tf.int64, "deny": tf.int64,
         "item_id": tf.int64}
def answer(model, name, given):
    if name == "inputs":
        _, inputs = model.signatures["recommend"].structured_input_signature
        return {key: spec.shape.as_list() for key, spec in inputs.items()}
    tensors = {key: tf.constant(x, TYPES[key]) for key, x in given.items()}
    try:
        found = getattr(model, name)(**tensors)
    except tf.errors.InvalidArgumentError as error:
        return str(error)
    return {key: x.numpy().tolist() for key, x in found.items() if key != "source"}
answers = {}
for folder, calls in json.load(sys.stdin).items():
    model = tf.saved_model.load(folder)
    answers[folder] = [answer(model, name, given) for name, given in calls]
json.dump(answers, sys.stdout)
"""


def first_stage():
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(7, 12, embedding_dim=4, init_std=1.0)
    return Recommender(model, TRAIN)


def mixed():
    """A network of all columns, by an encoder of items and raw ages of users."""
    keras.utils.set_random_seed(1)
    numbers = keras.layers.Normalization(mean=np.full(11, 0.5), variance=np.full(11, 4))
    layers = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]
    ranker = keras.Sequential([keras.Input([11]), numbers, *layers])
    options = {"item_encoder": ENCODER, "context": NAMES}
    return Reranked(first_stage(), ranker, 5, **options)


def by_genre():
    """A ranker of many equal scores, without context."""
    ranker = keras.Sequential([keras.Input([9]), keras.layers.Dense(1, use_bias=False)])
    weights = np.zeros((9, 1), np.float32)
    weights[2] = 1  # genre=x
    both = Reranked(first_stage(), ranker, 6, item_encoder=ENCODER)
    ranker.set_weights([weights])
    return both


MIXED = [
    {"user_id": USERS, "k": 5, "exclude_seen": False},
    {"user_id": USERS, "k": 3},
    {"user_id": USERS, "k": 5, "allow": ITEMS[:7], "deny": [ITEMS[1]]},
]
GENRE = [{"user_id": USERS, "k": 6}, {"user_id": USERS[::-1]}]


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Both stages, the calls and the answers, of two SavedModels."""
    base, calls = tmp_path_factory.mktemp("exported"), {}
    stages = {"mixed": mixed(), "genre": by_genre()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reranking, "AT_ONCE", 150)  # three users at once
        stages["mixed"].export(base / "mixed")
        stages["genre"].save(base / "bundle", durable=False)
        given = ["--bundle", str(base / "bundle"), "--out", str(base / "genre")]
        assert main(given) == 0
    calls["mixed"] = [
        *(("recommend", {**call, "context": CONTEXT.tolist()}) for call in MIXED),
        ("recommend", {"user_id": ["nobody", USERS[0]], "context": [[0, 0]] * 2}),
        ("recommend", {"user_id": USERS, "context": CONTEXT.tolist(), "k": 6}),
        ("recommend", {"user_id": USERS, "context": CONTEXT[:2].tolist()}),
        ("recommend", {"user_id": [USERS[0]], "context": [[float("inf"), 0]]}),
        ("similar_items", {"item_id": ITEMS[:2], "k": 3}),
        ("inputs", {}),
    ]
    calls["genre"] = [*(("recommend", call) for call in GENRE), ("inputs", {})]
    done = subprocess.run(
        [sys.executable, "-c", ANSWERS],
        input=json.dumps({str(base / name): asked for name, asked in calls.items()}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout).values()
    return dict(zip(calls, zip(stages.values(), found, strict=True), strict=True))


def rows_of(found, users):
    """Returns users, items and scores of the results, and checks what follows them."""
    rows = []
    for n, (user, count) in enumerate(zip(users, found["count"], strict=True)):
        items, scores = found["item_id"][n], found["score"][n]
        rows += [(user, *pair) for pair in zip(items, scores, strict=True)][:count]
        assert set(items[count:]) <= {-1} and set(scores[count:]) <= {-np.inf}
    return pd.DataFrame(rows, columns=["user", "item", "score"])


def check(found, table, users):
    expected = table[["user", "item", "score"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        rows_of(found, users), expected, check_dtype=False, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("place", range(len(MIXED)))
def test_answers_are_in_the_rankers_order(answered, place):
    both, found = answered["mixed"]
    options = {key: x for key, x in MIXED[place].items() if key != "user_id"}
    context = pd.DataFrame(CONTEXT, columns=NAMES)
    table = both.recommend(USERS, **options, context=context)
    check(found[place], table, USERS)
    first = both.recommender.recommend(USERS, **options)
    assert first["item"].tolist() != table["item"].tolist()


def test_equal_scores_keep_the_order_of_the_first_stage(answered):
    both, found = answered["genre"]
    check(found[0], both.recommend(USERS, 6), USERS)
    assert found[0]["count"][6] == 2
    check(found[1], both.recommend(USERS[::-1], 6), USERS[::-1])  # k is 6 by default


def test_unknown_users_get_popular_items_as_of_the_first_stage(answered):
    both, found = answered["mixed"]
    first = both.recommender.recommend(["nobody"], 5, unknown="popular")
    assert found[3]["item_id"][0] == first["item"].tolist()
    assert found[3]["score"][0] == first["score"].tolist()
    context = pd.DataFrame(0.0, index=[0], columns=NAMES)
    table = both.recommend(USERS[:1], 5, context=context)
    assert found[3]["item_id"][1] == table["item"].tolist()


def test_inputs_that_do_not_fit_are_refused(answered):
    found = answered["mixed"][1]
    assert "`k` must be at most 5, the number of candidates" in found[4]
    assert "`context` must have a row for each of `user_id`" in found[5]
    assert "`context` must be finite" in found[6]


def test_the_context_is_an_input_where_the_ranker_reads_it(answered):
    options = {"k": [], "exclude_seen": [], "allow": [None], "deny": [None]}
    assert answered["mixed"][1][8] == {
        "user_id": [None],
        "context": [None, 2],
        **options,
    }
    assert answered["genre"][1][2] == {"user_id": [None], **options}


def test_similar_items_are_the_first_stages(answered):
    both, found = answered["mixed"]
    table = both.recommender.similar_items(ITEMS[:2], 3)
    assert np.ravel(found[7]["item_id"]).tolist() == table["item"].tolist()


def test_rankers_that_cannot_be_exported_are_refused(tmp_path):
    first = first_stage()
    with pytest.raises(TypeError, match=r"saved or exported: .* LogisticRegression"):
        Reranked(first, LogisticRegression(), 2).export(tmp_path / "a")
    unbuilt = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="not built"):
        Reranked(first, unbuilt, 2).export(tmp_path / "a")
    ranker = keras.Sequential([keras.Input([7]), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"numeric columns .*: 'item_genre'"):
        Reranked(first, ranker, 2).export(tmp_path / "a")
    scores = Recommender(np.ones((7, 12)), TRAIN)
    ranker = keras.Sequential([keras.Input([9]), keras.layers.Dense(1)])
    with pytest.raises(TypeError, match="needs a model of two towers"):
        Reranked(scores, ranker, 2, item_encoder=ENCODER).export(tmp_path / "a")
    assert [*tmp_path.iterdir()] == []
