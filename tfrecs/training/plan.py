"""The plan of a training: an objective, its negatives, and why they were chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_choice
from tfrecs.data.interactions import Interactions
from tfrecs.losses import CATALOGUE_LOSSES, LOSSES, RATING_LOSSES, Loss
from tfrecs.training.batches import history_batches, shared_negatives_batches
from tfrecs.training.custom_loss import Objective, is_of_ratings, parts_of
from tfrecs.training.objectives import (
    HISTORY_ROWS,
    NEGATIVES,
    OBJECTIVES,
    ROWS,
    Row,
    over_shared_softmax,
)
from tfrecs.training.partial_credit import PartialCredit

if TYPE_CHECKING:
    import tensorflow as tf

MOST_PAIRS = 180
"""Pairs per positive, up to which "auto" scores the whole catalogue."""

MOST_ITEMS = 5000
"""Items up to which "auto" compares the next item of a history with all of them."""


@dataclass(frozen=True)
class Negatives:
    """The items that a positive is compared with in training.

    Args:
        kind: "all" for every other item; "own" or "own-popularity" for items drawn for
            each positive, without interactions of its user; "shared",
            "shared-popularity", "in-batch" or "mixed" for items that a batch shares
            (see `tfrecs.training.shared_negatives`); "none" for ratings; "auto" for a
            choice by their costs (see `choose_negatives`).
        num_negatives: items drawn for each positive of "own" negatives, 4 by default
            (10 for "kos-warp"), or for the batch of "shared" ones, 1024 by default.
        exponent: an item is drawn in proportion to (its interactions)^exponent, for
            negatives by popularity.
        credit: labels of negatives that are similar to the positive, for own and shared
            negatives; see `tfrecs.training.partial_credit`.
        dislikes: pairs of low ratings, as from `tfrecs.data.dislikes.split_by_rating`,
            for own negatives: one of its user's is the first negative of a row, and
            none is drawn as unknown.

    Raises:
        ValueError: if `kind` is unknown.
    """

    kind: str = "auto"
    num_negatives: int | None = None
    exponent: float = 1.0
    credit: PartialCredit | None = None
    dislikes: Interactions | None = None

    def __post_init__(self) -> None:
        """Checks the kind."""
        check_choice("negatives", self.kind, NEGATIVES)


@dataclass(frozen=True)
class Plan:
    """An objective, with the negatives chosen for it.

    Args:
        objective: a name in `OBJECTIVES`, or the name of `loss`.
        negatives: of any kind but "auto".
        settings: settings of the loss.
        reason: why these negatives were chosen.
        loss: a loss of Keras or of the user; None for a loss of `OBJECTIVES`.
        max_length: items of the histories that the model reads; None for user ids.

    Raises:
        ValueError: if the objective has no form with the negatives, or an argument of
            the negatives has no effect.
    """

    objective: str
    negatives: Negatives
    settings: Mapping[str, float] = field(default_factory=dict)
    reason: str = "as requested"
    loss: Loss | None = None
    max_length: int | None = None

    def __post_init__(self) -> None:
        """Checks the objective and the arguments of the negatives."""
        for name, used in _takes(self.row).items():
            value = getattr(self.negatives, name)
            if not used and value != getattr(Negatives, name):
                is_number = isinstance(value, int | float)
                shown = value if is_number else type(value).__name__
                rows = [row for row in ROWS if self.objective in row.losses]
                kinds = dict.fromkeys(row.kind for row in rows if _takes(row)[name])
                remedy = f"Use negatives of kind {', '.join(kinds)}." if kinds else ""
                raise ValueError(
                    f"`{name}` must be left out for objective {self.objective!r} with "
                    f"negatives {self.negatives.kind!r}, where it has no effect. "
                    f"Received: {name}={shown}. {remedy or 'Leave it out.'}"
                )

    @property
    def row(self) -> Row:
        """The row of the table."""
        table = ROWS if self.max_length is None else HISTORY_ROWS
        check_choice("negatives", self.negatives.kind, {row.kind: row for row in table})
        rows = [row for row in table if row.kind == self.negatives.kind]
        if self.loss is not None and rows[0].view is not over_shared_softmax:
            return rows[0]  # which has a score for each pair
        if self.negatives.credit is not None:
            rows.sort(key=lambda row: row.credit)  # the last one counts
        known = {name: row for row in rows for name in row.losses}
        check_choice("objective", self.objective, known)
        return known[self.objective]

    def batches(
        self,
        train: Interactions,
        *,
        seed: int,
        epochs: int = 1,
        start_epoch: int = 0,
        batch_size: int | None = None,
    ) -> "tf.data.Dataset":
        """Returns the batches of the row's pipeline, of which it has the arguments."""
        rows, n = self._sizes(batch_size)
        given: dict[str, Any] = {} if n is None else {"num_negatives": n}
        if self.row.sampling is not None:
            given |= {
                "sampling": self.row.sampling,
                "exponent": self.negatives.exponent,
            }
        if self.row.credit:
            given["credit"] = self.negatives.credit
        if self.row.dislikes:
            given["dislikes"] = self.negatives.dislikes
        if self.row.pipeline in (shared_negatives_batches, history_batches):
            given["correct"] = self.objective == "softmax"
            given["label_negatives"] = self.row.view is not over_shared_softmax
        if self.max_length is not None:
            given["max_length"] = self.max_length
        return self.row.pipeline(
            train,
            seed=seed,
            epochs=epochs,
            start_epoch=start_epoch,
            batch_size=rows,
            **given,
        )

    def others(self, train: Interactions, batch_size: int | None = None) -> float:
        """Returns how many other items each positive is compared with."""
        rows, n = self._sizes(batch_size)
        return self.row.others(train, min(rows, len(train.positives)), n or 0)

    def _sizes(self, batch_size: int | None) -> tuple[int, int | None]:
        """Returns the rows of a batch, and the items drawn or None."""
        n, row = self.negatives.num_negatives, self.row
        rows = row.batch_size if batch_size is None else batch_size
        return rows, row.num_negatives if n is None else n


