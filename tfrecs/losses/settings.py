"""A loss with settings other than its defaults, which is saved with them."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import keras

from tfrecs._base.checks import check_choice, check_positive

Loss = Callable[..., Any]
"""From labels, scores and settings by name to `[batch]`."""

WHOLE = ("k", "num_items")
"""Settings that are whole numbers of at least 1."""

ANY_SIGN = ("margin",)
"""Settings that may be 0 or less; all others are above 0."""

AT_MOST_1 = ("calibration",)
"""Settings that are at most 1."""


@keras.saving.register_keras_serializable("tfrecs")
class ConfiguredLoss:
    """A partial function of a loss that Keras can save.

    Args:
        name: of the loss in its registry.
        loss: a function of labels and scores, registered with Keras, and settings.
        settings: arguments of `loss` by name.

    Raises:
        ValueError: if `loss` has no such setting, or a value is out of its range.
    """

    def __init__(self, name: str, loss: Loss, settings: dict[str, float]) -> None:
        for setting, value in settings.items():
            _check_setting(name, loss, setting, value)
        self.name = name
        self.loss = loss
        self.settings = dict(settings)

    def __call__(self, labels: Any, scores: Any) -> Any:
        """Returns the loss of each row: `[batch]`."""
        return self.loss(labels, scores, **self.settings)

    def __repr__(self) -> str:
        """Returns the call of `configure_loss` that creates it."""
        given = "".join(f", {name}={value!r}" for name, value in self.settings.items())
        return f"configure_loss({self.name!r}{given})"

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        loss = keras.losses.serialize(self.loss)
        return {"name": self.name, "loss": loss, "settings": self.settings}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ConfiguredLoss":
        """Creates the loss that `get_config` describes."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})


def settings_of(loss: Loss) -> list[str]:
    """Returns the names of a loss's settings."""
    return list(inspect.signature(loss).parameters)[2:]


def _check_setting(name: str, loss: Loss, setting: str, value: Any) -> None:
    known = settings_of(loss)
    if not known:
        raise ValueError(
            f"`{name}` must be given no settings, it has none. "
            f"Received: {setting}={value!r}"
        )
    check_choice(f"setting of {name}", setting, known)
    if setting in WHOLE:
        check_positive(**{setting: value})
    elif not math.isfinite(value) or (value <= 0 and setting not in ANY_SIGN):
        above = "finite" if setting in ANY_SIGN else "above 0, and finite"
        raise ValueError(f"`{setting}` must be {above}. Received: {setting}={value!r}")
    elif setting in AT_MOST_1 and value > 1:
        raise ValueError(
            f"`{setting}` must be at most 1. Received: {setting}={value!r}"
        )


def title_of(loss: Any) -> str:
    """Returns the name of a loss that a model was compiled with."""
    if isinstance(loss, str):
        return loss
    name = getattr(loss, "__name__", None) or getattr(loss, "name", None)
    return str(name or type(loss).__name__)
