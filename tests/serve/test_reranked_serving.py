"""The server of a bundle of two stages: order, context, and what stays the first's."""

import math
import time

import keras
import numpy as np
import pandas as pd
import pytest

import tfrecs

pytest.importorskip("httpx")
pytest.importorskip("prometheus_client")
testclient = pytest.importorskip("fastapi.testclient")

from tfrecs.serve.answering import answers  # noqa: E402
from tfrecs.serve.current import Current  # noqa: E402
from tfrecs.serve.monitoring import best_scores  # noqa: E402
from tfrecs.serve.options import Options  # noqa: E402
from tfrecs.serve.questions import Recommend  # noqa: E402
from tfrecs.serve.routes import application  # noqa: E402

RNG = np.random.default_rng(5)
TRAIN = tfrecs.Interactions.from_matrix(
    RNG.random((6, 12)) < 0.3, items=[f"item {n}" for n in range(12)]
)
NAMES = ["hour", "age"]


def save(folder, names=NAMES, overwrite=False):
    """Writes a bundle of two stages, whose ranker mixes all columns."""
    keras.utils.set_random_seed(0)
    model = tfrecs.build_mf(6, 12, embedding_dim=4, init_std=1.0)
    inputs = keras.Input([4 + len(names)])
    hidden = keras.layers.Dense(8, "tanh")(inputs)
    ranker = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    first = tfrecs.Recommender(model, TRAIN)
    both = tfrecs.Reranked(first, ranker, 5, context=names)
    both.save(folder, overwrite=overwrite, durable=False)
    return both


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "bundle"
    return save(folder), folder


@pytest.fixture(scope="module")
def client(both):
    options = Options(both[1])
    app = application(options, Current(options.bundle))
    with testclient.TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def context(hour, age):
    return pd.DataFrame({"age": [age], "hour": [hour]})


def items_of(table):
    pairs = table[["item", "score"]].itertuples(index=False)
    return [{"item": item, "score": pytest.approx(score, abs=1e-5)}
            for item, score in pairs]  # fmt: skip


def post(client, route="/recommend", **body):
    return client.post(route, json=body)


def test_answers_are_in_the_order_of_the_second_stage(both, client):
    stages = both[0]
    given = {"age": 0.25, "hour": 2}
    found = post(client, user=3, k=4, context=given).json()
    table = stages.recommend([3], 4, context=context(2, 0.25))
    assert found == {"items": items_of(table), "source": "model"}
    found = post(client, user=3, context=given).json()  # k is 10, of 5 candidates
    table = stages.recommend([3], 5, context=context(2, 0.25))
    assert found["items"] == items_of(table)
    limits = {"allow": ["item 2", "item 5", "item 7"], "deny": ["item 5"]}
    every = {"exclude_seen": False, "k": 5, **limits}
    found = post(client, user=3, context=given, **every).json()
    table = stages.recommend([3], context=context(2, 0.25), **every)
    assert found["items"] == items_of(table)


def test_the_first_stage_answers_all_else(both, client):
    first = both[0].recommender
    found = post(client, user="nobody", k=3, context={"hour": 1, "age": 1}).json()
    table = first.recommend(["nobody"], 3, unknown="popular")
    assert found == {"items": items_of(table), "source": "popularity"}
    found = post(client, "/recommend-for-history", items=["item 1"], k=3).json()
    assert found["items"] == items_of(first.recommend_for_history(["item 1"], 3))
    found = post(client, "/similar-items", item="item 1", k=3).json()
    assert found["items"] == items_of(first.similar_items(["item 1"], 3))
    found = post(client, "/score", users=[1], items=["item 2"]).json()
    score = first.score([1], ["item 2"])["score"][0]
    assert found["scores"] == [pytest.approx(score, abs=1e-6)]


