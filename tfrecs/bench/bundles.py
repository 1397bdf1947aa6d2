"""The best models of a run as bundles, for the app and for `tfrecs.load`."""

import logging
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfrecs._base.folders import remove_left
from tfrecs.bench.problem import Problem
from tfrecs.bench.result import Result, Summary
from tfrecs.inference.recommender import Recommender

MOST = 3
"""Number of bundles that a run keeps: as many lists as fit side by side."""


class Bundles:
    """Keeps the best models on validation data as bundles.

    Test data choose nothing. Without validation, since the number of epochs is given,
    the first models are kept. Only the first seed of a model can be kept. Bundles have
    the names of the models.
    """

    def __init__(self, folder: Path, problem: Problem) -> None:
        self.folder = folder
        self._problem = problem
        self._kept: dict[str, float] = {}

    def restore(self, kept: Sequence[Result]) -> None:
        """Remembers the bundles of rows that an earlier part of the run finished."""
        remove_left(self.folder)  # by a process that was killed
        for result in kept:
            if result.seed == 0 and (self.folder / result.model).is_dir():
                self._kept[result.model] = self._value(result)

    def _value(self, result: Result) -> float:
        monitor = f"val_ndcg@{max(self._problem.cutoffs)}"
        return result.validation.get(monitor, -math.inf)

    def _encoders(self, model: Any) -> dict[str, Any]:
        """Returns the encoders of the features that a model reads."""
        from tfrecs.models.growing import num_features

        return {
            f"{side}_encoder": encoder
            for side, encoder in self._problem.encoders.items()
            if (tower := getattr(model, f"{side}_tower", None)) is not None
            and num_features(tower) is not None
        }

    def _protocol(self, result: Result) -> dict[str, Any]:
        """Returns the data, how they were split, and the intervals on the test data."""
        known = self._problem.as_json()
        ends = Summary(result.model, (result,)).ci95.items()
        return {
            **known["protocol"],
            "dataset": known["dataset"],
            "seed": result.seed,
            "intervals": {f"test_{name}": [*interval] for name, interval in ends},
        }

    def offer(self, model: Any, result: Result) -> None:
        """Keeps a Keras model if its result is among the best.

        A bundle that cannot be saved, such as on a full disk, is a warning: the metrics
        of the row stay.
        """
        import keras

        if result.seed > 0 or not isinstance(model, keras.Model):
            return
        value = self._value(result)
        if len(self._kept) == MOST and value <= min(self._kept.values()):
            return
        on_test = {f"test_{name}": x for name, x in result.metrics.items()}
        metrics = {**result.validation, **on_test}
        recommender = Recommender(
            model,
            self._problem.train,
            **self._encoders(model),
            settings=result.hparams,
            metrics={name: x for name, x in metrics.items() if math.isfinite(x)},
            protocol=self._protocol(result),
        )
        try:
            recommender.save(self.folder / result.model, overwrite=True)
        except (OSError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
            message = "%s has no bundle, but its metrics are kept: %s"
            logging.getLogger("tfrecs").warning(message, result.model, reason)
            return
        self._kept[result.model] = value
        if len(self._kept) > MOST:  # only once the new one is saved
            worst = min(self._kept, key=self._kept.__getitem__)
            shutil.rmtree(self.folder / worst)
            del self._kept[worst]
