"""Training settings of each model, chosen on validation data.

`benchmarks/README.md` describes how they were chosen. A model of `tfrecs.models.MODELS`
needs a recipe here only if it was tuned or reads features.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfrecs.bench.quiet import load_tensorflow
from tfrecs.data.interactions import Interactions


@dataclass(frozen=True)
class Recipe:
    """Settings of one row of the table, with the defaults of `tfrecs.fit`.

    Args:
        builder: name in `tfrecs.models.MODELS`.
        settings: keyword arguments of the builder.
        objective: as of `fit`, like `negatives`, `batch_size` and `num_negatives`.
        negatives: kind of negatives.
        learning_rate: learning rate of Adam.
        bias_learning_rate: learning rate of SGD for the bias tables; None for Adam.
        batch_size: users or positives in a batch.
        num_negatives: number of negatives for each positive or batch.
        validate_every: epochs between two validation steps.
        max_epochs: number of epochs if validation does not stop training earlier.
        features: whether the builder takes user and item features.
        buckets: whether the builder takes buckets of items.
    """

    builder: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    objective: str = "bce"
    negatives: str = "auto"
    learning_rate: float = 3e-3
    bias_learning_rate: float | None = None
    batch_size: int | None = None
    num_negatives: int | None = None
    validate_every: int = 10
    max_epochs: int = 200
    features: bool = False
    buckets: bool = False


RECIPES: dict[str, Recipe] = {
    "mf": Recipe(
        "mf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1},
        learning_rate=5e-3,
    ),
    "mf-bias-optimizer": Recipe(
        "mf",
        {"embedding_dim": 64, "dropout": 0.5, "init_std": 0.01},
        learning_rate=5e-3,
        bias_learning_rate=0.1,
    ),
    "cosine": Recipe(
        "cosine",
        {"embedding_dim": 128, "temperature": 0.2, "dropout": 0.1},
        objective="softmax",
        learning_rate=0.02,
    ),
    "gmf": Recipe(
        "gmf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1},
        learning_rate=5e-3,
    ),
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
        validate_every=2,
        max_epochs=40,
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
        learning_rate=5e-3,
        validate_every=5,
        max_epochs=100,
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
        validate_every=2,
        max_epochs=40,
    ),
    "deepfm": Recipe(
        "deepfm",
        {"embedding_dim": 64, "hidden_units": (16, 8), "dropout": 0.5, "init_std": 0.1},
        objective="softmax",
        learning_rate=5e-3,
        max_epochs=120,
    ),
    "cml": Recipe(
        "cml",
        {"embedding_dim": 64, "radius": 1.5, "dropout": 0.1},
        objective="warp",
        num_negatives=20,
        learning_rate=2e-3,
        validate_every=5,
        max_epochs=60,
    ),
    "bucketed_mf": Recipe(
        "bucketed_mf",
        {"embedding_dim": 128, "dropout": 0.5, "init_std": 0.1, "item_l2": 1e-6},
        learning_rate=5e-3,
        buckets=True,
    ),
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
        learning_rate=5e-3,
        validate_every=5,
        max_epochs=60,
    )
}
"""Other recipes for rankings of training items too: a small model cannot put all of
them first."""


BY_SHAPE = ("cosine", "mf", "hybrid")
"""Rows that train with the defaults of `tfrecs.fit` on large data."""

QUICK = ("popularity", "lightfm", "lightfm-tuned", "implicit-als", "ease", *BY_SHAPE)
"""Rows that large data have by default: each takes minutes at most."""

EASE_MOST_ITEMS = 15_000
"""Items up to which EASE is quick: its time grows with their third power."""


def is_large(train: Interactions) -> bool:
    """Returns whether recipes tuned on MovieLens 100K would take long."""
    load_tensorflow()
    from tfrecs.training.defaults import FEW
    from tfrecs.training.plan import affords_catalogue

    return len(train) > FEW or not affords_catalogue(train)


def is_quick(name: str, train: Interactions) -> bool:
    """Returns whether a row takes minutes at most on large data."""
    if name == "ease" and train.num_items > EASE_MOST_ITEMS:
        return False
    return name in QUICK


def recipes(*, exclude_seen: bool = True) -> dict[str, Recipe]:
    """Returns the recipe of each row: the tuned one, or a plain one."""
    load_tensorflow()
    from tfrecs.models import MODELS

    tuned = RECIPES if exclude_seen else {**RECIPES, **INCLUDING_SEEN}
    plain = {name: Recipe(name) for name in MODELS if name not in tuned}
    return {**tuned, **plain}
