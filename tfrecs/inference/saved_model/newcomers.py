"""Tower outputs of users and items with raw features and no id, in a graph."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from tfrecs._base.indices import PADDING
from tfrecs.data.features import FeatureEncoder
from tfrecs.inference.encoders import Side
from tfrecs.inference.saved_model.blocks import in_blocks
from tfrecs.inference.saved_model.raw_features import RawFeatures
from tfrecs.models.feature_towers import feature_tower
from tfrecs.models.growing import id_tower
from tfrecs.models.history_towers import HistoryTowers
from tfrecs.models.interaction import TowerOutput

if TYPE_CHECKING:
    from tfrecs.data.interactions import Interactions
    from tfrecs.models.two_tower import TwoTower

AT_ONCE = 2**22
"""Most features held at once: 16 MiB of float32."""

RESERVED = ("user_id", "k", "allow", "deny")
"""Inputs beside columns of features."""


class Newcomers(tf.Module):
    """The tower's output for raw columns, as `Recommender` computes it.

    Args:
        model: whose tower of this side reads features.
        train: its data.
        side: "user" or "item".
        encoder: of the features.
    """

    def __init__(
        self,
        model: "TwoTower",
        train: "Interactions",
        side: Side,
        encoder: FeatureEncoder,
    ) -> None:
        super().__init__()
        frame = getattr(train, f"{side}_features")
        self._encode = RawFeatures(encoder, frame, RESERVED)
        self._height = max(1, AT_ONCE // self._encode.num_features)
        tower = feature_tower(id_tower(model, side), self._encode.num_features)
        # In a function, as in CatalogueScores.
        self._read: Callable[[Any], TowerOutput] = _reader(model, side, tower)
        parts = [tower, model.encoder] if isinstance(model, HistoryTowers) else [tower]
        self._weights = [weight.value for part in parts for weight in part.variables]
        self._types = dict.fromkeys(tower.output, tf.float32)

    @property
    def inputs(self) -> dict[str, Any]:
        """The type of each column, by its name."""
        return self._encode.inputs

    def __call__(self, columns: dict[str, Any]) -> TowerOutput:
        """Returns the output of columns `[n, ...]`: `[n, ...]` float32."""
        counts = tf.stack([tf.shape(column)[0] for column in columns.values()])
        tf.debugging.assert_equal(
            counts, counts[:1], "Columns of features must have the same length"
        )

        def read(some: dict[str, Any]) -> TowerOutput:
            output = self._read(self._encode(some))
            return {name: tf.cast(part, tf.float32) for name, part in output.items()}

        return in_blocks(read, columns, self._height, self._types)


def _reader(model: Any, side: Side, tower: keras.Model) -> Callable[[Any], TowerOutput]:
    """Returns a function from features `[n, num_features]` to output `[n, ...]`."""

    def output(features: Any) -> TowerOutput:
        if len(tower.inputs[0].shape) == 2:
            found: TowerOutput = tower(features)
            return found
        return {name: part[0] for name, part in tower(features[None]).items()}

    def without_history(features: Any) -> TowerOutput:
        vectors = output(features)["factors"]
        none = tf.fill([tf.shape(vectors)[0], model.max_length], PADDING)
        return {"factors": model.direction(model.encoder(none)[:, -1] + vectors)}

    is_beside = side == "user" and isinstance(model, HistoryTowers)
    return without_history if is_beside else output
