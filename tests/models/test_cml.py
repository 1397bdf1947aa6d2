"""CML: distances from its weights and by hand, the ball, gradients at its edges."""

import keras
import numpy as np
import pytest

from tfrecs.models import build_cml


def in_ball(rows, radius):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(1, lengths / radius)


def test_score_is_the_negative_squared_distance(build, randomize, weights, rows):
    model = randomize(build("cml", radius=1.5))
    w = weights(model)
    lengths = np.linalg.norm(w["user_factors/embeddings"], axis=1)
    assert (lengths > 1.5).any()
    assert (lengths < 1.5).any()
    p = in_ball(w["user_factors/embeddings"], 1.5)
    q = in_ball(w["item_factors/embeddings"], 1.5)
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = w["interaction/global_bias"] - ((p[u] - q[i]) ** 2).sum(-1)
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


@pytest.fixture
def points(assign):
    """A user at (0.6, 0), items at (0.6, 0.5), (0, 0), and (4, 3) before the ball."""

    def points(**arguments):
        model = build_cml(1, 3, embedding_dim=2, **arguments)
        return assign(
            model,
            {
                "user_factors/embeddings": [[0.6, 0]],
                "item_factors/embeddings": [[0.6, 0.5], [0, 0], [4, 3]],
                "interaction/global_bias": 0,
            },
        )

    return points


def test_scores_by_hand(points):
    found = points().score_users(np.array([0]))
    # (4, 3) is 5 long, so that it is put at (0.8, 0.6)
    expected = [-(0.5**2), -(0.6**2), -(0.2**2 + 0.6**2)]
    np.testing.assert_allclose(found, [expected], atol=1e-6)
    wide = points(radius=10.0).score_users(np.array([0]))
    np.testing.assert_allclose(
        wide, [[-0.25, -0.36, -(3.4**2 + 3**2)]], rtol=1e-5
    )  # nothing is outside


def test_no_score_is_above_the_bias_or_below_the_ball_s_width(build, randomize):
    model = randomize(build("cml", radius=0.5), scale=3)
    scores = model.score_users(np.arange(7)) - float(model.interaction.global_bias)
    assert scores.max() < 1e-5
    assert scores.min() > -((2 * 0.5) ** 2) - 1e-5
    assert scores.min() < -0.5


@pytest.mark.parametrize("row", [[0.0, 0.0], [0.3, 0.4], [3.0, 4.0]])
def test_gradients_are_those_of_the_projected_point(points, gradients, row):
    model = points()
    tables = {v.path: v for v in model.trainable_variables}
    tables["item_factors/embeddings"].assign([row, [0, 0], [0, 0]])
    inputs = {"user_id": np.array([0]), "item_id": np.array([[0]])}
    found = gradients(model, lambda: keras.ops.sum(model(inputs)))
    step = 1e-5
    user, row = np.array([0.6, 0.0]), np.array(row)

    def score(row):
        return -((in_ball(row[None], 1)[0] - user) ** 2).sum()

    slope = [
        (score(row + step * axis) - score(row - step * axis)) / (2 * step)
        for axis in np.eye(2)
    ]
    np.testing.assert_allclose(found["item_factors/embeddings"][0], slope, atol=1e-4)


def test_dropped_points_are_still_at_distances(build, randomize, rows):
    model = randomize(build("cml", dropout=0.5))
    for tower, ids in ((model.user_tower, "user_id"), (model.item_tower, "item_id")):
        parts = tower(rows[ids], training=True)
        point = parts["factors"].numpy() / np.sqrt(2)
        assert (point == 0).any()
        np.testing.assert_allclose(parts["bias"], -(point**2).sum(-1), atol=1e-5)


def test_a_radius_must_be_above_0():
    with pytest.raises(ValueError, match=r"`radius` must be above 0.*radius=0"):
        build_cml(7, 9, radius=0)
