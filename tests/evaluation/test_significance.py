"""Intervals and tests: numbers worked out by hand, slow oracles, scipy, and laws."""

import math
import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tfrecs.evaluation import significance
from tfrecs.evaluation.significance import PairedTest, bootstrap_ci, holm, paired_test

# The interval


def test_an_interval_of_two_users_is_that_of_their_three_means():
    # Drawn with replacement, 0 and 1 have the means 0, 1/2, 1/2 and 1: a quarter each.
    assert bootstrap_ci([0.0, 1.0], seed=0, level=0.4) == (0.5, 0.5)
    assert bootstrap_ci([0.0, 1.0], seed=0, level=0.6) == (0.0, 1.0)
    assert bootstrap_ci([3.0] * 5, seed=0) == (3.0, 3.0)


def slow_interval(values, seed: int, level: float, num_resamples: int):
    rng = np.random.default_rng(seed)
    means = sorted(
        sum(values[user] for user in rng.integers(len(values), size=len(values)))
        / len(values)
        for _ in range(num_resamples)
    )

    def quantile(share: float) -> float:
        place = share * (num_resamples - 1)
        below = math.floor(place)
        above = min(below + 1, num_resamples - 1)
        return means[below] + (place - below) * (means[above] - means[below])

    return quantile((1 - level) / 2), quantile(1 - (1 - level) / 2)


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize(("num_users", "num_resamples"), [(7, 40), (30, 101)])
def test_an_interval_is_what_drawing_one_by_one_gives(num_users, num_resamples, level):
    values = np.random.default_rng(num_users).random(num_users)
    options = {"seed": 5, "level": level, "num_resamples": num_resamples}
    expected = slow_interval(values.tolist(), **options)
    assert bootstrap_ci(values, **options) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_an_interval_is_near_that_of_scipy(level):
    values = np.random.default_rng(1).exponential(size=200)
    theirs = stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=level,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    ours = bootstrap_ci(values, seed=3, level=level, num_resamples=20_000)
    margin = 0.03 * (theirs.high - theirs.low)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=margin)


def test_the_seed_fixes_the_draws():
    a, b = np.random.default_rng(7).random((2, 50))
    assert bootstrap_ci(a, seed=1) == bootstrap_ci(a, seed=1, level=0.95)
    assert bootstrap_ci(a, seed=1) != bootstrap_ci(a, seed=2)
    assert {type(end) for end in bootstrap_ci(a, seed=1)} == {float}
    assert paired_test(a, b, seed=1) == paired_test(a, b, seed=1)
    assert paired_test(a, b, seed=1).p_value != paired_test(a, b, seed=2).p_value


numbers = st.integers(-20, 20).map(float)
samples = st.lists(numbers, min_size=2, max_size=30)


@given(samples, numbers, st.sampled_from([0.5, 2.0, 3.0]))
@settings(max_examples=50)
def test_an_interval_lies_within_the_values_and_moves_with_them(values, shift, scale):
    values = np.array(values)
    low, high = bootstrap_ci(values, seed=0, num_resamples=100)
    assert values.min() <= low <= high <= values.max()
    moved = bootstrap_ci(scale * values + shift, seed=0, num_resamples=100)
    assert moved == pytest.approx((scale * low + shift, scale * high + shift))


# The test

A = [0.9, 0.5, 0.25, 1.0, 0.0]
B = [0.4, 0.5, 0.50, 0.0, 0.5]  # gaps: 0.5, 0, -0.25, 1, -0.5


def test_a_paired_test_of_few_users_counts_every_exchange():
    tested = paired_test(A, B, seed=0)
    # The gaps sum to 0.75. In quarters: sums of +-2 +-1 +-4 +-2, 16 of them, that are
    # at least 3 from 0. Of those with +4: 4 + (5, 3, 1, 1, -1, -1, -3, -5), where the
    # first six are; 9, 7, 5, 5, 3, 3 and not 1, -1.
    assert tested.p_value == 2 * 6 / 16
    assert tested.exact
    assert tested.difference == pytest.approx(0.75 / 5)
    assert (tested.num_higher, tested.num_lower, tested.num_equal) == (2, 2, 1)


def test_the_interval_is_the_bootstrap_of_the_differences():
    options = {"seed": 3, "level": 0.8, "num_resamples": 500}
    tested = paired_test(A, B, **options)
    gaps = np.array(A) - np.array(B)
    assert (tested.low, tested.high) == bootstrap_ci(gaps, **options)
    assert tested.level == 0.8


