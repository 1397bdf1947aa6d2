"""Folding in: beside a slow optimizer, known users found again, and mistakes."""

import keras
import numpy as np
import pytest
from scipy.optimize import minimize

from tfrecs.inference.fold_in import FoldIn
from tfrecs.models import build_cosine, build_mf

EVERYONE = np.arange(6, dtype=np.int32)


def randomized(model, seed=3):
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return model


@pytest.fixture(scope="module")
def mf():
    keras.utils.set_random_seed(0)
    return randomized(build_mf(6, 5, embedding_dim=2))


def test_parts_are_the_most_probable_ones(mf):
    """The formula again, with the covariance's inverse and a search without slopes."""
    l2, history = 0.7, [3, 0, 3]
    known, items = mf.user_output(EVERYONE), mf.item_output()
    factors = known["factors"].astype(float)
    mean, inverse = factors.mean(axis=0), np.linalg.inv(np.cov(factors.T, ddof=0))

    def loss(p):
        scores = items["factors"] @ p + items["bias"]
        shares = np.exp(scores) / np.exp(scores).sum()
        return -np.log(shares[history]).sum() + l2 / 2 * (p - mean) @ inverse @ (
            p - mean
        )

    best = minimize(loss, mean, method="Nelder-Mead", options={"xatol": 1e-6}).x
    found = FoldIn(mf, EVERYONE, l2=l2).user_output([np.array(history)])
    np.testing.assert_allclose(found["factors"], [best], atol=2e-3)
    assert found["factors"].dtype == np.float32
    assert found["bias"].shape == (1,)


def test_a_known_user_is_found_again_from_a_long_history(mf):
    scores = mf.score_users(np.array([4]))[0]
    shares = np.exp(scores) / np.exp(scores).sum()
    history = np.repeat(np.arange(5), np.round(1e5 * shares).astype(int))
    output = FoldIn(mf, EVERYONE).user_output([history])
    folded = mf.score_outputs(output, mf.item_output())[0]
    np.testing.assert_allclose(
        folded - folded.mean(), scores - scores.mean(), atol=0.05
    )


def test_histories_do_not_touch_each_other(mf):
    fold = FoldIn(mf, EVERYONE)
    both = fold.user_output([np.array([1]), np.array([4, 2])])
    alone = FoldIn(mf, EVERYONE).user_output([np.array([4, 2])])
    np.testing.assert_array_equal(both["factors"][1], alone["factors"][0])
    assert not np.allclose(both["factors"][0], both["factors"][1])


def test_more_l2_stays_closer_to_the_mean_user(mf):
    mean = mf.user_output(EVERYONE)["factors"].mean(axis=0)
    away = [
        np.linalg.norm(FoldIn(mf, EVERYONE, l2=l2).user_output([[1]])["factors"] - mean)
        for l2 in (0.1, 10, 1000)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 0.01 < away[0]


def test_factors_keep_the_length_that_all_users_have():
    model = randomized(build_cosine(6, 5, embedding_dim=3, temperature=0.25))
    factors = FoldIn(model, EVERYONE).user_output([[1, 2], [0]])["factors"]
    np.testing.assert_allclose(np.linalg.norm(factors, axis=1), [2, 2], rtol=1e-5)


@pytest.mark.parametrize(
    "precision",
    [
        *("mixed_float16", "bfloat16"),
        pytest.param("float64", marks=pytest.mark.tensorflow),  # of JAX on request
    ],
)
def test_models_of_any_precision_are_folded_into(mf, precision):
    keras.config.set_dtype_policy(precision)
    try:
        model = build_mf(6, 5, embedding_dim=2)
    finally:
        keras.config.set_dtype_policy("float32")
    for weight, known in zip(model.weights, mf.weights, strict=True):
        weight.assign(known)
    output = FoldIn(model, EVERYONE).user_output([[3, 0]])
    expected = FoldIn(mf, EVERYONE).user_output([[3, 0]])
    assert output["factors"].dtype == np.float32
    np.testing.assert_allclose(output["factors"], expected["factors"], atol=0.1)


def test_what_is_refused(mf):
    with pytest.raises(ValueError, match=r"at least one item. Received: none"):
        FoldIn(mf, EVERYONE).user_output([np.array([], dtype=int)])
    with pytest.raises(ValueError, match=r"at least two users.*Received: 1"):
        FoldIn(mf, EVERYONE[:1])
    with pytest.raises(ValueError, match=r"`l2` must be above 0.*l2=0"):
        FoldIn(mf, EVERYONE, l2=0)
