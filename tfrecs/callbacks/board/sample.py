"""How a model ranks for a sample of users."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfrecs._ranking import row_parts
from tfrecs._scorers import SCORE_BLOCK
from tfrecs._types import FloatArray, IntArray, Scorer
from tfrecs.evaluation.measures import Measures
from tfrecs.evaluation.ranks import rank_relevant
from tfrecs.interactions import Interactions
from tfrecs.list_metrics import Lists, mean_where_defined, measure_lists
from tfrecs.metrics import Ranks
from tfrecs.retrieval import best_items

METRICS = ("precision", "recall", "ndcg", "mrr", "coverage", "head_share")
"""Of the sample; see `tfrecs.metrics` and `tfrecs.list_metrics`."""


class Diverged(Exception):
    """The model's scores are no numbers any more: there is nothing to see."""


@dataclass(frozen=True)
class Ranking:
    """What a model gives to a sample of users.

    Args:
        ranked: where their held-out items stand in the whole catalogue, training items
            left out.
        lists: their best items.
    """

    ranked: Ranks
    lists: Lists


def finite(score: Scorer) -> Scorer:
    """Gives the same scores, and raises `Diverged` for those that are NaN."""

    def checked(user_ids: IntArray) -> FloatArray:
        scores = np.asarray(score(user_ids), np.float32)
        if np.isnan(scores.max()):
            raise Diverged
        return scores

    return checked


def rank_for(
    score: Scorer, train: Interactions, held: Interactions, longest: int
) -> Ranking:
    """Ranks the catalogue for the users of `held`, some of them at a time."""
    users = np.unique(held.user_ids)
    ranked, best = [], []
    for rows in row_parts(len(users), train.num_items, SCORE_BLOCK):
        block = users[rows]
        scores, seen = score(block), train.matrix[block]
        ranked.append(rank_relevant(scores, held.matrix[block], seen))
        best.append(best_items(scores, seen, longest)[0])
    return Ranking(_joined(ranked), Lists(np.concatenate(best), users, train))


def sample_metrics(found: Ranking, measures: Measures) -> dict[str, float]:
    """Gives each metric's mean over the users, such as "ndcg@10", or that of all."""
    of_users, of_system = measure_lists(
        found.lists, k=measures.cutoffs, metrics=measures.of_lists
    )
    values = {**measures.of(found.ranked), **of_users}
    means = {name: mean_where_defined(x) for name, x in values.items()}
    return {**means, **of_system}


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
