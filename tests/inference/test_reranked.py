"""The second stage: rows and lists by hand, rankers of all kinds, and mistakes."""

import logging
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from tfrecs import FeatureEncoder, Interactions, Recommender, Reranked, evaluate
from tfrecs.evaluation.lists import evaluate_lists
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.inference.second_stage import ordering

# Users ann, bob, cy; items a, b, c, d, e. The first stage finds, of unseen items:
# ann: c (3.0), d (2.0), a (1.0); bob: b, c (4.0, 4.0), e (0.0); cy: a, b, c.
TRAIN = Interactions.from_matrix(
    np.array([[0, 1, 0, 0, 0], [1, 0, 0, 1, 0], [0, 0, 0, 1, 0]]),
    users=["ann", "bob", "cy"],
    items=["a", "b", "c", "d", "e"],
    user_features=pd.DataFrame({"age": [30, 40, 50]}, index=["ann", "bob", "cy"]),
    item_features=pd.DataFrame(
        {"year": [1, 2, 3, 4, 5], "genre": ["x", "y", "x", "y", "y"]}, index=[*"abcde"]
    ),
)
SCORES = np.array(
    [[1.0, 9.0, 3.0, 2.0, 0.5], [5.0, 4.0, 4.0, 6.0, 0.0], [0.5, 0.4, 0.3, 0.9, 0.1]]
)
FIRST = Recommender(SCORES, TRAIN)
BARE = Recommender(SCORES, replace(TRAIN, user_features=None, item_features=None))


class By:
    """A ranker that scores by a function of the rows, and keeps its training data."""

    def __init__(self, score):
        self.predict = score

    def fit(self, rows, labels, **settings):
        self.rows, self.labels, self.settings = rows, labels, settings
        return self


YEARS = By(lambda rows: rows["item_year"].to_numpy())
SAME = By(lambda rows: np.zeros(len(rows)))


def interactions(users, items, **more):
    known = {"user_vocabulary": TRAIN.users, "item_vocabulary": TRAIN.items}
    return Interactions.from_arrays(users, items, **known, **more)


def rows(table):
    return list(table.itertuples(index=False, name=None))


def items_of(table):
    return table.groupby("user", sort=False)["item"].agg("".join).to_dict()


# Recommending


def test_the_ranker_orders_the_unseen_candidates():
    table = Reranked(FIRST, YEARS, 3).recommend(["bob", "ann"], k=2)
    assert list(table.columns) == ["user", "item", "score", "rank"]
    assert table.dtypes["rank"] == FIRST.recommend(["bob"], k=1).dtypes["rank"]
    assert rows(table) == [
        ("bob", "e", 5, 1),
        ("bob", "c", 3, 2),
        ("ann", "d", 4, 1),
        ("ann", "c", 3, 2),  # e is not a candidate
    ]


def test_equal_scores_keep_the_order_of_the_first_stage():
    found = Reranked(FIRST, SAME, 3).recommend(["cy", "ann", "bob"], k=3)
    assert items_of(found) == {"cy": "abc", "ann": "cda", "bob": "bce"}
    by_genre = By(lambda rows: (rows["item_genre"] == "y").to_numpy())
    found = Reranked(FIRST, by_genre, 3).recommend(["cy", "bob"], k=3)
    assert items_of(found) == {"cy": "bac", "bob": "bec"}


def test_queries_repeat_have_few_results_or_none():
    both = Reranked(FIRST, YEARS, 4)
    assert rows(both.recommend(["cy", "cy"], k=1)) == [("cy", "e", 5, 1)] * 2
    found = both.recommend(["ann", "bob", "cy", "bob"], 4, deny={"ann": [*"acde"]})
    assert found["user"].tolist() == ["bob"] * 3 + ["cy"] * 4 + ["bob"] * 3
    assert found["rank"].tolist() == [1, 2, 3, 1, 2, 3, 4, 1, 2, 3]
    empty = both.recommend([], k=1)
    assert (list(empty.columns), len(empty)) == (["user", "item", "score", "rank"], 0)
    assert len(both.recommend(["ann"], k=2, allow=[])) == 0


