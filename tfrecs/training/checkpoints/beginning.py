"""The beginning of a training: a start for the weights, or a checkpoint to resume."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from tfrecs.data.interactions import Interactions
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.bias_start import start_at_prior
from tfrecs.training.checkpoints.checkpoint import Checkpoint
from tfrecs.training.checkpoints.run_description import describe_run
from tfrecs.training.plan import Plan
from tfrecs.training.svd_start import is_untrained, start_from_svd

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Run:
    """A training that is to begin; fields as the arguments of `tfrecs.fit`.

    Args:
        model: the model.
        train: the interactions.
        plan: the objective and the negatives.
        order: arguments of `Plan.batches`, whose epochs are the validation period.
        epochs: epochs of the training.
    """

    model: TwoTower
    train: Interactions
    plan: Plan
    order: dict[str, Any]
    epochs: int

    def batches(self) -> "tf.data.Dataset":
        """Returns the batches of the plan."""
        return self.plan.batches(self.train, **self.order)

    def begin(
        self, data: "tf.data.Dataset", done: int, from_svd: bool
    ) -> "tf.data.Dataset":
        """Sets the start of an untrained model, where no checkpoint has its weights.

        Args:
            data: from `batches`.
            done: iterations over `data` that a checkpoint has.
            from_svd: whether vectors start from an SVD; see `start_from_svd`.

        Returns:
            The batches after those iterations.
        """
        if done:
            start_epoch = done * self.order["epochs"]
            return self.plan.batches(self.train, **self.order, start_epoch=start_epoch)
        if from_svd and is_untrained(self.model):
            start_from_svd(self.model, self.train, seed=self.order["seed"])
        size = self.order["batch_size"]
        start_at_prior(self.model, self.train, self.plan, size)
        return data

    def steps(self, data: "tf.data.Dataset") -> int:
        """Returns the steps of the whole training."""
        return int(data.cardinality()) * (self.epochs // self.order["epochs"])

    def checkpoint(
        self,
        folder: str | Path | None,
        optimizer: keras.optimizers.Optimizer,
        validation: Interactions | None,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> Checkpoint | None:
        """Opens the folder of the training's checkpoints; None without a folder."""
        if folder is None:
            return None
        parts = self.model, self.train, self.plan, optimizer, validation
        every = {"validate_every": self.order["epochs"], "epochs": self.epochs}
        run = {**describe_run(*parts), **self.order, **every}
        return Checkpoint(folder, run, callbacks=callbacks)
