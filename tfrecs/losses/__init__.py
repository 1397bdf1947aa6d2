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

from tfrecs.losses.multinomial import sampled_softmax, softmax
from tfrecs.losses.pairwise import adaptive_bpr, adaptive_hinge, bpr, hinge
from tfrecs.losses.pointwise import bce, catalogue_bce, squared_error

__all__ = [
    "CATALOGUE_LOSSES",
    "LOSSES",
    "Loss",
    "adaptive_bpr",
    "adaptive_hinge",
    "bce",
    "bpr",
    "catalogue_bce",
    "hinge",
    "sampled_softmax",
    "softmax",
    "squared_error",
]

Loss = Callable[[Any, Any], Any]

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
