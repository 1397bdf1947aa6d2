"""Losses for ranking, each a function that `model.compile(loss=...)` takes as it is.

Those in `LOSSES` take rows of one positive and its negatives, as `pairwise_batches` and
`candidate_batches` give them: `labels` and `scores` are `[batch, 1 + num_negatives]`,
and each row has one label 1, anywhere, and zeros. Those in `CATALOGUE_LOSSES` take all
items for each user, as `user_batches` and `over_catalogue` give them: both are
`[batch, num_items]`. All return `[batch]` float32, in nats where there is a logarithm.
The same name in both registries is the same objective, with some negatives and with
all. A new loss is a function and a line in its registry.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

Loss = Callable[[Any, Any], Any]

_register = keras.saving.register_keras_serializable("tfrecs")


@_register
def bce(labels: Any, scores: Any) -> Any:
    """Binary cross-entropy: is this pair an interaction?

    Formula:
        mean over the row of softplus(s) - label * s = -label ln sigmoid(s)
        - (1 - label) ln (1 - sigmoid(s))

    Args:
        labels: `[batch, 1 + num_negatives]`, or `[batch]` of single pairs, 0 or 1.
        scores: of the same shape, logits.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 7.
    """
    of_pairs = _bce_of_pairs(labels, scores)
    return of_pairs if len(of_pairs.shape) == 1 else ops.mean(of_pairs, axis=-1)


@_register
def bpr(labels: Any, scores: Any) -> Any:
    """Bayesian personalized ranking: the positive above each negative.

    Formula:
        -ln sigmoid(s_positive - s_negative), mean over the row's negatives

    Args:
        labels: `[batch, 1 + num_negatives]`, one 1 in each row.
        scores: `[batch, 1 + num_negatives]`, logits.

    References:
        Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback",
        eq. 4 (BPR-Opt), without its regularization.
    """
    return _mean_over_negatives(labels, scores, lambda gap: ops.softplus(-gap))


@_register
def hinge(labels: Any, scores: Any) -> Any:
    """Hinge: the positive above each negative by a margin of 1.

    Formula:
        max(0, 1 - (s_positive - s_negative)), mean over the row's negatives

    Args:
        labels: `[batch, 1 + num_negatives]`, one 1 in each row.
        scores: `[batch, 1 + num_negatives]`, logits.

    References:
        Weimer et al. 2008, "Improving Maximum Margin Matrix Factorization", sec. 3.
    """
    return _mean_over_negatives(labels, scores, lambda gap: ops.relu(1 - gap))


@_register
def adaptive_bpr(labels: Any, scores: Any) -> Any:
    """BPR against the row's hardest negative: the one that is scored highest now.

    The other negatives of the row have no gradient; equals share it.

    Formula:
        -ln sigmoid(s_positive - max over the row's negatives of s)

    Args:
        labels: `[batch, 1 + num_negatives]`, one 1 in each row.
        scores: `[batch, 1 + num_negatives]`, logits.

    References:
        Zhang et al. 2013, "Optimizing Top-N Collaborative Filtering via Dynamic
        Negative Item Sampling", which draws some items and takes the highest.
    """
    return ops.softplus(-_lead(labels, scores))


@_register
def adaptive_hinge(labels: Any, scores: Any) -> Any:
    """Hinge against the row's hardest negative: the one that is scored highest now.

    The other negatives of the row have no gradient; equals share it.

    Formula:
        max(0, 1 - (s_positive - max over the row's negatives of s))

    Args:
        labels: `[batch, 1 + num_negatives]`, one 1 in each row.
        scores: `[batch, 1 + num_negatives]`, logits.

    References:
        Zhang et al. 2013, as for `adaptive_bpr`, with the loss of `hinge`.
    """
    return ops.relu(1 - _lead(labels, scores))


@_register
def sampled_softmax(labels: Any, scores: Any) -> Any:
    """Softmax over the positive and its negatives: which of these was it?

    For uniform negatives. Negatives drawn by popularity need their scores corrected by
    the logarithm of their probability first.

    Formula:
        ln sum over the row of exp(s) - s_positive

    Args:
        labels: `[batch, 1 + num_negatives]`, one 1 in each row.
        scores: `[batch, 1 + num_negatives]`, logits.

    References:
        Jean et al. 2015, "On Using Very Large Target Vocabulary for Neural Machine
        Translation", eq. 9.
    """
    return ops.logsumexp(scores, axis=-1) - _positive(labels, scores)[:, 0]


@_register
def softmax(labels: Any, scores: Any) -> Any:
    """Softmax over the whole catalogue: which items did this user take?

    Formula:
        sum over the user's positives of (ln sum over items of exp(s) - s_positive)

    Args:
        labels: `[batch, num_items]`, 0 or 1.
        scores: `[batch, num_items]`, logits.

    References:
        Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", eq. 2
        (the multinomial likelihood).
    """
    labels = ops.cast(labels, scores.dtype)
    everything = ops.logsumexp(scores, axis=-1)
    return ops.sum(labels, axis=-1) * everything - ops.sum(labels * scores, axis=-1)


@_register
def catalogue_bce(labels: Any, scores: Any) -> Any:
    """Binary cross-entropy over the whole catalogue: every other item is a negative.

    Formula:
        sum over items of softplus(s) - label * s

    Args:
        labels: `[batch, num_items]`, 0 or 1.
        scores: `[batch, num_items]`, logits.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 7, with all negatives.
    """
    return ops.sum(_bce_of_pairs(labels, scores), axis=-1)


@_register
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
    labels = ops.cast(labels, scores.dtype)
    of_others = unobserved_weight * ops.square(scores)
    of_pairs = of_others + labels * (ops.square(1 - scores) - of_others)
    return ops.sum(of_pairs, axis=-1)


LOSSES: dict[str, Loss] = {
    "bce": bce,
    "bpr": bpr,
    "hinge": hinge,
    "softmax": sampled_softmax,
    "adaptive-bpr": adaptive_bpr,
    "adaptive-hinge": adaptive_hinge,
}

CATALOGUE_LOSSES: dict[str, Loss] = {
    "softmax": softmax,
    "bce": catalogue_bce,
    "squared-error": squared_error,
}


def _bce_of_pairs(labels: Any, scores: Any) -> Any:
    """softplus(s) - label * s, of the scores' shape."""
    # The logarithm of 1 + exp is far cheaper under XLA on a CPU than softplus, whose
    # log1p is exact for losses below 1e-7, which a sum of them does not show.
    positive = ops.relu(scores)
    # scores - 2 * positive is -|s|, whose slope is right at 0, where abs has none.
    softplus = positive + ops.log(1 + ops.exp(scores - 2 * positive))
    return softplus - ops.cast(labels, scores.dtype) * scores


def _positive(labels: Any, scores: Any) -> Any:
    """The score of the row's positive: `[batch, 1]`."""
    return ops.sum(ops.cast(labels, scores.dtype) * scores, axis=-1, keepdims=True)


def _lead(labels: Any, scores: Any) -> Any:
    """s_positive less the highest score of the row's negatives: `[batch]`."""
    lowest = ops.cast(-np.inf, scores.dtype)
    negatives = ops.where(ops.cast(labels, "bool"), lowest, scores)
    return _positive(labels, scores)[:, 0] - ops.max(negatives, axis=-1)


def _mean_over_negatives(labels: Any, scores: Any, loss: Callable[[Any], Any]) -> Any:
    """The mean of `loss(s_positive - s_negative)` over each row's negatives."""
    negative = 1 - ops.cast(labels, scores.dtype)
    gap = _positive(labels, scores) - scores
    return ops.sum(negative * loss(gap), axis=-1) / ops.sum(negative, axis=-1)
