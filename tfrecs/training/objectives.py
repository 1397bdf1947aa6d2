"""Training objectives and the negatives that each one supports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import keras

from tfrecs.data.interactions import Interactions
from tfrecs.losses import (
    CATALOGUE_LOSSES,
    LOSSES,
    RATING_LOSSES,
    Loss,
)
from tfrecs.losses.multinomial import negative_log_likelihood
from tfrecs.models.two_tower import TwoTower
from tfrecs.training.batches import (
    history_batches,
    pairwise_batches,
    rating_batches,
    several_positives_batches,
    shared_negatives_batches,
    user_batches,
)

if TYPE_CHECKING:
    import tensorflow as tf

OBJECTIVES = tuple(dict.fromkeys((*LOSSES, *CATALOGUE_LOSSES, *RATING_LOSSES)))
"""Names of objectives; see `tfrecs.losses`."""


def _itself(model: TwoTower, settings: Mapping[str, float]) -> keras.Model:
    return model


def _over_catalogue(model: TwoTower, settings: Mapping[str, float]) -> keras.Model:
    return model.over_catalogue()


def _over_shared(model: TwoTower, settings: Mapping[str, float]) -> keras.Model:
    return model.over_shared_negatives(settings.get("temperature", 1.0))


def over_shared_softmax(model: TwoTower, settings: Mapping[str, float]) -> keras.Model:
    """Returns the view whose output is the log-probability of each positive."""
    return model.over_shared_softmax(settings.get("temperature", 1.0))


@dataclass(frozen=True)
class Row:
    """Losses, batches and view of one kind of negatives.

    Args:
        kind: name of the kind.
        losses: objectives that support it, with their losses.
        pipeline: makes the batches.
        view: takes a model and the settings of the loss; returns what Keras trains.
        sampling: argument of `pipeline`, if it draws negatives.
        batch_size: default number of rows of a batch.
        num_negatives: default number of items drawn; None if it is not an argument.
        others: takes `train`, the number of rows of a batch and of negatives; returns
            how many other items a positive is compared with.
        single: whether a row has a single positive, which may have a weight.
        credit: whether `pipeline` takes partial credit.
        dislikes: whether `pipeline` takes dislikes.
    """

    kind: str
    losses: Mapping[str, Loss]
    pipeline: "Callable[..., tf.data.Dataset]"
    view: Callable[[TwoTower, Mapping[str, float]], keras.Model] = _itself
    sampling: str | None = None
    batch_size: int = 1024
    num_negatives: int | None = None
    others: Callable[[Interactions, int, int], float] = lambda train, rows, n: n
    single: bool = True
    credit: bool = False
    dislikes: bool = False


_SEVERAL = {"kos-warp": LOSSES["kos-warp"]}  # losses of several positives in a row
_SINGLE = {name: loss for name, loss in LOSSES.items() if name not in _SEVERAL}
# Nothing corrects a softmax for the popularity of a positive's own negatives.
_UNCORRECTED = {name: loss for name, loss in _SINGLE.items() if name != "softmax"}

_own = partial(
    Row, pipeline=pairwise_batches, num_negatives=4, credit=True, dislikes=True
)
_several = partial(
    Row,
    losses=_SEVERAL,
    pipeline=several_positives_batches,
    num_negatives=10,
    single=False,
    dislikes=True,
)


def _shared(kind: str, **arguments: Any) -> tuple[Row, Row]:
    """Rows of negatives that a batch shares; a softmax without credit is faster."""
    row = partial(Row, kind, pipeline=shared_negatives_batches, **arguments)
    return (
        row(losses=_SINGLE, view=_over_shared, credit=True),
        row(losses={"softmax": negative_log_likelihood}, view=over_shared_softmax),
    )


ROWS = (
    Row(
        "all",
        CATALOGUE_LOSSES,
        user_batches,
        _over_catalogue,
        batch_size=128,
        others=lambda train, *_: (
            train.num_users * train.num_items / len(train.positives) - 1
        ),
        single=False,
    ),
    Row("none", RATING_LOSSES, rating_batches),
    _own("own", _SINGLE, sampling="uniform"),
    _several("own", sampling="uniform"),
    _own("own-popularity", _UNCORRECTED, sampling="popularity"),
    _several("own-popularity", sampling="popularity"),
    *_shared("shared", sampling="uniform", num_negatives=1024),
    *_shared("shared-popularity", sampling="popularity", num_negatives=1024),
    *_shared("in-batch", sampling="in-batch", others=lambda train, rows, n: rows),
    *_shared("mixed", sampling="mixed", others=lambda train, rows, n: 2 * rows),
)
"""The table of objectives: a new kind of negatives is a row, and nothing else."""

HISTORY_ROWS = (
    Row(
        "all",
        {"softmax": negative_log_likelihood},
        history_batches,
        over_shared_softmax,
        sampling="all",
        others=lambda train, *_: train.num_items - 1,
    ),
    *(
        replace(row, pipeline=history_batches, credit=False)
        for row in ROWS
        if row.pipeline is shared_negatives_batches
    ),
)
"""The same table for models of histories, whose positives are next items."""

NEGATIVES = ("auto", *dict.fromkeys(row.kind for row in ROWS))
"""Kinds of negatives; see `Negatives`."""
