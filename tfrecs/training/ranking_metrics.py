"""Ranking metrics on validation data after each epoch."""

from collections.abc import Sequence
from typing import Any

import keras

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import Evaluation, as_scorer, evaluate, evaluate_sampled
from tfrecs.evaluation.candidates import SampledCandidates
from tfrecs.evaluation.measures import choose_measures
from tfrecs.evaluation.protocol import check_apart
from tfrecs.evaluation.user_sample import sample_users


class RankingMetrics(keras.callbacks.Callback):
    """Ranks the catalogue, or candidates, for validation users in a validation step.

    Adds `val_precision@k`, `val_ndcg@k` and the other metrics of `tfrecs.evaluate` to
    the logs, for callbacks after this one: monitor `"val_ndcg@10"` (with `mode="max"`)
    in `EarlyStopping` or `ModelCheckpoint`. With `candidates` the names are such as
    `val_sampled_ndcg@10`.

    Args:
        train: training data.
        validation: held-out interactions, never the test set.
        k: cut-offs.
        metrics: names, as for `tfrecs.evaluate`; fewer cost less.
        exclude_seen: whether to exclude the items of `train` from the ranking.
        candidates: candidates of `evaluate_sampled`; None for the whole catalogue.
        num_users: users to evaluate, drawn once from `validation`; None for all.
        seed: of the draw of users.
        every: Keras epochs between two evaluations; others have no `val_` metrics.

    Attributes:
        evaluation: the last `Evaluation`; None before the first.

    Raises:
        ValueError: as `tfrecs.evaluate`, and for numbers below 1.

    Example:
        ```python
        cheap = RankingMetrics(train, validation, metrics=["ndcg"], num_users=1000)
        stop = keras.callbacks.EarlyStopping("val_ndcg@10", mode="max", patience=3)
        model.fit(batches, epochs=50, callbacks=[cheap, stop])
        ```
    """

    def __init__(
        self,
        train: Interactions,
        validation: Interactions,
        *,
        k: int | Sequence[int] = 10,
        metrics: Sequence[str] | None = None,
        exclude_seen: bool = True,
        candidates: SampledCandidates | None = None,
        num_users: int | None = None,
        seed: int = 0,
        every: int = 1,
    ) -> None:
        super().__init__()
        check_positive(every=every)
        # Wrong arguments raise before an epoch is trained, not after.
        cutoffs = check_cutoffs(k, train.num_items)
        is_full = candidates is None
        choose_measures(metrics, cutoffs, lists=is_full)
        check_apart(train, validation, exclude_seen)
        if num_users is not None:
            validation = sample_users(validation, num_users, seed)
        self.train = train
        self.validation = validation
        self.k = cutoffs
        self.metrics = metrics
        self.exclude_seen = exclude_seen
        self.candidates = candidates
        self.every = every
        self.evaluation: Evaluation | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the metrics to the logs."""
        if logs is None or (epoch + 1) % self.every:
            return
        options: dict[str, Any] = {"k": self.k, "metrics": self.metrics}
        if self.candidates is not None:
            self.evaluation = evaluate_sampled(
                as_scorer(self.model, self.train, train=self.train),
                self.validation,
                self.candidates,
                **options,
            )
        else:
            options["exclude_seen"] = self.exclude_seen
            self.evaluation = evaluate(
                self.model, self.train, self.validation, **options
            )
        prefix = "val_" if self.candidates is None else "val_sampled_"
        logs.update({f"{prefix}{x}": y for x, y in self.evaluation.metrics.items()})
