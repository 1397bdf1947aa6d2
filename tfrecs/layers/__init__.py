"""Keras layers whose cost follows the batch; each is of use in any Keras model."""

from tfrecs.layers.categories import Categories
from tfrecs.layers.dropout import Dropout
from tfrecs.layers.embedding import Embedding
from tfrecs.layers.feature_dense import FeatureDense

__all__ = ["Categories", "Dropout", "Embedding", "FeatureDense"]
