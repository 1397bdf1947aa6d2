"""How `tfrecs.bench` trains each model: settings chosen on validation data.

`benchmarks/README.md` says how they were chosen. A new model is a line here and in
`tfrecs.models.MODELS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """Settings of one row of the table.

    Args:
        builder: a name of `tfrecs.models.MODELS`.
        settings: the builder's keyword arguments.
        objective: a name of `tfrecs.training.fit.OBJECTIVES`.
        negatives: a name of `tfrecs.training.fit.NEGATIVES`.
        learning_rate: of Adam.
        bias_learning_rate: of SGD for the bias tables; None for one optimizer.
        batch_size: users or positives in a batch; None for the pipeline's default.
        num_negatives: drawn for each positive or batch; None for the default.
        passes: passes over the data between two looks at the validation data.
        most_passes: passes at which training stops if validation has not stopped it.
        features: whether the builder takes user and item features.
        buckets: whether the builder takes buckets of items.
    """

    builder: str
    settings: Mapping[str, Any]
    objective: str = "bce"
    negatives: str = "auto"
    learning_rate: float = 5e-3
    bias_learning_rate: float | None = None
    batch_size: int | None = None
    num_negatives: int | None = None
    passes: int = 10
    most_passes: int = 200
    features: bool = False
    buckets: bool = False


RECIPES: dict[str, Recipe] = {
    "mf": Recipe("mf", {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1}),
    "mf-bias-optimizer": Recipe(
        "mf",
        {"embedding_dim": 64, "dropout": 0.5, "init_std": 0.01},
        bias_learning_rate=0.1,
    ),
    "cosine": Recipe(
        "cosine",
        {"embedding_dim": 128, "temperature": 0.2, "dropout": 0.1},
        objective="softmax",
        learning_rate=0.02,
    ),
    "gmf": Recipe("gmf", {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1}),
    "mlp": Recipe(
        "mlp",
        {
            "embedding_dim": 128,
            "hidden_units": (64, 32, 16),
            "dropout": 0.1,
            "init_std": 0.01,
        },
        negatives="own",
        num_negatives=8,
        learning_rate=3e-3,
        passes=2,
        most_passes=40,
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
        learning_rate=2e-3,
    ),
    "hybrid": Recipe(
        "hybrid",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.01},
        learning_rate=3e-3,
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
        passes=5,
        most_passes=100,
    ),
    "mlp_mf": Recipe(
        "mlp_mf",
        {
            "embedding_dim": 64,
            "hidden_units": (64, 32, 16),
            "dropout": 0.2,
            "init_std": 0.01,
        },
        negatives="own",
        num_negatives=8,
        learning_rate=2e-3,
        passes=2,
        most_passes=40,
    ),
    "deepfm": Recipe(
        "deepfm",
        {
            "embedding_dim": 64,
            "hidden_units": (16, 8),
            "dropout": 0.5,
            "init_std": 0.1,
        },
        objective="softmax",
        most_passes=120,
    ),
    "cml": Recipe(
        "cml",
        {"embedding_dim": 64, "radius": 1.5, "dropout": 0.1},
        objective="warp",
        num_negatives=20,
        learning_rate=2e-3,
        passes=5,
        most_passes=60,
    ),
    "bucketed_mf": Recipe(
        "bucketed_mf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1, "item_l2": 1e-6},
        buckets=True,
    ),
}

RECIPES_INCLUDING_SEEN: dict[str, Recipe] = {
    **RECIPES,
    "neumf": Recipe(
        "neumf",
        {
            "embedding_dim": 4,
            "mlp_embedding_dim": 16,
            "hidden_units": (16, 8),
            "dropout": 0.1,
            "init_std": 0.01,
        },
        passes=5,
        most_passes=60,
    ),
}
"""For rankings of training items too: a small model cannot put all of those first."""
