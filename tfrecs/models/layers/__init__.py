"""Keras layers whose cost follows the batch; each is of use in any Keras model."""

from tfrecs.models.layers.categories import Categories as Categories
from tfrecs.models.layers.categories import as_categories as as_categories
from tfrecs.models.layers.dropout import Dropout as Dropout
from tfrecs.models.layers.embedding import Embedding as Embedding
from tfrecs.models.layers.feature_dense import FeatureDense as FeatureDense
