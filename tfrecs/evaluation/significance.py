"""How sure a mean over users is, and a difference between two models.

All take the values of a metric for each user, such as `Evaluation.per_user` holds, and
an explicit seed. What they say is about users: that another sample of users would give
much the same. It is not about another split or another seed of training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs._base.types import AnyArray
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.ranking.kernel import row_parts

BLOCK = 2**18
"""Users drawn at once, over resamples: 2 MiB of float64."""


def bootstrap_ci(
    values: AnyArray,
    *,
    seed: int,
    level: float = 0.95,
    num_resamples: int = 2000,
) -> tuple[float, float]:
    """Gives a bootstrap confidence interval of the mean over users, by percentiles.

    As many users as there are are drawn with replacement, and the mean taken; from
    the means of all resamples the (1 - level) / 2 at each end are cut off, with linear
    interpolation. The interval may be lopsided, as the values are. With fewer than some
    30 users it is too narrow, since the spread of a small sample is too small. Time is
    users * `num_resamples`; memory is bounded.

    Args:
        values: `[users]`, finite, at least 2.
        seed: of the draws; the same seed draws the same users.
        level: how often such an interval is to hold the true mean, between 0 and 1.
        num_resamples: how many times users are drawn.

    Returns:
        The lower and the upper end.

    Raises:
        ValueError: if there are fewer than 2 users, a value is NaN or infinite, or an
            argument is out of range.

    Example:
        >>> bootstrap_ci([0.0, 1.0, 1.0, 1.0], seed=0)
        (0.25, 1.0)

    References:
        Efron and Tibshirani 1993, "An Introduction to the Bootstrap", sec. 13.3.
    """
    values = _as_values("values", values)
    _check_level(level)
    check_positive(num_resamples=num_resamples)
    rng = np.random.default_rng(seed)
    means = np.empty(num_resamples)
    for rows in row_parts(num_resamples, len(values), BLOCK):
        size = (rows.stop - rows.start, len(values))
        means[rows] = values[rng.integers(len(values), size=size)].mean(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


@dataclass(frozen=True, repr=False)
class PairedTest:
    """How two models differ on the same users.

    Args:
        difference: the mean over users of a - b.
        low: the lower end of the difference's bootstrap interval.
        high: its upper end.
        level: the level of that interval.
        p_value: how often a difference as large, in either direction, comes about if
            the models do not differ.
        num_higher: users for whom a is higher, which most metrics call better.
        num_lower: users for whom a is lower.
        num_equal: users for whom both are the same.
        exact: whether every assignment of signs was counted, and none drawn.
    """

    difference: float
    low: float
    high: float
    level: float
    p_value: float
    num_higher: int
    num_lower: int
    num_equal: int
    exact: bool

    def __repr__(self) -> str:
        """Tells the difference, how sure it is, and for how many users it holds."""
        num_users = self.num_higher + self.num_lower + self.num_equal
        return (
            f"<PairedTest of {num_users} users: a - b = {self.difference:+.4f}, "
            f"{100 * self.level:g}% interval {self.low:+.4f} to {self.high:+.4f}, "
            f"p = {self.p_value:.2g}{' (exact)' if self.exact else ''}; a is higher "
            f"for {self.num_higher}, lower for {self.num_lower}, equal for "
            f"{self.num_equal}>"
        )


def paired_test(
    a: AnyArray,
    b: AnyArray,
    *,
    seed: int,
    level: float = 0.95,
    num_resamples: int = 10_000,
) -> PairedTest:
    """Tests whether two models differ, by randomization of signs over users.

    If the models do not differ, each user's a - b could as well be b - a. The p value
    is the share of all such exchanges whose mean difference is at least as far from 0
    as the one that was seen. Users for whom both are equal do not change it. All
    exchanges are counted, and p is exact, if there are no more than `num_resamples` of
    them (13 users that differ, by default); else as many are drawn, and the one that
    was seen is counted among them, so that p is never 0.

    The test is of the mean, and assumes nothing of how values are distributed, unlike
    Student's; the sign test and Wilcoxon's look at other things than the mean. Of many
    comparisons some are small by chance: see `holm`.

    Args:
        a: `[users]`, a metric of one model.
        b: `[users]`, of the other, for the same users in the same order.
        seed: of the draws.
        level: of the difference's interval, which is `bootstrap_ci` of a - b.
        num_resamples: how many signs are drawn for the test, and how many times users
            are for the interval.

    Raises:
        ValueError: if the numbers of users differ or are below 2, a value is NaN or
            infinite, or an argument is out of range.

    Example:
        >>> paired_test([1.0, 1.0, 1.0, 0.5], [0.5, 0.0, 1.0, 0.0], seed=0)
        <PairedTest of 4 users: a - b = +0.5000, 95% interval +0.1250 to +0.8750,
         p = 0.25 (exact); a is higher for 3, lower for 0, equal for 1>

    References:
        Smucker, Allan and Carterette 2007, "A Comparison of Statistical Significance
        Tests for Information Retrieval Evaluation", sec. 3.1; Phipson and Smyth 2010,
        "Permutation P-values Should Never Be Zero".
    """
    a, b = _as_values("a", a), _as_values("b", b)
    if len(a) != len(b):
        raise ValueError(
            "`a` and `b` must be of the same users. Received: "
            f"{len(a)} and {len(b)} users"
        )
    gaps = a - b
    low, high = bootstrap_ci(gaps, seed=seed, level=level, num_resamples=num_resamples)
    differing = np.abs(gaps[gaps != 0])
    exact = 2 ** len(differing) <= num_resamples
    if exact:
        signs = _every_sign(len(differing))
    else:
        signs = _random_signs(len(differing), num_resamples, seed)
    return PairedTest(
        difference=float(gaps.mean()),
        low=low,
        high=high,
        level=level,
        p_value=_share_as_far(differing, abs(gaps.sum()), signs, exact=exact),
        num_higher=int((gaps > 0).sum()),
        num_lower=int((gaps < 0).sum()),
        num_equal=int((gaps == 0).sum()),
        exact=exact,
    )


def holm(p_values: Sequence[float] | AnyArray) -> Values:
    """Adjusts p values for there being several of them, by Holm's method.

    Comparisons whose adjusted p value is at most alpha can all be called significant,
    and with a probability of at least 1 - alpha none of them is wrong, whether or not
    they depend on each other.

    Formula:
        of n p values, ascending, the i-th is multiplied by n - i + 1; each is then at
        least the one before it, and at most 1

    Args:
        p_values: `[comparisons]`, from 0 to 1.

    Returns:
        `[comparisons]`, in the order given.

    Raises:
        ValueError: if one is out of range or NaN.

    Example:
        >>> holm([0.04, 0.01, 0.03]).tolist()
        [0.06, 0.03, 0.06]

    References:
        Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1 or not ((given >= 0) & (given <= 1)).all():
        raise ValueError(
            "`p_values` must be [comparisons], each from 0 to 1. Received: "
            f"{given.tolist()}"
        )
    order = np.argsort(given, kind="stable")
    raised = given[order] * np.arange(len(given), 0, -1)
    adjusted = np.empty(len(given))
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return adjusted


