"""One rule for positives: every source and every use of ratings, and the warning."""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tfrecs import Interactions, Recommender
from tfrecs.bench.problem import load_problem
from tfrecs.data.feedback import warn_of_no_minimum
from tfrecs.data.readers import read_interactions, read_test
from tfrecs.data.shards import prepare_shards
from tfrecs.evaluation import evaluate, evaluate_lists, evaluate_ratings
from tfrecs.evaluation.candidates import sample_candidates
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.sampled import evaluate_sampled
from tfrecs.streaming import IncrementalRecommender, Popular, events_of, prequential
from tfrecs.training.batches import (
    pairwise_batches,
    rating_batches,
    several_positives_batches,
    shared_negatives_batches,
    user_batches,
)
from tfrecs.training.plan import choose_negatives

# Users ann, bob, cy; items a, b, c; "." for a pair that did not occur.
CELLS = {"ann": "05.", "bob": "3.0", "cy": ".10"}
ROWS = [
    (user, item, float(cell))
    for user, cells in CELLS.items()
    for item, cell in zip("abc", cells, strict=True)
    if cell != "."
]
ABOVE_0 = {("ann", "b"), ("bob", "a"), ("cy", "b")}
FROM_3 = {("ann", "b"), ("bob", "a")}
USERS, ITEMS, RATINGS = map(list, zip(*ROWS, strict=True))
FRAME = pd.DataFrame({"user_id": USERS, "item_id": ITEMS, "rating": RATINGS})


def raw_pairs(data: Interactions) -> set[tuple[str, str]]:
    users, items = data.users.ids[data.user_ids], data.items.ids[data.item_ids]
    return set(zip(users.tolist(), items.tolist(), strict=True))


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "log.csv"
    FRAME.to_csv(path, index=False)
    return path


@pytest.fixture
def rated() -> Interactions:
    return Interactions.from_frame(FRAME, rating_col="rating")


# Sources


def sources(csv) -> dict[str, Interactions]:
    read = read_interactions(csv)
    matrix = [[0 if c == "." else int(c) for c in cells] for cells in CELLS.values()]
    names = {"users": list(CELLS), "items": list("abc")}
    return {
        "arrays": Interactions.from_arrays(USERS, ITEMS, ratings=RATINGS),
        "frame": Interactions.from_frame(FRAME, rating_col="rating"),
        "matrix": Interactions.from_matrix(np.array(matrix), **names),
        "file": read,
        "test file": read_test(csv, read)[0],
    }


def test_sources_of_ratings_have_the_same_positives(csv):
    for name, data in sources(csv).items():
        assert raw_pairs(data.positives) == ABOVE_0, name
        assert data.item_counts.tolist() == [1, 2, 0], name
        assert data.matrix.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
        assert raw_pairs(data.at_least(3).positives) == FROM_3, name


def test_shards_and_streams_have_the_same_positives(csv, tmp_path, rated):
    for least, expected in ((None, ABOVE_0), (3, FROM_3)):
        shards = prepare_shards(
            csv, tmp_path / f"{least}", seed=0, rating_col="rating", min_rating=least
        )
        found = {
            (shards.users.ids[user], shards.items.ids[item])
            for user, item in shards.read(0).tolist()
        }
        assert found == expected
        one_by_one = IncrementalRecommender(Popular(), min_rating=least)
        for event in events_of(rated):
            one_by_one.partial_fit(*event)
        at_once = IncrementalRecommender(Popular(), min_rating=least).fit(rated)
        for stream in (one_by_one, at_once):
            had = {pair for pair in raw_pairs(rated) if stream.had(*pair)}
            assert had == expected
        tested = IncrementalRecommender(Popular(), min_rating=least)
        assert len(prequential(tested, events_of(rated)).ranks) == len(expected)