BAD = "a context must be an object of at most 100 names of columns, each with a number"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "must have a number for each of hour, age. Received: none"),
        ({"context": {"hour": 3}}, "hour, age. Received: hour"),
        ({"context": {"hour": 3, "age": 1, "x": 2}}, "Received: hour, age, x"),
        ({"context": {"hour": True, "age": 1}}, BAD),
        ({"context": {"hour": "3", "age": 1}}, BAD),
        ({"context": {"hour": None, "age": 1}}, BAD),
        ({"context": {"hour": 1e39, "age": 1}}, BAD),
        ({"context": [3, 1]}, BAD),
        ({"context": {f"{n}": 1 for n in range(101)}}, BAD),
        (
            {"context": {"hour": 3, "age": 1}, "k": 6},
            "`k` must be at most 5, the number of candidates that the second stage "
            "orders. Received: k=6",
        ),
    ],
)
def test_questions_that_do_not_fit_are_refused_in_one_message(client, body, message):
    found = post(client, **{"user": 3, "k": 2} | body)
    assert found.status_code == 422
    assert message in found.json()["error"]
    assert "\n" not in found.json()["error"]


def test_context_for_another_bundle_is_refused(both):
    first = both[0].recommender
    asked = Recommend(user=3, k=2, context={"hour": 3})
    [found] = answers(first, [asked])
    assert str(found) == "`context` must have no column. Received: hour"


def test_questions_of_one_moment_are_ranked_together(both, monkeypatch):
    stages, rows = both[0], []
    real = stages.ranker.predict_on_batch

    def counted(given):
        rows.append(len(given))
        return real(given)

    monkeypatch.setattr(stages.ranker, "predict_on_batch", counted)
    given = [(1, 2.0, 5), (1, 3.0, 2), (4, 2.0, 3), ("nobody", 2.0, 2), (2, 0.5, 9)]
    asked = [
        Recommend(user=user, k=k, context={"hour": hour, "age": 1.0})
        for user, hour, k in given
    ]
    asked.append(asked[0].model_copy(update={"exclude_seen": False}))
    found = answers(stages, asked)
    assert rows == [15, 5]
    for (user, hour, k), answer in list(zip(given, found, strict=False))[:3]:
        table = stages.recommend([user], k, context=context(hour, 1.0))
        assert [x.model_dump() for x in answer.items] == items_of(table)
    assert [len(answer.items) for answer in found[:4]] == [5, 2, 3, 2]
    assert found[3].source == "popularity"
    assert "k=9" in str(found[4])
    table = stages.recommend([1], 5, exclude_seen=False, context=context(2.0, 1.0))
    assert [x.model_dump() for x in found[5].items] == items_of(table)


def test_a_user_without_unseen_items_gets_none(tmp_path):
    full = tfrecs.Interactions.from_matrix(np.array([[1, 1, 1], [0, 1, 0], [0, 0, 1]]))
    first = tfrecs.Recommender(np.ones((3, 3)), full)
    ranker = keras.Sequential([keras.Input([4]), keras.layers.Dense(1)])
    stages = tfrecs.Reranked(first, ranker, 2)
    found = answers(stages, [Recommend(user=user, k=2) for user in (1, 0, 2)])
    assert [{x.item for x in answer.items} for answer in found] == [
        {0, 2},
        set(),
        {0, 1},
    ]


def test_a_second_stage_takes_the_place_of_a_bundle_without(tmp_path, both):
    folder = tmp_path / "bundle"
    both[0].recommender.save(folder, durable=False)
    options = Options(folder, watch=0.05)
    current = Current(folder)
    app = application(options, current)
    with testclient.TestClient(app, base_url="http://127.0.0.1") as client:
        before = current.version
        assert len(post(client, user=3, k=2).json()["items"]) == 2
        stages = save(folder, names=[], overwrite=True)
        end = time.monotonic() + 120
        while current.version == before:
            assert time.monotonic() < end
            time.sleep(0.05)
        found = post(client, user=3, k=4).json()
        assert found["items"] == items_of(stages.recommend([3], 4))


def test_the_best_scores_of_two_stages_are_the_rankers(both, tmp_path):
    assert all(map(math.isnan, best_scores(both[0])))
    stages = save(tmp_path / "bundle", names=[])
    scores = stages.recommend(TRAIN.users.ids, 1)["score"]
    expected = float(scores.mean()), float(scores.std(ddof=0))
    assert best_scores(stages) == pytest.approx(expected, rel=1e-5)
