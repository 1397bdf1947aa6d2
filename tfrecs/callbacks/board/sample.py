"""The ranking of the catalogue for a sample of users."""

from dataclasses import dataclass

import numpy as np

from tfrecs._base.types import IntArray, Scorer, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.measures import Measures, mean_where_defined
from tfrecs.evaluation.metrics.lists import Lists
from tfrecs.evaluation.metrics.ranking import Ranks
from tfrecs.evaluation.ranking.ranks import rank_relevant
from tfrecs.evaluation.ranking.scorers import scored_blocks
from tfrecs.evaluation.ranking.top_k import best_items

SNAPSHOT_METRICS = ("precision", "recall", "ndcg", "mrr", "coverage", "head_share")
"""Metrics of a snapshot: names of `tfrecs.evaluate`."""


@dataclass(frozen=True)
class Ranking:
    """A model's best items for some users, without training items.

    Of `users` `[users]`, the sample comes first. `items` and their `scores` are
    `[users, longest]`. `ranked` are the ranks of the sample's held-out items in the
    whole catalogue; None without a sample.
    """

    users: IntArray
    items: IntArray
    scores: Scores
    ranked: Ranks | None

    def lists_of(self, users: IntArray) -> tuple[IntArray, Scores]:
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
        ValueError: as `check_scores`.
    """
    sampled = np.unique([] if held is None else held.user_ids).astype(np.int32)
    users = np.concatenate([sampled, np.setdiff1d(others, sampled)])
    ranked, best = [], []
    for block, scores in scored_blocks(score, users, train.num_items):
        seen = train.matrix[block]
        best.append(best_items(scores, seen, longest))
        num = np.isin(block, sampled).sum()  # which come first
        if held is not None and num:
            relevant = held.matrix[block[:num]]
            ranked.append(rank_relevant(scores[:num], relevant, seen[:num]))
    items, of_items = map(np.concatenate, zip(*best, strict=True))
    return Ranking(users, items, of_items, _joined(ranked) if ranked else None)


def sample_metrics(ranked: Ranks, lists: Lists, measures: Measures) -> dict[str, float]:
    """Returns means over the users, such as "ndcg@10", and metrics of all lists."""
    of_users, overall = measures.of_lists(lists)
    values = {**measures.of_ranks(ranked), **of_users}
    means = {name: mean_where_defined(x) for name, x in values.items()}
    return {**means, **overall}


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
