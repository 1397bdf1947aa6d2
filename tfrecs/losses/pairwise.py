"""Losses that compare the positive of a row with each negative, or the hardest."""

from typing import Any

import keras
from keras import ops

from tfrecs.losses._rows import lead, mean_over_negatives

_register = keras.saving.register_keras_serializable("tfrecs")


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
    return mean_over_negatives(labels, scores, lambda gap: ops.softplus(-gap))


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
    return mean_over_negatives(labels, scores, lambda gap: ops.relu(1 - gap))


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
    return ops.softplus(-lead(labels, scores))


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
    return ops.relu(1 - lead(labels, scores))
