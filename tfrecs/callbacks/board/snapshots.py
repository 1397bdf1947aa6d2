"""Snapshots of a model in training: metrics, recommendations and vector lengths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary

from tfrecs._base.checks import check_cutoffs, check_positive, check_proportion
from tfrecs._base.indices import as_indices
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.callbacks.board.curve import pr_curve
from tfrecs.callbacks.board.events import scalars, texts
from tfrecs.callbacks.board.examples import Examples, draw_examples
from tfrecs.callbacks.board.norms import deciles, drawn_by_decile, norms
from tfrecs.callbacks.board.sample import (
    SNAPSHOT_METRICS,
    Ranking,
    rank_for,
    sample_metrics,
)
from tfrecs.data.histories import reader_of
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import choose_measures
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.protocol import check_apart
from tfrecs.evaluation.user_sample import sample_users
from tfrecs.inference.similarity import vectors_of
from tfrecs.models.two_tower import TwoTower
from tfrecs.reporting.items import ItemNames

SAMPLE = "validation sample"
"""The group of the sample's metrics, which holds no other ones."""


@dataclass(frozen=True)
class Snapshots:
    """Settings of the snapshots of `TensorBoard`.

    Args:
        share: of the training time that snapshots may take, from 0 to 1.
        k: cut-offs of the metrics; examples show as many items as the largest.
        num_users: users of the metrics, drawn once from `validation`.
        example_users: indices of users whose recommendations are shown; None for one
            with few, one with more and one with many training interactions.
        seed: of all draws.

    Raises:
        ValueError: if `share` or `num_users` is out of range.
    """

    share: float = 0.05
    k: int | Sequence[int] = 10
    num_users: int = 200
    example_users: Sequence[int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the numbers."""
        check_positive(num_users=self.num_users)
        check_proportion(share=self.share)


class SnapshotTaker:
    """Takes snapshots of the same users and items; each tower runs once in each.

    Raises:
        ValueError: for cut-offs or users out of range, or if `train` and `validation`
            share a pair.
    """

    def __init__(
        self,
        train: Interactions,
        validation: Interactions | None,
        settings: Snapshots,
        names: ItemNames,
        rng: np.random.Generator,
    ) -> None:
        self.train = train
        cutoffs = check_cutoffs(settings.k, train.num_items)
        self.measures = choose_measures(SNAPSHOT_METRICS, cutoffs)
        self.sample = None
        if validation is not None:
            validation = validation.positives
            check_apart(train, validation, True)
            self.sample = sample_users(validation, settings.num_users, settings.seed)
        if settings.example_users is None:
            users = draw_examples(train, self.sample, rng)
        else:
            chosen = settings.example_users
            users = as_indices(chosen, "example_users", train.num_users)
        self.examples = Examples(train, validation, users, names)
        self._users = _Drawn(np.diff(train.matrix.indptr), rng)
        self._items = _Drawn(train.item_counts, rng)
        needed = [self._users.places, users]
        if self.sample is not None:
            needed.append(self.sample.user_ids)
        self._needed = np.unique(np.concatenate(needed))

    def snapshot(self, model: Any) -> list[Summary]:
        """Returns a snapshot of a model that has at least `score_users`.

        Raises:
            NotFinite: if its vectors or scores are not finite.
            ValueError: if it scores another catalogue than that of `train`.
        """
        if not isinstance(model, TwoTower):
            return self._of_scores(model.score_users)
        needed = reader_of(model, self.train)(self._needed)
        items, users = model.item_output(), model.user_output(needed)

        def rows(user_ids: IntArray) -> AnyArray:
            return np.searchsorted(self._needed, user_ids)

        def score(user_ids: IntArray) -> FloatArray:
            chosen = {name: output[rows(user_ids)] for name, output in users.items()}
            return model.score_outputs(chosen, items)

        of_items = vectors_of(items)[self._items.places]
        of_users = vectors_of(users)[rows(self._users.places)]
        return [
            *self._of_scores(score),
            norms("vector norms of items, by popularity", of_items, self._items.decile),
            norms("vector norms of users, by activity", of_users, self._users.decile),
        ]

    def _of_scores(self, score: Scorer) -> list[Summary]:
        """Returns what scores alone show: metrics and recommendations."""
        longest, shown = max(self.measures.cutoffs), self.examples.users
        if self.sample is None and not len(shown):
            return []
        ranking = rank_for(score, self.train, self.sample, shown, longest)
        examples = texts(self.examples.texts(*ranking.lists_of(shown)))
        return [*self._of_sample(ranking), examples]

    def _of_sample(self, ranking: Ranking) -> list[Summary]:
        if ranking.ranked is None:
            return []
        num = len(ranking.ranked.ranks)
        lists = Lists(ranking.items[:num], ranking.users[:num], self.train)
        means = sample_metrics(ranking.ranked, lists, self.measures)
        tag = f"{SAMPLE}/precision and recall by length of lists"
        return [
            scalars(
                {f"{SAMPLE}/{name}": value for name, value in means.items()},
                f"Of {num} users drawn from those with validation data.",
            ),
            pr_curve(tag, ranking.ranked, self.train.num_items),
        ]


class _Drawn:
    """Users or items, `[n]` places, and the decile of each by its count."""

    def __init__(self, counts: AnyArray, rng: np.random.Generator) -> None:
        decile = deciles(counts)
        self.places: IntArray = drawn_by_decile(decile, rng)
        self.decile = decile[self.places]
