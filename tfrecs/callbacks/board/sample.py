"""How a model ranks for a sample of users."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfrecs._base.types import FloatArray, IntArray, Scorer
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import Measures, mean_where_defined, measure_lists
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Ranks
from tfrecs.evaluation.ranking.kernel import row_parts
from tfrecs.evaluation.ranking.ranks import rank_relevant
from tfrecs.evaluation.ranking.scorers import SCORE_BLOCK, check_scores
from tfrecs.evaluation.ranking.top_k import best_items

METRICS = ("precision", "recall", "ndcg", "mrr", "coverage", "head_share")
"""Of the sample; see `tfrecs.evaluation.metrics`."""


class Diverged(Exception):
    """The model's scores are no numbers any more: there is nothing to see."""


@dataclass(frozen=True)
class Ranking:
    """What a model gives to some users, training items left out.

    Args:
        users: `[users]`, their indices.
        items: `[users, longest]`, their best items.
        scores: `[users, longest]`, of these items.
        ranked: where the held-out items of the first users, those of the sample, stand
            in the whole catalogue; None where there is no sample.
    """

    users: IntArray
    items: IntArray
    scores: FloatArray
    ranked: Ranks | None

    def lists_of(self, users: IntArray) -> tuple[IntArray, FloatArray]:
        """Gives items and scores of some of the users, in that order."""
        places = [int(np.flatnonzero(self.users == user)[0]) for user in users]
        return self.items[places], self.scores[places]


def rank_for(
    score: Scorer,
    train: Interactions,
    held: Interactions | None,
    others: IntArray,
    longest: int,
) -> Ranking:
    """Ranks the catalogue for the users of `held` and for others, some at a time.

    Raises:
        Diverged: if a score is NaN.
        ValueError: if scores have a wrong shape.
    """
    sampled = np.unique([] if held is None else held.user_ids).astype(np.int32)
    users = np.concatenate([sampled, np.setdiff1d(others, sampled)])
    ranked, best = [], []
    for rows in row_parts(len(users), train.num_items, SCORE_BLOCK):
        block, drawn = users[rows], sampled[rows]
        scores, seen = _scores(score, block, train.num_items), train.matrix[block]
        best.append(best_items(scores, seen, longest))
        if held is not None and len(drawn):
            of_drawn = scores[: len(drawn)], held.matrix[drawn], seen[: len(drawn)]
            ranked.append(rank_relevant(*of_drawn))
    items, of_items = map(np.concatenate, zip(*best, strict=True))
    return Ranking(users, items, of_items, _joined(ranked) if ranked else None)


def _scores(score: Scorer, user_ids: IntArray, num_items: int) -> FloatArray:
    scores = np.asarray(score(user_ids), np.float32)
    if np.isnan(scores.max()):
        raise Diverged
    return check_scores(scores, len(user_ids), num_items)


def sample_metrics(ranked: Ranks, lists: Lists, measures: Measures) -> dict[str, float]:
    """Gives each metric's mean over the users, such as "ndcg@10", or that of all."""
    of_users, overall = measure_lists(
        lists, k=measures.cutoffs, metrics=measures.of_lists
    )
    values = {**measures.of(ranked), **of_users}
    means = {name: mean_where_defined(x) for name, x in values.items()}
    return {**means, **overall}


def _joined(parts: Sequence[Ranks]) -> Ranks:
    """Puts blocks of users together, filled up with inf to one width."""
    width = max(part.ranks.shape[1] for part in parts)
    return Ranks(
        np.concatenate(
            [
                np.pad(
                    part.ranks,
                    [(0, 0), (0, width - part.ranks.shape[1])],
                    constant_values=np.inf,
                )
                for part in parts
            ]
        ),
        np.concatenate([part.num_relevant for part in parts]),
        np.concatenate([part.num_candidates for part in parts]),
    )