def test_an_allow_list_leaves_more_of_the_catalogue_to_the_candidates():
    both = Reranked(FIRST, YEARS, 1)
    assert items_of(both.recommend(["ann"], k=1)) == {"ann": "c"}
    assert items_of(both.recommend(["ann"], k=1, allow=["a", "e"])) == {"ann": "a"}
    assert items_of(both.recommend(["ann"], k=1, deny=["c"])) == {"ann": "d"}


def test_blocks_change_nothing(monkeypatch):
    context = pd.DataFrame({"hour": [3, 1, 2, 3]})
    by_hour = By(lambda rows: (rows["hour"] * rows["rank"]).to_numpy())
    both = Reranked(FIRST, by_hour, 3, context=["hour"])
    users = ["ann", "cy", "bob", "ann"]
    whole = both.recommend(users, 3, context=context)
    assert whole["score"].tolist() == [9, 6, 3, 3, 2, 1, 6, 4, 2, 9, 6, 3]
    monkeypatch.setattr(ordering, "ROWS", 1)
    pd.testing.assert_frame_equal(both.recommend(users, 3, context=context), whole)


def test_seen_items_are_candidates_where_that_is_asked_for():
    both = Reranked(FIRST, YEARS, 2)
    found = both.recommend(["ann", "bob"], 2, exclude_seen=False)
    assert items_of(found) == {"ann": "cb", "bob": "da"}  # b is ann's, a and d bob's


# Evaluation


def test_scores_put_candidates_first_and_keep_the_ties_of_the_others():
    both = Reranked(FIRST, YEARS, 2)
    # ann: d, c, then b, a, e; bob: c, b, then d, a, e; cy: b, a, then d, c, e
    assert both.score_users(np.array([0, 1, 2])).tolist() == [
        [-4, -1, 0, 1, -5],
        [-2, 0, 1, -1, -4],
        [0, 1, -4, -1, -5],
    ]
    tied = Reranked(Recommender(np.ones((3, 5)), TRAIN), SAME, 1)
    assert tied.score_users(np.array([0])).tolist() == [[0, -1, -1, -1, -1]]


def test_evaluate_ranks_as_recommend_does():
    test = interactions(["ann", "bob", "cy"], ["d", "b", "c"])
    both = Reranked(FIRST, YEARS, 3)
    found = evaluate(both, TRAIN, test, k=2).metrics
    table = both.recommend(TRAIN.users.ids, k=2)
    ids = TRAIN.items.known(table["item"]).reshape(3, 2)
    lists = Lists(ids, np.array([0, 1, 2]), TRAIN)
    expected = evaluate_lists(lists, test, k=2).metrics
    assert {name: found[name] for name in expected} == expected
    assert found["recall@2"] == pytest.approx(2 / 3)  # d and c


# Rows and labels


def test_rows_have_features_counts_and_the_first_stage():
    held_out = interactions(["bob", "ann"], ["c", "e"])
    table, labels = Reranked(FIRST, SAME, 3).examples(held_out, seed=0)
    named = table.assign(clicked=labels).sort_values(["user_age", "rank"])
    assert list(named.columns) == [
        *("user_age", "user_interactions", "item_year", "item_genre"),
        *("item_interactions", "score", "rank", "clicked"),
    ]
    assert rows(named) == [
        (30, 1, 3, "x", 0, 3.0, 1, 0),
        (30, 1, 4, "y", 2, 2.0, 2, 0),
        (30, 1, 1, "x", 1, 1.0, 3, 0),
        (40, 2, 2, "y", 1, 4.0, 1, 0),
        (40, 2, 3, "x", 0, 4.0, 2, 1),
        (40, 2, 5, "y", 0, 0.0, 3, 0),
    ]
    assert labels.dtype == np.float32


