"""Numbers of trained weights in closed form, and the random start of the tables."""

import numpy as np
import pytest

from tfrecs.models import MODELS

M, N, D = 7, 9, 5
DEFAULT_MLP = (32 * 16 + 16) + (16 * 8 + 8) + 8  # after its first layer
DEFAULT_DENSE = 2 * ((64 * 48 + 48) + (48 * 32 + 32))
SMALL_MLP = (6 * 4 + 4) + 4
ITEM_FEATURES = np.ones((9, 4))
BOTH = {"item_features": ITEM_FEATURES, "user_features": np.ones((7, 2))}
BUCKETS = np.array([0, 1, 2, 0, 1, 2, 0, 3, 1])

SIZES = [
    ("mf", {}, (M + N) * (64 + 1) + 1),
    ("mf", {"embedding_dim": D}, (M + N) * (D + 1) + 1),
    ("gmf", {}, (M + N) * 64 + 64 + 1),
    ("gmf", {"embedding_dim": 1}, (M + N) + 1 + 1),
    ("cosine", {}, (M + N) * 256 + 1),
    ("cml", {}, (M + N) * 64 + 1),
    ("mlp", {}, (M + N) * 32 + (2 * 32 * 32 + 32) + DEFAULT_MLP + 1),
    (
        "mlp",
        {"embedding_dim": D, "hidden_units": (6, 4)},
        (M + N) * D + (2 * D * 6 + 6) + SMALL_MLP + 1,
    ),
    ("mlp_mf", {}, (M + N) * (32 + 1) + (2 * 32 * 32 + 32) + DEFAULT_MLP + 1),
    ("neumf", {}, (M + N) * (64 + 32) + 64 + (2 * 32 * 32 + 32) + DEFAULT_MLP + 1),
    (
        "neumf",
        {"embedding_dim": 4, "mlp_embedding_dim": D, "hidden_units": (6, 4)},
        (M + N) * (4 + D) + 4 + (2 * D * 6 + 6) + SMALL_MLP + 1,
    ),
    ("nonlinear_mf", {}, (M + N) * (64 + 1) + DEFAULT_DENSE + 1),
    (
        "nonlinear_mf",
        {
            "embedding_dim": D,
            "user_hidden_units": (6, 3),
            "item_hidden_units": [4, 2, 3],
        },
        (M + N) * (D + 1)
        + (D * 6 + 6)
        + (6 * 3 + 3)
        + (D * 4 + 4)
        + (4 * 2 + 2)
        + (2 * 3 + 3)
        + 1,
    ),
    ("deepfm", {}, (M + N) * (64 + 1) + (2 * 64 * 32 + 32) + DEFAULT_MLP + 1),
    (
        "deepfm",
        {**BOTH, "embedding_dim": D, "hidden_units": (6, 4)},
        (M + N + 2 + 4) * (D + 1) + (4 * D * 6 + 6) + SMALL_MLP + 1,
    ),
    ("hybrid", {"item_features": ITEM_FEATURES}, (M + N + 4) * (64 + 1) + 1),
    ("hybrid", {**BOTH, "embedding_dim": D}, (M + N + 2 + 4) * (D + 1) + 1),
    (
        "hybrid",
        {"item_features": ITEM_FEATURES, "embedding_dim": D, "feature_units": (6, 3)},
        (M + N) * (D + 1) + 4 * 6 + (6 * 3 + 3) + (3 + 1) * (D + 1) + 1,
    ),
    (
        "bucketed_mf",
        {"item_buckets": BUCKETS, "embedding_dim": D},
        (M + N + 4) * (D + 1) + 1,
    ),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), SIZES)
def test_numbers_of_trained_weights(name, arguments, expected):
    model = MODELS[name](M, N, **arguments)
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == expected


NEEDED = {
    "hybrid": {"user_features": np.arange(300) % 5},
    "bucketed_mf": {"item_buckets": np.arange(200) % 100},
}
STARTS_AT_ZERO = ("_bias/embeddings", "global_bias")
STDS = {"gmf": 0.01, "mlp": 0.01, "mlp_mf": 0.01, "neumf": 0.01, "deepfm": 0.01}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("arguments", [{}, {"init_std": 0.3}], ids=["default", "given"])
def test_tables_start_from_a_normal_distribution(name, arguments, weights):
    w = weights(MODELS[name](300, 200, **NEEDED.get(name, {}), **arguments))
    expected = arguments.get("init_std", STDS.get(name, 0.1))
    tables = [path for path in w if path.endswith("/embeddings")]
    for path in tables:
        own = name == "bucketed_mf" and path == "item_factors/embeddings"
        if path.endswith(STARTS_AT_ZERO) or own:
            assert not w[path].any(), path
        else:
            assert w[path].std() == pytest.approx(expected, rel=0.05), path
            assert w[path].mean() == pytest.approx(0, abs=0.1 * expected), path
    assert w.get("interaction/global_bias", 0) == 0
    assert (w.get("gmf_weights/kernel", 1) == np.ones(1)).all()
