"""SavedModels answer raw ids as Recommender does, in a process without tfrecs."""

import inspect
import json
import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest

import tfrecs
from tfrecs.export import main
from tfrecs.inference import fold_in
from tfrecs.inference.saved_model import scores
from tfrecs.models import HISTORY_MODELS, MODELS

pytestmark = pytest.mark.tensorflow

NUM_USERS, NUM_ITEMS = 7, 9
TWINS = [4, 7]  # items that are the same to every user
FEATURES = 0.3 * np.random.default_rng(7).normal(size=(NUM_ITEMS, 4))
FEATURES[TWINS[1]] = FEATURES[TWINS[0]]
ARGUMENTS = {
    "embedding_dim": 4,
    "mlp_embedding_dim": 5,
    "hidden_units": (6, 4),
    "user_features": np.array([2, 0, 1, 1, 2, 0, 0]),
    "item_features": FEATURES,
    "item_buckets": np.array([0, 1, 2, 0, 1, 2, 0, 1, 3]),
    "max_length": 3,
}
RNG = np.random.default_rng(11)
PAIRS = np.argwhere(RNG.random((NUM_USERS, NUM_ITEMS)) < 0.3)
QUICK = ["mf", "neumf", "gru", "mf_of_stars"]
OTHERS = sorted({*MODELS, *HISTORY_MODELS} - {*QUICK})
NAMES = [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]

ANSWERS = """
import json, sys
sys.modules["tfrecs"] = None
import numpy as np
import tensorflow as tf
def plain(x):
    if isinstance(x, list):
        return [plain(part) for part in x]
    return x.decode() if isinstance(x, bytes) else x
answers = {}
for folder, calls in json.load(sys.stdin).items():
    model = tf.saved_model.load(folder)
    answers[folder] = found = []
    for name, inputs in calls:
        if name == "signatures":
            found.append(sorted(model.signatures))
            continue
        ids = {"user_id", "item_id", "items", "allow", "deny"}
        given = {
            key: tf.cast(value, tf.int64)
            if key in ids and isinstance(value[0], int) else tf.constant(value)
            for key, value in inputs.items()
        }
        called = getattr(model, name)(**given)
        found.append({key: plain(x.numpy().tolist()) for key, x in called.items()})
json.dump(answers, sys.stdout)
"""


def interactions(as_text):
    users, items = (1000 + PAIRS[:, 0]) * 10**12, 50 - PAIRS[:, 1]
    raw = (users, items)
    ids = [np.arange(1000, 1000 + NUM_USERS) * 10**12, 50 - np.arange(NUM_ITEMS)]
    if as_text:
        raw = [np.array([f"é{x}" for x in part], object) for part in raw]
        ids = [np.array([f"é{x}" for x in part], object) for part in ids]
    return tfrecs.Interactions.from_arrays(
        *raw,
        user_vocabulary=tfrecs.data.vocabulary.Vocabulary(ids[0], "users"),
        item_vocabulary=tfrecs.data.vocabulary.Vocabulary(ids[1], "items"),
    )


def recommender(name):
    keras.utils.set_random_seed(0)
    builders = {**MODELS, **HISTORY_MODELS, "mf_of_stars": MODELS["mf"]}
    options = inspect.signature(builders[name]).parameters
    given = {key: value for key, value in ARGUMENTS.items() if key in options}
    if name == "mf_of_stars":
        given["y_range"] = (1.0, 5.0)
    sizes = (NUM_ITEMS,) if name in HISTORY_MODELS else (NUM_USERS, NUM_ITEMS)
    model = builders[name](*sizes, **given)
    rng = np.random.default_rng(1)
    for weight in model.trainable_variables:
        rows = rng.normal(scale=0.7, size=weight.shape)
        if "item" in weight.path and weight.shape[0] == NUM_ITEMS:
            rows[TWINS[1]] = rows[TWINS[0]]
        weight.assign(rows)
    return tfrecs.Recommender(model, interactions(as_text=len(name) % 2 == 0))


