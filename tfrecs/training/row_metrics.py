"""Metrics for `compile(metrics=[...])`, of rows of one positive and its negatives.

They rank each row alone, as cheaply as the loss, and only serve to watch training.
`tfrecs.callbacks.RankingMetrics` ranks whole catalogues.
"""

from typing import Any

import keras
from keras import ops

from tfrecs._base.checks import check_positive


@keras.saving.register_keras_serializable("tfrecs")
class HitRate(keras.metrics.Mean):
    """The share of rows whose positive is among the first k of its row.

    Formula:
        1 if rank <= k, else 0; see `rank_in_row`

    Args:
        k: cut-off.
        name: in the logs; "row_hit_rate@k" by default.
        dtype: of the sums.

    Example:
        >>> metric = HitRate(1)
        >>> metric.update_state([[1, 0], [1, 0]], [[0.3, 0.2], [0.5, 0.5]])
        >>> float(metric.result())  # the second row is a tie
        0.5
    """

    default_name = "row_hit_rate"

    def __init__(
        self, k: int = 10, *, name: str | None = None, dtype: Any = None
    ) -> None:
        check_positive(k=k)
        super().__init__(name=name or f"{self.default_name}@{k}", dtype=dtype)
        self.k = k

    def of_rank(self, rank: Any) -> Any:
        """Returns the value of each row, `[batch]`."""
        return ops.cast(rank <= self.k, "float32")

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any | None = None
    ) -> Any:
        """Adds a batch.

        Args:
            y_true: `[batch, 1 + num_negatives]`, one 1 in each row, anywhere.
            y_pred: `[batch, 1 + num_negatives]`, logits.
            sample_weight: `[batch]`, or `[batch, 1 + num_negatives]`, of which the
                positive's counts; None for 1.
        """
        labels, y_pred = (
            _rows(ops.cast(y_true, self.dtype)),
            _rows(ops.convert_to_tensor(y_pred)),
        )
        if sample_weight is not None:
            sample_weight = _rows(ops.cast(sample_weight, self.dtype))
            if sample_weight.shape == labels.shape:
                sample_weight = ops.sum(sample_weight * labels, axis=-1)
        values = self.of_rank(rank_in_row(labels, y_pred))
        return super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the metric."""
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable("tfrecs")
class NDCG(HitRate):
    """The mean over rows of the positive's discounted gain among the first k.

    For the arguments see `HitRate`.

    Formula:
        1 / log2(1 + rank) if rank <= k, else 0; see `rank_in_row`

    Example:
        >>> metric = NDCG(3)
        >>> metric.update_state([[0, 0, 1]], [[4.0, 7.0, 1.0]])
        >>> float(metric.result())  # 1 / log2(1 + 3)
        0.5
    """

    default_name = "row_ndcg"

    def of_rank(self, rank: Any) -> Any:
        """Returns the discounted gain of each row."""
        gain = super().of_rank(rank) * ops.log(2.0)
        return gain / ops.log(1.0 + ops.cast(rank, "float32"))


@keras.saving.register_keras_serializable("tfrecs")
class MRR(HitRate):
    """The mean over rows of the positive's reciprocal rank among the first k.

    For the arguments see `HitRate`.

    Formula:
        1 / rank if rank <= k, else 0; see `rank_in_row`
    """

    default_name = "row_mrr"

    def of_rank(self, rank: Any) -> Any:
        """Returns the reciprocal rank of each row."""
        return super().of_rank(rank) / ops.cast(rank, "float32")


def _rows(part: Any) -> Any:
    """Drops the axis that a model adds to scores with weights of their own."""
    return part[..., 0] if len(part.shape) == 3 else part


def rank_in_row(labels: Any, scores: Any) -> Any:
    """Returns the rank of each row's positive, from 1: `[batch]`.

    Formula:
        1 + the number of negatives whose score is not below the positive's

    Ties and NaN count against the model. With several positives in a row the best one
    is ranked; without any, the rank is the last.
    """
    scores = ops.convert_to_tensor(scores)
    is_positive = ops.cast(labels, scores.dtype) > 0
    best = ops.max(
        ops.where(is_positive, scores, -float("inf")), axis=-1, keepdims=True
    )
    before = ops.logical_not(ops.logical_or(is_positive, scores < best))
    return 1 + ops.sum(ops.cast(before, "int32"), axis=-1)
