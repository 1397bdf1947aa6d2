"""Interactions to `tf.data`, whole batches at a time.

No single interaction passes through `tf.data`: an epoch shuffles one index vector, cuts
it into batches, and gathers each batch, negatives included, in a few ops.
Shapes are static, so that XLA compiles a step once; the rows that do not fill a batch
are left out, different ones in each epoch.
"""

from tfrecs.training.batches.pairwise import (
    pairwise_batches,
    pointwise_batches,
    with_own,
)
from tfrecs.training.batches.ratings import rating_batches
from tfrecs.training.batches.several_positives import several_positives_batches
from tfrecs.training.batches.shared_negatives import (
    shared_negatives_batches,
    with_shared,
)
from tfrecs.training.batches.shuffling import Assemble, ready
from tfrecs.training.batches.users import user_batches

__all__ = [
    "Assemble",
    "pairwise_batches",
    "pointwise_batches",
    "rating_batches",
    "ready",
    "several_positives_batches",
    "shared_negatives_batches",
    "user_batches",
    "with_own",
    "with_shared",
]
