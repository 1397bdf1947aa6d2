"""Balance of one user's best items between score, popularity and diversity."""

import numpy as np

from tfrecs._base.checks import check_cutoffs, check_not_negative, check_proportion
from tfrecs._base.types import AnyArray, IntArray


def balance(
    scores: AnyArray,
    counts: AnyArray,
    similarities: AnyArray,
    k: int,
    *,
    popularity_weight: float = 0.0,
    diversity_weight: float = 0.0,
) -> IntArray:
    """Applies `penalize_popularity` and then `diversify`, and returns `[k]` indices.

    Weights of 0 keep the order of the scores.
    """
    fair = penalize_popularity(scores, counts, popularity_weight)
    return diversify(fair, similarities, k, diversity_weight)


def penalize_popularity(scores: AnyArray, counts: AnyArray, weight: float) -> AnyArray:
    """Lowers the scores of popular items.

    Logits are adjusted by the logarithm of frequency, on a common scale for all models:
    a weight of 1 exchanges a standard deviation of log-popularity for one of the score.
    A greater weight never raises the sum of ln(1 + count) over the k best.

    Formula:
        score - weight * std(score) * (p - mean(p)) / std(p), where p = ln(1 + count);
        mean and std over the items; the score if all p are equal

    Args:
        scores: `[items]`, finite.
        counts: `[items]`, interactions of each in training, at least 0.
        weight: at least 0.

    Returns:
        `[items]` float64.

    Raises:
        ValueError: if `weight` or a count is negative, a number is not finite, or the
            lengths differ.

    Example:
        >>> penalize_popularity([2.0, 1.0], [9, 0], weight=1.0).tolist()
        [1.5, 1.5]

    References:
        Menon et al. 2021, "Long-Tail Learning via Logit Adjustment", sec. 4.1, without
        the common scale.
    """
    found = _finite("scores", scores)
    seen = _finite("counts", counts)
    check_not_negative(weight=weight)
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
    """Chooses k items one by one, by maximal marginal relevance.

    Scores are scaled to [0, 1] first, to be comparable with cosines. Ties are broken by
    score and then by index.

    Formula:
        next = argmax over the rest of (1 - weight) * relevance - weight * max over the
        chosen of similarity; the first by relevance alone

    Args:
        scores: `[items]`, finite.
        similarities: `[items, items]`, finite, such as cosines.
        k: from 1 to the number of items.
        weight: from 0, the order of the scores, to 1, by similarity after the first.

    Returns:
        `[k]` indices of items, in the order of their choice.

    Raises:
        ValueError: if `weight` or k is out of range, a number is not finite, or the
            shapes do not fit.

    Example:
        >>> cosines = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> diversify([3.0, 2.0, 1.0], cosines, k=3, weight=0.5).tolist()
        [0, 2, 1]

    References:
        Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking for
        Reordering Documents and Producing Summaries", where lambda is 1 - weight.
    """
    found = _finite("scores", scores)
    similar = np.asarray(similarities, dtype=np.float64)
    if similar.shape != (len(found), len(found)) or not np.isfinite(similar).all():
        raise ValueError(
            f"`similarities` must be finite, [{len(found)}, {len(found)}] for as many "
            f"scores. Received: shape {list(similar.shape)}"
        )
    check_proportion(weight=weight)
    check_cutoffs(k, len(found))
    order = np.argsort(-found, kind="stable")
    relevance, similar = found[order] - found.min(), similar[np.ix_(order, order)]
    relevance /= relevance[0] or 1  # from 0 to 1
    chosen = [0]
    nearest = similar[0].copy()
    rest = np.arange(1, len(order))
    while len(chosen) < k:
        gains = (1 - weight) * relevance[rest] - weight * nearest[rest]
        best = int(rest[np.argmax(gains)])
        chosen.append(best)
        rest = rest[rest != best]
        nearest = np.maximum(nearest, similar[best])
    return order[chosen].astype(np.int32)


def _finite(name: str, numbers: AnyArray) -> AnyArray:
    """Returns the numbers as float64 `[n]`, at least one."""
    found = np.asarray(numbers, dtype=np.float64)
    if found.ndim != 1 or len(found) == 0 or not np.isfinite(found).all():
        raise ValueError(
            f"`{name}` must be finite numbers [items], at least one. Received: "
            f"shape {list(found.shape)}, of which {np.isfinite(found).sum()} are finite"
        )
    return found
