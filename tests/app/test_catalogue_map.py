"""Places in the plane: what they keep, on clusters that are known."""

import numpy as np
import pytest

from tfrecs.app.catalogue_map import METHODS, positions


def clusters(per_cluster=20):
    """Vectors around three directions, and which one each is around."""
    noise = np.random.default_rng(0).normal(scale=0.1, size=(3 * per_cluster, 8))
    of = np.repeat(np.arange(3), per_cluster)
    return np.eye(8)[of] + noise, of


@pytest.mark.parametrize("method", METHODS)
def test_what_is_alike_stands_together(method):
    vectors, of = clusters()
    places = positions(vectors, seed=0, method=method)
    assert places.shape == (60, 2)
    assert places.dtype == np.float32
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (of[distances.argmin(axis=1)] == of).all()


@pytest.mark.parametrize("method", METHODS)
def test_lengths_do_not_matter_and_the_same_seed_gives_the_same_map(method):
    vectors, _ = clusters(per_cluster=8)
    lengths = np.geomspace(0.5, 8, len(vectors))[:, None]
    first = positions(vectors, seed=3, method=method)
    np.testing.assert_array_equal(first, positions(vectors, seed=3, method=method))
    if method == "pca":
        again = positions(vectors * lengths, seed=3, method=method)
        np.testing.assert_allclose(first, again, atol=1e-6)


def test_principal_components_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA

    vectors, _ = clusters()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = PCA(2, svd_solver="full").fit_transform(unit)
    found = positions(vectors, seed=0, method="pca")
    for axis in range(2):
        sign = np.sign(found[0, axis] * expected[0, axis])
        np.testing.assert_allclose(found[:, axis], sign * expected[:, axis], atol=1e-5)


def test_components_by_hand():
    # Directions (1, 0), (0, 1): the mean is (.5, .5), and both lie on the line from one
    # to the other, sqrt(2) apart; the axis is (1, -1) / sqrt(2), or its opposite.
    places = positions(np.array([[2.0, 0.0], [0.0, 3.0]]), seed=0)
    np.testing.assert_allclose(np.abs(places[:, 0]), np.sqrt(0.5), rtol=1e-6)
    assert places[0, 0] == -places[1, 0]
    np.testing.assert_allclose(places[:, 1], 0, atol=1e-7)


def test_no_map_is_the_mirror_of_another():
    # From (1, 0) to (.6, .8) is (-.4, .8), of length sqrt(.8). The larger part of the
    # axis, the second, is positive whichever row comes first; the middle is at 0.
    half = np.sqrt(0.8) / 2
    first = positions(np.array([[1.0, 0.0], [0.6, 0.8]]), seed=0)
    second = positions(np.array([[0.6, 0.8], [1.0, 0.0]]), seed=0)
    np.testing.assert_allclose(first[:, 0], [-half, half], rtol=1e-6)
    np.testing.assert_allclose(second[:, 0], [half, -half], rtol=1e-6)


@pytest.mark.parametrize("count", [2, 10, 11])
def test_few_items_and_equal_ones_have_places_too(count):
    for vectors in (np.ones((count, 3)), np.eye(count), np.zeros((count, 1))):
        assert np.isfinite(positions(vectors, seed=0)).all()


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"of two items at least. .* shape \[1, 3\]"):
        positions(np.ones((1, 3)), seed=0)
    with pytest.raises(ValueError, match=r"of which 5 numbers are finite"):
        positions(np.array([[1, 2], [3, 4], [5, np.nan]]), seed=0)
    with pytest.raises(ValueError, match=r"one of pca, tsne. Received: 'umap'"):
        positions(np.ones((3, 3)), seed=0, method="umap")
