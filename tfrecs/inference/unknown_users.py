"""Scores for users that a model may not know."""

import numpy as np

from tfrecs._base.checks import check_choice
from tfrecs._base.types import AnyArray, IntArray, Scorer, Scores
from tfrecs.data.vocabulary import Vocabulary
from tfrecs.evaluation.ranking.scorers import check_scores

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


def model_or_popularity(
    score: Scorer, user_ids: IntArray, item_counts: AnyArray
) -> Scores:
    """Scores of known users, and the items' counts for users of id -1."""
    known = user_ids >= 0
    if known.all():
        return score(user_ids)
    counts = item_counts.astype(np.float64)
    scores = np.tile(counts, (len(user_ids), 1))
    if known.any():
        of_model = score(user_ids[known])
        scores[known] = check_scores(of_model, known.sum(), len(counts))
    return scores
