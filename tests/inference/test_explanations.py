"""The nearest liked items: by hand, dense and sparse alike, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tfrecs
from tfrecs._base.cosine import cosines
from tfrecs.inference.explanations import item_vectors, nearest_liked, rests_on
from tfrecs.models import HISTORY_MODELS

VECTORS = np.array([[3.0, 4.0], [0.0, 1.0], [5.0, 0.0], [0.0, 0.0], [6.0, 8.0]])


def test_the_nearest_come_first_with_their_cosines():
    # to [3, 4], of length 5: [0, 1] has 4/5, [5, 0] has 15/25, [0, 0] has 0
    items, values = nearest_liked(VECTORS, [0], [3, 2, 1], k=2)
    assert items.tolist() == [[1, 2]]
    np.testing.assert_allclose(values, [[4 / 5, 3 / 5]], rtol=1e-6)


def test_equal_ones_keep_the_order_of_the_liked():
    assert nearest_liked(VECTORS, [1], [4, 0], k=2)[0].tolist() == [[4, 0]]
    assert nearest_liked(VECTORS, [1], [0, 4], k=2)[0].tolist() == [[0, 4]]


def test_an_item_is_not_its_own_reason():
    items, values = nearest_liked(VECTORS, [0, 1], [0], k=2)
    assert items.tolist() == [[-1], [0]]
    assert values[0].tolist() == [-np.inf]


def test_nobody_and_nothing_give_no_reasons():
    assert nearest_liked(VECTORS, [0, 1], [])[0].shape == (2, 0)
    assert nearest_liked(VECTORS, [], [0])[0].shape == (0, 1)


@given(
    vectors=arrays(np.int8, (6, 3), elements=st.integers(-3, 3)), k=st.integers(1, 4)
)
def test_sparse_vectors_give_what_dense_ones_give(vectors, k):
    dense = vectors.astype(np.float32)
    found = nearest_liked(dense, [0, 1, 2], [2, 3, 4, 5], k)
    sparse = nearest_liked(sp.csr_array(dense), [0, 1, 2], [2, 3, 4, 5], k)
    np.testing.assert_allclose(found[1], sparse[1], atol=1e-6)
    for vector, reasons, values in zip(dense[:3], *found, strict=True):
        for place, value in zip(reasons, values, strict=True):
            if place >= 0:
                lengths = np.linalg.norm(vector) * np.linalg.norm(dense[place])
                expected = vector @ dense[place] / lengths if lengths else 0
                assert value == pytest.approx(expected, abs=1e-6)


def test_cosines_of_dense_and_sparse_vectors_are_those_of_all_pairs():
    # <[3, 4], [0, 1]> / 5, and with [0, 0] nothing
    expected = [[4 / 5, 0], [1, 0]]
    for kind in (np.asarray, sp.csr_array):
        found = cosines(kind(VECTORS[[0, 1]]), kind(VECTORS[[1, 3]]))
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        assert found.dtype == np.float32


def test_models_without_vectors_are_explained_by_who_had_both(from_pairs):
    # Item 0 was had by users 0 and 1, item 1 by both too, item 2 by user 1 alone
    train = from_pairs([(0, 0), (1, 0), (0, 1), (1, 1), (1, 2)], 2, 4)
    vectors = item_vectors(np.zeros((2, 4)), train)
    items, values = nearest_liked(vectors, [0, 3], [2, 1], k=2)
    assert items.tolist() == [[1, 2], [2, 1]]
    # 2 together of 2 and 2; 1 together of 2 and 1; nobody had item 3
    np.testing.assert_allclose(values, [[1, 1 / np.sqrt(2)], [0, 0]], rtol=1e-6)


def test_models_of_two_towers_are_explained_by_their_vectors(from_pairs):
    train = from_pairs([(0, 0), (1, 2)], 2, 3)
    model = tfrecs.build_mf(2, 3, embedding_dim=4)
    vectors = item_vectors(model, train)
    np.testing.assert_array_equal(vectors, model.item_output()["factors"])


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"`items` must be from 0 to 4. Received: 5"):
        nearest_liked(VECTORS, [5], [0])
    with pytest.raises(ValueError, match=r"`liked` must be from 0 to 4. Received: -1"):
        nearest_liked(VECTORS, [0], [0, -1])
    with pytest.raises(ValueError, match=r"of at least 1. Received: k=0"):
        nearest_liked(VECTORS, [0], [1], k=0)


# What a list of a model of histories rests on


def weighed_mean(vectors, **arguments):
    """A mean of vectors, without biases."""
    model = tfrecs.build_history_mean(
        len(vectors), embedding_dim=2, use_bias=False, cosine=False, **arguments
    )
    table = model.item_tower.get_layer("item_factors").embeddings
    table.assign(np.array(vectors, np.float32))
    return model


def test_a_difference_by_hand():
    model = weighed_mean([[1, 0], [0, 1], [2, 2], [4, 0]], max_length=3)
    # The mean of [1, 0], [0, 1], [2, 2] is [1, 1], and scores item 3 with 4.
    # Without 0 it is [1, 1.5], 4 again; without 1 [1.5, 1], 6; without 2 [.5, .5], 2.
    items, differences = rests_on(model, [3], [0, 1, 2], k=3)
    assert items.tolist() == [[2, 0, 1]]
    np.testing.assert_allclose(differences, [[4 - 2, 4 - 4, 4 - 6]], atol=1e-6)
    assert rests_on(model, [3], [0, 1, 2], k=1)[0].tolist() == [[2]]


def test_items_that_the_model_does_not_read_explain_nothing():
    model = weighed_mean([[1, 0], [0, 1], [2, 2], [4, 0]], max_length=2)
    # It reads 1 and 2, [1, 1.5]: 4. Without 1 it is [2, 2], 8; without 2 [0, 1], 0.
    items, differences = rests_on(model, [3], [0, 1, 2], k=3)
    assert items.tolist() == [[2, 1]]
    np.testing.assert_allclose(differences, [[4, -4]], atol=1e-6)


@pytest.mark.parametrize("name", HISTORY_MODELS)
def test_differences_are_of_the_models_own_scores(name, randomize):
    model = randomize(HISTORY_MODELS[name](7, embedding_dim=4, max_length=5))
    history = [6, 0, 4, 1, 0]

    def score(*items):
        row = [-1] * (5 - len(items)) + [*items]
        return model.score_users(np.array([row], np.int32))[0]

    items, differences = rests_on(model, [2, 4], history, k=9)
    without = {6: [0, 4, 1, 0], 0: [6, 4, 1], 4: [6, 0, 1, 0], 1: [6, 0, 4, 0]}
    for row, item in enumerate((2, 4)):
        expected = {
            left: score(*history)[item] - score(*rest)[item]
            for left, rest in without.items()
            if left != item  # an item does not explain itself
        }
        found = dict(zip(items[row].tolist(), differences[row].tolist(), strict=True))
        if item == 4:
            assert found.pop(-1) == -np.inf
        assert found.keys() == expected.keys()
        for left, difference in expected.items():
            assert found[left] == pytest.approx(difference, abs=1e-5)
        assert (np.diff(differences[row]) <= 0).all()


def test_an_empty_history_explains_nothing():
    model = weighed_mean([[1, 0], [0, 1]], max_length=2)
    items, differences = rests_on(model, [0, 1], [])
    assert items.shape == differences.shape == (2, 0)
    assert rests_on(model, [], [0])[0].shape == (0, 1)


def test_wrong_indices_of_a_history_are_named():
    model = weighed_mean([[1, 0], [0, 1]], max_length=2)
    for items, history, message in (
        ([2], [0], "`items` must be from 0 to 1. Received: 2"),
        ([1], [-1, 0], "`history` must be from 0 to 1. Received: -1"),
    ):
        with pytest.raises(ValueError, match=message):
            rests_on(model, items, history)
    with pytest.raises(ValueError, match="k=0"):
        rests_on(model, [0], [1], k=0)
