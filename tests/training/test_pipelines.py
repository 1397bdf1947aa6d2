"""Pipelines: static batches, every positive once in an epoch, by the seed alone."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfrecs.data.interactions import Interactions
from tfrecs.training.batches import (
    pairwise_batches,
    pointwise_batches,
    rating_batches,
    several_positives_batches,
    shared_negatives_batches,
    user_batches,
)
from tfrecs.training.shared_negatives import SHARED_NEGATIVES

MATRIX = np.array(
    [
        [1, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1, 1, 0],
        [0, 1, 0, 1, 0, 1, 1],
        [0, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 1, 1, 0],
    ]
)
NUM_POSITIVES = 13
TRAIN = Interactions.from_matrix(MATRIX * np.arange(1, 8))  # item i is rated i + 1
PAIRS = set(zip(*np.nonzero(MATRIX), strict=True))
PIPELINES = [
    *(pairwise_batches, pointwise_batches, shared_negatives_batches, user_batches),
    *(rating_batches, several_positives_batches),
]
with_negatives = pytest.mark.parametrize("make", [pairwise_batches, pointwise_batches])
every_pipeline = pytest.mark.parametrize("make", PIPELINES)


def epoch(dataset) -> list:
    """Every batch, as nested lists."""
    return [
        tf.nest.map_structure(lambda tensor: tensor.numpy().tolist(), batch)
        for batch in dataset
    ]


def positives(batches) -> list[tuple[int, int]]:
    return [
        (user, row[0])
        for inputs, *_ in batches
        for user, row in zip(inputs["user_id"], inputs["item_id"], strict=True)
    ]


def specs(dataset) -> list[tuple]:
    flat = tf.nest.flatten(dataset.element_spec)
    return [(spec.shape.as_list(), spec.dtype.name) for spec in flat]


# Laws of all pipelines


@every_pipeline
@pytest.mark.parametrize("seed", [0, 5])
def test_the_seed_alone_determines_all_iterations(make, seed):
    found = []
    for program_seed in (1, 2):
        tf.random.set_seed(program_seed)
        dataset = make(TRAIN, seed=seed, batch_size=2)
        found.append([epoch(dataset), epoch(dataset)])
    assert found[0] == found[1]
    assert found[0][0] != found[0][1]
    assert found[0][0] != epoch(make(TRAIN, seed=6, batch_size=2))


@every_pipeline
def test_every_epoch_of_an_iteration_differs(make):
    batches = epoch(make(TRAIN, seed=5, batch_size=2, epochs=2))
    half = len(batches) // 2
    assert batches[:half] != batches[half:]


@every_pipeline
def test_a_later_start_resumes_the_same_epochs(make):
    options = {"seed": 5, "batch_size": 2, "epochs": 2}
    whole = make(TRAIN, **options)
    _, expected, after = epoch(whole), epoch(whole), epoch(whole)
    resumed = make(TRAIN, **options, start_epoch=2)
    assert [epoch(resumed), epoch(resumed)] == [expected, after]
    with pytest.raises(ValueError, match=r"multiple of epochs=2.*start_epoch=3"):
        make(TRAIN, **options, start_epoch=3)
    with pytest.raises(ValueError, match=r"at least 0. Received: start_epoch=-2"):
        make(TRAIN, **options, start_epoch=-2)


@pytest.mark.parametrize(
    ("make", "rows"),
    [
        *((make, 13) for make in (pairwise_batches, pointwise_batches)),
        *((shared_negatives_batches, 13), (user_batches, 4)),
        *((rating_batches, 13), (several_positives_batches, 13)),
    ],
)
@pytest.mark.parametrize(("batch_size", "epochs"), [(1, 1), (3, 1), (3, 4), (99, 3)])
def test_an_epoch_has_whole_batches_only_and_knows_how_many(
    make, rows, batch_size, epochs
):
    dataset = make(TRAIN, seed=0, batch_size=batch_size, epochs=epochs)
    steps = rows // min(batch_size, rows) * epochs
    assert dataset.cardinality() == len(epoch(dataset)) == steps


@pytest.mark.parametrize(
    ("make", "size"),
    [
        *((make, size) for make in PIPELINES for size in ("batch_size", "epochs")),
        (pairwise_batches, "num_negatives"),
        (pointwise_batches, "num_negatives"),
        (shared_negatives_batches, "num_negatives"),
        (several_positives_batches, "num_positives"),
        (several_positives_batches, "num_negatives"),
    ],
)
def test_sizes_are_at_least_one(make, size):
    with pytest.raises(ValueError, match=f"`{size}` must be.*Received: {size}=0"):
        make(TRAIN, seed=0, **{size: 0})


FIVE = {"batch_size": 5, "num_negatives": 2}


@pytest.mark.parametrize(
    ("make", "options", "shapes"),
    [  # in the order of the keys: item_id, user_id; then labels
        (pairwise_batches, FIVE, [[5, 3], [5], [5, 3]]),
        (pairwise_batches, {**FIVE, "exact": False}, [[5, 3], [5], [5, 3]]),
        (pairwise_batches, {}, [[13, 5], [13], [13, 5]]),
        (pointwise_batches, FIVE, [[15]] * 3),
        (pointwise_batches, {}, [[13 * 5]] * 3),
        (user_batches, {"batch_size": 3}, [[3], [3, 7]]),
        (rating_batches, {"batch_size": 4}, [[4]] * 3),
        (rating_batches, {}, [[13]] * 3),
        (several_positives_batches, {}, [[13, 20], [13], [13, 20]]),
    ],
)
def test_shapes_are_static(make, options, shapes):
    *ids, labels = specs(make(TRAIN, seed=0, **options))
    assert ids == [(shape, "int32") for shape in shapes[:-1]]
    assert labels == (shapes[-1], "int8" if make is user_batches else "float32")


@pytest.mark.parametrize("make", PIPELINES)
def test_batches_by_default(make, from_pairs):
    pairs = [(user, item) for user in range(130) for item in range(8)]
    many = from_pairs(pairs, 130, 20, ratings=np.ones(len(pairs)))
    rows = {user_batches: 128, pointwise_batches: 1024 * 5}.get(make, 1024)
    dataset = make(many, seed=0)
    assert dataset.element_spec[0]["user_id"].shape == [rows]
    assert dataset.cardinality() == 1


# Positives with their negatives


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("batch_size", [1, 4, 5, 13])
def test_every_positive_stands_first_once_in_an_epoch(batch_size, exact):
    dataset = pairwise_batches(TRAIN, seed=1, batch_size=batch_size, exact=exact)
    first = positives(epoch(dataset))
    assert len(set(first)) == len(first) == NUM_POSITIVES // batch_size * batch_size
    assert set(first) <= PAIRS


def test_every_epoch_leaves_out_others():
    dataset = pairwise_batches(TRAIN, seed=1, batch_size=12, epochs=60)
    left_out = Counter()
    for batch in epoch(dataset):
        left_out += Counter(PAIRS - set(positives([batch])))
    assert set(left_out) == PAIRS


def test_the_order_is_uniform():
    dataset = pairwise_batches(
        TRAIN, seed=1, batch_size=13, epochs=650, num_negatives=1
    )
    first = Counter(positives([batch])[0] for batch in epoch(dataset))
    assert stats.chisquare([first[pair] for pair in PAIRS]).pvalue > 1e-3


def test_labels_are_one_for_the_positive_and_zero_for_the_others():
    for _, labels in epoch(pairwise_batches(TRAIN, seed=0, batch_size=4)):
        assert labels == [[1, 0, 0, 0, 0]] * 4


def test_exact_negatives_are_never_positives_and_approximate_ones_sometimes():
    among = []
    for options in ({}, {"exact": True}, {"exact": False}):
        [(inputs, _)] = epoch(
            pairwise_batches(TRAIN, seed=2, num_negatives=40, **options)
        )
        users, items = np.array(inputs["user_id"]), np.array(inputs["item_id"])
        among.append(MATRIX[users[:, None], items[:, 1:]].mean())
    assert among[:2] == [0, 0]
    expected = (MATRIX.sum(axis=1) ** 2).sum() / 13 / 7  # a user's share, by positives
    assert among[2] == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("exact", [True, False])
@with_negatives
def test_negatives_of_popularity_are_those_of_its_sampler(make, exact):
    counts = MATRIX.sum(axis=0)
    options = {"seed": 2, "num_negatives": 400, "epochs": 5, "exact": exact}
    drawn = np.zeros((5, 7))
    for inputs, labels in epoch(
        make(TRAIN, **options, sampling="popularity", exponent=2.0)
    ):
        users = np.broadcast_to(np.array(inputs["user_id"]).T, np.shape(labels)[::-1]).T
        negative = np.array(labels) == 0
        np.add.at(drawn, (users[negative], np.array(inputs["item_id"])[negative]), 1)
    for user in (0, 1, 2, 4):
        weights = counts**2 * ~(MATRIX[user] & exact).astype(bool)
        expected = weights / weights.sum() * drawn[user].sum()
        assert drawn[user][weights == 0].sum() == 0
        found = stats.chisquare(drawn[user][weights > 0], expected[weights > 0])
        assert weights.astype(bool).sum() == 1 or found.pvalue > 1e-3


@pytest.mark.parametrize("make", PIPELINES[:3])
def test_negatives_are_uniform_by_default(make):
    plain = epoch(make(TRAIN, seed=2))
    assert plain == epoch(make(TRAIN, seed=2, sampling="uniform"))
    assert plain != epoch(make(TRAIN, seed=2, sampling="popularity"))


def test_every_batch_draws_other_negatives(from_pairs):
    one_item = from_pairs([(user, 0) for user in range(8)], 8, 1000)
    batches = epoch(pairwise_batches(one_item, seed=0, batch_size=2, epochs=2))
    drawn = {str(inputs["item_id"]) for inputs, _ in batches}
    assert len(drawn) == len(batches) == 8


@with_negatives
def test_exact_needs_an_item_that_each_user_lacks(make):
    train = Interactions.from_matrix(np.ones((1, 3)), users=["ann"])
    with pytest.raises(ValueError, match="Received: 1 users, and none such"):
        make(train, seed=0)
    assert len(epoch(make(train, seed=0, exact=False))) == 1


def weighted() -> Interactions:
    weights = np.arange(NUM_POSITIVES) / 8
    return Interactions(
        TRAIN.user_ids, TRAIN.item_ids, TRAIN.users, TRAIN.items, weights=weights
    )


def test_weights_come_third_each_with_its_positive():
    train = weighted()
    pairs = zip(train.user_ids.tolist(), train.item_ids.tolist(), strict=True)
    weight_of = dict(zip(pairs, train.weights.tolist(), strict=True))
    options = {"seed": 3, "batch_size": 4, "epochs": 2}
    for batch in epoch(pairwise_batches(train, **options)):
        assert [weight_of[pair] for pair in positives([batch])] == batch[2]
    for inputs, _, weights in epoch(shared_negatives_batches(train, **options)):
        pairs = zip(inputs["user_id"], inputs["item_id"], strict=True)
        assert [weight_of[pair] for pair in pairs] == weights


@pytest.mark.parametrize("train", [TRAIN, weighted()], ids=["plain", "weighted"])
@pytest.mark.parametrize("exact", [{}, {"exact": False}])
def test_pointwise_is_pairwise_flattened(train, exact):
    options = {"seed": 4, "batch_size": 3, "num_negatives": 2, "epochs": 2, **exact}
    pairwise, pointwise = (
        pairwise_batches(train, **options),
        pointwise_batches(train, **options),
    )
    assert all(shape == [9] for shape, _ in specs(pointwise))
    pairwise, pointwise = epoch(pairwise), epoch(pointwise)
    for (rows, *others), (flat, *flat_others) in zip(pairwise, pointwise, strict=True):
        assert flat["user_id"] == np.repeat(rows["user_id"], 3).tolist()
        assert flat["item_id"] == np.ravel(rows["item_id"]).tolist()
        assert flat_others[0] == np.ravel(others[0]).tolist()
        assert flat_others[1:] == [np.repeat(w, 3).tolist() for w in others[1:]]


# Positives with negatives that a batch shares

NUM_SHARED_NEGATIVES = {"uniform": 6, "popularity": 6, "in-batch": 4, "mixed": 8}
COUNTS = MATRIX.sum(axis=0)
SHARES = COUNTS / COUNTS.sum()
PROBABILITY = {
    "uniform": np.full(7, 1 / 7),
    "popularity": SHARES,
    "in-batch": SHARES,
    "mixed": (SHARES + 1 / 7) / 2,
}
every_sampling = pytest.mark.parametrize("sampling", SHARED_NEGATIVES)


@every_sampling
def test_shared_negatives_shapes_are_static(sampling):
    options = {"seed": 0, "batch_size": 4, "num_negatives": 6, "sampling": sampling}
    inputs, labels = shared_negatives_batches(TRAIN, **options).element_spec
    n = NUM_SHARED_NEGATIVES[sampling]
    ids = {"user_id": ([4], "int32"), "item_id": ([4], "int32")}
    num_drawn = 0 if sampling == "in-batch" else n
    if num_drawn:
        ids["negative_id"] = ([n], "int32")
    shapes = {name: (spec.shape.as_list(), spec.dtype) for name, spec in inputs.items()}
    assert shapes == {**ids, "log_probability": ([4 + num_drawn], "float32")}
    assert (labels.shape.as_list(), labels.dtype) == ([4, 1 + n], "int8")
    inputs, _ = shared_negatives_batches(TRAIN, **options, correct=False).element_spec
    assert set(inputs) == set(ids)


@every_sampling
def test_every_positive_stands_with_its_user_and_is_labelled_first(sampling):
    dataset = shared_negatives_batches(TRAIN, seed=1, batch_size=4, sampling=sampling)
    batches = epoch(dataset)
    found = [
        pair
        for inputs, _ in batches
        for pair in zip(inputs["user_id"], inputs["item_id"], strict=True)
    ]
    assert len(found) == len(set(found)) == 12
    assert set(found) <= PAIRS
    for inputs, labels in batches:
        negatives = inputs.get("negative_id", inputs["item_id"])
        assert labels == [[1, *[0] * len(negatives)]] * 4


@pytest.mark.parametrize("sampling", ["uniform", "popularity"])
def test_negatives_are_drawn_with_their_probability(sampling):
    options = {"seed": 3, "batch_size": 13, "num_negatives": 13, "epochs": 300}
    batches = epoch(shared_negatives_batches(TRAIN, **options, sampling=sampling))
    rows = np.array([inputs["negative_id"] for inputs, _ in batches])
    counts = np.bincount(rows.ravel(), minlength=7)
    expected = PROBABILITY[sampling] * rows.size
    assert stats.chisquare(counts, expected).pvalue > 1e-3
    assert len({tuple(row) for row in rows}) == len(rows) == 300  # in each batch anew


def test_mixed_negatives_begin_with_the_items_of_the_batch():
    dataset = shared_negatives_batches(TRAIN, seed=0, batch_size=5, sampling="mixed")
    for inputs, _ in epoch(dataset):
        assert inputs["negative_id"][:5] == inputs["item_id"]
    assert len(inputs["negative_id"]) == 10


@every_sampling
def test_log_probability_is_that_of_items_and_negatives(sampling):
    dataset = shared_negatives_batches(TRAIN, seed=0, batch_size=5, sampling=sampling)
    for inputs, _ in epoch(dataset):
        ids = inputs["item_id"] + inputs.get("negative_id", [])
        expected = np.log(PROBABILITY[sampling][ids])
        np.testing.assert_allclose(inputs["log_probability"], expected, rtol=1e-6)


def test_an_exponent_changes_what_is_drawn_and_the_correction():
    options = {"seed": 0, "num_negatives": 3000, "sampling": "popularity"}
    [(inputs, _)] = epoch(shared_negatives_batches(TRAIN, **options, exponent=-1.0))
    weights = 1 / np.where(COUNTS, COUNTS, np.inf)
    expected = weights / weights.sum()
    ids = inputs["item_id"] + inputs["negative_id"]
    np.testing.assert_allclose(
        inputs["log_probability"], np.log(expected[ids]), rtol=1e-6
    )
    found = np.bincount(inputs["negative_id"], minlength=7)
    assert stats.chisquare(found, expected * 3000).pvalue > 1e-3


def test_items_that_nobody_has_are_no_negatives_by_popularity(from_pairs):
    train = from_pairs([(0, 1), (1, 1), (1, 3)], 2, 6)
    options = {"seed": 0, "num_negatives": 100, "sampling": "popularity"}
    [(inputs, _)] = epoch(shared_negatives_batches(train, **options))
    assert set(inputs["negative_id"]) == {1, 3}
    assert np.isfinite(inputs["log_probability"]).all()


# Users with all their positives


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 99])
def test_every_user_stands_once_in_an_epoch_with_all_positives(batch_size):
    dataset = user_batches(TRAIN, seed=1, batch_size=batch_size)
    seen = Counter()
    for inputs, rows in epoch(dataset):
        for user, row in zip(inputs["user_id"], rows, strict=True):
            assert row == MATRIX[user].tolist()
            seen[user] += 1
    assert set(seen) <= {0, 1, 2, 4}  # user 3 has none
    assert list(seen.values()) == [1] * (4 // min(batch_size, 4) * min(batch_size, 4))


def test_items_after_the_last_that_anyone_has_are_labelled_too(from_pairs):
    train = from_pairs([(0, 1), (1, 0)], 2, 5)
    [(inputs, rows)] = epoch(user_batches(train, seed=0))
    expected = {0: [0, 1, 0, 0, 0], 1: [1, 0, 0, 0, 0]}
    assert rows == [expected[user] for user in inputs["user_id"]]


# Rated pairs


def test_every_rating_stands_once_in_an_epoch_with_its_pair():
    found = [
        pair
        for inputs, ratings in epoch(rating_batches(TRAIN, seed=0, batch_size=6))
        for pair in zip(inputs["user_id"], inputs["item_id"], ratings, strict=True)
    ]
    assert len(found) == len(set(found)) == 12
    assert {(user, item) for user, item, _ in found} <= PAIRS
    assert all(rating == item + 1 for _, item, rating in found)


def test_weights_of_ratings_come_third():
    train = dataclasses.replace(TRAIN, weights=TRAIN.ratings / 8)
    for _, ratings, weights in epoch(rating_batches(train, seed=0, batch_size=4)):
        assert weights == [rating / 8 for rating in ratings]


# Rows of several positives


def several(**options):
    return several_positives_batches(TRAIN, seed=3, **options)


def test_rows_are_positives_of_the_user_and_then_others():
    sizes = {"batch_size": 4, "num_positives": 3, "num_negatives": 2}
    dataset = several(**sizes, epochs=4)
    assert specs(dataset) == [([4, 5], "int32"), ([4], "int32"), ([4, 5], "float32")]
    for inputs, labels in epoch(dataset):
        known = MATRIX[np.array(inputs["user_id"])[:, None], inputs["item_id"]]
        assert known.tolist() == labels == [[1, 1, 1, 0, 0]] * 4


def test_a_user_has_a_row_for_each_positive():
    [(inputs, _)] = epoch(several())
    expected = {user: n for user, n in enumerate(MATRIX.sum(axis=1)) if n}
    assert Counter(inputs["user_id"]) == expected


def test_positives_are_drawn_uniformly_with_replacement():
    drawn = np.zeros((5, 7))
    for inputs, _ in epoch(several(num_positives=50, num_negatives=1, epochs=20)):
        for user, row in zip(inputs["user_id"], inputs["item_id"], strict=True):
            np.add.at(drawn[user], row[:-1], 1)
    assert ((drawn > 0) == (MATRIX > 0)).all()
    for row in drawn[[0, 1, 2, 4]]:
        assert stats.chisquare(row[row > 0]).pvalue > 1e-3


def test_positives_and_negatives_are_drawn_apart(from_pairs):
    """By the same numbers, the r-th of each would always be together."""
    train = from_pairs([(0, item) for item in range(50)], 1, 100)
    options = {"seed": 0, "num_positives": 40, "num_negatives": 40}
    for inputs, _ in epoch(several_positives_batches(train, **options)):
        items = np.array(inputs["item_id"])
        assert (items[:, :40] + 50 == items[:, 40:]).mean() < 0.1


def test_negatives_of_several_positives_follow_the_sampling():
    options = {"num_negatives": 300, "sampling": "popularity", "exponent": -20.0}
    rarest = MATRIX.sum(axis=0) == 1  # items 2, 3 and 6, one of which each user lacks
    for inputs, _ in epoch(several(**options)):
        assert rarest[np.array(inputs["item_id"])[:, 10:]].all()
    everything = Interactions.from_matrix(np.ones((1, 3)), users=["ann"])
    with pytest.raises(ValueError, match="Received: 1 users, and none such"):
        several_positives_batches(everything, seed=0)
    assert epoch(several_positives_batches(everything, seed=0, exact=False))
