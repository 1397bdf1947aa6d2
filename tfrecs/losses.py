"""Losses for ranking, each a function that `model.compile(loss=...)` takes as it is.

Those in `LOSSES` take rows of one positive and its negatives, as `pairwise_batches`
gives them: `labels` and `scores` are `[batch, 1 + num_negatives]`, and each row has one
label 1, anywhere, and zeros. Those in `CATALOGUE_LOSSES` take a user's positives and
the scores of the whole catalogue, as `user_batches` and `over_catalogue` give them. All
return `[batch]` float32, in nats where there is a logarithm. A new loss is a function
and a line in its registry.
"""

from collections.abc import Callable
from typing import Any

import keras
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
    labels = ops.cast(labels, scores.dtype)
    of_pairs = ops.softplus(scores) - labels * scores
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
def softmax(positives: Any, scores: Any) -> Any:
    """Softmax over the whole catalogue: which items did this user take?

    Formula:
        sum over the user's positives of (ln sum over items of exp(s) - s_positive)

    Args:
        positives: `[batch, max_positives]` item ids, padded with -1.
        scores: `[batch, num_items]`, logits.

    References:
        Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", eq. 2
        (the multinomial likelihood).
    """
    given = ops.cast(positives >= 0, scores.dtype)
    chosen = _scores_of(positives, scores)
    everything = ops.logsumexp(scores, axis=-1, keepdims=True)
    return ops.sum(given * (everything - chosen), axis=-1)


@_register
def catalogue_bce(positives: Any, scores: Any) -> Any:
    """Binary cross-entropy over the whole catalogue: every other item is a negative.

    Formula:
        sum over items of softplus(s) - sum over the user's positives of s_positive

    Args:
        positives: `[batch, max_positives]` item ids, padded with -1.
        scores: `[batch, num_items]`, logits.

    References:
        He et al. 2017, "Neural Collaborative Filtering", eq. 7, with all negatives.
    """
    given = ops.cast(positives >= 0, scores.dtype)
    chosen = _scores_of(positives, scores)
    return ops.sum(ops.softplus(scores), axis=-1) - ops.sum(given * chosen, axis=-1)


LOSSES: dict[str, Loss] = {
    "bce": bce,
    "bpr": bpr,
    "hinge": hinge,
    "sampled-softmax": sampled_softmax,
}

CATALOGUE_LOSSES: dict[str, Loss] = {
    "softmax": softmax,
    "catalogue-bce": catalogue_bce,
}


def _scores_of(positives: Any, scores: Any) -> Any:
    """The scores of item ids `[batch, most]`, and of item 0 where there is padding."""
    # Keras turns targets into floats, which JAX does not take as places.
    places = ops.cast(ops.maximum(positives, 0), "int32")
    return ops.take_along_axis(scores, places, axis=-1)


def _positive(labels: Any, scores: Any) -> Any:
    """The score of the row's positive: `[batch, 1]`."""
    return ops.sum(ops.cast(labels, scores.dtype) * scores, axis=-1, keepdims=True)


def _mean_over_negatives(labels: Any, scores: Any, loss: Callable[[Any], Any]) -> Any:
    """The mean of `loss(s_positive - s_negative)` over each row's negatives."""
    negative = 1 - ops.cast(labels, scores.dtype)
    gap = _positive(labels, scores) - scores
    return ops.sum(negative * loss(gap), axis=-1) / ops.sum(negative, axis=-1)
