"""Features of ids: three kinds of them and two ways to hold them, one result."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf

from tfrecs.models.layers import feature_dense
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


@pytest.fixture(params=["table", "padded"])
def held(request, monkeypatch):
    """Whether sparse features are held as a dense table or as padded non-zeros."""
    if request.param == "padded":
        monkeypatch.setattr(feature_dense, "DENSE_TABLE", 0)
    return request.param


@pytest.mark.parametrize("kind", KINDS)
def test_output_is_the_features_times_the_kernel(held, kind):
    layer = over(KINDS[kind](MATRIX))
    assert layer.most == (3 if held == "padded" else None)
    expected = MATRIX @ KERNEL
    np.testing.assert_allclose(layer(IDS), expected[IDS], atol=1e-6)
    np.testing.assert_allclose(layer(IDS[0]), expected[IDS[0]], atol=1e-6)


def test_categories_are_one_feature_each(held):
    categories = np.array([4, 0, 6, 0, 1])
    layer = over(categories)
    assert layer.num_features == 7
    assert layer.most == (1 if held == "padded" else None)
    np.testing.assert_allclose(layer(IDS), KERNEL[categories][IDS], atol=1e-6)
    one_hot = over(np.eye(7)[categories])
    np.testing.assert_array_equal(layer(IDS), one_hot(IDS))


def test_rows_without_features_give_zeros(held):
    layer = over(sp.csr_array((5, 7)))
    assert layer.most == (1 if held == "padded" else None)
    assert not layer(IDS).numpy().any()


def test_padding_stands_after_the_numbers():
    places, values = feature_dense.padded(sp.csr_array(MATRIX), 4)
    assert places.tolist() == [
        [2, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 3, 0, 0],
        [6, 0, 0, 0],
        [1, 4, 6, 0],
    ]
    assert values.tolist() == [
        [2, 0, 0, 0],
        [0, 0, 0, 0],
        [1, -3, 0, 0],
        [0.5, 0, 0, 0],
        [4, 1, 2, 0],
    ]


def test_both_ways_have_one_gradient(monkeypatch):
    share = np.random.default_rng(1).normal(size=(2, 3, 2)).astype(np.float32)
    found = []
    for limit in (2**22, 0):
        monkeypatch.setattr(feature_dense, "DENSE_TABLE", limit)
        layer = over(MATRIX)
        with tf.GradientTape() as tape:
            score = tf.reduce_sum(share * layer(IDS))
        found.append(tf.convert_to_tensor(tape.gradient(score, layer.kernel.value)))
    expected = np.einsum("bnf,bnu->fu", MATRIX[IDS], share)
    for gradient in found:
        np.testing.assert_allclose(gradient, expected, atol=1e-5)


@pytest.mark.parametrize(("limit", "most"), [(35, None), (34, 3)])
def test_the_table_is_dense_up_to_a_limit(monkeypatch, limit, most):
    monkeypatch.setattr(feature_dense, "DENSE_TABLE", limit)  # MATRIX has 5 * 7 numbers
    assert over(MATRIX).most == most


@pytest.mark.parametrize(("features", "most"), [(6, None), (7, 3)])
def test_the_table_is_dense_where_padding_saves_nothing(monkeypatch, features, most):
    monkeypatch.setattr(feature_dense, "DENSE_TABLE", 0)  # 3 places and 3 values a row
    matrix = np.zeros((5, features))
    matrix[1, :3] = 1
    assert over(matrix).most == most


def test_only_the_kernel_is_trained(held):
    layer = over(MATRIX)
    assert [weight.name for weight in layer.trainable_weights] == ["kernel"]
    names = {weight.name for weight in layer.non_trainable_weights}
    assert names == ({"places", "values"} if held == "padded" else {"table"})
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
