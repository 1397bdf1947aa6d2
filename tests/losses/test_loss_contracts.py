"""What every loss of the registries must do, with and without partial credit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfrecs import losses
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES

IN_ORDER = ("warp", "kos-warp", "collie-warp")
# Their weights fall as a positive rises, so that the losses themselves may jump up.
BY_RANK = (*IN_ORDER, "warp-all")
# With credit they have an ideal gap, or score, and pull back what is beyond it.
WITH_A_CAP = ("bce", "gbce", "bpr", "adaptive-bpr", "collie-bpr", "collie-adaptive-bpr")
ROWS, SIZE = 60, 6


def made_rows(seed, with_credit, scale=2.0):
    """Labels and scores of rows whose positives stand anywhere."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(scale=scale, size=(ROWS, SIZE)).astype(np.float32)
    credits = rng.choice([0, 0.25, 0.4], (ROWS, SIZE)) * with_credit
    positive = np.eye(SIZE, dtype=bool)[rng.integers(0, SIZE, ROWS)]
    return np.where(positive, 1, credits).astype(np.float32), scores


def values_and_slopes(labels, scores):
    """Of every loss of rows: `{name: ([batch], [batch, n])}`."""
    found = {}
    for name, loss in LOSSES.items():
        with tf.GradientTape() as tape:
            tape.watch(scores)
            value = loss(labels, scores)
        found[name] = (value, tape.gradient(value, scores))
    return found


compiled = tf.function(values_and_slopes, jit_compile=True)


def of_every_loss(labels, scores, call=values_and_slopes):
    found = call(tf.constant(labels), tf.constant(scores))
    return {name: [part.numpy() for part in parts] for name, parts in found.items()}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "credit"])
def rows(request):
    labels, scores = made_rows(0, request.param)
    return request.param, labels, scores, of_every_loss(labels, scores)


@pytest.fixture(params=LOSSES)
def name(request):
    return request.param


def test_one_number_for_each_row_in_float32(name, rows):
    value, slopes = rows[-1][name]
    assert (value.shape, value.dtype) == ((ROWS,), np.float32)
    assert slopes.shape == (ROWS, SIZE)
    assert (value != 0).mean() > 0.3
    assert (slopes != 0).any(axis=1).mean() > 0.3


def test_it_pushes_the_positive_up_and_negatives_down(name, rows):
    with_credit, labels, scores, found = rows
    _, slopes = found[name]
    if with_credit and name in WITH_A_CAP:
        # Below the cap: where nothing is ahead.
        _, slopes = of_every_loss(labels, np.zeros_like(scores))[name]
    assert (slopes[labels == 1] <= 0).all()
    assert (slopes[labels == 1] < 0).any()
    assert (slopes[labels < 1] >= 0).all()
    assert (slopes[labels < 1] > 0).any()


def test_it_falls_as_the_positive_rises(name, rows):
    with_credit, labels, scores, found = rows
    positive = labels == 1
    if name in BY_RANK:
        assert (found[name][1][positive] <= 0).all()
        return
    start = scores - 9 * positive if with_credit and name in WITH_A_CAP else scores
    lower = LOSSES[name](labels, start).numpy()
    for rise in (0.01, 0.3, 2.0):
        higher = LOSSES[name](labels, start + np.float32(rise) * positive).numpy()
        assert (higher <= lower + 1e-6).all()
        assert (higher < lower).any()
        lower = higher


def test_it_rises_with_a_negative(name, rows):
    with_credit, labels, scores, found = rows
    if name in BY_RANK or (with_credit and name in WITH_A_CAP):
        return  # see above
    risen = LOSSES[name](labels, scores + np.float32(0.7) * (labels < 1)).numpy()
    assert (risen >= found[name][0] - 1e-6).all()
    assert (risen > found[name][0]).any()


def test_the_order_of_negatives_counts_only_where_it_says_so(name, rows):
    _, labels, scores, found = rows
    order = np.random.default_rng(1).permuted(
        np.tile(np.arange(SIZE), (ROWS, 1)), axis=1
    )
    moved = [np.take_along_axis(part, order, axis=1) for part in (labels, scores)]
    same = np.isclose(LOSSES[name](*moved), found[name][0], rtol=1e-5, atol=1e-6)
    assert same.all() == (name not in IN_ORDER)


@pytest.mark.parametrize("with_credit", [False, True])
def test_xla_gives_the_same(with_credit):
    labels, scores = made_rows(2, with_credit)
    eager = of_every_loss(labels, scores)
    for name, parts in of_every_loss(labels, scores, compiled).items():
        for found, expected in zip(parts, eager[name], strict=True):
            np.testing.assert_allclose(
                found, expected, rtol=1e-4, atol=1e-5, err_msg=name
            )