def test_the_bench_trains_and_tests_on_positives_and_says_so(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{user},{item}" for user in range(20) for item in range(10)]
    labels = rng.integers(0, 2, len(rows))
    lines = [f"{row},{label}" for row, label in zip(rows, labels, strict=True)]
    path = tmp_path / "clicks.csv"
    path.write_text("\n".join(["user_id,item_id,rating", *lines]), encoding="utf-8")
    problem = load_problem(train=path, k=1)
    assert len(problem.train) + len(problem.test) == labels.sum()
    assert "all ratings above 0 count as positives" in " ".join(problem.notes)
    everything = load_problem(train=path, k=1, min_rating=0)
    assert len(everything.train) + len(everything.test) == len(rows)
    assert not any("minimum" in note for note in everything.notes)


# Uses


def test_a_minimum_of_0_makes_positives_of_all(rated):
    data = rated.at_least(0)
    assert raw_pairs(data.positives) == raw_pairs(rated)
    stream = IncrementalRecommender(Popular()).fit(data)
    assert all(stream.had(*pair) for pair in raw_pairs(rated))


def test_parts_keep_the_minimum(rated):
    data = rated.at_least(0)
    assert data.take([0, 1]).min_rating == data.compact().min_rating == 0
    assert data.k_core(user=1).min_rating == 0


def test_ranking_objectives_train_on_positives_and_ratings_on_all(rated):
    options = {"seed": 0, "batch_size": 99}
    for make in (pairwise_batches, shared_negatives_batches):
        [(inputs, *_)] = make(rated, **options, num_negatives=1)
        assert pairs_of(inputs, rated) == ABOVE_0
    [(inputs, _)] = several_positives_batches(rated, **options, num_positives=2)
    assert pairs_of(inputs, rated, columns=2) == ABOVE_0
    [(inputs, labels)] = user_batches(rated, **options)
    assert sorted(labels.numpy().tolist()) == [[0, 1, 0], [0, 1, 0], [1, 0, 0]]
    [(inputs, ratings)] = rating_batches(rated, **options)
    assert pairs_of(inputs, rated) == raw_pairs(rated)
    assert sorted(ratings.numpy().tolist()) == sorted(RATINGS)
    assert choose_negatives(rated, "bce").others(rated) == 3 * 3 / 3 - 1


def pairs_of(inputs, data: Interactions, columns: int = 1) -> set[tuple[str, str]]:
    users, items = inputs["user_id"].numpy(), inputs["item_id"].numpy()
    return {
        (data.users.ids[user], data.items.ids[item])
        for user, row in zip(users, items.reshape(len(users), -1), strict=True)
        for item in row[:columns]
    }


def test_evaluation_takes_positives_of_test_and_excludes_those_of_train(rated):
    # ann has b, and a was shown; bob has a; cy has b: what is tested is another pair.
    test = Interactions.from_arrays(
        ["ann", "ann", "bob", "cy"],
        ["a", "c", "b", "a"],
        ratings=[4, 0, 2, 0],
        user_vocabulary=rated.users,
        item_vocabulary=rated.items,
    )
    scores = np.array([[1.0, 9, 2], [9, 1, 2], [0, 0, 0]])
    found = evaluate(scores, rated, test, k=1)
    assert found.num_relevant.tolist() == [1, 1]  # cy has none: left out
    assert found.num_left_out == 1
    assert found.per_user["mrr"].tolist() == [1 / 2, 1 / 2]  # c is first, b or a seen
    candidates = sample_candidates(rated, test, num_negatives=1, seed=0)
    assert candidates.user_ids.tolist() == [0, 1]
    sampled = evaluate_sampled(scores, test, candidates, k=1)
    assert sampled.num_relevant.tolist() == [1, 1]
    lists = Lists([[0], [2]], [0, 1], rated)
    assert evaluate_lists(lists, test, k=1).per_user["recall@1"].tolist() == [1, 0]
    errors = evaluate_ratings(scores, test)
    assert errors.num_relevant.tolist() == [2, 1, 1]  # all ratings count


def test_what_was_shown_and_not_clicked_is_recommended(rated):
    table = Recommender(np.tile([9.0, 8, 7], (3, 1)), rated).recommend(["ann"], k=2)
    assert table["item"].tolist() == ["a", "c"]


def test_repeated_pairs_are_found_whatever_their_rating(rated):
    zero = rated.take(np.flatnonzero(rated.ratings == 0))
    assert rated.contains(zero).all()
    assert rated.num_shared(rated) == len(ABOVE_0)


# The warning


@pytest.fixture
def warnings(caplog):
    warn_of_no_minimum.cache_clear()
    caplog.set_level(logging.WARNING, logger="tfrecs")
    return lambda: [record.getMessage() for record in caplog.records]


def test_ratings_without_a_minimum_are_warned_about_once(warnings, rated):
    assert rated.positives is rated.positives
    _ = Interactions.from_frame(FRAME, rating_col="rating").matrix
    [message] = warnings()
    assert message.startswith("Ratings are from 0 to 5, and no minimum was given: all")
    assert "`at_least`, such as train.at_least(5), in test data as well" in message


def test_there_is_no_warning_where_there_is_no_choice(warnings, rated):
    for data in (
        rated.at_least(1),
        Interactions.from_arrays(USERS, ITEMS),
        Interactions.from_matrix(np.eye(3)),
    ):
        _ = data.matrix
    list(rating_batches(rated, seed=0))
    assert evaluate_ratings(np.zeros((3, 3)), rated).metrics["mae"] > 0
    choose_negatives(rated, "mse")
    assert warnings() == []


def test_streams_and_shards_warn_in_their_own_words(warnings, csv, tmp_path):
    stream = IncrementalRecommender(Popular())
    stream.partial_fit("ann", "a", rating=1)
    assert warnings() == []
    stream.partial_fit("ann", "b", rating=4)
    stream.partial_fit("ann", "c", rating=2)
    prepare_shards(csv, tmp_path / "folder", seed=0, rating_col="rating")
    first, second = warnings()
    assert "IncrementalRecommender(..., min_rating=...)" in first
    assert second.startswith("The column 'rating' has ratings, and no minimum")


def test_data_without_a_positive_are_refused_where_positives_are_needed():
    data = Interactions.from_arrays(["ann"], ["a"], ratings=[0])
    with pytest.raises(ValueError, match=r"rated above 0\. Received: 1 of at most 0"):
        _ = data.matrix
    low = replace(Interactions.from_matrix([[1, 5]]), min_rating=6)
    with pytest.raises(ValueError, match=r"rated 6 or more\. Received: 2 of at most 5"):
        _ = low.positives
    assert repr(data).endswith("with ratings, 1 not positive>")
