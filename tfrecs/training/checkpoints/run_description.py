"""The description of a training, by which its checkpoints are recognized."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import scipy.sparse as sp

from tfrecs._base.types import AnyArray
from tfrecs.data.interactions import Interactions
from tfrecs.models.freezing import trainable_layers
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.checkpoints.state_arrays import array_of, without_counter
from tfrecs.training.partial_credit import PartialCredit
from tfrecs.training.plan import Plan

COLUMNS = ("num_users", "num_items", "user_ids", "item_ids", "ratings", "weights",
           "timestamps", "min_rating")  # fmt: skip
"""Fields of `Interactions` that a training depends on."""


def describe_run(
    model: TwoTower,
    train: Interactions,
    plan: Plan,
    optimizer: keras.optimizers.Optimizer,
    validation: Interactions | None = None,
) -> dict[str, Any]:
    """Describes a training as JSON: two runs with the same one are the same run.

    Large parts are there as hashes. Of the weights it has the values of the constant
    ones alone, such as features.

    Args:
        model: the model.
        train: the interactions.
        plan: the objective and the negatives.
        optimizer: the optimizer, as it is before the training.
        validation: held-out interactions for metrics, which callbacks may depend on.
    """
    weights = {
        f"{n}/{without_counter(w.path)}": f"{list(w.shape)}, trainable: {w.trainable}"
        for n, w in enumerate(model.weights)
    }
    return {
        "train": {
            "num_users": train.num_users,
            "num_items": train.num_items,
            "interactions": len(train),
            "sha256": digest(train),
        },
        "model": {
            "name": model.name,
            "weights": weights,
            "config_sha256": digest(_config(model)),
            "constants_sha256": digest(_constants(model)),
        },
        "validation_sha256": None if validation is None else digest(validation),
        "objective": {"name": plan.objective, **plan.settings},
        "negatives": {
            name: value
            if isinstance(value, str | int | float | None)
            else digest(value)
            for name, value in vars(plan.negatives).items()
        },
        "loss": None if plan.loss is None else json.loads(_config(plan.loss)),
        "optimizer": json.loads(_config(optimizer)),
    }


def differences(expected: Any, received: Any, name: str = "") -> Iterator[str]:
    """Yields "name: expected X, received Y" for each value that differs."""
    if isinstance(expected, dict) and isinstance(received, dict):
        for key in {**expected, **received}:
            inner = f"{name}.{key}" if name else key
            yield from differences(expected.get(key), received.get(key), inner)
    elif expected != received:
        yield f"{name}: expected {expected!r:.80}, received {received!r:.80}"


def digest(value: Any) -> str:
    """Returns a SHA-256 of data, arrays, text, or mappings and lists of these."""
    found = hashlib.sha256()
    for part in _parts(value):
        found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, Interactions):
        yield from _parts([getattr(value, name) for name in COLUMNS])
    elif isinstance(value, PartialCredit):
        yield from _parts([value.labels, value.weights])
    elif isinstance(value, sp.csr_array):
        yield from _parts([value.shape, value.indptr, value.indices, value.data])
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype.str}{value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Mapping):
        yield from _parts(sorted(value.items(), key=lambda item: str(item[0])))
    elif isinstance(value, list | tuple):
        yield b"%d values" % len(value)
        for x in value:
            yield from _parts(x)
    else:
        yield repr(value).encode()


def _config(item: Any) -> str:
    """Returns the configuration of a model or an optimizer as JSON text."""
    config = keras.saving.serialize_keras_object(item)
    text = json.dumps(
        {"class_name": config["class_name"], "config": config["config"]},
        sort_keys=True,
        default=repr,
    )
    return without_counter(text)


def _constants(model: TwoTower) -> list[AnyArray]:
    """Returns the weights that no stage of a training changes, such as features."""
    frozen = {
        id(weight)
        for layer in trainable_layers(model).values()
        if not layer.trainable
        for weight in getattr(layer, "weights", [layer])
    }
    return [array_of(w) for w in model.non_trainable_weights if id(w) not in frozen]