def _share_as_far(
    sizes: Values, seen: float, signs: Iterator[AnyArray], *, exact: bool
) -> float:
    """The share of signs with which the sum of `sizes` is as far from 0 as `seen`.

    Args:
        sizes: `[differing]`, above 0.
        seen: the distance that was seen.
        signs: blocks `[signs, differing]` of 1, which is plus, and 0.
        exact: whether the one seen is among the signs.
    """
    far = seen - 1e-12 * sizes.sum()  # sums in another order differ in the last digits
    as_far, total = (0, 0) if exact else (1, 1)
    for block in signs:
        sums = 2 * (block @ sizes) - sizes.sum()
        as_far += int((np.abs(sums) >= far).sum())
        total += len(block)
    return as_far / total


def _every_sign(num_differing: int) -> Iterator[AnyArray]:
    """Every assignment of signs, in blocks."""
    places = np.arange(num_differing)
    for rows in row_parts(2**num_differing, max(1, num_differing), BLOCK):
        yield (np.arange(rows.start, rows.stop)[:, None] >> places) & 1


def _random_signs(num_differing: int, num_draws: int, seed: int) -> Iterator[AnyArray]:
    """Random signs, each plus or minus with probability 1/2, in blocks."""
    rng = np.random.default_rng(seed)
    num_words = -(-num_differing // 64)  # whole words, so that blocks do not matter
    for rows in row_parts(num_draws, num_differing, BLOCK):
        size = (rows.stop - rows.start, num_words)
        words = rng.integers(2**64, size=size, dtype=np.uint64)
        yield np.unpackbits(words.view(np.uint8), axis=1, count=num_differing)


def _as_values(name: str, values: AnyArray) -> Values:
    """Gives the values as float64 `[users]`, finite, of at least 2 users."""
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or len(given) < 2:
        raise ValueError(
            f"`{name}` must be [users], with at least 2 users. Received: shape "
            f"{list(given.shape)}"
        )
    if not np.isfinite(given).all():
        raise ValueError(
            f"`{name}` must be finite. Received: {(~np.isfinite(given)).sum()} of "
            f"{len(given)} NaN or infinite. Leave out users for whom it is not defined."
        )
    return given


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(
            f"`level` must be more than 0 and less than 1. Received: level={level!r}"
        )
