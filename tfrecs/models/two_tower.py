"""The model of two towers and an interaction, and how it scores."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np
from keras import ops

from tfrecs._base.finite import check_finite
from tfrecs._base.forks import check_not_forked
from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, FloatArray, IntArray
from tfrecs.models.checked_batches import make_checked
from tfrecs.models.compiled_steps import compiled, make_train_function
from tfrecs.models.gathering import to_numpy, written_once
from tfrecs.models.interaction import Interaction, TowerOutput, as_arrays
from tfrecs.models.jax_steps import train_step
from tfrecs.models.serving import export_saved_model
from tfrecs.models.views import OverCatalogue, OverSharedNegatives, OverSharedSoftmax
from tfrecs.models.weights import WeighedModel, weigh_classes

SCORE_BLOCK = 2**24
"""Numbers held at once while scoring the catalogue: 64 MiB of float32."""


@keras.saving.register_keras_serializable("tfrecs")
class TwoTower(WeighedModel):
    """A functional model: `interaction(user_tower(user_id), item_tower(item_id))`.

    Inputs are `{"user_id": [batch], "item_id": [batch] or [batch, n]}`, int32; outputs
    are logits of `item_id`'s shape. Losses, metrics and weights of Keras are right for
    both ranks; see `tfrecs.models.weights`. `HistoryTowers` reads a history of items in
    place of the user id.

    Args:
        user_tower: from user ids `[batch]` to output `[batch, ...]`.
        item_tower: from item ids `[batch, n]` to output `[batch, n, ...]`.
        interaction: from both outputs to logits.
        num_users: user ids are from 0 to `num_users - 1`.
        num_items: item ids are from 0 to `num_items - 1`.
        name: the model's name.
    """

    max_length: int | None = None
    """Items of the histories that it reads; None if it reads user ids alone."""

    def __init__(
        self,
        user_tower: keras.Model,
        item_tower: keras.Model,
        interaction: Interaction,
        *,
        num_users: int,
        num_items: int,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        user = keras.tree.map_structure(
            lambda x: keras.Input(x.shape[1:], dtype="int32", name=x.name),
            user_tower.input,
        )
        item_id = keras.Input((None,), dtype="int32", name="item_id")
        super().__init__(
            inputs={x.name: x for x in (*keras.tree.flatten(user), item_id)},
            outputs=interaction(user_tower(user), item_tower(item_id)),
            name=name,
            **kwargs,
        )
        self.dtype_policy = interaction.dtype_policy  # of the towers, as built
        self.user_tower = user_tower
        self.item_tower = item_tower
        self.interaction = interaction
        self.num_users = num_users
        self.num_items = num_items
        self.trained_by: Callable[[], keras.Model] | None = None

    @property
    def input_spec(self) -> None:
        """None, or Keras would require the first batch's rank of every `item_id`."""
        return None

    def call(
        self, inputs: dict[str, Any], training: Any = None, mask: Any = None
    ) -> Any:
        """Returns logits of `item_id`'s shape."""
        # With more keys, Keras would take the alphabetically first ones for the ids.
        ids = {name: inputs[name] for name in self.input}
        if len(ids["item_id"].shape) == 2:
            return super().call(ids, training=training, mask=mask)
        ids["item_id"] = ops.expand_dims(ids["item_id"], -1)
        return super().call(ids, training=training, mask=mask)[:, 0]

    def compute_output_spec(
        self, inputs: dict[str, Any], training: Any = None, mask: Any = None
    ) -> Any:
        """Returns the shape and type of logits, for a model that contains this one."""
        return keras.KerasTensor(inputs["item_id"].shape, self.output.dtype)

    def make_train_function(self, force: bool = False) -> None:
        """Creates the function that `fit` calls; see `train_in_one_call`."""
        make_train_function(self, super(), self.classes_changed() or force)

    def make_test_function(self, force: bool = False) -> None:
        """Creates the function that Keras's `evaluate` calls, with checked ids."""
        make_checked(self, "test_function", super().make_test_function, force)

    def make_predict_function(self, force: bool = False) -> None:
        """Creates the function that `predict` calls, with checked ids."""
        make_checked(self, "predict_function", super().make_predict_function, force)

    def train_step(self, *given: Any) -> Any:
        """Runs one training step; see `tfrecs.models.jax_steps`."""
        *state, batch = given
        batch = weigh_classes(batch, self.class_weights)
        return train_step(self, super().train_step, *state, batch)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **options: Any,
    ) -> None:
        """Calls `export` of Keras; see `export_saved_model` for its default."""
        on_tensorflow = keras.backend.backend() == "tensorflow"
        if on_tensorflow and format == "tf_saved_model" and input_signature is None:
            export_saved_model(self, filepath, verbose is not False)
        else:
            super().export(filepath, format, verbose, input_signature, **options)

    def jax_state_sync(self) -> None:
        """Writes the state of a training on JAX to the weights; callbacks call it.

        The state is that of the view that trains, if there is one.
        """
        trained: Any = super() if self.trained_by is None else self.trained_by()
        trained.jax_state_sync()

    def over_catalogue(self) -> OverCatalogue:
        """Returns the view that scores every item, for catalogue-wide objectives."""
        return OverCatalogue(self, name=f"{self.name}_over_catalogue")

    def over_shared_negatives(self, temperature: float = 1.0) -> OverSharedNegatives:
        """Returns the view that scores negatives shared by all rows of a batch.

        `temperature` is that of the softmax loss; see `OverSharedNegatives`.
        """
        name = f"{self.name}_over_shared_negatives"
        return OverSharedNegatives(self, temperature, name=name)

    def over_shared_softmax(self, temperature: float = 1.0) -> OverSharedSoftmax:
        """Returns the view whose output is the log-probability of each positive."""
        name = f"{self.name}_over_shared_softmax"
        return OverSharedSoftmax(self, temperature, name=name)

    def users_of(self, inputs: dict[str, Any], training: Any) -> TowerOutput:
        """Returns the user tower's output for the positives of a training batch."""
        return self.user_tower(inputs["user_id"], training=training)

    def as_users(self, user_ids: AnyArray) -> IntArray:
        """Returns what the user tower reads of users, int32; raises if out of range."""
        return as_indices(user_ids, "user_ids", self.num_users)

    def user_output(self, user_ids: IntArray) -> TowerOutput:
        """Returns the user tower's output for `user_ids`: arrays `[users, ...]`."""
        return as_arrays(self.read_users(self.as_users(user_ids)))

    def read_users(self, users: IntArray) -> TowerOutput:
        """Returns the user tower's output for checked users: tensors `[users, ...]`."""
        check_not_forked()
        return self.user_tower(users)

    def item_output(self, item_ids: IntArray | None = None) -> TowerOutput:
        """Returns the item tower's output for `item_ids`, or all items: `[n, ...]`."""
        check_not_forked()
        if item_ids is None:
            item_ids = np.arange(self.num_items, dtype=np.int32)
        indices = as_indices(item_ids, "item_ids", self.num_items)
        output = self.item_tower(indices[None])
        return {name: part[0] for name, part in as_arrays(output).items()}

    def score_users(self, user_ids: IntArray) -> FloatArray:
        """Returns scores of the whole catalogue, without dropout: `[users, num_items]`.

        Each tower runs once; then all pairs are one matmul, and `g` on blocks of pairs.
        """
        return self.catalogue_scorer()(user_ids)

    def catalogue_scorer(self) -> Callable[[IntArray], FloatArray]:
        """Returns `score_users` with the weights of now: for users block by block.

        The item tower runs in this call alone.
        """
        items, names = self.item_output(), self.user_tower.output
        if not self.interaction.is_dot_product(names):
            return lambda user_ids: self.score_outputs(
                self.user_output(user_ids), items
            )
        vectors = self.interaction.item_vectors(items, names)
        check_finite(ops.convert_to_numpy(vectors), "item vectors")
        q = ops.transpose(vectors)

        def score(user_ids: IntArray) -> FloatArray:
            check_not_forked()
            p, scores = self._dot_products(self.as_users(user_ids), q)
            check_finite(to_numpy(p), "user vectors")
            return to_numpy(scores)

        return score

    @cached_property
    def _dot_products(self) -> Callable[[IntArray, Any], tuple[Any, Any]]:
        # Layers called one by one take as long as the matmul of one user. A compiled
        # function would fix the number of blocks in which histories are read.
        products = partial(_dot_products, self)
        return products if self.max_length is not None else compiled(products)

    def score_outputs(self, user: TowerOutput, item: TowerOutput) -> FloatArray:
        """Returns scores of all pairs of `[users, ...]` and `[items, ...]` outputs."""
        num_users, num_items = (
            len(next(iter(output.values()))) for output in (user, item)
        )
        width = user["hidden"].shape[-1] if "hidden" in user else 1
        blocks = list(_blocks(num_users, num_items, SCORE_BLOCK // width))
        scores = np.empty((0 if blocks else num_users, num_items), np.float32)
        for rows, columns in blocks:
            block = self.interaction(
                {name: part[rows] for name, part in user.items()},
                {name: part[columns] for name, part in item.items()},
                catalogue=True,
            )
            found = ops.convert_to_numpy(block)
            check_finite(found, "scores")
            if len(blocks) == 1:
                return found
            if not len(scores):
                scores = np.empty((num_users, num_items), found.dtype)
            scores[rows, columns] = found
        return scores

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the model as Keras does, once if it spans processes."""
        with written_once(self) as model:
            if model is not None:
                keras.Model.save(model, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        serialize = keras.saving.serialize_keras_object
        return {
            "user_tower": serialize(self.user_tower),
            "item_tower": serialize(self.item_tower),
            "interaction": serialize(self.interaction),
            "num_users": self.num_users,
            "num_items": self.num_items,
            "name": self.name,
            "trainable": self.trainable,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "TwoTower":
        """Creates the model that `get_config` describes."""
        parts: dict[str, Any] = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("user_tower", "item_tower", "interaction")
            if name in config
        }
        return cls(**(config | parts))


def _dot_products(model: TwoTower, users: IntArray, q: Any) -> tuple[Any, Any]:
    """Returns the vectors of users, and their products with `q` `[dim, num_items]`."""
    p = model.interaction.user_vectors(model.read_users(users), model.item_tower.output)
    return p, ops.matmul(p, q)


def _blocks(rows: int, columns: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Yields blocks of at most `size` cells that cover a `rows` x `columns` matrix."""
    width = max(1, min(columns, size))
    height = max(1, size // width)
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            yield slice(top, top + height), slice(left, left + width)


def layers_with_weights(model: TwoTower) -> dict[str, Any]:
    """Returns the layers of both towers and of `g` that have weights, by name."""
    others = getattr(model, "beside", None), getattr(model.interaction, "g", None)
    models = [model.user_tower, model.item_tower, *others]
    layers = [layer for part in models if part is not None for layer in part.layers]
    return {layer.name: layer for layer in layers if layer.weights}
