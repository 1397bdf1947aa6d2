"""Partial credit: Jaccard's similarity of metadata, by hand and by sets."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tfrecs.data.interactions import Interactions
from tfrecs.training import partial_credit as module
from tfrecs.training.batches import (
    pairwise_batches,
    pointwise_batches,
    shared_negatives_batches,
)
from tfrecs.training.partial_credit import HIGHEST, credit_from_frame, partial_credit

#                  comedy drama war
GENRES = np.array([[1, 1, 0], [0, 1, 1], [0, 1, 0], [0, 0, 0], [0, 1, 1]])
DECADES = np.array([7, 7, 9, 9, -1])
BOTH = {"genres": GENRES, "decade": DECADES}


def given_to(credit, item_id, other_id):
    labels = credit.function(credit.num_items)
    return labels(np.int32(item_id), np.int32(other_id)).numpy()


# What credit is


def test_credit_by_hand():
    credit = partial_credit(BOTH, {"genres": 0.5, "decade": 0.25})
    found = given_to(credit, [0], [[1, 2, 3, 4]])
    expected = [
        0.5 * 1 / 3 + 0.25,  # drama of comedy, drama and war; both of decade 7
        0.5 * 1 / 2,  # drama of comedy and drama; 9 is another decade
        0.0,  # no genre, and 9
        0.5 * 1 / 3,  # a missing decade
    ]
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
    assert found.dtype == np.float32


def test_missing_labels_are_similar_to_nothing():
    credit = partial_credit(
        {"genres": [[0], [0], [1]], "kind": [-1, -1, 5]}, {"genres": 0.5, "kind": 0.5}
    )
    assert not given_to(credit, [0, 1, 2], [0, 1, 2]).any()


def test_an_item_has_no_credit_for_itself():
    credit = partial_credit({"kind": [4, 4, 2]}, {"kind": 0.5})
    found = given_to(credit, [0, 1], [[0, 1, 2], [0, 1, 2]])
    assert found.tolist() == [[0, 0.5, 0], [0.5, 0, 0]]


def test_credit_stays_below_that_of_a_positive():
    credit = partial_credit(
        {"kind": [1, 1], "other": [0, 0]}, {"kind": 0.9, "other": 0.1}
    )
    [[found]] = given_to(credit, [0], [[1]])
    assert found == HIGHEST == 0.99609375  # 255 of 256
    for dtype in (tf.float32, tf.float16, tf.bfloat16):
        assert float(tf.cast(HIGHEST, dtype)) == HIGHEST


def test_many_small_weights_may_sum_to_one():
    names = [f"m{n}" for n in range(10)]
    credit = partial_credit({n: [0, 0] for n in names}, dict.fromkeys(names, 0.1))
    assert given_to(credit, [0], [[1]]).tolist() == [[HIGHEST]]


def test_weights_belong_to_their_names_in_any_order():
    weights = {"decade": 0.25, "genres": 0.5}
    one = partial_credit(BOTH, weights)
    other = partial_credit(dict(reversed(BOTH.items())), weights)
    ids = np.arange(5)
    expected = given_to(one, ids, ids)
    np.testing.assert_array_equal(given_to(other, ids, ids), expected)
    assert one.weights == weights


def test_without_weight_there_is_no_credit():
    credit = partial_credit(BOTH, {"genres": 0.0, "decade": 0.0})
    found = given_to(credit, [0, 1], [[1, 2], [0, 4]])
    assert found.tolist() == [[0, 0], [0, 0]]


def test_the_given_matrix_does_not_change():
    """A label twice is a 2, which is refused; an explicit 0 is no label."""
    stored = (np.array([1, 0, 1]), np.array([1, 0, 0]), np.array([0, 2, 3]))
    genres = sp.csr_array(stored, shape=(2, 2))
    credit = partial_credit({"genres": genres}, {"genres": 0.5})
    assert given_to(credit, [0], [1]).tolist() == [[0]]
    assert (genres.nnz, genres.dtype) == (3, np.int64)
    twice = sp.coo_array(([1, 1], ([0, 0], [1, 1])), shape=(2, 2))
    with pytest.raises(ValueError, match=r"zeros and ones. Received: .*\[2\]"):
        partial_credit({"genres": twice}, {"genres": 0.5})


# Against sets


def oracle(tables, weights, item, other):
    """Credit of one pair, by sets of labels."""
    if item == other:
        return 0.0
    total = 0.0
    for name, table in tables.items():
        if np.ndim(table) == 1:
            of = [{value} if value >= 0 else set() for value in table]
        else:
            of = [set(np.flatnonzero(row)) for row in table]
        if of[item] | of[other]:
            jaccard = len(of[item] & of[other]) / len(of[item] | of[other])
            total += weights[name] * jaccard
    return min(total, 255 / 256)


flags = hnp.arrays(np.int8, (6, 5), elements=st.integers(0, 1))
categories = hnp.arrays(np.int64, 6, elements=st.integers(-1, 3))
small = st.floats(0, 0.5)


@pytest.mark.parametrize("most_labels", [0, 256], ids=["lists", "flags"])
@settings(max_examples=40)
@given(flags=flags, categories=categories, first=small, second=small)
def test_credit_is_that_of_sets(most_labels, flags, categories, first, second):
    tables = {"labels": flags, "kind": categories}
    weights = {"labels": first, "kind": second}
    expected = [[oracle(tables, weights, p, n) for n in range(6)] for p in range(6)]
    credit, ids = partial_credit(tables, weights), np.arange(6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_LABELS", most_labels)
        shared = given_to(credit, ids, ids)
        own = given_to(credit, ids, np.tile(ids, (6, 1)))
    np.testing.assert_allclose(shared, expected, atol=1e-6)
    np.testing.assert_array_equal(own, shared)
    assert (shared < 1).all()
    np.testing.assert_array_equal(shared, shared.T)


def test_many_labels_take_no_table_of_them():
    """10 thousand items of 3 of a million labels, of which flags would be 10^10."""
    labels = np.random.default_rng(0).integers(0, 2, (10_000, 3))
    labels += 500_000 * np.arange(3)[::-1] % 1_000_000
    rows = np.repeat(np.arange(10_000), 3)
    ones = np.ones(30_000, dtype=np.int8)
    table = sp.coo_array((ones, (rows, labels.ravel())), shape=(10_000, 1_000_000))
    credit = partial_credit({"tags": table.tocsr().minimum(1)}, {"tags": 0.5})
    of = [set(row.tolist()) for row in labels]
    jaccard = [len(of[7] & of[n]) / len(of[7] | of[n]) for n in range(8, 400)]
    found = given_to(credit, [7], np.arange(8, 400))
    np.testing.assert_allclose(found[0], 0.5 * np.array(jaccard), rtol=1e-6)


# From frames


def test_columns_of_a_frame_are_metadata():
    films = pd.DataFrame(
        {
            "genres": ["Comedy|Drama", "Drama|War|War", "Drama", None, "Drama|War"],
            "decade": ["1970s", "1970s", "1990s", "1990s", None],
        }
    )
    credit = credit_from_frame(
        films, categorical={"decade": 0.25}, multi_hot={"genres": 0.5}
    )
    same = partial_credit(BOTH, {"genres": 0.5, "decade": 0.25})
    ids = np.arange(5)
    np.testing.assert_allclose(
        given_to(credit, ids, ids), given_to(same, ids, ids), rtol=1e-6
    )


@pytest.mark.parametrize("empty", ["", " ", ",", [], "[]", None])
def test_two_items_without_genres_have_no_credit(empty):
    films = pd.DataFrame({"genres": [empty, "a", empty, "a, b"]})
    credit = credit_from_frame(films, multi_hot={"genres": 0.5}, separator=",")
    found = given_to(credit, np.arange(4), np.arange(4))
    expected = np.zeros((4, 4))
    expected[[1, 3], [3, 1]] = 0.25  # .5 * 1/2
    np.testing.assert_allclose(found, expected)


def test_a_missing_column():
    with pytest.raises(ValueError, match=r"a column 'genre'.*Received: columns genres"):
        credit_from_frame(pd.DataFrame({"genres": ["a"]}), multi_hot={"genre": 0.5})


# Errors


@pytest.mark.parametrize(
    ("metadata", "weights", "message"),
    [
        ({}, {}, r"at least one. Received: weights of \[\], metadata \[\]"),
        ({"a": [0]}, {"b": 0.5}, r"weights of \['b'\], metadata \['a'\]"),
        ({"a": [0]}, {"a": -0.5}, r"at least 0. Received: {'a': -0.5}"),
        ({"a": [0]}, {"a": np.nan}, r"at least 0. Received: {'a': nan}"),
        ({"a": [0]}, {"a": np.inf}, r"at least 0. Received: {'a': inf}"),
        (
            {"a": [0], "b": [0]},
            {"a": 0.75, "b": 0.5},
            r"at most 1 together. Received: {'a': 0.75, 'b': 0.5}, their sum is 1.25",
        ),
        (
            {"a": [0, 1], "b": [[1], [0], [1]]},
            {"a": 0.5, "b": 0.5},
            r"a row for each item. Received: rows {'a': 2, 'b': 3}",
        ),
        (
            {"a": [0, -2]},
            {"a": 0.5},
            r"'a' must be whole numbers.*int64, such as \[-2\]",
        ),
        ({"a": [0.0, 1.0]}, {"a": 0.5}, r"'a' must be whole numbers.*float64, such as"),
        ({"a": [[0, 2]]}, {"a": 0.5}, r"'a' must be zeros and ones.*such as \[2\]"),
        ({"a": [[0, np.nan]]}, {"a": 0.5}, r"'a' must be .*such as \[nan\]"),
        ({"a": [[[1]]]}, {"a": 0.5}, r"'a' must be .*shape \[1, 1, 1\]"),
        (
            {"a": ["x", "y"]},
            {"a": 0.5},
            r"'a' must be whole numbers.*<U1, such as \['x', 'y'\]",
        ),
    ],
)
def test_bad_metadata_and_weights_are_refused(metadata, weights, message):
    with pytest.raises(ValueError, match=message):
        partial_credit(metadata, weights)


@pytest.mark.parametrize(
    "make", [pairwise_batches, pointwise_batches, shared_negatives_batches]
)
def test_metadata_of_another_catalogue_are_refused(make):
    train = Interactions.from_matrix(np.eye(4))
    credit = partial_credit(BOTH, {"genres": 0.5, "decade": 0.25})
    with pytest.raises(ValueError, match=r"metadata of 4 items.*Received: of 5"):
        make(train, seed=0, credit=credit)


# In the pipelines

TRAIN = Interactions.from_matrix(
    np.array([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [1, 0, 1, 0, 1]])
)
CREDIT = partial_credit(BOTH, {"genres": 0.5, "decade": 0.25})
OF_PAIRS = given_to(CREDIT, np.arange(5), np.arange(5))


@pytest.fixture(params=[0, 256], ids=["lists", "flags"])
def way(request, monkeypatch):
    """Both ways to count the labels that items share."""
    monkeypatch.setattr(module, "MOST_LABELS", request.param)


@pytest.mark.parametrize("exact", [True, False])
def test_labels_of_own_negatives_are_their_credit(exact, way):
    options = {"seed": 0, "batch_size": 3, "num_negatives": 7, "exact": exact}
    dataset = pairwise_batches(TRAIN, **options, epochs=3, credit=CREDIT)
    assert dataset.element_spec[1].shape == (3, 8)
    plain = pairwise_batches(TRAIN, **options, epochs=3)
    for (inputs, labels), (same, _) in zip(dataset, plain, strict=True):
        item_id = inputs["item_id"].numpy()
        assert np.array_equal(item_id, same["item_id"])
        expected = OF_PAIRS[item_id[:, :1], item_id]
        expected[:, 0] = 1
        np.testing.assert_array_equal(labels, expected)


def test_labels_of_single_pairs_are_their_credit():
    options = {"seed": 0, "batch_size": 3, "num_negatives": 2, "credit": CREDIT}
    pairwise, pointwise = (
        pairwise_batches(TRAIN, **options),
        pointwise_batches(TRAIN, **options),
    )
    for (_, rows), (_, flat) in zip(pairwise, pointwise, strict=True):
        assert np.array_equal(flat, np.ravel(rows))


@pytest.mark.parametrize("sampling", ["uniform", "mixed", "in-batch"])
def test_labels_of_shared_negatives_are_their_credit(sampling, way):
    options = {"seed": 0, "batch_size": 3, "num_negatives": 4, "sampling": sampling}
    dataset = shared_negatives_batches(TRAIN, **options, credit=CREDIT)
    for inputs, labels in dataset:
        negatives = inputs.get("negative_id", inputs["item_id"])
        others = OF_PAIRS[inputs["item_id"]][:, negatives]
        np.testing.assert_array_equal(labels[:, 0], 1)
        np.testing.assert_array_equal(labels[:, 1:], others)
    spec = dataset.element_spec[1]
    n = {"uniform": 4, "mixed": 6, "in-batch": 3}[sampling]
    assert (spec.shape, spec.dtype) == ((3, 1 + n), "float32")
