"""Losses of Keras and functions of the user as objectives."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras

from tfrecs.losses import ConfiguredLoss, Loss

Objective = str | ConfiguredLoss | Loss
"""A name in a registry of losses, or a loss: it takes labels and scores."""

_OF_RATINGS: tuple[Callable[..., Any], ...] = (
    keras.losses.MeanSquaredError,
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanAbsolutePercentageError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.Huber,
    keras.losses.LogCosh,
    keras.losses.mean_squared_error,
    keras.losses.mean_absolute_error,
    keras.losses.mean_absolute_percentage_error,
    keras.losses.mean_squared_logarithmic_error,
    keras.losses.huber,
    keras.losses.log_cosh,
)


def parts_of(objective: Objective) -> tuple[str, Mapping[str, float], Loss | None]:
    """Returns the name of an objective, its settings, and a loss that is custom.

    An objective of this package has no custom loss, but None, and never the name of a
    custom loss.

    Raises:
        TypeError: if the objective is not callable.
        ValueError: if it takes probabilities, which our scores are not.
    """
    if isinstance(objective, str):
        return objective, {}, None
    if isinstance(objective, ConfiguredLoss):
        return objective.name, objective.settings, None
    if not callable(objective) or isinstance(objective, type):
        raise TypeError(
            "`objective` must be a name, a loss from `configure_loss` or of Keras, or "
            f"a function of labels and scores. Received: {objective!r}"
        )
    kind = getattr(objective, "__name__", type(objective).__name__)
    name = getattr(objective, "name", kind)
    if _from_logits(objective) is False:
        raise ValueError(
            f"`objective` must take logits. Received: {name} with from_logits=False. "
            "Pass a loss such as keras.losses.BinaryCrossentropy(from_logits=True)."
        )
    return f"custom {name}", {}, objective


def is_of_ratings(loss: Loss) -> bool:
    """Returns whether Keras has the loss for numbers, and not for labels 0 and 1."""
    return any(loss is known or type(loss) is known for known in _OF_RATINGS)


def _from_logits(loss: Loss) -> Any:
    """Returns the argument of this name; None without one."""
    if isinstance(loss, keras.losses.Loss):
        return loss.get_config().get("from_logits")
    try:
        known = inspect.signature(loss).parameters
    except (TypeError, ValueError):  # a callable without a signature
        return None
    return known["from_logits"].default if "from_logits" in known else None
