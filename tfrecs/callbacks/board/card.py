"""The card of a run: data, model, training, versions and command."""

import math
import shlex
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import keras

import tfrecs
from tfrecs.callbacks.board.markdown import literal, table
from tfrecs.data.interactions import Interactions
from tfrecs.losses.settings import title_of


def card_of(
    rows: Mapping[str, Any],
    train: Interactions,
    validation: Interactions | None,
    model: keras.Model,
    trained: keras.Model,
    loss: str | None = None,
) -> str:
    """Returns the card of `model` as a table in markdown, with `rows` first.

    `trained` is the model that `fit` is called on: `model` or a view of it. `loss` is
    the name of its loss, if that is not the loss that it was compiled with.
    """
    density = len(train) / (train.num_users * train.num_items)
    card = {
        **rows,
        "users": f"{train.num_users:,}",
        "items": f"{train.num_items:,}",
        "training interactions": f"{len(train):,}, {density:.2%} of all pairs",
    }
    if validation is not None:
        card["validation interactions"] = f"{len(validation):,}"
    card["model"] = f"{model.name} ({type(model).__name__})"
    if model.built:
        weights = sum(math.prod(weight.shape) for weight in model.trainable_weights)
        card["parameters"] = f"{weights:,}"
    card |= _of_training(trained, loss)
    backend = keras.backend.backend()
    versions = {name: metadata.version(name) for name in ("keras", backend, "numpy")}
    versions = {"tfrecs": tfrecs.__version__, **versions}
    versions["Python"] = ".".join(map(str, sys.version_info[:3]))
    card["versions"] = ", ".join(f"{name} {x}" for name, x in versions.items())
    card["command"] = shlex.join(sys.orig_argv)
    return table(["", ""], [(literal(name), literal(x)) for name, x in card.items()])


def _of_training(trained: keras.Model, loss: str | None) -> dict[str, str]:
    """Returns the optimizers and the loss, if the model was compiled with them."""
    optimizer = getattr(trained, "optimizer", None)
    loss = loss or getattr(trained, "loss", None)
    rows = {}
    if optimizer is not None:
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = optimizer.inner_optimizer
        each = getattr(optimizer, "optimizers", [optimizer])
        rows["optimizer"] = ", ".join(type(x).__name__ for x in each)
    if loss is not None:
        rows["loss"] = title_of(loss)
    return rows
