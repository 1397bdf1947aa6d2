"""Views of a two-tower model: the same weights, trained on other inputs."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfrecs._base.types import FloatArray, IntArray
from tfrecs.models.checked_batches import make_checked
from tfrecs.models.compiled_steps import make_train_function
from tfrecs.models.interaction import TowerOutput
from tfrecs.models.jax_steps import train_step
from tfrecs.models.shared_softmax import log_probability

NO_SCORE = -(2.0**14)
"""So low that its softmax, sigmoid and hinge are 0."""


def _of_towers(name: str) -> Any:
    """Returns an attribute that a view shares with its two-tower model."""

    def write(view: Any, value: Any) -> None:
        if "towers" in vars(view):  # not in the constructor of Keras
            setattr(view.towers, name, value)

    return property(lambda view: getattr(view.towers, name), write)


class TrainingView(keras.Model):
    """The weights of a `TwoTower`, for an objective that needs other inputs.

    Training the view trains the two-tower model, which is the one to save. Both have
    one state of training, so that Keras can call callbacks with the two-tower model
    while it trains the view: `tfrecs.fit` does so.
    """

    history = _of_towers("history")
    stop_training = _of_towers("stop_training")
    _initial_epoch = _of_towers("_initial_epoch")  # Keras's, that callbacks set

    def __init__(self, towers: keras.Model, **kwargs: Any) -> None:
        # Logarithms of probabilities in the inputs stay in float32.
        super().__init__(autocast=False, dtype=towers.dtype_policy, **kwargs)
        self.towers = towers
        self.num_users = towers.num_users
        self.num_items = towers.num_items
        self.max_length = towers.max_length

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains as Keras does; callbacks of the two-tower model see its weights."""
        self.towers.trained_by = lambda: self
        try:
            return super().fit(*args, **kwargs)
        finally:
            self.towers.trained_by = None

    def make_train_function(self, force: bool = False) -> None:
        """Creates the function that `fit` calls; see `train_in_one_call`."""
        make_train_function(self, super(), force)

    def make_test_function(self, force: bool = False) -> None:
        """Creates the function that Keras's `evaluate` calls, with checked ids."""
        make_checked(self, "test_function", super().make_test_function, force)

    def make_predict_function(self, force: bool = False) -> None:
        """Creates the function that `predict` calls, with checked ids."""
        make_checked(self, "predict_function", super().make_predict_function, force)

    def train_step(self, *given: Any) -> Any:
        """Runs one training step; see `tfrecs.models.jax_steps`."""
        return train_step(self, super().train_step, *given)

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Returns the two-tower model's scores, `[users, num_items]`."""
        return self.towers.score_users(user_ids)

    def catalogue_scorer(self) -> Callable[[IntArray], FloatArray]:
        """Returns the two-tower model's; see `TwoTower.catalogue_scorer`."""
        return self.towers.catalogue_scorer()

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        towers = keras.saving.serialize_keras_object(self.towers)
        return {"towers": towers, "name": self.name}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "TrainingView":
        """Creates the view that `get_config` describes."""
        towers = keras.saving.deserialize_keras_object(config["towers"], custom_objects)
        return cls(**{**config, "towers": towers})

    def items(self, item_ids: Any, training: Any) -> TowerOutput:
        """Returns the item tower's output for `item_ids` `[n]`: `[n, ...]`."""
        item = self.towers.item_tower(item_ids[None], training=training)
        return {name: part[0] for name, part in item.items()}


@keras.saving.register_keras_serializable("tfrecs")
class OverCatalogue(TrainingView):
    """Scores every item for each user, for losses of `CATALOGUE_LOSSES`.

    Inputs are `{"user_id": [batch]}`, int32; outputs are logits `[batch, num_items]`.
    """

    def call(self, inputs: dict[str, Any], training: Any = None) -> Any:
        """Returns logits `[batch, num_items]`."""
        user = self.towers.users_of(inputs, training)
        every_item = ops.arange(self.towers.num_items, dtype="int32")
        item = self.items(every_item, training)
        return self.towers.interaction(user, item, catalogue=True, training=training)


