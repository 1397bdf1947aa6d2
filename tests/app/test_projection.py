"""Positions in the plane, for known clusters."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from tfrecs.app.projection import positions


def test_neighbours_stay_neighbours_and_a_seed_repeats_its_map():
    noise = np.random.default_rng(0).normal(scale=0.1, size=(60, 8))
    cluster = np.repeat(np.arange(3), 20)
    lengths = np.geomspace(0.5, 8, 60)[:, None]
    vectors = lengths * (np.eye(8)[cluster] + noise)
    places = positions(vectors, seed=0)
    assert places.shape == (60, 2)
    assert places.dtype == np.float32
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (cluster[distances.argmin(axis=1)] == cluster).all()
    np.testing.assert_array_equal(positions(vectors, seed=0), places)


def test_few_items_are_placed_by_the_angles_between_their_vectors():
    # Of length 1 they are (1, 0) and (.6, .8), on a line of length sqrt(.8).
    places = positions(np.array([[2.0, 0.0], [3.0, 4.0]]), seed=0)
    np.testing.assert_allclose(np.abs(places[:, 0]), np.sqrt(0.8) / 2, rtol=1e-6)
    np.testing.assert_allclose(places.sum(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(places[:, 1], 0, atol=1e-7)


@pytest.mark.parametrize("count", [2, 10, 11])
@pytest.mark.parametrize(
    "make", [np.eye, lambda n: np.ones((n, 3)), lambda n: np.zeros((n, 1))]
)
def test_few_equal_and_zero_vectors_have_positions(count, make):
    assert np.isfinite(positions(make(count), seed=0)).all()


def test_vectors_must_be_finite():
    with pytest.raises(ValueError, match="NaN"):
        positions(np.array([[1, 2], [3, 4], [5, np.nan]]), seed=0)
