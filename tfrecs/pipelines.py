"""Interactions to `tf.data`, whole batches at a time.

Nothing here puts a single interaction through `tf.data`: an epoch shuffles one index
vector, cuts it into batches, and gathers each batch, negatives included, in a few ops.
Shapes are static, so that XLA compiles a step once; the rows that do not fill a batch
are left out, other ones in each pass.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tfrecs._checks import check_positive
from tfrecs.interactions import Interactions
from tfrecs.negatives import approximate_uniform, exact_uniform

if TYPE_CHECKING:
    import tensorflow as tf


def pairwise_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    exact: bool = True,
    passes: int = 1,
) -> "tf.data.Dataset":
    """Gives rows of one positive and its negatives, reshuffled in each epoch.

    Args:
        train: the positives.
        seed: of the order and of the negatives.
        batch_size: positives in a batch; all of `train` if it has fewer.
        num_negatives: items drawn for each positive.
        exact: whether a known positive is never drawn as a negative.
        passes: times that an epoch goes over `train`. A Keras epoch has a cost of its
            own, so small data want several.

    Returns:
        A finite dataset of `({"user_id": [batch], "item_id": [batch, 1 + n]}, labels
        [batch, 1 + n])`, the positive first; with `[batch]` weights third if `train`
        has weights.

    Raises:
        ValueError: if a size is below 1, or with `exact` a user has the whole
            catalogue.
    """
    import tensorflow as tf

    check_positive(batch_size=batch_size, num_negatives=num_negatives, passes=passes)
    draw = (exact_uniform if exact else approximate_uniform)(train)
    batch_size = min(batch_size, len(train))
    users, items = tf.constant(train.user_ids), tf.constant(train.item_ids)
    weights = None if train.weights is None else tf.constant(train.weights)
    labels = tf.constant(np.eye(1, 1 + num_negatives, dtype=np.float32))

    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, ...]:
        user_id = tf.gather(users, rows)
        negatives = draw(user_id, num_negatives, seeds)
        item_id = tf.concat([tf.gather(items, rows)[:, None], negatives], axis=1)
        item_id = tf.ensure_shape(item_id, [batch_size, 1 + num_negatives])
        batch = (
            {"user_id": user_id, "item_id": item_id},
            tf.repeat(labels, batch_size, axis=0),
        )
        return batch if weights is None else (*batch, tf.gather(weights, rows))

    return _shuffled_rows(len(train), batch_size, passes, seed).map(gather).prefetch(8)


def pointwise_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 1024,
    num_negatives: int = 4,
    exact: bool = True,
    passes: int = 1,
) -> "tf.data.Dataset":
    """Gives single pairs, 1 positive to `num_negatives` negatives.

    The arguments and errors are those of `pairwise_batches`.

    Returns:
        A finite dataset of `({"user_id": [b], "item_id": [b]}, labels [b])` with
        b = batch_size * (1 + num_negatives); with `[b]` weights third if `train` has
        weights.
    """
    import tensorflow as tf

    def flatten(
        inputs: Any, labels: "tf.Tensor", *weights: "tf.Tensor"
    ) -> tuple[Any, ...]:
        user_id = tf.repeat(inputs["user_id"], 1 + num_negatives)
        item_id = tf.reshape(inputs["item_id"], [-1])
        flat = ({"user_id": user_id, "item_id": item_id}, tf.reshape(labels, [-1]))
        return (*flat, *(tf.repeat(weight, 1 + num_negatives) for weight in weights))

    return pairwise_batches(
        train,
        seed=seed,
        batch_size=batch_size,
        num_negatives=num_negatives,
        exact=exact,
        passes=passes,
    ).map(flatten)


def user_batches(
    train: Interactions,
    *,
    seed: int,
    batch_size: int = 128,
    max_positives: int | None = None,
    passes: int = 1,
) -> "tf.data.Dataset":
    """Gives users with all their positives, for catalogue-wide objectives.

    Weights of `train` are not used.

    Args:
        train: the positives.
        seed: of the order, and of the positives chosen of users who have too many.
        batch_size: users in a batch; all who have positives if they are fewer.
        max_positives: width of the positives; of users with more, others are taken in
            each pass. As many as the busiest user has if not given, at most 1024.
        passes: times that an epoch goes over the users.

    Returns:
        A finite dataset of `({"user_id": [batch]}, positives [batch, max_positives])`,
        the positives item ids padded with -1.

    Raises:
        ValueError: if a size is below 1.
    """
    import tensorflow as tf

    matrix = train.matrix
    degree = np.diff(matrix.indptr)
    most = int(min(degree.max(), 1024)) if max_positives is None else max_positives
    check_positive(batch_size=batch_size, max_positives=most, passes=passes)
    active = np.flatnonzero(degree).astype(np.int32)
    batch_size = min(batch_size, len(active))
    users, items = tf.constant(active), tf.constant(matrix.indices.astype(np.int32))
    starts, degrees = tf.constant(matrix.indptr[:-1]), tf.constant(degree)

    def gather(rows: "tf.Tensor", seeds: "tf.Tensor") -> tuple[Any, Any]:
        user_id = tf.gather(users, rows)
        degree = tf.gather(degrees, user_id)[:, None]  # [batch, 1]
        # A user with too many gives a run of them that starts at random and wraps.
        start = tf.random.stateless_uniform(
            [batch_size, 1], seeds, None, None, tf.int32
        )
        start = tf.where(degree > most, tf.math.floormod(start, degree), 0)
        place = tf.math.floormod(start + tf.range(most), degree)  # [batch, most]
        chosen = tf.gather(items, tf.gather(starts, user_id)[:, None] + place)
        positives = tf.where(tf.range(most) < degree, chosen, -1)
        return {"user_id": user_id}, tf.ensure_shape(positives, [batch_size, most])

    return _shuffled_rows(len(active), batch_size, passes, seed).map(gather).prefetch(8)


def _shuffled_rows(
    num_rows: int, batch_size: int, passes: int, seed: int
) -> "tf.data.Dataset":
    """Batches `(rows [batch_size] int32, seed [2])`, in a new order in each pass."""
    import tensorflow as tf

    steps = num_rows // batch_size

    def one_pass(drawn: "tf.Tensor") -> "tf.data.Dataset":
        order = tf.random.experimental.stateless_shuffle(
            tf.range(num_rows), seed=tf.stack([tf.constant(seed, tf.int64), drawn])
        )
        batches = tf.reshape(order[: steps * batch_size], [steps, batch_size])
        step = tf.range(steps, dtype=tf.int64)
        seeds = tf.stack([tf.repeat(drawn, steps), step], axis=1)
        return tf.data.Dataset.from_tensor_slices((batches, seeds))

    drawn = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    batches = drawn.take(passes).flat_map(one_pass)
    return batches.apply(tf.data.experimental.assert_cardinality(steps * passes))
