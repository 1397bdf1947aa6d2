"""Metrics for `compile(metrics=[...])`, of rows of one positive and its negatives.

They rank each row alone, as cheaply as the loss: good to watch training by, and no more
than that. Whole catalogues are ranked by `tfrecs.callbacks.RankingMetrics`.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from tfrecs._base.checks import check_positive


class _RowMetric(keras.metrics.Mean):
    """The mean over rows of a function of the positive's rank and k."""

    def __init__(
        self, of_rank: Callable[[Any, int], Any], k: int, name: str, dtype: Any
    ) -> None:
        check_positive(k=k)
        super().__init__(name=name, dtype=dtype)
        self.k = k
        self._of_rank = of_rank

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
        labels = ops.cast(y_true, self.dtype)
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, self.dtype)
            if sample_weight.shape == labels.shape:
                sample_weight = ops.sum(sample_weight * labels, axis=-1)
        values = self._of_rank(rank_in_row(labels, y_pred), self.k)
        return super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Gives the arguments that make the same metric again."""
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable("tfrecs")
class HitRate(_RowMetric):
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

    def __init__(
        self, k: int = 10, *, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(_hit, k, name or f"row_hit_rate@{k}", dtype)


@keras.saving.register_keras_serializable("tfrecs")
class NDCG(_RowMetric):
    """The mean over rows of the positive's discounted gain among the first k.

    Formula:
        1 / log2(1 + rank) if rank <= k, else 0; see `rank_in_row`

    Args:
        k: cut-off.
        name: in the logs; "row_ndcg@k" by default.
        dtype: of the sums.

    Example:
        >>> metric = NDCG(3)
        >>> metric.update_state([[0, 0, 1]], [[4.0, 7.0, 1.0]])
        >>> float(metric.result())  # 1 / log2(1 + 3)
        0.5
    """

    def __init__(
        self, k: int = 10, *, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(_gain, k, name or f"row_ndcg@{k}", dtype)


@keras.saving.register_keras_serializable("tfrecs")
class MRR(_RowMetric):
    """The mean over rows of the positive's reciprocal rank among the first k.

    Formula:
        1 / rank if rank <= k, else 0; see `rank_in_row`

    Args:
        k: cut-off.
        name: in the logs; "row_mrr@k" by default.
        dtype: of the sums.
    """

    def __init__(
        self, k: int = 10, *, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(_reciprocal, k, name or f"row_mrr@{k}", dtype)


def rank_in_row(labels: Any, scores: Any) -> Any:
    """Gives the rank of each row's positive, from 1: `[batch]`.

    Formula:
        1 + the number of negatives whose score is not below the positive's

    Ties are broken against the model, and NaN, too, counts against it. The best one is
    ranked where a row has many positives; where it has none, the rank is the last.
    """
    scores = ops.convert_to_tensor(scores)
    is_positive = ops.cast(labels, scores.dtype) > 0
    best = ops.max(
        ops.where(is_positive, scores, -float("inf")), axis=-1, keepdims=True
    )
    before = ops.logical_not(ops.logical_or(is_positive, scores < best))
    return 1 + ops.sum(ops.cast(before, "int32"), axis=-1)


def _hit(rank: Any, k: int) -> Any:
    return ops.cast(rank <= k, "float32")


def _gain(rank: Any, k: int) -> Any:
    return _hit(rank, k) * ops.log(2.0) / ops.log(1.0 + ops.cast(rank, "float32"))


def _reciprocal(rank: Any, k: int) -> Any:
    return _hit(rank, k) / ops.cast(rank, "float32")
