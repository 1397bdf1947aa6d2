"""Softmax losses, over a row or over the whole catalogue."""

from typing import Any

from keras import ops

from tfrecs.losses._rows import of_rows, positive_score, registered

_NOTHING = -1e30  # whose exponential is 0, and which no product makes infinite


@of_rows
def sampled_softmax(labels: Any, scores: Any, temperature: float = 1.0) -> Any:
    """Softmax over the positive and its negatives.

    For uniform negatives. Negatives drawn by popularity need their scores corrected by
    the logarithm of their probability first. A negative with credit counts as
    1 - credit of an item.

    Formula:
        ln (exp(z_positive) + sum over negatives of (1 - credit) * exp(z)) - z_positive,
        with z = s / temperature

    Args:
        temperature: the lower, the more it cares about the highest scores.

    References:
        Jean et al. 2015, "On Using Very Large Target Vocabulary for Neural Machine
        Translation", eq. 9.
    """
    scores = scores / temperature
    weights = ops.where(ops.equal(labels, 1), 1.0, 1 - labels)
    highest = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    total = ops.sum(weights * ops.exp(scores - highest), axis=-1)
    everything = ops.log(total) + highest[:, 0]
    return everything - positive_score(labels, scores)[:, 0]


@registered
def negative_log_likelihood(labels: Any, log_probabilities: Any) -> Any:
    """Negates the log-probabilities of positives, `[batch, 1]`: `[batch]`.

    They are the output of `tfrecs.models.views.OverSharedSoftmax`, and `labels` are
    their ones.
    """
    return -log_probabilities[:, 0]


@of_rows
def catalogue_softmax(labels: Any, scores: Any, temperature: float = 1.0) -> Any:
    """Softmax over the whole catalogue.

    Formula:
        sum over the user's positives of (ln sum over items of exp(z) - z_positive),
        with z = s / temperature

    Args:
        labels: `[batch, num_items]`, 0 or 1.
        scores: `[batch, num_items]`, logits.
        temperature: the lower, the more it cares about the highest scores.

    References:
        Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", eq. 2
        (the multinomial likelihood).
    """
    scores = scores / temperature
    everything = ops.logsumexp(scores, axis=-1)
    return ops.sum(labels, axis=-1) * everything - ops.sum(labels * scores, axis=-1)


@of_rows
def bsl(
    labels: Any,
    scores: Any,
    positive_temperature: float = 1.0,
    negative_temperature: float = 1.0,
) -> Any:
    """Bilateral softmax: the soft best of the positives above that of the negatives.

    Positives too count by their exponentials, which ignores the worst ones, perhaps
    noise. In a row of one positive its temperature only scales the loss. For cosines.

    Formula:
        num_positives * (tau_n / tau_p * ln mean of exp(s_negative / tau_n)
        - ln mean of exp(s_positive / tau_p)); a negative with credit counts as
        1 - credit in the sum of the mean

    Args:
        positive_temperature: tau_p; the lower, the more lenient with positives that are
            scored low. At infinity all count the same.
        negative_temperature: tau_n; the lower, the more it cares about the negatives
            that are scored highest.

    References:
        Wu et al. 2024, "BSL: Understanding and Improving Softmax Loss for
        Recommendation", the same log-expectation-exp for both sides. Its sum is over
        users; here a user counts once for each positive, as in `catalogue_softmax`.
    """
    positive = ops.cast(ops.equal(labels, 1), "float32")
    best = _log_mean_exp(scores / positive_temperature, positive, positive)
    worst = _log_mean_exp(scores / negative_temperature, 1 - labels, 1 - positive)
    worst = negative_temperature / positive_temperature * worst
    return ops.sum(positive, axis=-1) * (worst - best)


def _log_mean_exp(scores: Any, weights: Any, counted: Any) -> Any:
    """Returns ln(sum of weights * exp(scores) / number), 0 where the number is 0."""
    number = ops.sum(counted, axis=-1)
    logs = ops.log(ops.where(weights > 0, weights, 1.0))
    weighted = ops.where(weights > 0, scores + logs, _NOTHING)
    mean = ops.logsumexp(weighted, axis=-1) - ops.log(ops.maximum(number, 1))
    return ops.where(number > 0, mean, 0.0)
