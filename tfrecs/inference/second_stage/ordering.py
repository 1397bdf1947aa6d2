"""Candidates in the order of a ranker's scores."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.types import AnyArray, IntArray, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.ranking.kernel import row_parts
from tfrecs.inference.second_stage.first_stage import Candidates, FirstStage
from tfrecs.inference.second_stage.ranker import ranker_scores

if TYPE_CHECKING:
    import pandas as pd

ROWS = 2**18
"""Most candidates that a ranker scores at once."""


def scores_of_places(
    stage: FirstStage, ranker: Any, user_ids: IntArray, train: Interactions
) -> Scores:
    """Returns places in the order of both stages as scores `[users, num_items]`."""
    found, _ = ordered(stage, ranker, train.users.ids[user_ids])
    scores = np.empty((len(user_ids), train.num_items), dtype=np.float32)
    for row, first in zip(scores, stage.scorer()(user_ids), strict=True):
        distinct, places = np.unique(first, return_inverse=True)
        row[:] = places - len(distinct)
    scores[found.queries, found.item_ids] = stage.candidates - found.ranks
    return scores


def ordered(
    stage: FirstStage,
    ranker: Any,
    users: AnyArray,
    context: "pd.DataFrame | None" = None,
    **limits: Any,
) -> tuple[Candidates, Scores]:
    """Returns candidates in the ranker's order, with new ranks, and its scores.

    Of equal scores, the first stage's order stays.

    Args:
        stage: the first stage.
        ranker: the ranker.
        users: raw ids.
        context: a row for each user; None without context columns.
        **limits: `exclude_seen`, `allow` and `deny` of `Recommender.recommend`.

    Raises:
        TypeError, ValueError: as `FirstStage.candidates_of` and `ranker_scores`.
    """
    found: list[tuple[Any, ...]] = []
    for part in row_parts(len(users), stage.candidates, ROWS) or [slice(0, 0)]:
        first = stage.candidates_of(users[part], **limits)
        queries = first.queries + part.start
        given = None if context is None else context.iloc[queries]
        scores = ranker_scores(ranker, stage.rows(first, given))
        order = np.lexsort((first.ranks, -scores, queries))
        starts = np.searchsorted(queries, queries)  # as before sorting: by query
        ranks = np.arange(len(queries)) - starts + 1
        items = first.user_ids, first.item_ids[order], first.scores[order]
        found.append((queries, *items, ranks, scores[order]))
    *columns, scores = map(np.concatenate, zip(*found, strict=True))
    return Candidates(*columns), scores
