"""Rows of whole histories, with the next item of every position."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.training.batches.packing import packed_rows
from tfrecs.training.batches.shared_negatives import with_shared
from tfrecs.training.batches.shuffling import ready, shuffled_rows
from tfrecs.training.shared_negatives import SharedNegatives, shared_negatives

if TYPE_CHECKING:
    import tensorflow as tf


def history_batches(
    train: Interactions,
    *,
    seed: int,
    max_length: int,
    batch_size: int = 1024,
    num_negatives: int = 1024,
    sampling: str = "all",
    exponent: float = 1.0,
    correct: bool = True,
    label_negatives: bool = True,
    epochs: int = 1,
    start_epoch: int = 0,
) -> "tf.data.Dataset":
    """Returns histories, the next item of every position, and shared negatives.

    Each item of a user but the first is a positive once in an epoch, for the items
    before it. A history of more than `max_length` items is cut into windows, and no
    window sees another. Short ones share a row (`packed_rows`), so that few positions
    are empty: these have weight 0.

    Args:
        train: the interactions, of which `positives` are used, in order of time.
        seed: seed of the order and of the negatives.
        max_length: columns of a row.
        batch_size: positions in a batch, rounded to whole rows; at least one row.
        num_negatives: items drawn for the batch, by "uniform" and "popularity".
        sampling: "all" for every item, or as of `shared_negatives_batches`, like the
            arguments that follow.
        exponent: exponent of "popularity".
        correct: whether scores are corrected for how often an item is drawn.
        label_negatives: whether labels have a column for each negative.
        epochs: passes over `train` in one iteration of the dataset.
        start_epoch: epochs to skip, to resume a training; a multiple of `epochs`.

    Returns:
        A finite dataset of `({"history": [rows, max_length], "user_id": [rows,
        max_length], "item_id": [positions], "negative_id": [n], "log_probability":
        [positions + n]}, labels, weights [positions])`, with positions = rows *
        max_length, row by row; for the last two inputs and labels see
        `shared_negatives_batches`. The user is -1 at empty positions.

    Raises:
        ValueError: as `shared_negatives_batches`, and if no user has two items.
    """
    import tensorflow as tf

    check_positive(max_length=max_length, batch_size=batch_size)
    check_positive(num_negatives=num_negatives, epochs=epochs)
    train = train.positives
    packed = packed_rows(train, max_length, seed)
    histories, items = tf.constant(packed.history), tf.constant(packed.next_item)
    weights, user_ids = tf.constant(packed.weights), tf.constant(packed.user_id)
    num_rows = min(max(1, round(batch_size / max_length)), len(packed.history))
    is_all = sampling == "all"
    assemble = with_shared(
        _every_item(train) if is_all else shared_negatives(train, sampling, exponent),
        num_rows * max_length,
        num_negatives,
        correct and not is_all,
        label_negatives=label_negatives,
    )

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, ...]:
        item_id = tf.reshape(tf.gather(items, rows), [-1])
        inputs, labels = assemble(item_id, item_id, seeds)
        inputs["user_id"] = tf.gather(user_ids, rows)
        inputs["history"] = tf.gather(histories, rows)
        return inputs, labels, tf.reshape(tf.gather(weights, rows), [-1])

    order = shuffled_rows(len(packed.history), num_rows, epochs, seed, start_epoch)
    return ready(order.map(gather))


def _every_item(train: Interactions) -> SharedNegatives:
    """Returns all items as the negatives of every batch."""
    import tensorflow as tf

    every = np.arange(train.num_items, dtype=np.int32)
    return SharedNegatives(
        lambda item_id, n, seed: tf.constant(every), np.ones(len(every), np.float32)
    )