small = st.integers(-4, 4).map(float)


@given(st.lists(st.tuples(small, small), min_size=2, max_size=8))
def test_exact_p_is_the_share_of_exchanges_as_far_from_zero(pairs):
    gaps = [a - b for a, b in pairs]
    sums = [
        sum(sign * gap for sign, gap in zip(signs, gaps, strict=True))
        for signs in product((-1, 1), repeat=len(gaps))
    ]
    as_far = sum(abs(total) >= abs(sum(gaps)) for total in sums)
    tested = paired_test(*np.array(pairs).T, seed=0, num_resamples=256)
    assert tested.exact
    assert tested.p_value == as_far / len(sums)


@pytest.mark.parametrize("seed", range(4))
def test_exact_p_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random(9), rng.random(9) + 0.2
    b[2] = a[2]
    theirs = stats.permutation_test(
        (a, b),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    ours = paired_test(a, b, seed=0)
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-12)
    assert ours.difference == pytest.approx(theirs.statistic)


@pytest.mark.parametrize("shift", [0.02, 0.04, 0.06])
def test_p_of_many_users_is_near_that_of_scipy_and_students(shift):
    rng = np.random.default_rng(8)
    a = rng.random(300)
    b = a + rng.normal(scale=0.5, size=300)
    b += a.mean() - b.mean() - shift
    theirs = stats.permutation_test(
        (a - b,),
        np.mean,
        permutation_type="samples",
        n_resamples=10_000,
        rng=np.random.default_rng(9),
    ).pvalue
    ours = paired_test(a, b, seed=10)
    assert not ours.exact
    error = math.sqrt(max(theirs * (1 - theirs), 1e-4) / 10_000)
    assert ours.p_value == pytest.approx(theirs, abs=6 * error)
    assert ours.p_value == pytest.approx(stats.ttest_rel(a, b).pvalue, abs=0.02)


def test_p_is_one_without_a_difference_and_never_zero():
    equal = paired_test(A, A, seed=0)
    assert (equal.p_value, equal.difference, equal.num_equal) == (1, 0, 5)
    assert (equal.low, equal.high, equal.exact) == (0, 0, True)
    surest = paired_test(np.ones(99), np.zeros(99), seed=0, num_resamples=999)
    assert surest.p_value == 1 / 1000
    assert (surest.num_higher, surest.exact) == (99, False)


@pytest.mark.parametrize(
    ("num_differing", "num_resamples", "exact"),
    [(13, 10_000, True), (14, 10_000, False), (5, 32, True), (5, 31, False)],
)
def test_p_is_exact_as_long_as_there_are_no_more_exchanges(
    num_differing, num_resamples, exact
):
    a = np.append(np.arange(1.0, num_differing + 1), [0.0] * 20)
    tested = paired_test(a, np.zeros(len(a)), seed=0, num_resamples=num_resamples)
    assert tested.exact == exact
    assert tested.num_equal == 20


def test_sums_that_differ_in_the_last_digits_alone_are_as_far():
    # Each exchange of equal gaps has the sum that was seen, but for rounding.
    a = np.array([0.1, 0.2, 0.3, 0.4, 0.7, 0.1]) + 1
    gaps = np.array([0.1, 0.2, -0.3, 0.1, 0.2, 0.3])
    tested = paired_test(a, a - gaps, seed=0)
    sums = [
        sum(sign * gap for sign, gap in zip(signs, (1, 2, 3, 1, 2, 3), strict=True))
        for signs in product((-1, 1), repeat=6)
    ]
    assert tested.p_value == sum(abs(total) >= 6 for total in sums) / 64


@given(st.lists(st.tuples(small, small), min_size=2, max_size=7), st.randoms())
@settings(max_examples=50)
def test_swapping_models_turns_the_difference_and_nothing_else(pairs, random):
    a, b = np.array(pairs).T
    options = {"seed": 0, "num_resamples": 200}
    one, other = paired_test(a, b, **options), paired_test(b, a, **options)
    assert (one.p_value, one.num_equal) == (other.p_value, other.num_equal)
    assert (one.num_higher, one.num_lower) == (other.num_lower, other.num_higher)
    assert one.difference == -other.difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    order = random.sample(range(len(a)), len(a))
    mixed = paired_test(a[order], b[order], **options)
    assert mixed.p_value == one.p_value
    assert mixed.difference == pytest.approx(one.difference)


