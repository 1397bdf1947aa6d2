"""Softmax: which item was it, of a row or of the whole catalogue?"""

from typing import Any

import keras
from keras import ops

from tfrecs.losses._rows import positive

_register = keras.saving.register_keras_serializable("tfrecs")


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
    return ops.logsumexp(scores, axis=-1) - positive(labels, scores)[:, 0]


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
