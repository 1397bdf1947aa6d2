"""Recipes of the rows, chosen on validation data.

`benchmarks/README.md` describes how they were chosen. A model of `tfrecs.models.MODELS`
needs a recipe here only if it was tuned or reads features.
"""

from tfrecs.training.defaults import Settings
from tfrecs.training.plan import Negatives
from tfrecs.training.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    "mf": Recipe(
        "mf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1},
        Settings(epochs=200, learning_rate=0.005),
    ),
    "mf-bias-optimizer": Recipe(
        "mf",
        {"embedding_dim": 64, "dropout": 0.5, "init_std": 0.01},
        Settings(epochs=200, learning_rate=0.005, bias_learning_rate=0.1),
    ),
    "gmf": Recipe(
        "gmf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1},
        Settings(epochs=200, learning_rate=0.005),
    ),
    "mlp": Recipe(
        "mlp",
        {
            "embedding_dim": 128,
            "hidden_units": (64, 32, 16),
            "dropout": 0.1,
            "init_std": 0.01,
        },
        Settings(negatives=Negatives("own", 8), epochs=40),
        validate_every=2,
    ),
    "neumf": Recipe(
        "neumf",
        {
            "embedding_dim": 128,
            "mlp_embedding_dim": 32,
            "hidden_units": (16, 8),
            "dropout": 0.2,
            "init_std": 0.01,
        },
        Settings(epochs=200, learning_rate=0.002),
    ),
    "hybrid": Recipe(
        "hybrid",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.01},
        Settings(epochs=200),
        features=True,
    ),
    "nonlinear_mf": Recipe(
        "nonlinear_mf",
        {
            "embedding_dim": 64,
            "user_hidden_units": (64,),
            "item_hidden_units": (64,),
            "dropout": 0.3,
            "init_std": 0.1,
        },
        Settings(epochs=100, learning_rate=0.005),
        validate_every=5,
    ),
    "mlp_mf": Recipe(
        "mlp_mf",
        {
            "embedding_dim": 64,
            "hidden_units": (64, 32, 16),
            "dropout": 0.2,
            "init_std": 0.01,
        },
        Settings(negatives=Negatives("own", 8), epochs=40, learning_rate=0.002),
        validate_every=2,
    ),
    "deepfm": Recipe(
        "deepfm",
        {"embedding_dim": 64, "hidden_units": (16, 8), "dropout": 0.5, "init_std": 0.1},
        Settings("softmax", epochs=120, learning_rate=0.005),
    ),
    "cml": Recipe(
        "cml",
        {"embedding_dim": 64, "radius": 1.5, "dropout": 0.1},
        Settings(
            "warp",
            negatives=Negatives(num_negatives=20),
            epochs=60,
            learning_rate=0.002,
        ),
        validate_every=5,
    ),
    "bucketed_mf": Recipe(
        "bucketed_mf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1, "item_l2": 1e-06},
        Settings(epochs=200, learning_rate=0.005),
        buckets=True,
    ),
    "history-mean": Recipe("history_mean"),
    "gru": Recipe("gru"),
    "sasrec": Recipe("sasrec"),
}
"""Recipes of tuned models by the names of their rows."""

INCLUDING_SEEN: dict[str, Recipe] = {
    "neumf": Recipe(
        "neumf",
        {
            "embedding_dim": 4,
            "mlp_embedding_dim": 16,
            "hidden_units": (16, 8),
            "dropout": 0.1,
            "init_std": 0.01,
        },
        Settings(epochs=60, learning_rate=0.005),
        validate_every=5,
    ),
}
"""Other recipes for rankings of training items too: a small model cannot put all of
them first."""
