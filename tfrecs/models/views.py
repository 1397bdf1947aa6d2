"""Views of a two-tower model for training on other inputs, with the same weights."""

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.models.compiled_steps import train_in_one_call

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TowerOutput, TwoTower

NO_SCORE = -(2.0**14)
"""So low that its softmax, sigmoid and hinge are 0, in float16 as well."""


class TrainingView(keras.Model):
    """The same weights as a `TwoTower`, for an objective that needs other inputs.

    Train it, and the two-tower model learns; save the two-tower model.
    """

    def __init__(self, towers: "TwoTower", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.towers = towers

    def make_train_function(self, force: bool = False) -> None:
        """Makes what `fit` calls; see `train_in_one_call`."""
        make_train_function(self, super(), force)

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Gives the two-tower model's scores, `[users, num_items]`."""
        return self.towers.score_users(user_ids)

    def get_config(self) -> dict[str, Any]:
        """Gives the two-tower model."""
        towers = keras.saving.serialize_keras_object(self.towers)
        return {"towers": towers, "name": self.name}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "TrainingView":
        """Makes the view that `get_config` describes."""
        towers = keras.saving.deserialize_keras_object(config["towers"], custom_objects)
        return cls(**{**config, "towers": towers})

    def items(self, item_ids: Any, training: Any) -> "TowerOutput":
        """The item tower's output of `item_ids` `[n]`: `[n, ...]`."""
        item = self.towers.item_tower(item_ids[None], training=training)
        return {name: part[0] for name, part in item.items()}


@keras.saving.register_keras_serializable("tfrecs")
class OverCatalogue(TrainingView):
    """Scores every item for each user, for losses of `CATALOGUE_LOSSES`.

    Inputs are `{"user_id": [batch]}`, int32; outputs are logits `[batch, num_items]`.
    """

    def call(self, inputs: dict[str, Any], training: Any = None) -> Any:
        """Gives logits `[batch, num_items]`."""
        user = self.towers.user_tower(inputs["user_id"], training=training)
        every_item = ops.arange(self.towers.num_items, dtype="int32")
        item = self.items(every_item, training)
        return self.towers.interaction(user, item, catalogue=True, training=training)


@keras.saving.register_keras_serializable("tfrecs")
class OverSharedNegatives(TrainingView):
    """Scores each row's positive and the negatives that all rows share.

    Inputs are `{"user_id": [batch], "item_id": [batch], "negative_id": [n]}`, int32;
    outputs are logits `[batch, 1 + n]`, the positive's first. A negative that is the
    row's own positive gets a score that no loss sees. With `log_probability`
    `[batch + n]` among the inputs, that of drawing each item and then each negative,
    logits are less by it.

    Args:
        towers: the model.
        temperature: of the softmax that is to be corrected so. It divides logits, so
            that they are less by this times the logarithm.

    References:
        Yi et al. 2019, "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
        Recommendations", sec. 3, for the correction.
    """

    def __init__(
        self, towers: "TwoTower", temperature: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(towers, **kwargs)
        self.temperature = temperature

    def call(self, inputs: dict[str, Any], training: Any = None) -> Any:
        """Gives logits `[batch, 1 + n]`."""
        item_id, negative_id = inputs["item_id"], inputs["negative_id"]
        user = self.towers.user_tower(inputs["user_id"], training=training)
        both = self.items(ops.concatenate([item_id, negative_id]), training)
        batch = ops.shape(item_id)[0]
        item = {name: part[:batch, None] for name, part in both.items()}
        negative = {name: part[batch:] for name, part in both.items()}
        interaction = self.towers.interaction
        positive = interaction(user, item, training=training)  # [batch, 1]
        others = interaction(user, negative, catalogue=True, training=training)
        if "log_probability" in inputs:
            correction = self.temperature * inputs["log_probability"]
            positive = positive - correction[:batch, None]
            others = others - correction[batch:]
        is_positive = item_id[:, None] == negative_id
        others = ops.where(is_positive, ops.cast(NO_SCORE, others.dtype), others)
        return ops.concatenate([positive, others], axis=1)

    def get_config(self) -> dict[str, Any]:
        """Gives the two-tower model and the temperature."""
        return {**super().get_config(), "temperature": self.temperature}


def make_train_function(model: keras.Model, parent: Any, force: bool) -> None:
    """Makes ours where it can be had, and the parent class's where not.

    Keras would go on training what was frozen after it made the function.
    """
    trained = tuple(map(id, model.trainable_variables))
    if model.train_function is None or force or trained != model.trained:
        model.trained = trained
        model.train_function = train_in_one_call(model)
        if model.train_function is None:
            parent.make_train_function(force=True)
