"""Weights of rows, of pairs and of classes, as stock losses and metrics take them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import keras
from keras import ops, tree

ClassWeights: TypeAlias = tuple[tuple[int, float], ...]
"""Label and weight of each class; other labels weigh 1."""


class WeighedModel(keras.Model):
    """A model whose losses and metrics weigh rows, pairs and classes as they should."""

    class_weights: ClassWeights = ()
    compiled_weights: ClassWeights = ()

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Returns the loss as compiled; see `as_samples`."""
        y, y_pred, sample_weight = as_samples(y, y_pred, sample_weight)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> Any:
        """Updates the metrics and returns all of them; see `as_samples`."""
        return super().compute_metrics(x, *as_samples(y, y_pred, sample_weight))

    def fit(
        self,
        *data: Any,
        class_weight: dict[int, float] | None = None,
        **options: Any,
    ) -> keras.callbacks.History:
        """Calls `fit` of Keras; `class_weight` is the weight of each label.

        With labels `[batch, n]` Keras would take the column of a row's largest label
        for its class.
        """
        with self._weighing(class_weight):
            return super().fit(*data, **options)

    def train_on_batch(
        self,
        *data: Any,
        class_weight: dict[int, float] | None = None,
        **options: Any,
    ) -> Any:
        """Calls `train_on_batch` of Keras; for `class_weight` see `fit`."""
        with self._weighing(class_weight):
            return super().train_on_batch(*data, **options)

    @contextmanager
    def _weighing(self, class_weight: dict[int, float] | None) -> Iterator[None]:
        """Sets the class weights of training steps."""
        self.class_weights = tuple((class_weight or {}).items())
        try:
            yield
        finally:
            self.class_weights = ()

    def classes_changed(self) -> bool:
        """Returns whether the weights of classes are others than in the last call."""
        before, self.compiled_weights = self.compiled_weights, self.class_weights
        return before != self.class_weights


def as_samples(y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Adds the axes that losses and metrics of Keras need to weigh samples.

    Keras averages a loss over the last axis before it applies weights. Scores `[batch]`
    become `[batch, 1]`, or weights would be multiplied by a loss that is one number.
    Scores with weights of their own, both `[batch, n]`, become `[batch, n, 1]`, or
    those would be multiplied by the loss of a row. Weights `[batch]` of rows become
    `[batch, 1]`, or some metrics would take them for weights of columns.

    Args:
        y: labels; labels of the scores' rank get the same axis.
        y_pred: scores, `[batch]` or `[batch, n]`.
        sample_weight: `[batch]`, `[batch, 1]` or `[batch, n]`, or None.

    Returns:
        All three.
    """
    rank = len(y_pred.shape)
    shapes = [part.shape for part in tree.flatten(sample_weight) if part is not None]
    of_scores = any(len(shape) == rank and shape[-1] != 1 for shape in shapes)

    def lift(part: Any) -> Any:
        lower = part is not None and len(part.shape) == rank - 1
        return ops.expand_dims(part, -1) if lower else part

    if rank == 1 or of_scores:
        rank += 1
        y_pred, y = lift(y_pred), tree.map_structure(lift, y)
    return y, y_pred, tree.map_structure(lift, sample_weight)


def weigh_classes(batch: Any, class_weights: ClassWeights) -> Any:
    """Returns a batch with the weight of each label.

    Args:
        batch: as `fit` of Keras takes it from data.
        class_weights: of the labels.

    Returns:
        The batch, with weights of the labels' shape; or as it is without classes.

    Raises:
        ValueError: if the batch has weights too.
    """
    if not class_weights:
        return batch
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    if sample_weight is not None:
        raise ValueError(
            "`class_weight` must be left out for data with weights. Received: both. "
            "Multiply the weights by the class weights."
        )
    labels = ops.round(ops.cast(y, "float32"))
    weights = ops.ones_like(labels)
    for label, weight in class_weights:
        weights = ops.where(ops.equal(labels, label), weight, weights)
    return x, y, weights
