"""Optimizers for recommenders: their cost follows the batch, not the table."""

from tfrecs.optimizers.lazy_adam import LazyAdam
from tfrecs.optimizers.rowwise_adagrad import RowwiseAdagrad
from tfrecs.optimizers.separate_bias import separate_bias_optimizer
from tfrecs.optimizers.sparse_sgd import SparseSGD

__all__ = ["LazyAdam", "RowwiseAdagrad", "SparseSGD", "separate_bias_optimizer"]