def test_the_seed_is_of_the_order():
    held_out = interactions(["bob", "ann"], ["c", "e"])
    both = Reranked(FIRST, SAME, 3)
    (one, of_one), (two, of_two) = (both.examples(held_out, seed=s) for s in (0, 1))
    again, _ = both.examples(held_out, seed=0)
    pd.testing.assert_frame_equal(one, again)
    assert one["score"].tolist() != two["score"].tolist()
    orders = [np.lexsort((x["score"], x["user_age"], x["rank"])) for x in (one, two)]
    assert of_one[orders[0]].tolist() == of_two[orders[1]].tolist()


def test_low_ratings_are_negatives(caplog):
    caplog.set_level(logging.INFO, "tfrecs")
    held_out = interactions(["ann", "ann", "ann"], ["c", "d", "e"], ratings=[5, 1, 4])
    kept = replace(held_out, min_rating=4.0)
    table, labels = Reranked(FIRST, SAME, 3).examples(kept, seed=0)
    assert dict(zip(table["item_year"], labels, strict=True)) == {3: 1, 4: 0, 1: 0}
    assert "finds 1 of 2 held-out positives among 3 candidates" in caplog.text


def test_impressions_are_rows_with_their_context():
    shown = pd.DataFrame(
        {
            "user_id": ["cy", "ann", "cy", "ann", "cy"],
            "item_id": ["a", "c", "a", "e", "b"],
            "clicked": [True, False, False, True, True],
            "hour": [1, 2, 3, 4, 5],
        }
    )
    ranker = By(lambda rows: rows["hour"].to_numpy())
    Reranked.train(
        FIRST, shown, ranker, candidates=3, context=["hour"], seed=0, weight=7
    )
    kept = ranker.rows.assign(clicked=ranker.labels).sort_values("hour")
    columns = ["user_age", "item_year", "hour", "score", "rank", "clicked"]
    assert rows(kept[columns]) == [
        (50, 1, 1, 0.5, 1, 1),
        (30, 3, 2, 3.0, 1, 0),
        (50, 1, 3, 0.5, 1, 0),
        (50, 2, 5, 0.4, 2, 1),  # e is not among ann's candidates
    ]
    assert ranker.settings == {"weight": 7}


def test_features_are_encoded_where_there_is_an_encoder():
    encoder = FeatureEncoder(categorical=["genre"]).fit(TRAIN.item_features)
    both = Reranked(FIRST, SAME, 3, item_encoder=encoder)
    table, _ = both.examples(interactions(["ann"], ["c"]), seed=0)
    found = table.sort_values("rank")
    assert found["item_genre=x"].tolist() == [1, 0, 1]
    assert found["item_genre=y"].tolist() == [0, 1, 0]
    assert "item_year" not in found and "user_age" in found


def test_the_encoder_of_the_recommender_is_the_usual_one():
    encoder = FeatureEncoder(categorical=["genre"]).fit(TRAIN.item_features)
    first = Recommender(SCORES, TRAIN)
    first.item_encoder = encoder  # as of a model that reads features
    table, _ = Reranked(first, SAME, 3).examples(interactions(["ann"], ["c"]), seed=0)
    assert "item_genre=x" in table
    other = FeatureEncoder(numeric=["year"]).fit(TRAIN.item_features)
    both = Reranked(first, SAME, 3, item_encoder=other)
    table, _ = both.examples(interactions(["ann"], ["c"]), seed=0)
    assert "item_year" in table and "item_genre=x" not in table


# Rankers


def planted():
    """60 users who like one kind of items, which the first stage does not know."""
    rng = np.random.default_rng(0)
    kind = np.arange(40) % 2
    likes = rng.random((60, 40)) < np.where(kind, 0.5, 0.1)
    data = Interactions.from_matrix(likes, item_features=pd.DataFrame({"kind": kind}))
    part = rng.permutation(len(data)) % 3
    train, held_out, test = (data.take(part == n) for n in range(3))
    return Recommender(rng.random((60, 40)), train), held_out, test


