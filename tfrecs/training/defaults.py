"""Settings of `tfrecs.fit` by the shape of the data and the kind of the model."""

from dataclasses import dataclass

import keras

from tfrecs.data.interactions import Interactions
from tfrecs.losses import configure_loss
from tfrecs.models.two_tower import TwoTower
from tfrecs.optimizers import LazyAdam, separate_bias_optimizer
from tfrecs.training.custom_loss import Objective
from tfrecs.training.plan import Negatives, affords_catalogue
from tfrecs.training.svd_start import has_vectors


@dataclass(frozen=True)
class Settings:
    """Settings of a training; the defaults suit models and data of any kind.

    Args:
        objective: as of `tfrecs.fit`, like the three below.
        negatives: the items that a positive is compared with.
        epochs: passes over the data.
        batch_size: positives in a batch.
        learning_rate: of Adam, or the first one of a short training.
        bias_learning_rate: of SGD for the bias tables; None to train them like the
            rest.
        short: whether the vectors start from an SVD and the learning rate of LazyAdam
            decays to 0 along a cosine, so that a few epochs are enough.
        reason: why these; empty for the defaults.
    """

    objective: Objective = "bce"
    negatives: str | Negatives = "auto"
    epochs: int = 100
    batch_size: int | None = None
    learning_rate: float = 3e-3
    bias_learning_rate: float | None = None
    short: bool = False
    reason: str = ""

    def optimizer(self, model: TwoTower, steps: int) -> keras.optimizers.Optimizer:
        """Returns the optimizer of a model for a number of training steps."""
        if self.short:
            decay = keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
            main = LazyAdam(decay)
        else:
            main = keras.optimizers.Adam(self.learning_rate)
        if self.bias_learning_rate is None:
            return main
        biases = keras.optimizers.SGD(self.bias_learning_rate)
        return separate_bias_optimizer(model, main, biases)


OF_HISTORIES = Settings(
    objective="softmax",
    epochs=20,
    batch_size=1024,
    learning_rate=5e-3,
    short=True,
    reason="the model reads histories",
)
"""Settings of models of histories."""


def choose_settings(model: TwoTower, train: Interactions) -> Settings:
    """Chooses the settings for a model and its training data.

    Cosines train with the softmax over the items of the batch, from an SVD: on data of
    all shapes it is as good as a softmax over the catalogue, at a fraction of its cost.
    So do other dot products, at a higher temperature and a lower learning rate, if too
    many pairs of user and item make the catalogue costly. Everything else learns which
    items are positives ("bce").

    Models of histories train with the softmax too, over the next item, and start from
    the items of the SVD.

    `benchmarks/README.md` has the validation figures that these were chosen by.
    """
    if model.max_length is not None:
        return OF_HISTORIES
    if has_vectors(model) and _is_cosine(model):
        return Settings(
            objective="softmax",
            negatives="in-batch",
            epochs=16,
            batch_size=512,
            learning_rate=0.005,
            short=True,
            reason="scores are cosines",
        )
    if has_vectors(model) and not affords_catalogue(train):
        return Settings(
            objective=configure_loss("softmax", temperature=0.4),
            negatives="in-batch",
            epochs=6,
            batch_size=2048,
            learning_rate=1e-3,
            short=True,
            reason="scores are dot products, of too many pairs to compare them all",
        )
    return Settings()


def _is_cosine(model: TwoTower) -> bool:
    """Returns whether both towers end in vectors of length 1."""
    return all(
        any(isinstance(layer, keras.layers.UnitNormalization) for layer in tower.layers)
        for tower in (model.user_tower, model.item_tower)
    )
