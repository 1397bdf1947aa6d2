"""The run on one card: data, model, training, versions, and how it was started."""

import shlex
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import keras
import numpy as np

import tfrecs
from tfrecs.callbacks.board.markdown import literal, table
from tfrecs.data.interactions import Interactions


def card_of(
    rows: Mapping[str, Any],
    train: Interactions,
    validation: Interactions | None,
    model: keras.Model,
    trained: keras.Model,
) -> str:
    """Gives a table in markdown.

    Args:
        rows: what else is to be told, first.
        train: what the model learns from.
        validation: what it is looked at with.
        model: what is shown.
        trained: what `fit` is called on: the model or a view of it.
    """
    told = {
        **rows,
        **_of_data(train, validation),
        "model": f"{model.name} ({type(model).__name__})",
        **({"parameters": f"{_parameters(model):,}"} if model.built else {}),
        **_of_training(trained),
        "versions": ", ".join(f"{name} {version}" for name, version in _versions()),
        "command": shlex.join(sys.orig_argv),
    }
    return table(["", ""], [(literal(name), literal(x)) for name, x in told.items()])


def _of_data(train: Interactions, validation: Interactions | None) -> dict[str, str]:
    density = len(train) / (train.num_users * train.num_items)
    told = {
        "users": f"{train.num_users:,}",
        "items": f"{train.num_items:,}",
        "training interactions": f"{len(train):,}, {density:.2%} of all pairs",
    }
    if validation is not None:
        told["validation interactions"] = f"{len(validation):,}"
    return told


def _of_training(trained: keras.Model) -> dict[str, str]:
    """Optimizers and loss, as far as the model was compiled with them."""
    optimizer = getattr(trained, "optimizer", None)
    loss = getattr(trained, "loss", None)
    told = {}
    if optimizer is not None:
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = optimizer.inner_optimizer
        each = getattr(optimizer, "optimizers", [optimizer])
        told["optimizer"] = ", ".join(type(x).__name__ for x in each)
    if loss is not None:
        name = getattr(loss, "__name__", getattr(loss, "name", type(loss).__name__))
        told["loss"] = loss if isinstance(loss, str) else name
    return told


def _parameters(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def _versions() -> list[tuple[str, str]]:
    backend = keras.backend.backend()
    names = ("keras", backend, "numpy")
    python = ".".join(map(str, sys.version_info[:3]))
    return [
        ("tfrecs", tfrecs.__version__),
        *((name, metadata.version(name)) for name in names),
        ("Python", python),
    ]
