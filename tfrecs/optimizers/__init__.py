"""Optimizers for recommenders."""

from tfrecs.optimizers.lazy_adam import LazyAdam
from tfrecs.optimizers.rowwise_adagrad import RowwiseAdagrad
from tfrecs.optimizers.separate_bias import separate_bias_optimizer

__all__ = ["LazyAdam", "RowwiseAdagrad", "separate_bias_optimizer"]
