"""Interactions to `tf.data`, whole batches at a time.

Nothing here puts a single interaction through `tf.data`: an epoch shuffles one index
vector, cuts it into batches, and gathers each batch, negatives included, in a few ops.
Shapes are static, so that XLA compiles a step once; the rows that do not fill a batch
are left out, other ones in each pass.
"""

from tfrecs.pipelines._rows import Assemble, ready
from tfrecs.pipelines.own import pairwise_batches, pointwise_batches, with_own
from tfrecs.pipelines.ratings import rating_batches
from tfrecs.pipelines.several import several_positives_batches
from tfrecs.pipelines.shared import candidate_batches, with_shared
from tfrecs.pipelines.users import user_batches

__all__ = [
    "Assemble",
    "candidate_batches",
    "pairwise_batches",
    "pointwise_batches",
    "rating_batches",
    "ready",
    "several_positives_batches",
    "user_batches",
    "with_own",
    "with_shared",
]
