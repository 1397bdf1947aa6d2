"""A recipe: a builder with its arguments, and the settings of the training."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tfrecs.data.interactions import Interactions
from tfrecs.losses import ConfiguredLoss, configure_loss
from tfrecs.models import HISTORY_MODELS, MODELS
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.defaults import Settings
from tfrecs.training.plan import Negatives

LOSS, NEGATIVES = "loss.", "negatives."
"""Prefixes of the settings of a loss, and of the arguments of negatives."""

TRAINING = tuple(f.name for f in fields(Settings) if f.name != "reason")
"""Names of the settings of a training."""


@dataclass(frozen=True)
class Recipe:
    """A model to build, and the settings of its training.

    Args:
        builder: name in `tfrecs.models.MODELS` or `HISTORY_MODELS`.
        arguments: keyword arguments of the builder.
        training: settings of the training.
        validate_every: epochs between two validation steps that choose the number of
            epochs, of which `training.epochs` are then the most; None to train all of
            them, as a short training must.
        features: whether the builder takes user and item features.
        buckets: whether the builder takes buckets of items.

    Raises:
        ValueError: if a short training has `validate_every`: its decay is planned.
    """

    builder: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    training: Settings = field(default_factory=Settings)
    validate_every: int | None = 10
    features: bool = False
    buckets: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for `validate_every` with a short training."""
        if self.training.short and self.validate_every is not None:
            raise ValueError(
                "`validate_every` must be None (null in a file) with `short`, whose "
                "decay of the learning rate is planned for all epochs. Received: "
                f"validate_every={self.validate_every}"
            )

    def build(
        self, train: Interactions, metadata: Mapping[str, Any] | None = None
    ) -> TwoTower:
        """Builds the model for the users and items of `train`, untrained.

        Args:
            train: training data.
            metadata: more arguments of the builder: `user_features`, `item_features` or
                `item_buckets`.
        """
        arguments = {**self.arguments, **(metadata or {})}
        if self.builder in HISTORY_MODELS:
            return HISTORY_MODELS[self.builder](train.num_items, **arguments)
        return MODELS[self.builder](train.num_users, train.num_items, **arguments)

    @property
    def values(self) -> dict[str, Any]:
        """The arguments of the builder and the settings of the training, by name."""
        return {**self.arguments, **training_values(self.training)}

    def with_values(self, values: Mapping[str, Any]) -> "Recipe":
        """Returns the recipe with other values, named as in `values`.

        Raises:
            ValueError: if a loss has no such setting or a value is out of its range.
        """
        training = {key: x for key, x in values.items() if is_training(key)}
        arguments = {key: x for key, x in values.items() if key not in training}
        return replace(
            self,
            arguments={**self.arguments, **arguments},
            training=settings_of({**training_values(self.training), **training}),
        )


def is_training(name: str) -> bool:
    """Returns whether a value belongs to the training, and not to the builder."""
    return name in TRAINING or name.startswith((LOSS, NEGATIVES))


def training_values(settings: Settings) -> dict[str, Any]:
    """Returns the settings by name; None is left out.

    A setting of the loss is named as in "loss.temperature", and an argument of the
    negatives as in "negatives.num_negatives".

    Raises:
        ValueError: if the negatives have partial credit or dislikes: these are data.
    """
    objective, negatives = settings.objective, settings.negatives
    found: dict[str, Any] = {name: getattr(settings, name) for name in TRAINING}
    if isinstance(objective, ConfiguredLoss):
        found["objective"] = objective.name
        found |= {f"{LOSS}{name}": x for name, x in objective.settings.items()}
    if isinstance(negatives, Negatives):
        for name in ("credit", "dislikes"):
            if getattr(negatives, name) is not None:
                raise ValueError(
                    f"A recipe must have negatives without `{name}`, which is data. "
                    f"Received: `{name}`. Pass `negatives` to `fit` instead."
                )
        found["negatives"] = negatives.kind
        found[f"{NEGATIVES}num_negatives"] = negatives.num_negatives
        found[f"{NEGATIVES}exponent"] = negatives.exponent
    return {name: value for name, value in found.items() if value is not None}


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Returns the settings with these values, the inverse of `training_values`.

    Raises:
        ValueError: if a loss has no such setting or a value is out of its range.
    """
    loss, negatives = (
        {k.removeprefix(prefix): x for k, x in values.items() if k.startswith(prefix)}
        for prefix in (LOSS, NEGATIVES)
    )
    found: dict[str, Any] = {name: values[name] for name in TRAINING if name in values}
    if loss:
        name = found.get("objective", Settings.objective)
        found["objective"] = configure_loss(name, **loss)
    if negatives:
        kind = found.get("negatives", Settings.negatives)
        found["negatives"] = Negatives(kind, **negatives)
    return Settings(**found)
