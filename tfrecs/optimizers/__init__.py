"""Optimizers for recommenders."""

from tfrecs.optimizers.separate_bias import separate_bias_optimizer

__all__ = ["separate_bias_optimizer"]