@keras.saving.register_keras_serializable("tfrecs")
class OverSharedNegatives(TrainingView):
    """Scores each row's positive and the negatives that all rows share.

    Inputs are `{"user_id": [batch], "item_id": [batch], "negative_id": [n]}`, int32;
    outputs are logits `[batch, 1 + n]`, the positive's first. Where a negative is the
    row's own positive, its score is too low to have a loss. With `log_probability`
    `[batch + n]` among the inputs, the logarithm of the probability of drawing each
    item and then each negative, that logarithm is subtracted from the logits. Without
    `negative_id` the negatives are the items of the batch, looked up once, and
    `log_probability` is `[batch]`.

    Args:
        towers: the model.
        temperature: of the softmax loss, which divides the logits: the logarithm is
            multiplied by it first.

    References:
        Yi et al. 2019, "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
        Recommendations", sec. 3, for the correction.
    """

    def __init__(
        self, towers: keras.Model, temperature: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(towers, **kwargs)
        self.temperature = temperature

    def call(self, inputs: dict[str, Any], training: Any = None) -> Any:
        """Returns logits `[batch, 1 + n]`."""
        return self._logits(inputs, *self._outputs(inputs, training), training)

    def _outputs(
        self, inputs: dict[str, Any], training: Any
    ) -> tuple[TowerOutput, TowerOutput, TowerOutput]:
        """Outputs of users and of their items, `[batch, ...]`, and of n negatives."""
        user = self.towers.users_of(inputs, training)
        item_id = inputs["item_id"]
        if "negative_id" not in inputs:
            item = self.items(item_id, training)
            return user, item, item
        both = self.items(ops.concatenate([item_id, inputs["negative_id"]]), training)
        batch = ops.shape(item_id)[0]
        item = {name: part[:batch] for name, part in both.items()}
        return user, item, {name: part[batch:] for name, part in both.items()}

    def _logits(
        self,
        inputs: dict[str, Any],
        user: TowerOutput,
        item: TowerOutput,
        negative: TowerOutput,
        training: Any,
    ) -> Any:
        """Scores, corrected: the positive's and the negatives', `[batch, 1 + n]`."""
        interaction = self.towers.interaction
        item = {name: part[:, None] for name, part in item.items()}
        positive = interaction(user, item, training=training)  # [batch, 1]
        others = interaction(user, negative, catalogue=True, training=training)
        if "log_probability" in inputs:
            log_drawn = ops.cast(inputs["log_probability"], others.dtype)
            correction = self.temperature * log_drawn
            batch, n = ops.shape(others)
            positive = positive - correction[:batch, None]
            others = others - correction[-n:]
        others = ops.where(_is_positive(inputs), NO_SCORE, others)
        return ops.concatenate([positive, others], axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "temperature": self.temperature}


@keras.saving.register_keras_serializable("tfrecs")
class OverSharedSoftmax(OverSharedNegatives):
    """The log-probability of each row's positive, by a softmax over the negatives too.

    Inputs are as of `OverSharedNegatives`, whose logits the softmax divides by the
    temperature; outputs are `[batch, 1]`. It is faster than the softmax of these
    logits: `tfrecs.models.shared_softmax` describes how, for models whose score is a
    dot product with biases.
    """

    def call(self, inputs: dict[str, Any], training: Any = None) -> Any:
        """Returns log-probabilities `[batch, 1]`."""
        user, item, negative = self._outputs(inputs, training)
        interaction = self.towers.interaction
        if not interaction.is_dot_product(user):
            logits = self._logits(inputs, user, item, negative, training)
            return ops.log_softmax(logits / self.temperature, axis=1)[:, :1]
        p, q = interaction.vectors(user, negative)
        p_of_item, q_of_item = interaction.vectors(user, item)
        positive = ops.sum(p_of_item * q_of_item, axis=1) / self.temperature
        p = p / self.temperature
        if "log_probability" in inputs:
            log_drawn = ops.cast(inputs["log_probability"], p.dtype)
            batch, n = ops.shape(p)[0], ops.shape(q)[0]
            positive = positive - log_drawn[:batch]
            p = ops.concatenate([p, ops.ones_like(p[:, :1])], axis=1)
            q = ops.concatenate([q, -log_drawn[-n:, None]], axis=1)
        return log_probability(positive, p, q, _is_positive(inputs))[:, None]


def _is_positive(inputs: dict[str, Any]) -> Any:
    """Marks negatives that are the row's own positive: `[batch, n]`."""
    return inputs["item_id"][:, None] == inputs.get("negative_id", inputs["item_id"])
