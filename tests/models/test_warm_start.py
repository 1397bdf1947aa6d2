"""Models that start from trained ones: NeuMF from two, a hybrid from MF."""

import keras
import numpy as np
import pytest

from tfrecs.models import build_gmf, build_hybrid, build_mf, build_mlp, build_neumf
from tfrecs.models.warm_start import pretrain, start_from_mf

SIZES = {"embedding_dim": 4, "mlp_embedding_dim": 5, "hidden_units": (6, 6, 6)}


@pytest.fixture(scope="module")
def gmf(randomize):
    return randomize(build_gmf(7, 9, embedding_dim=4), seed=1)


@pytest.fixture(scope="module")
def mlp(randomize):
    model = build_mlp(7, 9, embedding_dim=5, hidden_units=(6, 6, 6))
    return randomize(model, seed=2)


@pytest.mark.parametrize("alpha", [0, 0.3, None, 1])
def test_pretrain_starts_at_the_weighted_sum(gmf, mlp, everything, randomize, alpha):
    neumf = randomize(build_neumf(7, 9, **SIZES), seed=3)
    given = {} if alpha is None else {"alpha": alpha}
    assert pretrain(neumf, gmf, mlp, **given) is neumf
    alpha = 0.5 if alpha is None else alpha
    of_gmf, of_mlp = gmf(everything).numpy(), mlp(everything).numpy()
    assert np.abs(of_gmf - of_mlp).max() > 1
    expected = alpha * of_gmf + (1 - alpha) * of_mlp
    np.testing.assert_allclose(neumf(everything), expected, atol=1e-5)


def test_pretrain_copies_and_does_not_share(gmf, mlp, everything, randomize):
    before = gmf(everything).numpy(), mlp(everything).numpy()
    randomize(pretrain(build_neumf(7, 9, **SIZES), gmf, mlp), seed=5)
    np.testing.assert_array_equal(gmf(everything), before[0])
    np.testing.assert_array_equal(mlp(everything), before[1])


def test_pretrain_names_a_wrong_share(gmf, mlp):
    with pytest.raises(ValueError, match=r"from 0 to 1. Received: alpha=1.5$"):
        pretrain(build_neumf(7, 9, **SIZES), gmf, mlp, alpha=1.5)


def check_refused(neumf, gmf, mlp, match):
    before = [weight.numpy() for weight in neumf.weights]
    with pytest.raises(ValueError, match=match):
        pretrain(neumf, gmf, mlp)
    for weight, value in zip(neumf.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)  # not half copied


def test_pretrain_refuses_models_of_another_kind(gmf, mlp):
    neumf = build_neumf(7, 9, **SIZES)
    mf = build_mf(7, 9, embedding_dim=4)
    check_refused(neumf, mf, mlp, "build_gmf.*gmf_item.*Received: mf, with item_bias")
    check_refused(neumf, gmf, mf, "build_mlp.*hidden_1.*Received: mf, with item_bias")
    check_refused(neumf, gmf, gmf, "build_mlp.*hidden_1.*Received: gmf, with gmf_item")
    check_refused(neumf, mlp, gmf, "build_gmf.*gmf_item.*Received: mlp, with hidden_1")
    check_refused(mf, gmf, mlp, "Received: gmf, with")


def test_pretrain_refuses_fewer_layers_of_the_same_size(gmf):
    mlp = build_mlp(7, 9, embedding_dim=5, hidden_units=(6, 6))
    neumf = build_neumf(7, 9, **SIZES)
    check_refused(neumf, gmf, mlp, "Received: mlp, with hidden_1, item_hidden")


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"embedding_dim": 3}, r"gmf_\w+ of shape \(\d, 4\), not \(\d, 3\)"),
        ({"mlp_embedding_dim": 3}, r"mlp_\w+ of shape \(\d, 5\), not \(\d, 3\)"),
        ({"hidden_units": (6, 6, 2)}, r"hidden_2 of shape \(6, 6\), not \(6, 2\)"),
        ({"num_users": 8}, r"gmf_user of shape \(7, 4\), not \(8, 4\)"),
        ({"num_items": 8}, r"gmf_item of shape \(9, 4\), not \(8, 4\)"),
    ],
)
def test_pretrain_refuses_other_sizes(gmf, mlp, size, message):
    neumf = build_neumf(**{"num_users": 7, "num_items": 9, **SIZES, **size})
    check_refused(neumf, gmf, mlp, message)


# A hybrid from matrix factorization

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
