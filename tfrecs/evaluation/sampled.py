"""A user's test items ranked among stored candidates, as some published tables do."""

from collections.abc import Sequence

import numpy as np

from tfrecs._base.checks import check_cutoffs, check_positive
from tfrecs._base.types import AnyArray, FloatArray, IntArray, Scorer
from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.candidates import SampledCandidates
from tfrecs.evaluation.measures import choose_measures, join
from tfrecs.evaluation.protocol import Protocol
from tfrecs.evaluation.ranking.ranks import rank_among
from tfrecs.evaluation.ranking.scorers import (
    SCORE_BLOCK,
    ScoresUsers,
    as_scorer,
    scored_blocks,
)
from tfrecs.evaluation.result import Evaluation


def evaluate_sampled(
    model: ScoresUsers | Scorer | FloatArray,
    test: Interactions,
    candidates: SampledCandidates,
    *,
    k: int | Sequence[int] = (5, 10),
    metrics: Sequence[str] | None = None,
    scores_at_once: int = SCORE_BLOCK,
) -> Evaluation:
    """Ranks each test user's test items among them and the user's stored candidates.

    What is ranked is a set: a stored candidate that is one of the user's test items, or
    stands twice, is dropped, so that a test item does not lose against itself. (In the
    NCF paper's MovieLens 1M, 156 users have their test item among their 99 negatives.)
    Ties are broken against the model. Such figures are higher than those of the whole
    catalogue and may order models otherwise; the result says that they are sampled.

    Args:
        model: what `evaluate` takes.
        test: held-out interactions.
        candidates: what test items are ranked among: the same for every model.
        k: cut-offs, each from 1 to the most items that are ranked for a user.
        metrics: what `evaluate` takes, without metrics of lists.
        scores_at_once: the model is asked for at most so many scores, or for one user.

    Returns:
        Those metrics, of the users of `test`.

    Raises:
        TypeError: if `model` is none of the kinds that `evaluate` takes.
        ValueError: if a user of `test` has no candidates; if a user or an item of
            `candidates` is not in the vocabularies; if a k is out of range; if scores
            have a wrong shape or are NaN; if `metrics` names another metric, or none.

    Example:
        >>> import numpy as np
        >>> from tfrecs import Interactions
        >>> from tfrecs.evaluation.candidates import SampledCandidates
        >>> from tfrecs.evaluation import evaluate_sampled
        >>> test = Interactions.from_matrix(np.array([[0, 0, 0, 1]]))
        >>> candidates = SampledCandidates(np.array([0]), np.array([[1, 2]]))
        >>> scores = np.array([[9.0, 7.0, 1.0, 5.0]])  # item 0 is no candidate
        >>> evaluate_sampled(scores, test, candidates, k=2).metrics["mrr"]
        0.5

    References:
        Krichene and Rendle 2020, "On Sampled Metrics for Item Recommendation", on what
        such figures do not tell.
    """
    cutoffs = check_cutoffs(k, test.num_items)
    measures = choose_measures(metrics, cutoffs, lists=False)
    check_positive(scores_at_once=scores_at_once)
    score = as_scorer(model)
    user_ids = np.unique(test.user_ids)
    places = _places(test, candidates, user_ids)
    num_sampled = candidates.item_ids.shape[1]
    _check_enough(max(cutoffs), num_sampled + np.diff(test.matrix.indptr).max())
    parts = []
    blocks = scored_blocks(score, user_ids, test.num_items, scores_at_once)
    for block, scores in blocks:
        others = candidates.item_ids[places[block]]
        parts.append(measures.of(rank_among(scores, test.matrix[block], others)))
    protocol = Protocol("sampled", size=num_sampled)
    return Evaluation.of_test(test, join(parts), protocol)


def _places(
    test: Interactions, candidates: SampledCandidates, user_ids: IntArray
) -> AnyArray:
    """The row of each user in `candidates`, -1 for none: `[num_users]`."""
    for name, ids, size in (
        ("user_ids", candidates.user_ids, test.num_users),
        ("item_ids", candidates.item_ids, test.num_items),
    ):
        if ids.max() >= size:
            raise ValueError(
                f"`candidates` must be of the vocabularies of `test`: `{name}` from 0 "
                f"to {size - 1}. Received: {ids.max()}"
            )
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


def _check_enough(k: int, most: int) -> None:
    if k > most:
        raise ValueError(
            f"`k` must be at most {most}, the most items that are ranked for a user. "
            f"Received: k={k}. Lower k."
        )
