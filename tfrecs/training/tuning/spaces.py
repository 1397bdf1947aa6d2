"""The search space of each model, and the default point in it."""

import inspect
from typing import Any

from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.models.cosine import default_temperature
from tfrecs.training.recipe import Recipe
from tfrecs.training.tuning.space import Choice, Range, Space

TRAINING: Space = {
    "learning_rate": Range(5e-4, 5e-2, log=True),
    "epochs": Choice((4, 8, 16)),
    "batch_size": Choice((512, 1024, 2048, 4096)),
    "loss.temperature": Range(0.05, 1.0, log=True),
    "negatives.num_negatives": Choice((4, 8, 16)),
    "bias_learning_rate": Range(1e-2, 1.0, log=True),
}
"""Settings of any training; few numbers of epochs, since only equal ones compare."""

SIZE = Choice((32, 64, 128, 256))
DROPOUT = Range(0.0, 0.7)
SPREAD = Choice((0.01, 0.1))
UNITS = Choice(((16, 8), (32, 16, 8), (64, 32, 16)))
DOT: Space = {"embedding_dim": SIZE, "dropout": DROPOUT, "init_std": SPREAD}
LAYERS: Space = {**DOT, "hidden_units": UNITS}
HISTORY: Space = {
    "embedding_dim": SIZE,
    "max_length": Choice((20, 50, 100, 200)),
    "temperature": Range(0.05, 0.4, log=True),
    "dropout": DROPOUT,
}

SPACES: dict[str, Space] = {
    "mf": DOT,
    "cosine": {
        "embedding_dim": SIZE,
        "temperature": Range(0.05, 0.4, log=True),
        "dropout": Range(0.0, 0.5),
    },
    "gmf": DOT,
    "mlp": LAYERS,
    "neumf": {**LAYERS, "mlp_embedding_dim": Choice((16, 32, 64))},
    "hybrid": DOT,
    "nonlinear_mf": {
        **DOT,
        "user_hidden_units": Choice(((32,), (64,), (64, 64))),
        "item_hidden_units": Choice(((32,), (64,), (64, 64))),
    },
    "mlp_mf": LAYERS,
    "deepfm": LAYERS,
    "cml": {**DOT, "radius": Range(0.5, 3.0, log=True)},
    "bucketed_mf": {**DOT, "item_l2": Choice((0.0, 1e-6, 1e-5, 1e-4))},
    "history_mean": {**HISTORY, "decay": Range(0.5, 1.0)},
    "gru": {**HISTORY, "units": SIZE},
    "sasrec": {
        **HISTORY,
        "num_blocks": Choice((1, 2, 3)),
        "num_heads": Choice((1, 2, 4)),
    },
}
"""The arguments of each builder to search."""


def default_point(recipe: Recipe, num_items: int) -> dict[str, Any]:
    """Returns the values of a recipe for the settings that are searched.

    These are the settings of the model's space and of `TRAINING` that the recipe uses:
    no number of epochs if validation chooses it, no temperature of a loss without one,
    and no spread of vectors that start from an SVD.
    """
    builders = {**MODELS, **HISTORY_MODELS}
    parameters = inspect.signature(builders[recipe.builder]).parameters
    found = {
        name: recipe.values.get(name, parameters[name].default)
        for name in SPACES[recipe.builder]
    }
    if "temperature" in found and found["temperature"] is None:
        found["temperature"] = default_temperature(num_items)
    if recipe.training.short:
        found.pop("init_std", None)
    training = {name: recipe.values.get(name) for name in TRAINING}
    if recipe.validate_every is not None:
        del training["epochs"]
    return found | {name: x for name, x in training.items() if x is not None}
