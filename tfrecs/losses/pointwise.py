"""Losses of single pairs of a score and its target."""

from typing import Any

from keras import ops

from tfrecs.losses._rows import of_rows, positive_score, registered


@registered
def sampled_bce(labels: Any, scores: Any) -> Any:
    """Binary cross-entropy of pairs.

    Formula:
        mean over the row of softplus(s) - label * s = -label ln sigmoid(s)
        - (1 - label) ln (1 - sigmoid(s))

    Args:
        labels: `[batch, 1 + num_negatives]`, or `[batch]` of single pairs: the
            probability of an interaction, such as 0, 1 or a credit.
        scores: of the same shape, logits.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 7.
    """
    of_pairs = _bce_of_pairs(labels, scores)
    return of_pairs if len(of_pairs.shape) == 1 else ops.mean(of_pairs, axis=-1)


@of_rows
def gbce(
    labels: Any, scores: Any, calibration: float = 0.75, num_items: int | None = None
) -> Any:
    """Binary cross-entropy that undoes the overconfidence of drawing few negatives.

    For uniform negatives. Where few items of the catalogue are drawn, "bce" learns that
    positives are far more common than they are. Here they weigh less.

    Formula:
        that of `sampled_bce`, with beta * -ln sigmoid(s) for the positive; beta = 1 -
        calibration * (1 - rate), with rate = the row's negatives / (num_items - 1)

    Args:
        calibration: t, above 0 and at most 1. At 1 the probabilities are calibrated,
            as with all negatives; "bce" is t = 0.
        num_items: the size of the catalogue; that of the row if not given, which is
            "bce".

    References:
        Petrov and Macdonald 2023, "gSASRec: Reducing Overconfidence in Sequential
        Recommendation Trained with Negative Sampling", sec. 5, whose beta is
        rate * (t * (1 - 1 / rate) + 1 / rate), with t = 0.75 in its experiments.
    """
    size = ops.cast(ops.shape(scores)[-1], "float32")
    rate = 1.0 if num_items is None else (size - 1) / (num_items - 1)
    of_positive = _bce_of_pairs(1.0, positive_score(labels, scores)[:, 0])
    less = calibration * (1 - rate) * of_positive / size
    return ops.mean(_bce_of_pairs(labels, scores), axis=-1) - less


@registered
def catalogue_bce(labels: Any, scores: Any) -> Any:
    """Binary cross-entropy over the whole catalogue.

    Formula:
        sum over items of softplus(s) - label * s

    Args:
        labels: `[batch, num_items]`, 0 or 1.
        scores: `[batch, num_items]`, logits.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 7, with all negatives.
    """
    return ops.sum(_bce_of_pairs(labels, scores), axis=-1)


@registered
def squared_error(labels: Any, scores: Any, unobserved_weight: float = 0.1) -> Any:
    """Weighted squared error over the whole catalogue, which implicit ALS minimizes.

    Formula:
        sum over items of label * (1 - s)^2 + unobserved_weight * (1 - label) * s^2

    Args:
        labels: `[batch, num_items]`, 0 or 1.
        scores: `[batch, num_items]`.
        unobserved_weight: of pairs that are not positives.

    References:
        Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback
        Datasets", eq. 3, with two confidences.
    """
    of_others = unobserved_weight * ops.square(scores)
    of_pairs = of_others + labels * (ops.square(1 - scores) - of_others)
    return ops.sum(of_pairs, axis=-1)


def _bce_of_pairs(labels: Any, scores: Any) -> Any:
    """softplus(s) - label * s, of the scores' shape."""
    # The logarithm of 1 + exp is far cheaper under XLA on a CPU than softplus, whose
    # log1p is exact for losses below 1e-7, which a sum of them does not show.
    positive = ops.relu(scores)
    # scores - 2 * positive is -|s|, whose slope is right at 0, where abs has none.
    softplus = positive + ops.log(1 + ops.exp(scores - 2 * positive))
    return softplus - labels * scores
