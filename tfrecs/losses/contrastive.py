"""Contrastive losses of cosines."""

from typing import Any

from keras import ops

from tfrecs.losses._rows import of_rows


@of_rows
def ccl(
    labels: Any, scores: Any, margin: float = 0.4, negative_weight: float = 10.0
) -> Any:
    """Cosine contrastive loss: positives near 1, negatives below a margin.

    For scores that are cosines: `build_cosine(..., temperature=1.0)`. Negatives below
    the margin have no gradient, so that many can be drawn and the easy ones let go.

    Formula:
        sum over positives of max(0, 1 - s) + negative_weight * num_positives * mean
        over negatives of (1 - credit) * max(0, s - margin)

    Args:
        margin: below it negatives are let go.
        negative_weight: of the negatives together, against one positive.

    References:
        Mao et al. 2021, "SimpleX: A Simple and Strong Baseline for Collaborative
        Filtering", eq. 1. A positive above 1, which no cosine is, has no loss here.
    """
    positive = ops.cast(ops.equal(labels, 1), "float32")
    num_positives = ops.sum(positive, axis=-1)
    num_negatives = ops.sum(1 - positive, axis=-1)
    of_positives = ops.sum(positive * ops.relu(1 - scores), axis=-1)
    of_negatives = ops.sum((1 - labels) * ops.relu(scores - margin), axis=-1)
    weight = negative_weight * num_positives / ops.maximum(num_negatives, 1)
    return of_positives + weight * of_negatives
