"""Interactions to `tf.data`, whole batches at a time.

No single interaction passes through `tf.data`: an epoch shuffles one index vector, cuts
it into batches, and gathers each batch, negatives included, in a few ops.
Shapes are static, so that XLA compiles a step once; the rows that do not fill a batch
are left out, different ones in each epoch.
"""

from tfrecs.training.batches.histories import history_batches as history_batches
from tfrecs.training.batches.pairwise import pairwise_batches as pairwise_batches
from tfrecs.training.batches.pairwise import pointwise_batches as pointwise_batches
from tfrecs.training.batches.pairwise import with_own as with_own
from tfrecs.training.batches.ratings import rating_batches as rating_batches
from tfrecs.training.batches.several_positives import (
    several_positives_batches as several_positives_batches,
)
from tfrecs.training.batches.shared_negatives import (
    shared_negatives_batches as shared_negatives_batches,
)
from tfrecs.training.batches.shared_negatives import with_shared as with_shared
from tfrecs.training.batches.shuffling import Assemble as Assemble
from tfrecs.training.batches.shuffling import ready as ready
from tfrecs.training.batches.users import user_batches as user_batches
