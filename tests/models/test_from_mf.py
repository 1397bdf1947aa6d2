"""A hybrid that starts from trained matrix factorization scores as that does."""

import keras
import numpy as np
import pytest

from tfrecs.models import build_gmf, build_hybrid, build_mf, start_from_mf

FEATURES = np.random.default_rng(0).normal(size=(9, 4))


@pytest.mark.parametrize("feature_units", [(), (3,), (3, 2)])
@pytest.mark.parametrize("sides", [("item",), ("user", "item")])
def test_scores_are_those_of_mf_to_the_bit(randomize, feature_units, sides):
    keras.utils.set_random_seed(0)
    mf = randomize(build_mf(7, 9, embedding_dim=4), seed=1)
    features = {"item": FEATURES, "user": np.array([2, 0, 1, 1, 2, 0, 0])}
    hybrid = build_hybrid(
        7,
        9,
        embedding_dim=4,
        feature_units=feature_units,
        **{f"{side}_features": features[side] for side in sides},
    )
    randomize(hybrid, seed=2)  # as after training
    expected = mf.score_users(np.arange(7))
    assert np.abs(hybrid.score_users(np.arange(7)) - expected).max() > 1
    assert start_from_mf(hybrid, mf) is hybrid
    np.testing.assert_array_equal(hybrid.score_users(np.arange(7)), expected)
    np.testing.assert_array_equal(mf.score_users(np.arange(7)), expected)
    # What is not the last layer of the metadata keeps its random start.
    left = [w for w in hybrid.trainable_variables if not np.any(w)]
    per_side = 1 if not feature_units else 2  # a kernel, or a kernel and its bias
    assert len(left) == per_side * len(sides)


@pytest.mark.parametrize("swapped", [True, False])
def test_models_of_another_kind_are_refused(swapped):
    hybrid, mf = build_hybrid(7, 9, item_features=FEATURES), build_mf(7, 9)
    given = (mf, hybrid) if swapped else (hybrid, build_gmf(7, 9))
    received = "Received: mf, with" if swapped else "and gmf, with gmf_user"
    with pytest.raises(ValueError, match=f"from build_hybrid and.*{received}"):
        start_from_mf(*given)


def test_other_sizes_are_refused_before_anything_is_copied():
    hybrid = build_hybrid(7, 9, item_features=FEATURES, embedding_dim=4)
    before = [np.array(weight) for weight in hybrid.weights]
    with pytest.raises(ValueError, match=r"user_factors of shape \(7, 5\), not \(7, 4"):
        start_from_mf(hybrid, build_mf(7, 9, embedding_dim=5))
    for weight, kept in zip(hybrid.weights, before, strict=True):
        np.testing.assert_array_equal(weight, kept)
