"""Ranking metrics on validation data after each epoch."""

from collections.abc import Sequence
from typing import Any

import keras

from tfrecs.evaluation import evaluate
from tfrecs.interactions import Interactions


class RankingMetrics(keras.callbacks.Callback):
    """Ranks the whole catalogue for the validation users after each epoch.

    Puts `val_precision@k`, `val_ndcg@k` and the other metrics of `tfrecs.evaluate` into
    the epoch's logs, where callbacks that stand after this one find them: monitor
    `"val_ndcg@10"` (with `mode="max"`) in `EarlyStopping` or `ModelCheckpoint`.

    Args:
        train: what the model learns from, left out of the ranking.
        validation: held-out interactions, never the test set.
        k: cut-offs.
        exclude_seen: whether items of `train` are left out of the ranking.
        every: epochs between two evaluations; others have no `val_` metrics.

    Raises:
        ValueError: at the end of an epoch, as `tfrecs.evaluate`.
    """

    def __init__(
        self,
        train: Interactions,
        validation: Interactions,
        *,
        k: int | Sequence[int] = 10,
        exclude_seen: bool = True,
        every: int = 1,
    ) -> None:
        super().__init__()
        self.train = train
        self.validation = validation
        self.k = k
        self.exclude_seen = exclude_seen
        self.every = every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the metrics to the logs."""
        if logs is None or (epoch + 1) % self.every:
            return
        evaluation = evaluate(
            self.model,
            self.train,
            self.validation,
            k=self.k,
            exclude_seen=self.exclude_seen,
        )
        logs.update({f"val_{name}": x for name, x in evaluation.metrics.items()})