@pytest.mark.parametrize("with_credit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_scores_of_ten_thousand_are_finite(with_credit, dtype):
    labels, _ = made_rows(3, with_credit)
    signs = np.random.default_rng(4).choice([-1, 0, 1], labels.shape)
    signs[:3] = [[-1], [0], [1]]
    scores = (1e4 * signs).astype(dtype)
    for call in (values_and_slopes, compiled):
        for name, (value, slopes) in of_every_loss(labels, scores, call).items():
            assert value.dtype == np.float32
            assert slopes.dtype == dtype
            assert np.isfinite(value).all(), name
            if (name, dtype) != ("collie-warp", "float16"):  # 1.3e5, of a square
                assert np.isfinite(slopes).all(), name
            assert (slopes != 0).any(), name


def test_half_precision_scores_lose_nothing_more(name):
    labels, scores = made_rows(5, with_credit=True)
    half = scores.astype(np.float16)
    expected = LOSSES[name](labels, half.astype(np.float32))
    np.testing.assert_array_equal(LOSSES[name](labels, half), expected)


def test_a_credit_just_below_one_is_not_a_positive(name):
    """In half precision it would round to 1: labels are compared in their own."""
    labels = np.array([[1, np.nextafter(np.float32(1), 0), 0]], dtype=np.float32)
    alike = np.array([[1, 0.999, 0]], dtype=np.float32)
    scores = np.array([[0.5, 1.5, 0.25]], dtype=np.float16)
    found = LOSSES[name](labels, scores)
    expected = LOSSES[name](alike, scores)
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=5e-3)


def test_integer_labels_are_those_of_no_credit(name):
    labels, scores = made_rows(6, with_credit=False)
    found = LOSSES[name](labels.astype(np.int8), scores)
    np.testing.assert_array_equal(found, LOSSES[name](labels, scores))


def test_credit_lessens_it_where_nothing_is_ahead(name):
    """At a tie, a more similar negative is pushed down less, or not at all."""
    scores = np.zeros((1, 3), dtype=np.float32)
    values, pushes = [], []
    for credit in (0, 0.3, 0.6):
        labels = np.array([[1, credit, credit]], dtype=np.float32)
        value, slopes = of_every_loss(labels, scores)[name]
        values.append(value[0])
        pushes.append(slopes[0, 1:].sum())
    if name == "ccl":  # whose margin lets go of all of them
        assert values == [1, 1, 1]
        return
    if name not in (
        "bce",
        "gbce",
        "bpr",
        "adaptive-bpr",
    ):  # whose entropies are the same
        assert values[0] > values[1] > values[2]
    if name in ("hinge", "adaptive-hinge", "warp", "warp-all", "kos-warp", "bsl"):
        # As much, up to a nearer margin; for "bsl", where all negatives are as similar.
        assert pushes[0] == pushes[1] == pushes[2] > 0
    else:
        assert pushes[0] > pushes[1] > pushes[2]


# Under Keras


def every_loss():
    for registry in (LOSSES, CATALOGUE_LOSSES, RATING_LOSSES):
        yield from registry.values()


@pytest.mark.parametrize("loss", dict.fromkeys(every_loss()))
def test_weights_of_rows_multiply(loss):
    labels, scores = made_rows(7, with_credit=loss in LOSSES.values())
    if loss in (losses.mse, losses.mae):
        labels, scores = labels[:, 0], scores[:, 0]
    elif loss not in LOSSES.values():
        labels = (labels == 1).astype(np.float32)
    weights = np.linspace(0, 3, ROWS, dtype=np.float32)
    given = keras.Input(scores.shape[1:])
    model = keras.Model(given, given)
    model.compile(loss=loss, run_eagerly=True)
    found = model.test_on_batch(scores, labels, sample_weight=weights)
    expected = (weights * loss(labels, scores).numpy()).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("loss", RATING_LOSSES.values())
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_losses_of_ratings(loss, dtype):
    """They pull a score to its rating from both sides, and are finite far away."""
    ratings = np.array([3, 3, 3, 3, 3], dtype=np.float32)
    scores = tf.constant([-1e4, 2.5, 3, 4, 1e4], dtype)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = loss(ratings, scores)
    slopes = tape.gradient(value, scores).numpy()
    assert np.isfinite(value.numpy()).all()
    np.testing.assert_array_equal(np.sign(slopes), [-1, -1, 0, 1, 1])
    expected = {losses.mse: [0.25, 0, 1], losses.mae: [0.5, 0, 1]}[loss]
    np.testing.assert_array_equal(value[1:4], expected)
    assert value.dtype == "float32"


def test_rows_are_read_by_place():
    """Columns keep their meaning under a batch of another size."""
    labels, scores = made_rows(8, with_credit=True)
    whole = of_every_loss(labels, scores)
    part = of_every_loss(labels[7:9], scores[7:9])
    for name, (value, _) in part.items():
        np.testing.assert_allclose(value, whole[name][0][7:9], rtol=1e-6, atol=1e-6)