def network():
    keras.utils.set_random_seed(0)
    numbers = keras.layers.Normalization()
    layers = [keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([numbers, *layers])
    model.compile("adam", "binary_crossentropy")
    return model


@pytest.mark.parametrize("kind", ["trees", "linear", "keras"])
def test_rankers_of_all_kinds_learn_what_the_first_stage_lacks(kind, capsys):
    first, held_out, test = planted()
    settings = {}
    if kind == "trees":
        ranker = HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=100)
    elif kind == "linear":  # a regression has no probabilities
        ranker = LinearRegression()
    else:
        ranker, settings = network(), {"epochs": 20, "batch_size": 64}
        rows, _ = Reranked(first, ranker, 40).examples(held_out, seed=0)
        ranker.layers[0].adapt(rows.to_numpy(np.float32))
    both = Reranked.train(first, held_out, ranker, candidates=40, seed=0, **settings)
    assert capsys.readouterr().out == ""  # Keras shows its progress by default
    before = evaluate(first.model, first.train, test, k=5).metrics["ndcg@5"]
    after = evaluate(both, first.train, test, k=5).metrics["ndcg@5"]
    assert after > 1.3 * before
    assert np.isfinite(both.recommend(first.train.users.ids, k=5)["score"]).all()


def test_the_score_is_the_probability_of_the_second_class():
    held_out = interactions(["bob", "ann", "cy"], ["e", "d", "c"])
    ranker = LogisticRegression()
    both = Reranked.train(BARE, held_out, ranker, candidates=3, seed=0)
    table, _ = both.examples(interactions(["ann"], ["d"]), seed=0)
    found = both.recommend(["ann"], k=3)["score"].tolist()
    assert found == sorted(ranker.predict_proba(table)[:, 1], reverse=True)


def test_a_keras_ranker_gets_the_columns_as_numbers():
    inputs = keras.Input([4])  # user_interactions, item_interactions, score, rank
    outputs = keras.layers.Dense(1, use_bias=False)(inputs)
    model = keras.Model(inputs, outputs)
    model.layers[1].set_weights([np.array([[0.0], [1.0], [0.0], [10.0]])])
    found = Reranked(BARE, model, 3).recommend(["ann"], k=3)
    assert rows(found) == [
        ("ann", "a", 31.0, 1),  # rank 3, 1 interaction
        ("ann", "d", 22.0, 2),
        ("ann", "c", 10.0, 3),
    ]


# Mistakes


def test_a_leak_is_refused_with_its_count():
    held_out = interactions(["ann", "bob", "ann"], ["b", "c", "c"])
    message = r"the first stage has learned .* Received: 1 of 3 pairs.*random_split"
    with pytest.raises(ValueError, match=message):
        Reranked.train(FIRST, held_out, SAME, candidates=3, seed=0)
    shown = pd.DataFrame(
        {"user": ["ann", "bob", "cy"], "item": ["b", "a", "a"], "clicked": [0, 1, 1]}
    )
    with pytest.raises(ValueError, match="Received: 2 of 3 pairs"):
        Reranked(FIRST, SAME, 3).examples(shown, seed=0)


SHOWN = pd.DataFrame({"user": ["cy", "cy"], "item": ["a", "b"], "clicked": [1, 0]})


