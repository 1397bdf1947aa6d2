"""Training in stages: what trains in each, by which optimizer, for how long."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from tfrecs.data.interactions import Interactions
from tfrecs.losses import ConfiguredLoss
from tfrecs.models.freezing import GLOBAL_BIAS, matching, train_only, trainable_layers
from tfrecs.models.two_tower import TwoTower
from tfrecs.models.warm_start import start_from_mf
from tfrecs.training.fit import fit
from tfrecs.training.objectives import choose_negatives
from tfrecs.training.partial_credit import PartialCredit

VECTORS = "(user|item)_factors"
BIASES = "(user|item)_bias"
METADATA = "(user|item)_(features|metadata)"
BUCKETS = "item_bucket_(factors|bias)"
EVERYTHING = ".*"


@dataclass(frozen=True)
class Stage:
    """One stage of `fit_stages`; arguments that are not told here are those of `fit`.

    Args:
        name: what its history goes by.
        trains: names of the layers that train, or regular expressions that match whole
            names, as of `tfrecs.models.freezing.freeze`. All others are frozen.
        optimizer: what makes its steps. It is copied, so that a stage can be used again
            and two stages never share moments.
        objective: as of `fit`.
        negatives: as of `fit`.
        epochs: as of `fit`.
        validate_every: as of `fit`.
        batch_size: as of `fit`.
        num_negatives: as of `fit`.

    Raises:
        TypeError: if `trains` is one text, or `optimizer` is none of Keras.
    """

    name: str
    trains: Sequence[str]
    optimizer: keras.optimizers.Optimizer
    objective: str | ConfiguredLoss = "bce"
    negatives: str = "auto"
    epochs: int = 100
    validate_every: int | None = None
    batch_size: int | None = None
    num_negatives: int | None = None

    def __post_init__(self) -> None:
        """Checks what would be taken for something else."""
        if isinstance(self.trains, str):
            raise TypeError(
                "`trains` must be a list of names. Received: the text "
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
    credit: PartialCredit | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, keras.callbacks.History]:
    """Trains a model in stages, each with an optimizer of its own.

    Afterwards, or after an error, the layers are as trainable as they were.

    Args:
        model: from one of our builders; it is trained in place.
        train: the positives.
        stages: in their order, each of another name.
        seed: as of `fit`, for the first stage; each later one has the next.
        credit: as of `fit`, for all stages.
        callbacks: for all stages; what one of them remembers, it remembers.

    Returns:
        The history of each stage, by its name; `history.model.optimizer` is what made
        its steps.

    Raises:
        ValueError: if there is no stage, two have one name, a name of a layer matches
            none, or an objective has no form with the negatives, before anything is
            trained; and as `fit` does.
    """
    stages = list(stages)
    names = [stage.name for stage in stages]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            "`stages` must be at least one, each of another name. Received: "
            f"{', '.join(names) or 'none'}"
        )
    for stage in stages:
        matching(model, *stage.trains)
        objective = stage.objective
        name = objective if isinstance(objective, str) else objective.name
        choose_negatives(train, name, stage.negatives, credit)
    before = {name: part.trainable for name, part in trainable_layers(model).items()}
    try:
        return {
            stage.name: _fit_stage(model, train, stage, seed + n, credit, callbacks)
            for n, stage in enumerate(stages)
        }
    finally:
        for name, part in trainable_layers(model).items():
            part.trainable = before[name]


def _fit_stage(
    model: TwoTower,
    train: Interactions,
    stage: Stage,
    seed: int,
    credit: PartialCredit | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> keras.callbacks.History:
    copied = keras.saving.serialize_keras_object(stage.optimizer)
    return fit(
        train_only(model, *stage.trains),
        train,
        seed=seed,
        objective=stage.objective,
        negatives=stage.negatives,
        optimizer=keras.saving.deserialize_keras_object(copied),
        epochs=stage.epochs,
        validate_every=stage.validate_every,
        batch_size=stage.batch_size,
        num_negatives=stage.num_negatives,
        credit=credit,
        callbacks=callbacks,
    )


def hybrid_stages(
    *,
    objective: str | ConfiguredLoss = "bce",
    learning_rate: float = 3e-3,
    metadata_rate: float = 3e-3,
    last_rate: float = 3e-4,
    epochs: int = 20,
    validate_every: int | None = None,
) -> list[Stage]:
    """Gives three stages for a hybrid, each with an Adam of its own.

    - `matrix_factorization`: ids alone; the metadata adds zeros.
    - `metadata_only`: what reads the metadata, and the biases; vectors are frozen.
    - `all`: everything, at a lower rate.

    Args:
        objective: as of `fit`.
        learning_rate: of the first stage.
        metadata_rate: of the second.
        last_rate: of the third.
        epochs: of each stage.
        validate_every: as of `fit`.
    """
    stages = {
        "matrix_factorization": ([VECTORS, BIASES, GLOBAL_BIAS], learning_rate),
        "metadata_only": ([METADATA, BIASES, GLOBAL_BIAS], metadata_rate),
        "all": ([EVERYTHING], last_rate),
    }
    return _with_adam(stages, objective, epochs, validate_every)


def pretrained_stages(
    *,
    objective: str | ConfiguredLoss = "bce",
    metadata_rate: float = 3e-3,
    last_rate: float = 3e-4,
    epochs: int = 20,
    validate_every: int | None = None,
) -> list[Stage]:
    """Gives two stages for a hybrid that starts from matrix factorization.

    - `metadata_only`: what reads the metadata; vectors and biases are frozen.
    - `all`: everything, at a lower rate.

    Args:
        objective: as of `fit`, best the one that the factorization was trained for.
        metadata_rate: learning rate of the first stage.
        last_rate: of the second.
        epochs: of each stage.
        validate_every: as of `fit`.
    """
    stages = {
        "metadata_only": ([METADATA], metadata_rate),
        "all": ([EVERYTHING], last_rate),
    }
    return _with_adam(stages, objective, epochs, validate_every)


def bucket_stages(
    *,
    objective: str | ConfiguredLoss = "bce",
    learning_rate: float = 3e-3,
    last_rate: float = 3e-3,
    epochs: int = 20,
    validate_every: int | None = None,
) -> list[Stage]:
    """Gives two stages for `build_bucketed_mf`.

    - `item_buckets`: users and buckets; all items of a bucket have the same score.
    - `all`: items too, which start from their bucket. Nothing needs to be copied.

    Args:
        objective: as of `fit`.
        learning_rate: of the first stage.
        last_rate: of the second.
        epochs: of each stage.
        validate_every: as of `fit`.
    """
    stages = {
        "item_buckets": (["user_(factors|bias)", BUCKETS, GLOBAL_BIAS], learning_rate),
        "all": ([EVERYTHING], last_rate),
    }
    return _with_adam(stages, objective, epochs, validate_every)


def fine_tune(
    hybrid: TwoTower,
    mf: TwoTower,
    train: Interactions,
    *,
    seed: int,
    stages: Sequence[Stage] | None = None,
    credit: PartialCredit | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, keras.callbacks.History]:
    """Trains a hybrid that starts from trained matrix factorization.

    It starts with the scores of `mf` (`start_from_mf`), learns what the metadata add
    while vectors and biases are frozen, and then goes on with everything at a lower
    rate.

    Args:
        hybrid: from `build_hybrid`, trained in place.
        mf: from `build_mf`, trained, of the same sizes; it is left as it is.
        train: the positives.
        seed: as of `fit_stages`.
        stages: `pretrained_stages()` if not given.
        credit: as of `fit`.
        callbacks: as of `fit_stages`.

    Returns:
        The history of each stage, by its name.

    Raises:
        ValueError: as `start_from_mf` and `fit_stages` do.
    """
    start_from_mf(hybrid, mf)
    stages = pretrained_stages() if stages is None else stages
    return fit_stages(
        hybrid,
        train,
        stages,
        seed=seed,
        credit=credit,
        callbacks=callbacks,
    )


def _with_adam(
    stages: dict[str, tuple[list[str], float]],
    objective: str | ConfiguredLoss,
    epochs: int,
    validate_every: int | None,
) -> list[Stage]:
    return [
        Stage(
            name,
            trains,
            keras.optimizers.Adam(rate),
            objective=objective,
            epochs=epochs,
            validate_every=validate_every,
        )
        for name, (trains, rate) in stages.items()
    ]
