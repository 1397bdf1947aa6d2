"""Items for users that a model may not know."""

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, IntArray, Scorer, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.evaluation.ranking.scorers import check_scores
from tfrecs.evaluation.ranking.top_k import best_items, top_k_of_rows
from tfrecs.inference.allow_deny import Mask

UNKNOWN = ("error", "popular")
"""Answers for unknown users."""


def indices_of(users: Vocabulary, raw: AnyArray, unknown: str) -> IntArray:
    """Returns the index of each raw id, -1 if unknown.

    Raises:
        ValueError: if an id is unknown and `unknown` is "error", or something else than
            `UNKNOWN`.
    """
    check_choice("unknown", unknown, UNKNOWN)
    return users.index(raw) if unknown == "popular" else users.known(raw)


def best_items_for(
    score: Scorer,
    user_ids: IntArray,
    k: int,
    train: Interactions,
    excluded: Mask | None,
) -> tuple[IntArray, Scores]:
    """Returns items and scores `[users, k]`, ranked by a model's scores.

    Users of id -1 get the items of most interactions in `train`, whose number is the
    score.
    """

    def scores(rows: slice) -> Scores:
        asked = user_ids[rows]
        known = asked >= 0
        if known.all():
            return score(asked)
        counts = train.item_counts.astype(np.float64)
        found = np.tile(counts, (len(asked), 1))
        if known.any():
            found[known] = check_scores(score(asked[known]), known.sum(), len(counts))
        return found

    shape = (len(user_ids), train.num_items)
    return top_k_of_rows(scores, shape, k, excluded=excluded)


def popular_where_unknown(
    found: tuple[IntArray, Scores],
    user_ids: IntArray,
    train: Interactions,
    excluded: Mask | None,
) -> tuple[IntArray, Scores]:
    """Returns items and scores `[users, k]`, the most popular ones for users of id -1.

    Their scores are the same as of `best_items_for`.
    """
    unknown = np.flatnonzero(user_ids < 0)
    if len(unknown) == 0:
        return found
    items, scores = found[0], found[1].astype(np.float64)
    counts = train.item_counts.astype(np.float64)[None]
    for row in unknown.tolist():
        out = None if excluded is None else excluded(slice(row, row + 1))
        best = best_items(counts, out, items.shape[1])
        items[row], scores[row] = best[0][0], best[1][0]
    return items, scores
