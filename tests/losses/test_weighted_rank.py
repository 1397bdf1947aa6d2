"""WARP and its kin: numbers by hand, and what they are as loops in plain Python."""

import math

import numpy as np
import pytest

from tfrecs.losses import kos_warp, warp, warp_all

# The positive first; negatives violate a margin of 1 from a score of 1 on.
LABELS = np.array([[1, 0, 0, 0, 0]], dtype=np.int8)
SCORES = np.array([[2.0, 0.5, 1.5, 3.0, -1.0]], dtype=np.float32)


def lightfm_loop(labels, scores, num_items, positive=None):
    """The inner loop of LightFM's fit_warp, with the hinge that its update steps on."""
    if positive is None:
        [positive] = scores[labels == 1]
    sampled = 0
    for label, score in zip(labels, scores, strict=True):
        if label == 1:
            continue
        sampled += 1
        if score > positive - (1 - label):
            loss = math.log(max(1.0, (num_items - 1) // sampled))
            return min(loss, 10.0) * (1 - label - positive + score)
    return 0.0


def all_loop(labels, scores, num_items):
    [positive] = scores[labels == 1]
    gaps = [1 - c - positive + s for c, s in zip(labels, scores, strict=True) if c < 1]
    found = [gap for gap in gaps if gap > 0]
    if not found:
        return 0.0
    rank = (num_items - 1) * len(found) / len(gaps)
    return min(math.log(1 + rank), 10.0) * sum(found) / len(found)


def kos_loop(labels, scores, num_items, k):
    best_first = sorted(scores[labels == 1], reverse=True)
    kth = best_first[min(k, len(best_first)) - 1]
    return lightfm_loop(labels, scores, num_items, kth)


def rows(seed, positives, with_credit):
    """Eighths, which float32 adds exactly, so that scores tie and margins are met."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-16, 17, (200, 7)) / 8
    labels = rng.choice([0, 0.25, 0.5], (200, 7)) * with_credit
    for row in labels:
        row[rng.choice(7, rng.integers(1, positives + 1), replace=False)] = 1
    return labels.astype(np.float32), scores.astype(np.float32)


SIZES = (None, 2, 4, 1682, 10**6)
LOOPS = [
    *((warp, lightfm_loop, 1, {"num_items": size}) for size in SIZES),
    *((warp_all, all_loop, 1, {"num_items": size}) for size in SIZES),
    *((kos_warp, kos_loop, 4, {"num_items": 1682, "k": k}) for k in (1, 2, 3, 5, 50)),
]


@pytest.mark.parametrize("with_credit", [False, True])
@pytest.mark.parametrize(("loss", "loop", "positives", "sizes"), LOOPS)
def test_losses_are_their_loops(loss, loop, positives, sizes, with_credit):
    labels, scores = rows(0, positives, with_credit)
    given = {**sizes, "num_items": sizes["num_items"] or 7}
    expected = [loop(*row, **given) for row in zip(labels, scores, strict=True)]
    np.testing.assert_allclose(loss(labels, scores, **sizes), expected, rtol=1e-6)


def test_warp_by_hand():
    # The second negative is the first above 1; its gap is 1 - (2 - 1.5) = .5.
    expected = math.log(1681 // 2) * 0.5
    np.testing.assert_allclose(warp(LABELS, SCORES, 1682), [expected], rtol=1e-6)
    # Among the row's own five items: (5 - 1) // 2 = 2.
    np.testing.assert_allclose(warp(LABELS, SCORES), [math.log(2) * 0.5], rtol=1e-6)


def test_warp_all_by_hand():
    # Two of four violate, by .5 and 2: the rank is about half of 1,681.
    expected = math.log(1 + 1681 / 2) * (0.5 + 2) / 2
    np.testing.assert_allclose(warp_all(LABELS, SCORES, 1682), [expected], rtol=1e-6)
    expected = math.log(1 + 4 / 2) * 1.25
    np.testing.assert_allclose(warp_all(LABELS, SCORES), [expected], rtol=1e-6)


def test_kos_warp_by_hand():
    labels = np.array([[1, 0, 1, 0, 1]], dtype=np.int8)  # of 2, 1.5 and -1
    # Against 1.5, .5 is no violator, which has to be above .5; 3 is, by 2.5.
    expected = math.log(99 // 2) * 2.5
    found = kos_warp(labels, SCORES, k=2, num_items=100)
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
    # Against the lowest, where there are fewer than five, .5 is the first.
    expected = math.log(99) * 2.5
    np.testing.assert_allclose(kos_warp(labels, SCORES, num_items=100), [expected])


def test_a_margin_that_is_just_met_is_no_violation():
    scores = np.array([[2.0, 1.0, 1.0, 1.0, 1.0]], dtype=np.float32)
    for loss in (warp, warp_all, kos_warp):
        np.testing.assert_array_equal(loss(LABELS, scores), [0])


def test_credit_moves_the_search_on():
    """The first violator is let go, and the next is the third try."""
    labels = np.array([[1, 0, 0.5, 0, 0]], dtype=np.float32)
    expected = math.log(1681 // 3) * 2
    np.testing.assert_allclose(warp(labels, SCORES, 1682), [expected], rtol=1e-6)


def test_weights_end_at_ten():
    violation = np.array([[0.0, 0.0]], dtype=np.float32)
    labels = np.array([[1, 0]], dtype=np.int8)
    for loss in (warp, warp_all, kos_warp):
        found = loss(labels, violation, num_items=20_000).numpy()
        assert found == pytest.approx(math.log(20_000), abs=1e-3)
        assert loss(labels, violation, num_items=30_000).numpy() == 10


def test_rows_of_one_positive_give_warp():
    labels, scores = rows(3, 1, with_credit=True)
    found = kos_warp(labels, scores, num_items=50)
    np.testing.assert_array_equal(found, warp(labels, scores, num_items=50))


def test_the_first_violator_and_the_kth_positive_alone_are_moved():
    import tensorflow as tf

    labels = np.array([[1, 0, 1, 0, 1, 0]], dtype=np.int8)
    scores = tf.constant([[2.0, -3, 1.5, 1.0, -1, 3]])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = kos_warp(labels, scores, k=2, num_items=100)
    weight = math.log(99 // 2)  # of the second negative
    slopes = tape.gradient(value, scores).numpy()
    np.testing.assert_allclose(slopes, [[0, 0, -weight, weight, 0, 0]], rtol=1e-6)


def test_rows_without_a_positive_or_a_negative_add_nothing():
    scores = np.array([[1.0, 2.0], [3.0, 1.0]], dtype=np.float32)
    labels = np.array([[0, 0], [1, 1]], dtype=np.float32)
    np.testing.assert_array_equal(kos_warp(labels, scores, num_items=9), [0, 0])
