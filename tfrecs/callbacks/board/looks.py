"""What is seen of a model that is in training, beside what `fit` tells."""

from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary

from tfrecs._types import AnyArray, IntArray
from tfrecs.callbacks.board.curve import pr_curve
from tfrecs.callbacks.board.events import scalars, texts
from tfrecs.callbacks.board.examples import Examples
from tfrecs.callbacks.board.norms import deciles, drawn_by_decile, norms
from tfrecs.callbacks.board.sample import finite, rank_for, sample_metrics
from tfrecs.evaluation.measures import Measures
from tfrecs.interactions import Interactions
from tfrecs.models.two_tower import TwoTower
from tfrecs.retrieval import top_k
from tfrecs.similarity import vectors_of

SAMPLE = "validation sample"
"""The group of what is measured on the sample: no other figures are in it."""


class Looks:
    """Looks at a model: the same users and items each time.

    Args:
        train: what the model learns from.
        sample: held-out interactions of some users, all that these have; None for none.
        examples: users whose recommendations are shown.
        measures: what is measured on the sample.
        rng: draws whose vectors are looked at.
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
        of_users, of_items = np.diff(train.matrix.indptr), train.item_counts
        self._users = _Drawn(of_users, rng)
        self._items = _Drawn(of_items, rng)

    def at(self, model: Any) -> list[Summary]:
        """Gives what is seen of a model now: as much as it can be asked for.

        Raises:
            Diverged: if its scores are NaN.
        """
        if not isinstance(model, TwoTower):
            return self._scored(model.score_users)
        items = model.item_parts()
        seen = self._scored(
            lambda users: model.score_parts(model.user_parts(users), items)
        )
        users = model.user_parts(self._users.places)
        vectors = vectors_of(items)[self._items.places]
        return [
            *seen,
            norms("vector norms of items, by popularity", vectors, self._items.decile),
            norms(
                "vector norms of users, by activity",
                vectors_of(users),
                self._users.decile,
            ),
        ]

    def _scored(self, score: Any) -> list[Summary]:
        """What is seen by scores alone."""
        score = finite(score)
        seen = []
        longest = max(self.measures.cutoffs)
        if self.sample is not None:
            found = rank_for(score, self.train, self.sample, longest)
            means = sample_metrics(found, self.measures)
            drawn = len(found.lists.user_ids)
            told = f"Of {drawn} users drawn from those with validation data."
            of_sample = {f"{SAMPLE}/{name}": x for name, x in means.items()}
            seen.append(scalars(of_sample, told))
            tag = f"{SAMPLE}/precision and recall by length of lists"
            seen.append(pr_curve(tag, found.ranked, self.train.num_items))
        if len(self.examples.users):
            best = top_k(score, self.examples.users, longest, exclude=self.train)
            seen.append(texts(self.examples.told(*best)))
        return seen


class _Drawn:
    """Whose vectors are looked at, `[n]` places, and the decile of each by counts."""

    def __init__(self, counts: AnyArray, rng: np.random.Generator) -> None:
        decile = deciles(counts)
        self.places: IntArray = drawn_by_decile(decile, rng)
        self.decile = decile[self.places]
