"""Optimizers for recommenders: their cost follows the batch, not the table."""

import keras  # noqa: F401 first: our modules are imported right after it

from tfrecs.optimizers.lazy_adam import LazyAdam as LazyAdam
from tfrecs.optimizers.rowwise_adagrad import RowwiseAdagrad as RowwiseAdagrad
from tfrecs.optimizers.separate_bias import (
    separate_bias_optimizer as separate_bias_optimizer,
)
from tfrecs.optimizers.sparse_sgd import SparseSGD as SparseSGD
