"""Training in stages, each with layers, an optimizer and a length of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from tfrecs._base.checks import check_choice
from tfrecs.data.interactions import Interactions
from tfrecs.losses import ConfiguredLoss
from tfrecs.models.freezing import GLOBAL_BIAS, matching, train_only, trainable_layers
from tfrecs.models.two_tower import TwoTower
from tfrecs.models.warm_start import start_from_mf
from tfrecs.training.fit import fit
from tfrecs.training.plan import Negatives, choose_negatives

VECTORS = "(user|item)_factors"
BIASES = "(user|item)_bias"
METADATA = "(user|item)_(features|metadata)"
USERS_AND_BUCKETS = ["user_(factors|bias)", "item_bucket_(factors|bias)", GLOBAL_BIAS]
EVERYTHING = [".*"]

STAGES: dict[str, dict[str, tuple[list[str], float]]] = {
    "hybrid": {
        "matrix_factorization": ([VECTORS, BIASES, GLOBAL_BIAS], 3e-3),
        "metadata_only": ([METADATA, BIASES, GLOBAL_BIAS], 3e-3),
        "all": (EVERYTHING, 3e-4),
    },
    "pretrained": {"metadata_only": ([METADATA], 3e-3), "all": (EVERYTHING, 3e-4)},
    "buckets": {"item_buckets": (USERS_AND_BUCKETS, 3e-3), "all": (EVERYTHING, 3e-3)},
}
"""Standard stages, each with the layers that train and a learning rate: of a hybrid, of
a hybrid that starts from matrix factorization, and of `build_bucketed_mf`."""


@dataclass(frozen=True)
class Stage:
    """One stage of `fit_stages`.

    Args:
        name: key of its history.
        trains: names of the layers that train, or regular expressions that match whole
            names, as of `tfrecs.models.freezing.freeze`. All others are frozen.
        optimizer: it is copied, so that a stage can be used again and two stages never
            share moments.
        objective: as of `tfrecs.fit`, like the arguments below.
        negatives: the items that a positive is compared with.
        epochs: passes over the data.
        batch_size: rows of a batch.
        validate_every: epochs between two calls of the callbacks.

    Raises:
        TypeError: if `trains` is a string, or `optimizer` is not an optimizer of Keras.
    """

    name: str
    trains: Sequence[str]
    optimizer: keras.optimizers.Optimizer
    objective: str | ConfiguredLoss = "bce"
    negatives: str | Negatives = "auto"
    epochs: int = 100
    batch_size: int | None = None
    validate_every: int | None = None

    def __post_init__(self) -> None:
        """Checks the types."""
        if isinstance(self.trains, str):
            raise TypeError(
                "`trains` must be a list of names. Received: the string "
                f"{self.trains!r}. Put it in a list."
            )
        if not isinstance(self.optimizer, keras.optimizers.Optimizer):
            raise TypeError(
                "`optimizer` must be an optimizer of Keras, such as "
                f"keras.optimizers.Adam(1e-3). Received: {self.optimizer!r}"
            )


def fit_stages(
    model: TwoTower,
    train: Interactions,
    stages: Sequence[Stage],
    *,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: bool | None = None,
    checkpoint: str | Path | None = None,
) -> dict[str, keras.callbacks.History]:
    """Trains a model in stages, each with an optimizer of its own.

    Afterwards, or after an error, the same layers are frozen as before.

    Args:
        model: from one of the builders; it is trained in place.
        train: as of `fit`.
        stages: the stages in order, with different names.
        seed: as of `tfrecs.fit`, for the first stage; each later one has the next.
        callbacks: callbacks of all stages; they keep their state between stages.
        verbose: as of `tfrecs.fit`.
        checkpoint: folder of the checkpoints, `stage-1` for the first stage and so on,
            each as of `tfrecs.fit`: the same call goes on after a kill, in any stage.

    Returns:
        The history of each stage, by its name; `history.model.optimizer` is the copy
        that made the steps.

    Raises:
        ValueError: before any training, if there is no stage, two have the same name, a
            name of a layer matches none, or the objective and the negatives do not go
            together; and as `tfrecs.fit`.
    """
    stages = list(stages)
    names = [stage.name for stage in stages]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "`stages` must be at least one, with different names. Received: "
            f"{', '.join(names) or 'none'}"
        )
    for stage in stages:
        matching(model, *stage.trains)
        choose_negatives(
            train, stage.objective, stage.negatives, max_length=model.max_length
        )
    before = {name: layer.trainable for name, layer in trainable_layers(model).items()}
    histories = {}
    try:
        for n, stage in enumerate(stages):
            folder = None if checkpoint is None else Path(checkpoint, f"stage-{n + 1}")
            settings = {"seed": seed + n, "callbacks": callbacks, "verbose": verbose}
            histories[stage.name] = _fit_stage(
                model, train, stage, checkpoint=folder, **settings
            )
        return histories
    finally:
        for name, layer in trainable_layers(model).items():
            layer.trainable = before[name]


def _fit_stage(
    model: TwoTower,
    train: Interactions,
    stage: Stage,
    **settings: Any,
) -> keras.callbacks.History:
    copied = keras.saving.serialize_keras_object(stage.optimizer)
    return fit(
        train_only(model, *stage.trains),
        train,
        objective=stage.objective,
        negatives=stage.negatives,
        optimizer=keras.saving.deserialize_keras_object(copied),
        epochs=stage.epochs,
        batch_size=stage.batch_size,
        validate_every=stage.validate_every,
        **settings,
    )


def make_stages(
    name: str,
    *,
    rates: Mapping[str, float] | None = None,
    objective: str | ConfiguredLoss = "bce",
    negatives: str | Negatives = "auto",
    epochs: int = 20,
    validate_every: int | None = None,
) -> list[Stage]:
    """Returns standard stages, each with an Adam of its own.

    - "hybrid": `matrix_factorization` trains ids alone, while the metadata adds zeros;
      `metadata_only` the layers of the metadata and the biases; `all` everything.
    - "pretrained": `metadata_only` trains the layers of the metadata, and `all`
      everything. The best objective is that of the factorization.
    - "buckets": `item_buckets` trains users and buckets, so that all items of a bucket
      have the same score; `all` items too, which start from their bucket.

    Args:
        name: name in `STAGES`.
        rates: learning rates by stage that replace the ones in `STAGES`.
        objective: as of `tfrecs.fit`, for all stages.
        negatives: as of `tfrecs.fit`, for all stages.
        epochs: epochs of each stage.
        validate_every: as of `tfrecs.fit`.

    Raises:
        ValueError: if `name`, or a stage in `rates`, is unknown.
    """
    check_choice("name", name, STAGES)
    for stage in rates or {}:
        check_choice("rates", stage, STAGES[name])
    return [
        Stage(
            stage,
            trains,
            keras.optimizers.Adam((rates or {}).get(stage, rate)),
            objective=objective,
            negatives=negatives,
            epochs=epochs,
            validate_every=validate_every,
        )
        for stage, (trains, rate) in STAGES[name].items()
    ]


def fine_tune(
    hybrid: TwoTower,
    mf: TwoTower,
    train: Interactions,
    *,
    seed: int,
    stages: Sequence[Stage] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: bool | None = None,
    checkpoint: str | Path | None = None,
) -> dict[str, keras.callbacks.History]:
    """Trains a hybrid that starts from a trained matrix factorization.

    It starts with the scores of `mf` (`start_from_mf`), learns what the metadata add
    while vectors and biases are frozen, and then trains everything at a lower rate.

    Args:
        hybrid: from `build_hybrid`, trained in place.
        mf: from `build_mf`, trained, of the same sizes; it does not change.
        train: as of `fit`.
        seed: as of `fit_stages`.
        stages: by default `make_stages("pretrained")`.
        callbacks: as of `fit_stages`.
        verbose: as of `tfrecs.fit`.
        checkpoint: as of `fit_stages`.

    Returns:
        The history of each stage, by its name.

    Raises:
        ValueError: as `start_from_mf` and `fit_stages`.
    """
    start_from_mf(hybrid, mf)
    stages = make_stages("pretrained") if stages is None else stages
    return fit_stages(
        hybrid,
        train,
        stages,
        seed=seed,
        callbacks=callbacks,
        verbose=verbose,
        checkpoint=checkpoint,
    )