def _takes(row: Row) -> dict[str, bool]:
    """Returns whether each argument of `Negatives` has an effect."""
    return {
        "num_negatives": row.num_negatives is not None,
        "exponent": row.sampling == "popularity",
        "credit": row.credit,
        "dislikes": row.dislikes,
    }


def choose_negatives(
    train: Interactions,
    objective: Objective,
    negatives: str | Negatives = "auto",
    *,
    max_length: int | None = None,
) -> Plan:
    """Plans a training, with the best negatives that are affordable for "auto".

    All items are best where they are affordable: one matmul scores them, and no draw
    adds noise. Beyond `MOST_PAIRS` pairs per positive a batch shares its negatives.
    Objectives that compare a positive with single items draw own negatives, and so does
    every objective if there are weights or partial credit, which belong to single
    positives. Ratings have no negatives. A loss of Keras or a function takes rows of a
    positive and its own negatives, or ratings if it is one of Keras's for numbers, such
    as `keras.losses.MeanSquaredError()`.

    For a model of histories of `max_length` items a positive is the next item. With a
    softmax, all items are affordable up to `MOST_ITEMS`; else a batch shares negatives,
    which are uniform for other objectives.

    Raises:
        TypeError: if the objective is no loss.
        ValueError: if a name is unknown, the two do not go together, or an argument of
            the negatives or the weights of `train` would have no effect.
    """
    name, settings, loss = parts_of(objective)
    if loss is None:
        check_choice("objective", name, OBJECTIVES)
    if isinstance(negatives, str):
        negatives = Negatives(negatives)
    reason = "as requested"
    if negatives.kind == "auto":
        of_ratings = is_of_ratings(loss) if loss else name in RATING_LOSSES
        if max_length is not None:
            kind, reason = _affordable_next(train, name)
        elif of_ratings:
            kind, reason = "none", f"{name} is of ratings"
        else:
            kind, reason = _affordable(train, name, negatives)
        negatives = replace(negatives, kind=kind)
    plan = Plan(name, negatives, settings, reason, loss, max_length)
    if train.weights is not None and not plan.row.single:
        raise ValueError(
            "`train` must have no weights for objective "
            f"{name!r} with negatives {negatives.kind!r}, which do not use them. "
            "Received: weights. Remove them, or use own or shared negatives and an "
            "objective that compares single positives."
        )
    return plan


def _affordable(
    train: Interactions, objective: str, negatives: Negatives
) -> tuple[str, str]:
    """Returns a kind of negatives, and the reason for it."""
    if objective in CATALOGUE_LOSSES and objective not in LOSSES:
        return "all", f"{objective} is over the whole catalogue"
    if objective not in CATALOGUE_LOSSES:
        return "own", f"{objective} compares a positive with single items"
    if negatives.credit is not None:
        return "own", "partial credit belongs to single positives"
    if negatives.dislikes is not None:
        return "own", "dislikes are negatives of single positives"
    if train.weights is not None:
        return "own", "train has weights, one for each positive"
    pairs = _pairs(train)
    if affords_catalogue(train):
        return "all", f"{pairs:.0f} pairs per positive, at most {MOST_PAIRS}"
    return "mixed", f"all items are {pairs:.0f} pairs per positive, over {MOST_PAIRS}"


def _affordable_next(train: Interactions, objective: str) -> tuple[str, str]:
    """Returns a kind of negatives of next items, and the reason for it."""
    if objective != "softmax":
        return "shared", f"{objective} has no correction for frequent negatives"
    if train.num_items <= MOST_ITEMS:
        return "all", f"{train.num_items} items, at most {MOST_ITEMS}"
    return "mixed", f"{train.num_items} items, more than {MOST_ITEMS}"


def affords_catalogue(train: Interactions) -> bool:
    """Returns whether "auto" compares each positive with the whole catalogue."""
    return _pairs(train) <= MOST_PAIRS


def _pairs(train: Interactions) -> float:
    """Returns the pairs of a user and an item for each positive."""
    return train.num_users * train.num_items / len(train.positives)
