"""Other orders of a model's best items: fewer that everyone knows, fewer of one kind.

Both take the candidates that a model found for one user, some hundred as a rule, and
neither knows of models.
"""

import numpy as np

from tfrecs._base.checks import check_cutoffs
from tfrecs._base.types import AnyArray, IntArray


def rerank(
    scores: AnyArray,
    counts: AnyArray,
    similarities: AnyArray,
    k: int,
    *,
    popularity_weight: float = 0.0,
    diversity_weight: float = 0.0,
) -> IntArray:
    """Gives the k best candidates after `penalize_popularity` and `diversify`.

    Args:
        scores: `[candidates]`, as `penalize_popularity`.
        counts: `[candidates]`, as `penalize_popularity`.
        similarities: `[candidates, candidates]`, as `diversify`.
        k: from 1 to the number of candidates.
        popularity_weight: the `weight` of `penalize_popularity`.
        diversity_weight: the `weight` of `diversify`.

    Returns:
        `[k]` places of candidates, best first; with no weights those of highest score.

    Raises:
        ValueError: as the two do.
    """
    fair = penalize_popularity(scores, counts, popularity_weight)
    return diversify(fair, similarities, k, diversity_weight)


def penalize_popularity(scores: AnyArray, counts: AnyArray, weight: float) -> AnyArray:
    """Lowers the scores of popular candidates.

    It is the adjustment of logits by the logarithm of frequency, on a common scale, so
    that one weight means the same for models whose scores differ: with 1 a standard
    deviation of log-popularity costs as much as one of the score is worth. The greater
    the weight, the less popular are the k best together, by the sum of ln(1 + count).

    Formula:
        score - weight * std(score) * (p - mean(p)) / std(p), where p = ln(1 + count);
        mean and std over the candidates; the score where all p are equal

    Args:
        scores: `[candidates]`, finite.
        counts: `[candidates]`, interactions of each in training, at least 0.
        weight: at least 0; 0 gives the scores as they are.

    Returns:
        `[candidates]` float64.

    Raises:
        ValueError: if `weight` or a count is negative, a number is not finite, or the
            lengths differ.

    Example:
        >>> penalize_popularity([2.0, 1.0], [9, 0], weight=1.0).tolist()
        [1.5, 1.5]

    References:
        Menon et al. 2021, "Long-Tail Learning via Logit Adjustment", sec. 4.1, where
        the logits are not put on a common scale.
    """
    found = _finite("scores", scores)
    seen = _finite("counts", counts)
    if not 0 <= weight < np.inf:
        raise ValueError(
            f"`weight` must be at least 0, and finite. Received: weight={weight!r}"
        )
    if seen.shape != found.shape or seen.min() < 0:
        raise ValueError(
            f"`counts` must be at least 0, one for each of {len(found)} scores. "
            f"Received: {len(seen)} from {seen.min():g}"
        )
    popularity = np.log1p(seen)
    spread = popularity.std()
    if np.ptp(popularity) == 0:  # a mean of equal numbers may differ from them
        return found
    return found - weight * found.std() * (popularity - popularity.mean()) / spread


def diversify(
    scores: AnyArray, similarities: AnyArray, k: int, weight: float
) -> IntArray:
    """Chooses k candidates one by one, each good and unlike those before it.

    This is maximal marginal relevance. Scores are first put into [0, 1], the lowest
    being 0 and the highest 1, to be comparable with cosines. Of equal candidates the
    one of higher score comes first, and then that of the lower place.

    Formula:
        next = argmax over the rest of (1 - weight) * relevance - weight * max over the
        chosen of similarity; the first by relevance alone

    Args:
        scores: `[candidates]`, finite.
        similarities: `[candidates, candidates]`, finite, such as cosines.
        k: from 1 to the number of candidates.
        weight: from 0, which gives the order of the scores, to 1, which forgets them
            after the first.

    Returns:
        `[k]` places of candidates, in the order in which they were chosen.

    Raises:
        ValueError: if `weight` or k is out of range, a number is not finite, or the
            shapes do not fit.

    Example:
        >>> import numpy as np
        >>> alike = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> diversify([3.0, 2.0, 1.0], alike, k=3, weight=0.5).tolist()
        [0, 2, 1]

    References:
        Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking for
        Reordering Documents and Producing Summaries", where lambda is 1 - weight.
    """
    found = _finite("scores", scores)
    alike = np.asarray(similarities, dtype=np.float64)
    if alike.shape != (len(found), len(found)) or not np.isfinite(alike).all():
        raise ValueError(
            f"`similarities` must be finite, [{len(found)}, {len(found)}] for as many "
            f"scores. Received: shape {list(alike.shape)}"
        )
    if not 0 <= weight <= 1:
        raise ValueError(
            f"`weight` must be from 0 to 1. Received: weight={weight!r}. 0 keeps the "
            "order of the scores."
        )
    check_cutoffs(k, len(found))
    order = np.argsort(-found, kind="stable")
    relevance, alike = _from_0_to_1(found[order]), alike[np.ix_(order, order)]
    chosen = [0]
    nearest = alike[0].copy()
    rest = np.arange(1, len(order))
    while len(chosen) < k:
        gains = (1 - weight) * relevance[rest] - weight * nearest[rest]
        best = int(rest[np.argmax(gains)])
        chosen.append(best)
        rest = rest[rest != best]
        nearest = np.maximum(nearest, alike[best])
    return order[chosen].astype(np.int32)


def _from_0_to_1(scores: AnyArray) -> AnyArray:
    spread = np.ptp(scores)
    return (scores - scores.min()) / spread if spread > 0 else np.zeros_like(scores)


def _finite(name: str, numbers: AnyArray) -> AnyArray:
    """The numbers as float64 `[n]`, of which there is one at least."""
    found = np.asarray(numbers, dtype=np.float64)
    if found.ndim != 1 or len(found) == 0 or not np.isfinite(found).all():
        raise ValueError(
            f"`{name}` must be finite numbers [candidates], one at least. Received: "
            f"shape {list(found.shape)}, of which {np.isfinite(found).sum()} are finite"
        )
    return found
