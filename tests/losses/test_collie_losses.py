"""Collie's losses by its definitions, and what its credit does, beside ours."""

import math

import numpy as np
import pytest

from tfrecs import losses

# The positive stands second; the last negative has a credit.
LABELS = np.array([[0, 1, 0, 0.3]], dtype=np.float32)
SCORES = np.array([[0.5, 1.0, -1.0, 2.0]], dtype=np.float32)
GAPS = {0.5: 1.0, 2.0: 1.0, -1.0: 0.7}  # s_positive - s_negative, and the ideal


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def and_square(x):
    return x + x**2


def test_bpr_by_hand():
    terms = [and_square(ideal - sigmoid(gap)) for gap, ideal in GAPS.items()]
    found = losses.collie_bpr(LABELS, SCORES)
    np.testing.assert_allclose(found, [sum(terms) / 3], rtol=1e-5)


def test_hinge_by_hand():
    terms = [and_square(max(0, ideal - gap)) for gap, ideal in GAPS.items()]
    assert terms == pytest.approx([0.75, 0, 1.7 + 1.7**2])
    found = losses.collie_hinge(LABELS, SCORES)
    np.testing.assert_allclose(found, [sum(terms) / 3], rtol=1e-5)


def test_adaptive_losses_take_the_highest_by_score_alone():
    found = losses.collie_adaptive_bpr(LABELS, SCORES)
    np.testing.assert_allclose(found, [and_square(0.7 - sigmoid(-1))], rtol=1e-5)
    found = losses.collie_adaptive_hinge(LABELS, SCORES)
    np.testing.assert_allclose(found, [and_square(1.7)], rtol=1e-5)
    # Ours takes the one that violates its own ideal gap most.
    near = np.array([[1.8, 1.0, -1.0, 2.0]], dtype=np.float32)
    found = losses.adaptive_hinge(LABELS, near)
    np.testing.assert_allclose(found, [1 - (1 - 1.8)], rtol=1e-5)
    found = losses.collie_adaptive_hinge(LABELS, near)
    np.testing.assert_allclose(found, [and_square(1.7)], rtol=1e-5)


def test_warp_by_hand():
    # The first negative violates: 1 - (1 - .5) = .5 above 0.
    expected = and_square(math.log(1682 / 1) * 0.5)
    found = losses.collie_warp(LABELS, SCORES, num_items=1682)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    # Then the third does, by .7 - (1 - 2).
    lower = np.array([[-0.5, 1.0, -1.0, 2.0]], dtype=np.float32)
    expected = and_square(math.log(1682 / 3) * 1.7)
    found = losses.collie_warp(LABELS, lower, num_items=1682)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    expected = and_square(math.log(4 / 3) * 1.7)
    np.testing.assert_allclose(losses.collie_warp(LABELS, lower), [expected], rtol=1e-5)


def test_warp_is_its_loop():
    rng = np.random.default_rng(0)
    scores = (rng.integers(-16, 17, (200, 7)) / 8).astype(np.float32)
    labels = rng.choice([0, 0.25], (200, 7)).astype(np.float32)
    labels[np.arange(200), rng.integers(0, 7, 200)] = 1
    expected = []
    for row, of_row in zip(labels, scores, strict=True):
        pairs = zip(row, of_row, strict=True)
        gaps = [1 - c - of_row[row == 1][0] + s for c, s in pairs if c < 1]
        tries = next((i for i, gap in enumerate(gaps, 1) if gap > 0), None)
        weighted = math.log(50 / tries) * gaps[tries - 1] if tries else 0
        expected.append(and_square(weighted))
    found = losses.collie_warp(labels, scores, num_items=50)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


# What credit does to the ideal gap


def least(loss, credit):
    """The gap, of many from -8 to 8, at which the loss of a pair is least."""
    gaps = np.linspace(-8, 8, 16001, dtype=np.float32)
    labels = np.tile(np.array([1, credit], dtype=np.float32), (len(gaps), 1))
    values = loss(labels, np.stack([gaps, np.zeros_like(gaps)], axis=1)).numpy()
    return gaps[values.argmin()]


@pytest.mark.parametrize("credit", [0.1, 0.25, 0.5, 0.75, 0.9])
def test_ours_caps_the_gap_for_any_credit(credit):
    expected = math.log((2 - credit) / credit)
    assert least(losses.bpr, credit) == pytest.approx(expected, abs=0.02)
    assert least(losses.adaptive_bpr, credit) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("credit", [0, 0.1, 0.25, 0.5, 0.6, 0.75, 0.9])
def test_collies_caps_it_only_above_one_half(credit):
    for loss in (losses.collie_bpr, losses.collie_adaptive_bpr):
        gap = least(loss, credit)
        if credit <= 0.5:
            assert gap > 7.5
        else:
            assert sigmoid(gap) == pytest.approx(1.5 - credit, abs=0.002)


def test_the_hinges_ask_for_the_ideal_gap_itself():
    for loss in (losses.hinge, losses.collie_hinge, losses.adaptive_hinge):
        assert least(loss, 0.4) == pytest.approx(0.6, abs=2e-3)


def test_bpr_with_credit_by_hand():
    labels = np.array([[1, 0.5, 0]], dtype=np.float32)
    scores = np.array([[0.2, 1.0, -1.0]], dtype=np.float32)
    of_alike = -0.75 * math.log(sigmoid(-0.8)) - 0.25 * math.log(sigmoid(0.8))
    of_other = -math.log(sigmoid(1.2))
    found = losses.bpr(labels, scores)
    np.testing.assert_allclose(found, [(of_alike + of_other) / 2], rtol=1e-5)
    # The hardest is that of the highest score less its credit, .5 against -1.
    np.testing.assert_allclose(
        losses.adaptive_bpr(labels, scores), [of_alike], rtol=1e-5
    )


def test_softmax_with_credit_by_hand():
    labels = np.array([[1, 0.75, 0]], dtype=np.float32)
    scores = np.array([[0.2, 1.0, -1.0]], dtype=np.float32)
    share = math.exp(0.2) / (math.exp(0.2) + 0.25 * math.exp(1) + math.exp(-1))
    found = losses.sampled_softmax(labels, scores)
    np.testing.assert_allclose(found, [-math.log(share)], rtol=1e-5)
    found = losses.sampled_softmax(labels, scores * 0.5, temperature=0.5)
    np.testing.assert_allclose(found, [-math.log(share)], rtol=1e-5)