@pytest.mark.parametrize(
    ("held_out", "context", "message"),
    [
        (SHOWN.drop(columns="user"), (), "user and item ids .* Received: item, click"),
        (SHOWN.drop(columns="clicked"), (), "columns clicked. .* without clicked"),
        (SHOWN, ["hour"], "columns clicked, hour. .* without hour"),
        (SHOWN.assign(clicked=[1, 3]), (), "0 or 1 .* Received: 3, and 1 others"),
        (SHOWN.assign(clicked=[1, None]), (), "Received: nan, and 1 others"),
        (SHOWN.assign(user=["cy", "zoe"]), (), "1 of 2 unknown, the first 'zoe'"),
        (SHOWN.assign(clicked=0), (), "Received: 0 positives of 2 rows, and 0"),
        (SHOWN.assign(clicked=1), (), "Received: 2 positives of 2 rows, and 2"),
        (SHOWN.assign(item=["e", "e"]), (), "Received: 0 positives of 0 rows, and 1"),
        (interactions(["cy"], ["e"]), (), "0 positives of 3 rows, and 1 pos.* 3 cand"),
        (interactions(["cy"], ["a"]), ["hour"], "impressions, .*hour. Received: <Int"),
        (Interactions.from_arrays(["cy"], ["a"]), (), "must share one vocabulary"),
    ],
)
def test_held_out_data_that_do_not_fit_are_refused(held_out, context, message):
    with pytest.raises(ValueError, match=message):
        Reranked.train(FIRST, held_out, SAME, candidates=3, context=context, seed=0)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"recommender": SCORES}, TypeError, "be a Recommender. Received: ndarray"),
        ({"ranker": SCORES}, TypeError, "`ranker` must be a Keras model"),
        ({"ranker": By}, TypeError, "`ranker` must be .* Received: <class"),
        ({"candidates": 6}, ValueError, "at most 5, .* Received: candidates=6"),
        ({"candidates": 0}, ValueError, "at least 1. Received: candidates=0"),
        ({"context": "hour"}, TypeError, "list of names .* Received: 'hour'"),
        ({"context": [1]}, TypeError, r"list of names .* Received: \[1\]"),
        ({"context": ["rank", "x", "x"]}, ValueError, "Received: rank, x more than"),
        ({"context": ["item_year"]}, ValueError, "Received: item_year more than once"),
        ({"item_encoder": 3}, TypeError, "must be a FeatureEncoder. Received: int"),
        (
            {"recommender": BARE, "user_encoder": FeatureEncoder(numeric=["age"])},
            ValueError,
            "`user_encoder` needs features of users",
        ),
    ],
)
def test_stages_that_do_not_fit_are_refused(given, kind, message):
    with pytest.raises(kind, match=message):
        Reranked(**{"recommender": FIRST, "ranker": SAME, "candidates": 3} | given)


HOURS = pd.DataFrame({"hour": [1]})


@pytest.mark.parametrize(
    ("names", "asked", "message"),
    [
        ([], {"k": 4}, "at most candidates=3, .* Received: k=4"),
        ([], {"k": 0}, "at least 1. Received: k=0"),
        ([], {"users": ["zoe"]}, "unknown, the first 'zoe'"),
        ([], {"users": "ann"}, "collection of ids. Received: 'ann'"),
        ([], {"context": HOURS}, "reads none"),
        (["hour"], {}, "with the columns hour, .* Received: None"),
        (["day"], {"context": HOURS}, "columns day. Received: hour, without day"),
        (["hour"], {"context": HOURS.iloc[:0]}, "each of 1 users, .* Received: 0 rows"),
    ],
)
def test_requests_that_do_not_fit_are_refused(names, asked, message):
    both = Reranked(FIRST, SAME, 3, context=names)
    with pytest.raises(ValueError, match=message):
        both.recommend(**{"users": ["ann"], "k": 2} | asked)


def test_a_ranker_of_context_cannot_be_evaluated_without_it():
    both = Reranked(FIRST, SAME, 3, context=["hour"])
    with pytest.raises(ValueError, match="with the columns hour"):
        evaluate(both, TRAIN, interactions(["ann"], ["c"]), k=1)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda rows: np.full(len(rows), np.nan), "finite scores. Received: 3 of 3"),
        (lambda rows: np.zeros(2), r"one score for each of 3 rows. .* shape \[2\]"),
        (lambda rows: np.zeros((3, 2)), r"Received: shape \[3, 2\]"),
    ],
)
def test_scores_that_cannot_rank_are_refused(score, message):
    with pytest.raises(ValueError, match=message):
        Reranked(FIRST, By(score), 3).recommend(["ann"], k=1)


def test_a_keras_ranker_refuses_text_and_missing_numbers():
    model = network()
    with pytest.raises(ValueError, match=r"numeric columns .*: 'item_genre'"):
        Reranked(FIRST, model, 3).recommend(["ann"], k=1)
    years = TRAIN.item_features[["year"]].astype(float)
    years.loc["c"] = np.nan
    first = Recommender(SCORES, replace(TRAIN, item_features=years))
    with pytest.raises(ValueError, match="missing or infinite values in 'item_year'"):
        Reranked(first, model, 3).recommend(["ann"], k=1)
