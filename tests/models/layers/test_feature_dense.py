"""Features of ids: three kinds of them and two ways to hold them, one result."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf

from tfrecs.models.layers import feature_dense, sparse_rows
from tfrecs.models.layers.feature_dense import FeatureDense, as_features

# Rows of different lengths, one of them empty, with values beyond 0 and 1.
MATRIX = np.array(
    [
        [0, 0, 2, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, -3, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0.5],
        [0, 4, 0, 0, 1, 0, 2],
    ]
)
KERNEL = np.random.default_rng(0).normal(size=(7, 2))
IDS = np.array([[4, 0, 1], [2, 3, 4]], dtype=np.int32)


def over(features, num_rows=5):
    layer = FeatureDense.over(features, 2, num_rows=num_rows, name="my_features")
    layer.kernel.assign(KERNEL[: layer.num_features])
    return layer


def repeated(matrix):
    """The same matrix, each entry in two parts, and a zero that is stored."""
    row, column = np.nonzero(matrix)
    value = matrix[row, column]
    return sp.coo_array(
        (
            np.concatenate([value - 1, np.ones(len(value)), [0]]),
            (np.concatenate([row, row, [1]]), np.concatenate([column, column, [5]])),
        ),
        shape=matrix.shape,
    )


KINDS = {
    "dense": lambda matrix: matrix,
    "lists": lambda matrix: matrix.tolist(),
    "csr": sp.csr_array,
    "csc": sp.csc_matrix,
    "coo": repeated,
}


MOST = {"table": None, "flat": 3, "tails": 1}


def hold(held, monkeypatch):
    """Features as a dense table, or as flat arrays, without tails or with them."""
    monkeypatch.setattr(feature_dense, "DENSE_TABLE", 2**22 if held == "table" else 0)
    monkeypatch.setattr(sparse_rows, "USUAL_ROWS", 1 if held == "flat" else 1024)


@pytest.fixture(params=MOST)
def held(request, monkeypatch):
    hold(request.param, monkeypatch)
    return request.param


@pytest.mark.parametrize("kind", KINDS)
def test_output_is_the_features_times_the_kernel(held, kind):
    layer = over(KINDS[kind](MATRIX))
    assert layer.most == MOST[held]
    assert layer.num_tails == (2 if held == "tails" else 0)  # rows 2 and 4
    expected = MATRIX @ KERNEL
    np.testing.assert_allclose(layer(IDS), expected[IDS], atol=1e-6)
    np.testing.assert_allclose(layer(IDS[0]), expected[IDS[0]], atol=1e-6)


def test_categories_are_one_feature_each(held):
    categories = np.array([4, 0, 6, 0, 1])
    layer = over(categories)
    assert layer.num_features == 7
    assert layer.most == (None if held == "table" else 1)
    np.testing.assert_allclose(layer(IDS), KERNEL[categories][IDS], atol=1e-6)
    one_hot = over(np.eye(7)[categories])
    np.testing.assert_array_equal(layer(IDS), one_hot(IDS))


def test_rows_without_features_give_zeros(held):
    layer = over(sp.csr_array((5, 7)))
    assert layer.most == (None if held == "table" else 1)
    assert not layer(IDS).numpy().any()


def test_flat_rows_and_their_tails():
    rows = sparse_rows.flat_rows(sp.csr_array(MATRIX), 1)
    assert {name: array.tolist() for name, array in rows.items()} == {
        "starts": [0, 1, 1, 2, 3],
        "lengths": [1, 0, 1, 1, 1],
        "places": [2, 0, 6, 1],
        "values": [2, 1, 0.5, 4],
        "slots": [0, 0, 1, 0, 2],
        "tail_slots": [1, 2, 2],
        "tail_places": [3, 4, 6],
        "tail_values": [-3, 1, 2],
    }


def test_every_way_has_one_gradient(monkeypatch):
    share = np.random.default_rng(1).normal(size=(2, 3, 2)).astype(np.float32)
    found = []
    for held in MOST:
        hold(held, monkeypatch)
        layer = over(MATRIX)
        with tf.GradientTape() as tape:
            score = tf.reduce_sum(share * layer(IDS))
        found.append(tf.convert_to_tensor(tape.gradient(score, layer.kernel.value)))
    expected = np.einsum("bnf,bnu->fu", MATRIX[IDS], share)
    for gradient in found:
        np.testing.assert_allclose(gradient, expected, atol=1e-5)


@pytest.mark.parametrize(("limit", "most"), [(35, None), (34, 1)])
def test_the_table_is_dense_up_to_a_limit(monkeypatch, limit, most):
    monkeypatch.setattr(feature_dense, "DENSE_TABLE", limit)  # MATRIX has 5 * 7 numbers
    assert over(MATRIX).most == most


@pytest.mark.parametrize(("features", "most"), [(6, None), (7, 3)])
def test_the_table_is_dense_if_half_of_it_is_not_zero(monkeypatch, features, most):
    hold("flat", monkeypatch)
    matrix = np.zeros((5, features))
    matrix[:, :3] = 1  # 15 places and 15 values
    assert over(matrix).most == most


@pytest.mark.parametrize(
    ("lengths", "most"),
    [
        ([5, 5, 5, 5], 5),
        ([0, 0, 0, 0], 1),
        ([1, 1, 1, 4], 4),  # 3 * 1 + 3 is half of 3 * 4
        ([1, 1, 1, 4, 1], 4),
        ([2, 9, 1, 1, 0], 1),  # 3 * 1 + 9 is less than half of 3 * 9
        ([9, 8], 9),  # fewer rows than usual
        ([9, 1], 1),
        ([1, 5, 5, 40], 1),  # 3 * 1 + 4 + 4 + 39 is less than half of 3 * 40
    ],
)
def test_a_tail_must_halve_a_look_up_of_usual_rows(monkeypatch, lengths, most):
    monkeypatch.setattr(sparse_rows, "USUAL_ROWS", 3)
    rows = sp.csr_array(np.arange(40) < np.array(lengths)[:, None])
    assert sparse_rows.most_looked_up(rows) == most


def test_memory_follows_the_entries_and_not_the_longest_row():
    matrix = sp.csr_array(sp.vstack([np.ones((1, 9000)), sp.eye(2000, 9000)]))
    layer = FeatureDense.over(matrix, 1, num_rows=2001, name="mine")
    held = sum(int(np.prod(x.shape)) for x in layer.non_trainable_weights)
    assert layer.most == 1
    assert held == 3 * 2001 + 2 * 2001 + 3 * 8999


def test_only_the_kernel_is_trained(held):
    layer = over(MATRIX)
    assert [weight.name for weight in layer.trainable_weights] == ["kernel"]
    names = {weight.name for weight in layer.non_trainable_weights}
    tails = {"slots", "tail_slots", "tail_places", "tail_values"}
    flat = {"starts", "lengths", "places", "values", *tails}
    assert names == ({"table"} if held == "table" else flat)
    assert layer.name == "my_features"


def test_serialization(held):
    layer = FeatureDense.over(
        MATRIX, 2, num_rows=5, name="mine", kernel_initializer="zeros"
    )
    assert not layer.kernel.numpy().any()
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    again.set_weights(layer.get_weights())
    again.kernel.assign(KERNEL)
    assert again.name == "mine"
    assert again.kernel_initializer == "zeros"
    np.testing.assert_allclose(again(IDS), (MATRIX @ KERNEL)[IDS], atol=1e-6)


def test_the_kernel_is_random_by_default():
    kernel = FeatureDense.over(MATRIX, 2, num_rows=5, name="mine").kernel.numpy()
    assert len(np.unique(kernel)) == 14
    assert np.abs(kernel).max() <= np.sqrt(6 / (7 + 2))  # Glorot's bound


# Mistakes


@pytest.mark.parametrize(
    ("features", "shape"),
    [
        (np.ones((4, 3)), r"\(4, 3\)"),
        (np.ones((3, 5)), r"\(3, 5\)"),  # transposed
        (sp.csr_array((4, 3)), r"\(4, 3\)"),
        (np.array([0, 1, 2]), r"\(3, 3\)"),
        (np.ones(5), r"\(5,\)"),  # not categories: they are not whole
        (np.ones((5, 2, 2)), r"\(5, 2, 2\)"),
        (np.array(3), r"\(\)"),
    ],
)
def test_wrong_shapes_are_refused(features, shape):
    with pytest.raises(
        ValueError, match=f"`mine` must be 5 rows.*Received: shape {shape}"
    ):
        as_features(features, 5, "mine")


def test_any_number_of_rows_may_be_asked_for():
    assert as_features(np.ones((4, 3)), None, "mine").shape == (4, 3)
    with pytest.raises(ValueError, match=r"`mine` must be \[rows, feat"):
        as_features(np.ones(4), None, "mine")


def test_text_is_refused():
    with pytest.raises(
        ValueError, match=r"`mine` must be numbers.*'a'.*FeatureEncoder"
    ):
        as_features(np.array([["a", "b"]]), None, "mine")


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(wrong):
    features = MATRIX.copy()
    features[2, 1] = wrong
    for given in (features, sp.csr_array(features)):
        with pytest.raises(ValueError, match="`mine` must be finite"):
            as_features(given, 5, "mine")


def test_negative_categories_are_refused():
    with pytest.raises(ValueError, match=r"categories from 0. Received: -2$"):
        as_features(np.array([0, 1, -2, -1, 3]), 5, "mine")


def test_features_are_float32_and_not_changed():
    matrix = sp.csr_array(MATRIX)
    found = as_features(matrix, 5, "mine")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.toarray(), MATRIX)
    np.testing.assert_array_equal(matrix.toarray(), MATRIX)
    unsigned = as_features(np.array([1, 0], dtype=np.uint8), 2, "mine")
    np.testing.assert_array_equal(unsigned.toarray(), [[0, 1], [1, 0]])
