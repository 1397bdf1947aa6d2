"""Rated pairs, for models of ratings."""

from typing import TYPE_CHECKING, Any

from tfrecs._base.checks import check_positive
from tfrecs.data.interactions import Interactions
from tfrecs.training.batches.shuffling import ready, shuffled_rows

if TYPE_CHECKING:
    import tensorflow as tf


def rating_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    epochs: int = 1,
    start_epoch: int = 0,
) -> "tf.data.Dataset":
    """Returns pairs and their ratings, without negatives.

    Args:
        train: rated interactions.
        seed: seed of the order.
        batch_size: pairs in a batch; all of `train` if it has fewer.
        epochs: passes over `train` in one iteration of the dataset.
        start_epoch: epochs to skip, to resume a training; a multiple of `epochs`.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch]}, ratings
        [batch])`, float32; with `[batch]` weights third if `train` has weights.

    Raises:
        ValueError: if a size is below 1, or `train` has no ratings.
    """
    import tensorflow as tf

    check_positive(batch_size=batch_size, epochs=epochs)
    if train.ratings is None:
        raise ValueError(
            "`rating_batches` needs ratings. Received: interactions without ratings. "
            "Name the rating column when reading, or use objective='bce'."
        )
    batch_size = min(batch_size, len(train))
    ids = {
        "user_id": tf.constant(train.user_ids),
        "item_id": tf.constant(train.item_ids),
    }
    of_pairs = [tf.constant(train.ratings)]
    if train.weights is not None:
        of_pairs.append(tf.constant(train.weights))

    @tf.autograph.experimental.do_not_convert
    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, ...]:
        inputs = {name: tf.gather(column, rows) for name, column in ids.items()}
        return (inputs, *(tf.gather(column, rows) for column in of_pairs))

    rows = shuffled_rows(len(train), batch_size, epochs, seed, start_epoch)
    return ready(rows.map(gather))
