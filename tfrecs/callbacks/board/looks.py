"""What is seen of a model that is in training, beside what `fit` tells."""

from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary

from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.callbacks.board.curve import pr_curve
from tfrecs.callbacks.board.events import scalars, texts
from tfrecs.callbacks.board.examples import Examples
from tfrecs.callbacks.board.norms import deciles, drawn_by_decile, norms
from tfrecs.callbacks.board.sample import Ranking, rank_for, sample_metrics
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import Measures
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Ranks
from tfrecs.inference.similarity import vectors_of
from tfrecs.models.two_tower import TwoTower

SAMPLE = "validation sample"
"""The group of what is measured on the sample: no other figures are in it."""


class Looks:
    """Looks at a model: the same users and items each time, each tower run once.

    Args:
        train: what the model learns from.
        sample: held-out interactions of some users, all that these have; None for none.
        examples: users whose recommendations are shown.
        measures: what is measured on the sample.
        rng: draws whose vectors are measured.
    """

    def __init__(
        self,
        train: Interactions,
        sample: Interactions | None,
        examples: Examples,
        measures: Measures,
        rng: np.random.Generator,
    ) -> None:
        self.train = train
        self.sample = sample
        self.examples = examples
        self.measures = measures
        self._users = _Drawn(np.diff(train.matrix.indptr), rng)
        self._items = _Drawn(train.item_counts, rng)
        asked = [self._users.places, examples.users]
        if sample is not None:
            asked.append(sample.user_ids)
        self._asked = np.unique(np.concatenate(asked))

    def at(self, model: Any) -> list[Summary]:
        """Gives what is seen of a model now: as much as it can be asked for.

        Raises:
            Diverged: if its scores are NaN.
            ValueError: if it scores another catalogue than that of `train`.
        """
        if not isinstance(model, TwoTower):
            return self._scored(model.score_users)
        items, users = model.item_output(), model.user_output(self._asked)

        def places(user_ids: IntArray) -> AnyArray:
            return np.searchsorted(self._asked, user_ids)

        def score(user_ids: IntArray) -> FloatArray:
            rows = places(user_ids)
            asked = {name: part[rows] for name, part in users.items()}
            return model.score_outputs(asked, items)

        of_items = vectors_of(items)[self._items.places]
        of_users = vectors_of(users)[places(self._users.places)]
        return [
            *self._scored(score),
            norms("vector norms of items, by popularity", of_items, self._items.decile),
            norms("vector norms of users, by activity", of_users, self._users.decile),
        ]

    def _scored(self, score: Scorer) -> list[Summary]:
        """What is seen by scores alone."""
        longest, shown = max(self.measures.cutoffs), self.examples.users
        if self.sample is None and not len(shown):
            return []
        found = rank_for(score, self.train, self.sample, shown, longest)
        told = texts(self.examples.told(*found.lists_of(shown)))
        if found.ranked is None:
            return [told]
        return [*self._of_sample(found, found.ranked), told]

    def _of_sample(self, found: Ranking, ranked: Ranks) -> list[Summary]:
        num = len(ranked.ranks)
        lists = Lists(found.items[:num], found.users[:num], self.train)
        means = sample_metrics(ranked, lists, self.measures)
        told = f"Of {num} users drawn from those with validation data."
        tag = f"{SAMPLE}/precision and recall by length of lists"
        return [
            scalars({f"{SAMPLE}/{name}": x for name, x in means.items()}, told),
            pr_curve(tag, ranked, self.train.num_items),
        ]


class _Drawn:
    """Whose vectors are looked at, `[n]` places, and the decile of each by counts."""

    def __init__(self, counts: AnyArray, rng: np.random.Generator) -> None:
        decile = deciles(counts)
        self.places: IntArray = drawn_by_decile(decile, rng)
        self.decile = decile[self.places]
