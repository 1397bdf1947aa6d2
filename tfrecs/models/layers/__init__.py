"""Keras layers whose cost follows the batch; each is of use in any Keras model."""

from tfrecs.models.layers.categories import Categories
from tfrecs.models.layers.dropout import Dropout
from tfrecs.models.layers.embedding import Embedding
from tfrecs.models.layers.feature_dense import FeatureDense

__all__ = ["Categories", "Dropout", "Embedding", "FeatureDense"]
