"""NeuMF: its formula from its weights, its sizes, and its start from two others."""

import numpy as np
import pytest

from tfrecs.models import build_gmf, build_mf, build_mlp, build_neumf, pretrain


def test_score_is_gmf_plus_mlp(build, randomize, weights, rows):
    model = randomize(build("neumf"))
    w = weights(model)
    u, i = rows["user_id"][:, None], rows["item_id"]
    products = w["gmf_user/embeddings"][u] * w["gmf_item/embeddings"][i]
    gmf = products @ w["gmf_weights/kernel"]
    user = w["mlp_user/embeddings"][np.repeat(u, 3, axis=1)]
    x = np.concatenate([user, w["mlp_item/embeddings"][i]], axis=-1)
    kernel = np.concatenate([w["user_hidden/kernel"], w["item_hidden/kernel"]])
    x = np.maximum(x @ kernel + w["item_hidden/bias"], 0)
    for layer in ("interaction/hidden_1", "interaction/hidden_2"):
        x = np.maximum(x @ w[f"{layer}/kernel"] + w[f"{layer}/bias"], 0)
    mlp = x @ w["interaction/output_weights/kernel"][:, 0]
    expected = gmf + mlp + w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_size():
    model = build_neumf(7, 9, embedding_dim=4, mlp_embedding_dim=5, hidden_units=(6, 3))
    gmf = (7 + 9) * 4 + 4
    mlp = (7 + 9) * 5 + (2 * 5 * 6 + 6) + (6 * 3 + 3) + 3
    assert model.count_params() == gmf + mlp + 1


def test_default_size():
    gmf = (7 + 9) * 64 + 64
    mlp = (7 + 9) * 32 + (2 * 32 * 32 + 32) + (32 * 16 + 16) + (16 * 8 + 8) + 8
    assert build_neumf(7, 9).count_params() == gmf + mlp + 1


def test_start(weights):
    w = weights(build_neumf(300, 200, init_std=0.3))
    for side in ("gmf_user", "gmf_item", "mlp_user", "mlp_item"):
        assert w[f"{side}/embeddings"].std() == pytest.approx(0.3, rel=0.05)
    assert (w["gmf_weights/kernel"] == 1).all()
    default = weights(build_neumf(300, 200))
    assert default["gmf_user/embeddings"].std() == pytest.approx(0.01, rel=0.05)


def test_wrong_mlp_embedding_is_named(build):
    with pytest.raises(ValueError, match="Received: mlp_embedding_dim=0"):
        build("neumf", mlp_embedding_dim=0)


# Its start from a GMF and an MLP

SIZES = {"embedding_dim": 4, "mlp_embedding_dim": 5, "hidden_units": (6, 6, 6)}


@pytest.fixture(scope="module")
def gmf(randomize):
    return randomize(build_gmf(7, 9, embedding_dim=4), seed=1)


@pytest.fixture(scope="module")
def mlp(randomize):
    model = build_mlp(7, 9, embedding_dim=5, hidden_units=(6, 6, 6))
    return randomize(model, seed=2)


@pytest.mark.parametrize("alpha", [0, 0.3, 0.5, 1])
def test_pretrain_starts_at_the_weighted_sum(gmf, mlp, everything, randomize, alpha):
    neumf = randomize(build_neumf(7, 9, **SIZES), seed=3)
    assert pretrain(neumf, gmf, mlp, alpha=alpha) is neumf
    of_gmf, of_mlp = gmf(everything).numpy(), mlp(everything).numpy()
    assert np.abs(of_gmf - of_mlp).max() > 1
    expected = alpha * of_gmf + (1 - alpha) * of_mlp
    np.testing.assert_allclose(neumf(everything), expected, atol=1e-5)


def test_pretrain_takes_half_of_each_by_default(gmf, mlp, everything):
    neumf = pretrain(build_neumf(7, 9, **SIZES), gmf, mlp)
    expected = (gmf(everything).numpy() + mlp(everything).numpy()) / 2
    np.testing.assert_allclose(neumf(everything), expected, atol=1e-5)


def test_pretrain_copies_and_does_not_share(gmf, mlp, everything, randomize):
    before = gmf(everything).numpy(), mlp(everything).numpy()
    randomize(pretrain(build_neumf(7, 9, **SIZES), gmf, mlp), seed=5)
    np.testing.assert_array_equal(gmf(everything), before[0])
    np.testing.assert_array_equal(mlp(everything), before[1])


@pytest.mark.parametrize("alpha", [-0.1, 1.5, float("nan")])
def test_pretrain_names_a_wrong_share(gmf, mlp, alpha):
    with pytest.raises(ValueError, match=f"from 0 to 1. Received: alpha={alpha}$"):
        pretrain(build_neumf(7, 9, **SIZES), gmf, mlp, alpha=alpha)


def check_refused(neumf, gmf, mlp, match):
    before = [weight.numpy() for weight in neumf.weights]
    with pytest.raises(ValueError, match=match):
        pretrain(neumf, gmf, mlp)
    for weight, value in zip(neumf.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)  # not half copied


def test_pretrain_refuses_models_of_another_kind(gmf, mlp):
    neumf = build_neumf(7, 9, **SIZES)
    mf = build_mf(7, 9, embedding_dim=4)
    check_refused(neumf, mf, mlp, "Received: mf, with item_bias, .* for build_gmf's")
    check_refused(neumf, gmf, mf, "Received: mf, with item_bias, .* for build_mlp's")
    check_refused(neumf, gmf, gmf, "Received: gmf, with .* for build_mlp's hidden_1")
    check_refused(neumf, mlp, gmf, "Received: mlp, with .* for build_gmf's gmf_item")
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
