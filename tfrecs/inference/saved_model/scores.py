"""Scores of the whole catalogue, from tower outputs that were computed before."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from tfrecs._base.types import AnyArray
from tfrecs.models.interaction import TowerOutput

if TYPE_CHECKING:
    from tfrecs.models.two_tower import TwoTower

AT_ONCE = 2**24
"""Most numbers held at once: 64 MiB of float32."""


class CatalogueScores(tf.Module):
    """Scores of all items for users, by the item tower's output of all items.

    Args:
        model: whose interaction scores.
        users: output of all known users, `[num_users, ...]`.
        items: output of all items, `[num_items, ...]`.
    """

    def __init__(
        self, model: "TwoTower", users: TowerOutput, items: TowerOutput
    ) -> None:
        super().__init__()
        # In a function, or the layer would be part of the SavedModel.
        self._interaction: Callable[[], Any] = lambda: model.interaction
        self._names, self._of_user = tuple(items), tuple(users)
        self.num_items = model.num_items
        self.is_dot_product = model.interaction.is_dot_product(users)
        self._width = items["hidden"].shape[-1] if "hidden" in items else 1
        self.users_at_once = max(1, AT_ONCE // (self.num_items * self._width))
        # One user's items are divided too, where they are too many.
        num_blocks = math.ceil(self.num_items * self._width / AT_ONCE)
        if self.is_dot_product:
            vectors = model.interaction.item_vectors(items, users.keys())
            items, num_blocks = {"vectors": vectors}, 1
        self._users = _variables(self.of_tower(users))
        self._items = _variables(
            {name: _in_blocks(np.asarray(x), num_blocks) for name, x in items.items()}
        )
        self._weights = [weight.value for weight in model.interaction.variables]

    def of_tower(self, user: TowerOutput) -> TowerOutput:
        """Returns what `catalogue` takes, of a user tower's output `[users, ...]`."""
        if not self.is_dot_product:
            return user
        return {"vectors": self._interaction().user_vectors(user, self._names)}

    def known(self, user_ids: Any) -> TowerOutput:
        """Returns what `catalogue` takes, of known users `[users]`."""
        return {name: tf.gather(x, user_ids) for name, x in self._users.items()}

    def catalogue(self, user: TowerOutput) -> Any:
        """Returns scores of all items: `[users, num_items]`."""
        if self.is_dot_product:
            return tf.matmul(user["vectors"], self.item_vectors, transpose_b=True)
        blocks = tf.map_fn(
            lambda item: self._interaction()(user, item, catalogue=True),
            {name: x.read_value() for name, x in self._items.items()},
            fn_output_signature=tf.float32,
            parallel_iterations=1,
        )  # [blocks, users, size]
        users = tf.shape(blocks)[1]
        scores = tf.reshape(tf.transpose(blocks, [1, 0, 2]), [users, -1])
        return scores[:, : self.num_items]

    @property
    def item_vectors(self) -> Any:
        """The items' vectors `[num_items, dim]`, where scores are inner products."""
        return self._items["vectors"][0]

    def users_at_once_for(self, num_items: Any) -> Any:
        """Returns how many users are scored at once with this many items."""
        return tf.maximum(1, AT_ONCE // tf.maximum(1, num_items * self._width))

    def of_items(self, user: TowerOutput, item: TowerOutput) -> Any:
        """Returns scores of items by their tower's output: `[users, items]`."""
        if not self.is_dot_product:
            return self._interaction()(user, item, catalogue=True)
        q = self._interaction().item_vectors(item, self._of_user)
        return tf.matmul(user["vectors"], q, transpose_b=True)

    def pairs(self, user: TowerOutput, item_ids: Any) -> Any:
        """Returns the score of each user with an item: `[pairs]`."""
        item = {
            name: tf.gather(tf.reshape(x, [-1, *x.shape[2:]]), item_ids)
            for name, x in self._items.items()
        }
        if self.is_dot_product:
            return tf.reduce_sum(user["vectors"] * item["vectors"], axis=1)
        each = {name: part[:, None] for name, part in item.items()}
        return self._interaction()(user, each)[:, 0]


def _in_blocks(part: AnyArray, num_blocks: int) -> AnyArray:
    """Divides rows into blocks `[blocks, size, ...]`, filled up with zeros."""
    size = math.ceil(len(part) / num_blocks)
    missing = [(0, num_blocks * size - len(part))] + [(0, 0)] * (part.ndim - 1)
    return np.pad(part, missing).reshape(num_blocks, size, *part.shape[1:])


def _variables(output: TowerOutput) -> TowerOutput:
    """Returns variables, which a SavedModel keeps outside of its graph."""
    return {name: tf.Variable(x, trainable=False) for name, x in output.items()}