def answered(calls):
    """Answers of SavedModels in one process that cannot import tfrecs."""
    done = subprocess.run(
        [sys.executable, "-c", ANSWERS],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def unknown_of(ids):
    return "nobody" if isinstance(ids[0], str) else -5


def names_of(model):
    """The functions of a model's SavedModel."""
    names = {"recommend", "score", "similar_items"}
    parts, has_range = model.user_tower.output, model.interaction.y_range is not None
    if model.max_length is None and not has_range and "hidden" not in parts:
        lengths = np.linalg.norm(model.user_output(range(NUM_USERS))["factors"], axis=1)
        names |= {"recommend_for_history"} if np.ptp(lengths) > 0.01 else set()
    return sorted(names | ({"recommend_for_history"} if model.max_length else set()))


def calls_of(asked):
    users, items = asked.train.users.ids.tolist(), asked.train.items.ids.tolist()
    some = [users[3], unknown_of(users), users[0], users[3]]
    limits = {"k": 4, "exclude_seen": True, "allow": items[:6], "deny": [items[1]]}
    calls = [
        ("signatures", {}),
        ("recommend", {"user_id": some, "k": 9, "exclude_seen": False}),
        ("recommend", {"user_id": some, "k": 3}),
        ("recommend", {"user_id": users, **limits}),
        ("similar_items", {"item_id": [*items, unknown_of(items)], "k": 8}),
        ("score", {"user_id": users[:3], "item_id": items[2:5]}),
        ("score", {"user_id": some[1:3], "item_id": [items[0], unknown_of(items)]}),
    ]
    if "recommend_for_history" in names_of(asked.model):
        history = [items[2], unknown_of(items), items[5]]
        calls.append(("recommend_for_history", {"items": history, "k": 5}))
    return calls


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A family's recommender, and the calls and the answers of its SavedModel."""

    @cache
    def of_all(names):
        base = tmp_path_factory.mktemp("exported")
        recommenders = {str(base / name): recommender(name) for name in names}
        with pytest.MonkeyPatch.context() as patch:
            # Several blocks of items for one user, and users one by one.
            patch.setattr(scores, "AT_ONCE", 30)
            for folder, asked in recommenders.items():
                asked.export(folder)
        calls = {folder: calls_of(asked) for folder, asked in recommenders.items()}
        answers = answered(calls)
        found = zip(
            recommenders.values(), answers.values(), calls.values(), strict=True
        )
        return dict(zip(names, found, strict=True))

    return lambda name: of_all(tuple(QUICK if name in QUICK else OTHERS))[name]


def check_lists(found, table, queries, by, tolerance=1e-5):
    """The lists of a SavedModel are the rows of a table."""
    assert len(found["item_id"]) == len(queries)
    counts = found["count"]
    groups = np.repeat(np.arange(len(queries)), counts)
    items = [x for n, row in enumerate(found["item_id"]) for x in row[: counts[n]]]
    values = [x for n, row in enumerate(found["score"]) for x in row[: counts[n]]]
    assert [queries[row] for row in groups] == table[by].tolist()
    assert items == table["item"].tolist()
    close = {"rtol": tolerance, "atol": tolerance / 5}
    np.testing.assert_allclose(values, table["score"], **close)
    for n, count in enumerate(counts):
        assert set(found["item_id"][n][count:]) <= {"", -1}
        assert set(found["score"][n][count:]) <= {-np.inf}


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_of_the_recommender(exported, name):
    asked, found, calls = exported(name)
    users, items = asked.train.users.ids.tolist(), asked.train.items.ids.tolist()
    some = calls[1][1]["user_id"]
    table = asked.recommend(some, k=9, exclude_seen=False, unknown="popular")
    check_lists(found[1], table, some, "user")
    assert found[1]["source"] == ["model", "popularity", "model", "model"]
    # A Dense layer may round two equal rows of a batch differently.
    for row in () if name == "nonlinear_mf" else (0, 2, 3):
        one, other = (found[1]["item_id"][row].index(items[item]) for item in TWINS)
        assert other == one + 1  # of the twins, the one of lower index first

    table = asked.recommend(some, k=3, unknown="popular")
    check_lists(found[2], table, some, "user")
    table = asked.recommend(users, k=4, allow=items[:6], deny=[items[1]])
    check_lists(found[3], table, users, "user")
    assert min(found[3]["count"]) < 4

    similar = {key: rows[:-1] for key, rows in found[4].items()}
    check_lists(similar, asked.similar_items(items, k=8), items, "similar_to")
    assert found[4]["source"] == ["model"] * NUM_ITEMS + ["popularity"]
    counts = asked.train.item_counts
    assert found[4]["score"][-1] == sorted(counts, reverse=True)[:8]

    pairs = asked.score(users[:3], items[2:5])["score"]
    np.testing.assert_allclose(found[5]["score"], pairs, rtol=1e-5, atol=2e-6)
    assert found[6]["score"] == [counts[0], 0]
    assert found[6]["source"] == ["popularity"] * 2


@pytest.mark.parametrize("name", NAMES)
def test_histories_are_answered_as_by_the_recommender(exported, name, monkeypatch):
    asked, found, calls = exported(name)
    assert found[0] == names_of(asked.model)
    if "recommend_for_history" in found[0]:
        # The minimum itself, for models that infer a user.
        monkeypatch.setattr(fold_in, "CLOSE_ENOUGH", 1e-12)
        known = [calls[7][1]["items"][place] for place in (0, 2)]
        table = asked.recommend_for_history(known, k=5)
        tolerance = 1e-5 if name in HISTORY_MODELS else 1e-3
        check_lists(found[7], table.assign(user="-"), ["-"], "user", tolerance)
        assert found[7]["source"] == ["model"]


def test_the_command_line_exports_a_bundle(tmp_path, capsys):
    asked = recommender("mf")
    asked.save(tmp_path / "bundle")
    call = ["--bundle", str(tmp_path / "bundle"), "--out", str(tmp_path / "out")]
    assert main(call) == 0
    assert (tmp_path / "out" / "saved_model.pb").is_file()
    assert "a SavedModel of" in capsys.readouterr().out
    assert main(call) == 2
    assert "holds a SavedModel. Choose another name" in capsys.readouterr().err
    assert main([*call, "--overwrite"]) == 0
    assert main(["--bundle", "nowhere", "--out", str(tmp_path / "b")]) == 2
    assert main(["--out", "b"]) == 2


def test_other_folders_and_ids_are_refused(tmp_path):
    asked = recommender("mf")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FileExistsError, match="a new folder or a SavedModel"):
        asked.export(tmp_path, overwrite=True)
    train = tfrecs.Interactions.from_arrays([(1, 2)], ["a"])
    model = MODELS["mf"](1, 1)
    with pytest.raises(TypeError, match=r"`users` must be integers of 64.*\(1, 2\)"):
        tfrecs.Recommender(model, train).export(tmp_path / "a")
    assert not (tmp_path / "a").exists()
    with pytest.raises(TypeError, match="needs a model of two towers"):
        tfrecs.Recommender(np.ones((1, 1)), train).export(tmp_path / "a")
