"""Confidence intervals of means over users, and tests of differences.

All take a metric's values for each user, such as in `Evaluation.per_user`, and a seed.
They measure the variation between samples of users, not between splits or training
seeds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tfrecs._base.checks import check_inside, check_positive
from tfrecs._base.types import AnyArray
from tfrecs.evaluation.metrics.ranking import Values
from tfrecs.evaluation.ranking.kernel import row_parts

BLOCK = 2**18
"""Most users drawn at once, over resamples: 2 MiB of float64."""


def bootstrap_ci(
    values: AnyArray,
    *,
    seed: int,
    level: float = 0.95,
    num_resamples: int = 2000,
) -> tuple[float, float]:
    """Returns a percentile bootstrap confidence interval of the mean over users.

    Users are resampled with replacement, and the (1 - level) / 2 quantiles at each end
    of the means are interpolated linearly. With fewer than some 30 users the interval
    is too narrow. Time is users * `num_resamples`; memory is bounded.

    Args:
        values: `[users]`, finite, at least 2.
        seed: of the draws.
        level: the coverage, between 0 and 1.
        num_resamples: the number of resamples.

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
    check_inside(level=level)
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
    """The result of a paired comparison of two models.

    Args:
        difference: the mean over users of a - b.
        low: the lower end of the difference's bootstrap interval.
        high: its upper end.
        level: the level of that interval.
        p_value: the probability of a difference as large, in either direction, between
            equal models.
        num_higher: users with a higher a.
        num_lower: users with a lower a.
        num_equal: users with equal values.
        exact: whether all assignments of signs were counted.
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
        """Returns the difference, its interval and p value, and counts of users."""
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

    Between equal models, the sign of each user's a - b is arbitrary. The p value is the
    share of assignments of signs with a mean at least as far from 0 as the observed
    one. Up to `num_resamples` assignments (13 users that differ, by default) are all
    counted, and p is exact; else `num_resamples` are drawn, and the observed one is
    counted among them, so that p is never 0.

    The test is of the mean, without an assumption on the distribution, unlike
    Student's, and unlike the sign test and Wilcoxon's, which are not of the mean. See
    `holm` for several comparisons.

    Args:
        a: `[users]`, a metric of one model.
        b: `[users]`, of the other, for the same users in the same order.
        seed: of the draws.
        level: of the difference's interval, `bootstrap_ci` of a - b.
        num_resamples: draws for the test, and for the interval.

    Raises:
        ValueError: as `bootstrap_ci`, or if the numbers of users differ.

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
            "`a` and `b` must have the same users. Received: "
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
    """Adjusts p values of several comparisons by Holm's method.

    The probability of any false positive among adjusted p values of at most alpha is at
    most alpha, also for dependent comparisons.

    Formula:
        of n p values, ascending, the i-th is multiplied by n - i + 1; each is then at
        least the one before it, and at most 1

    Args:
        p_values: `[comparisons]`, from 0 to 1.

    Returns:
        `[comparisons]`, in the same order.

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
    """Returns the share of signs that put the sum of `sizes` as far from 0 as `seen`.

    `signs` are blocks `[signs, differing]` of 1 for plus and 0 for minus, among them
    the observed ones if `exact`.
    """
    far = seen - 1e-12 * sizes.sum()  # the order of summation changes last digits
    as_far, total = (0, 0) if exact else (1, 1)
    for block in signs:
        sums = 2 * (block @ sizes) - sizes.sum()
        as_far += int((np.abs(sums) >= far).sum())
        total += len(block)
    return as_far / total


def _every_sign(num_differing: int) -> Iterator[AnyArray]:
    """Yields every assignment of signs, in blocks."""
    places = np.arange(num_differing)
    for rows in row_parts(2**num_differing, max(1, num_differing), BLOCK):
        yield (np.arange(rows.start, rows.stop)[:, None] >> places) & 1


def _random_signs(num_differing: int, num_draws: int, seed: int) -> Iterator[AnyArray]:
    """Yields random signs, plus or minus with probability 1/2, in blocks."""
    rng = np.random.default_rng(seed)
    num_words = -(-num_differing // 64)  # whole words, so that blocks do not matter
    for rows in row_parts(num_draws, num_differing, BLOCK):
        size = (rows.stop - rows.start, num_words)
        words = rng.integers(2**64, size=size, dtype=np.uint64)
        yield np.unpackbits(words.view(np.uint8), axis=1, count=num_differing)


def _as_values(name: str, values: AnyArray) -> Values:
    """Returns the values as float64 `[users]`, finite, of at least 2 users."""
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or len(given) < 2:
        raise ValueError(
            f"`{name}` must be [users], with at least 2 users. Received: shape "
            f"{list(given.shape)}"
        )
    if not np.isfinite(given).all():
        raise ValueError(
            f"`{name}` must be finite. Received: {(~np.isfinite(given)).sum()} of "
            f"{len(given)} NaN or infinite. Leave out users without a value."
        )
    return given
