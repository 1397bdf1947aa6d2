"""The ranking of the catalogue for a sample of users."""

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

SNAPSHOT_METRICS = ("precision", "recall", "ndcg", "mrr", "coverage", "head_share")
"""Metrics of a snapshot: names of `tfrecs.evaluate`."""


class Diverged(Exception):
    """The model's scores are NaN."""


@dataclass(frozen=True)
class Ranking:
    """A model's ranking for some users, without training items.

    Args:
        users: `[users]`, indices, the sample first.
        items: `[users, longest]`, their best items.
        scores: `[users, longest]`, of these items.
        ranked: the ranks of the held-out items of the sample in the whole catalogue;
            None without a sample.
    """

    users: IntArray
    items: IntArray
    scores: FloatArray
    ranked: Ranks | None

    def lists_of(self, users: IntArray) -> tuple[IntArray, FloatArray]:
        """Returns items and scores of some of the users, in that order."""
        places = [int(np.flatnonzero(self.users == user)[0]) for user in users]
        return self.items[places], self.scores[places]


def rank_for(
    score: Scorer,
    train: Interactions,
    held: Interactions | None,
    others: IntArray,
    longest: int,
) -> Ranking:
    """Ranks the catalogue for the users of `held` and for others, in blocks.

    Raises:
        Diverged: if a score is NaN.
        ValueError: if scores have a wrong shape.
    """
    sampled = np.unique([] if held is None else held.user_ids).astype(np.int32)
    users = np.concatenate([sampled, np.setdiff1d(others, sampled)])
    ranked, best = [], []
    for rows in row_parts(len(users), train.num_items, SCORE_BLOCK):
        block, of_sample = users[rows], sampled[rows]
        scores, seen = _scores(score, block, train.num_items), train.matrix[block]
        best.append(best_items(scores, seen, longest))
        if held is not None and len(of_sample):
            size = len(of_sample)
            ranked.append(
                rank_relevant(scores[:size], held.matrix[of_sample], seen[:size])
            )
    items, of_items = map(np.concatenate, zip(*best, strict=True))
    return Ranking(users, items, of_items, _joined(ranked) if ranked else None)


def sample_metrics(ranked: Ranks, lists: Lists, measures: Measures) -> dict[str, float]:
    """Returns means over the users, such as "ndcg@10", and metrics of all lists."""
    of_users, overall = measure_lists(
        lists, k=measures.cutoffs, metrics=measures.of_lists
    )
    values = {**measures.of(ranked), **of_users}
    means = {name: mean_where_defined(x) for name, x in values.items()}
    return {**means, **overall}


def _scores(score: Scorer, user_ids: IntArray, num_items: int) -> FloatArray:
    scores = np.asarray(score(user_ids), np.float32)
    if np.isnan(scores.max()):
        raise Diverged
    return check_scores(scores, len(user_ids), num_items)


def _joined(blocks: list[Ranks]) -> Ranks:
    """Joins blocks of users, padded with inf to the widest one."""
    width = max(block.ranks.shape[1] for block in blocks)
    ranks = np.full((sum(len(block.ranks) for block in blocks), width), np.inf)
    start = 0
    for block in blocks:
        ranks[start : start + len(block.ranks), : block.ranks.shape[1]] = block.ranks
        start += len(block.ranks)
    return Ranks(
        ranks,
        np.concatenate([block.num_relevant for block in blocks]),
        np.concatenate([block.num_candidates for block in blocks]),
    )
