"""Ranking of test items among stored candidates, as in some published tables."""

from collections.abc import Sequence

import numpy as np

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs._base.types import AnyArray, IntArray, Scorer, Scores
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.candidates import SampledCandidates
from tfrecs.evaluation.measures import choose_measures, join
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.ranking.ranks import rank_among, rated_matrix
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    scored_blocks,
)
from tfrecs.evaluation.result import Evaluation


def evaluate_sampled(
    model: ScoresUsers | Scorer | Scores,
    test: Interactions,
    candidates: SampledCandidates,
    *,
    k: int | Sequence[int] = (5, 10),
    metrics: Sequence[str] | None = None,
    scores_at_once: int = SCORE_BLOCK,
) -> Evaluation:
    """Ranks each user's test items together with the user's stored candidates.

    Candidates that repeat, or are test items, are dropped, so that a test item is not
    ranked below itself. Ties are broken against the model. See
    `tfrecs.evaluation.candidates` on comparing sampled metrics.

    Args:
        model: as in `evaluate`.
        test: held-out interactions.
        candidates: the same for every model.
        k: cut-offs, each from 1 to the most items ranked for a user.
        metrics: as in `evaluate`, without metrics of lists.
        scores_at_once: as in `evaluate`.

    Returns:
        The metrics of the users of `test`.

    Raises:
        TypeError: if `model` is of another kind.
        ValueError: if a user of `test` has no candidates; if a user or item of
            `candidates` is not in the vocabularies; if a k is out of range; if scores
            have a wrong shape or are NaN; if `metrics` is empty or one is unknown.

    Example:
        >>> from tfrecs import Interactions
        >>> test = Interactions.from_matrix(np.array([[0, 0, 0, 1]]))
        >>> candidates = SampledCandidates(np.array([0]), np.array([[1, 2]]))
        >>> scores = np.array([[9.0, 7.0, 1.0, 5.0]])  # item 0 is no candidate
        >>> evaluate_sampled(scores, test, candidates, k=2).metrics["mrr"]
        0.5
    """
    test = test.positives
    cutoffs = check_cutoffs(k, test.num_items)
    measures = choose_measures(metrics, cutoffs, lists=False)
    check_positive(scores_at_once=scores_at_once)
    relevant = rated_matrix(test) if measures.graded else test.matrix
    user_ids = np.unique(test.user_ids)
    places = _places(test, candidates, user_ids)
    num_sampled = candidates.item_ids.shape[1]
    most = num_sampled + np.diff(test.matrix.indptr).max()
    if max(cutoffs) > most:
        raise ValueError(
            f"`k` must be at most {most}, the most items ranked for a user. Received: "
            f"k={max(cutoffs)}. Lower k."
        )
    parts = []
    for block, scores in scored_blocks(
        as_scorer(model, test, "test"), user_ids, test.num_items, scores_at_once
    ):
        others = candidates.item_ids[places[block]]
        ranked = rank_among(scores, relevant[block], others, graded=measures.graded)
        parts.append(measures.of_ranks(ranked))
    protocol = Protocol("sampled", size=num_sampled)
    return Evaluation.of_test(test, join(parts), protocol)


def _places(
    test: Interactions, candidates: SampledCandidates, user_ids: IntArray
) -> AnyArray:
    """Returns each user's row in `candidates`, -1 for none: `[num_users]`."""
    candidates.check_within(test, "`candidates`")
    places = np.full(test.num_users, -1)
    places[candidates.user_ids] = np.arange(len(candidates.user_ids))
    without = user_ids[places[user_ids] < 0]
    if len(without):
        raise ValueError(
            "`candidates` must hold each user of `test`. Received: none for "
            f"{len(without)} of {len(user_ids)} users, the first {without[0]}. Draw "
            "them with sample_candidates(train, test, ...)."
        )
    return places