@pytest.mark.parametrize("block", [1, 333, 10_000])
def test_results_do_not_depend_on_the_size_of_blocks(monkeypatch, block):
    rng = np.random.default_rng(14)
    a, b = rng.random(77), rng.random(77)
    few = slice(0, 8)
    options = {"seed": 0, "num_resamples": 300}
    expected = paired_test(a, b, **options), paired_test(a[few], b[few], **options)
    monkeypatch.setattr(significance, "BLOCK", block)
    assert paired_test(a, b, **options) == expected[0]
    assert paired_test(a[few], b[few], **options) == expected[1]


def test_memory_does_not_grow_with_the_number_of_resamples():
    a, b = np.random.default_rng(15).random((2, 20_000))
    tracemalloc.start()
    try:
        paired_test(a, b, seed=0, num_resamples=500)  # 80 MB of values, if at once
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10e6


def test_it_tells_the_difference_and_how_sure_it_is():
    tested = PairedTest(0.0123, 0.0041, 0.02, 0.95, 0.00312, 310, 250, 383, False)
    assert repr(tested) == (
        "<PairedTest of 943 users: a - b = +0.0123, 95% interval +0.0041 to +0.0200, "
        "p = 0.0031; a is higher for 310, lower for 250, equal for 383>"
    )
    tested = PairedTest(-0.5, -1, 0, 0.999, 0.25, 0, 2, 0, True)
    assert "99.9% interval -1.0000 to +0.0000, p = 0.25 (exact);" in repr(tested)


# Several comparisons


def test_holm_multiplies_the_smallest_most():
    # Ascending: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, raised to the one before.
    adjusted = holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted.tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]).tolist() == [1, 1]
    assert holm([0.2]).tolist() == [0.2]
    assert holm([]).tolist() == []


@given(st.lists(st.integers(0, 1000).map(lambda n: n / 1000), max_size=12))
def test_holm_calls_significant_what_stepping_down_does(p_values):
    adjusted = holm(p_values)
    for alpha in (0.0100123, 0.0500123, 0.2000123):
        significant = set()
        for step, place in enumerate(
            sorted(range(len(p_values)), key=lambda i: p_values[i])
        ):
            if p_values[place] > alpha / (len(p_values) - step):
                break
            significant.add(place)
        assert set(np.flatnonzero(adjusted <= alpha).tolist()) == significant
    bonferroni = np.minimum(np.array(p_values) * len(p_values), 1)
    assert (adjusted >= p_values).all()
    assert (adjusted <= bonferroni).all()


# What is refused


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0.5], r"\[users\], with at least 2 users. Received: shape \[1\]"),
        ([], r"\[users\], with at least 2 users. Received: shape \[0\]"),
        (0.5, r"\[users\], with at least 2 users. Received: shape \[\]"),
        ([[0.5, 1.0]], r"\[users\], with at least 2 users. Received: shape \[1, 2\]"),
        ([0.5, math.nan, 1], "finite. Received: 1 of 3 NaN or infinite. Leave"),
        ([0.5, math.inf, -math.inf], "finite. Received: 2 of 3 NaN or infinite"),
    ],
)
def test_values_that_have_no_mean_are_refused(values, told):
    with pytest.raises(ValueError, match=f"`values` must be {told}"):
        bootstrap_ci(values, seed=0)
    with pytest.raises(ValueError, match=f"`a` must be {told}"):
        paired_test(values, [1, 2, 3], seed=0)
    with pytest.raises(ValueError, match=f"`b` must be {told}"):
        paired_test([1, 2, 3], values, seed=0)
    with pytest.raises(ValueError, match="Received: 3 and 2 users"):
        paired_test([1, 2, 3], [1, 2], seed=0)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"level": 0}, "`level` must be above 0 and less than 1.*level=0"),
        ({"num_resamples": 0}, "at least 1. Received: num_resamples=0"),
    ],
)
def test_options_out_of_range_are_refused(option, told):
    for call in (lambda **o: bootstrap_ci(A, **o), lambda **o: paired_test(A, B, **o)):
        with pytest.raises(ValueError, match=told):
            call(seed=0, **option)


@pytest.mark.parametrize("p_values", [[0.5, 1.1], [-0.1], [math.nan], [[0.5]], 0.5])
def test_p_values_are_from_zero_to_one(p_values):
    with pytest.raises(ValueError, match=r"each from 0 to 1\. Received: "):
        holm(p_values)
